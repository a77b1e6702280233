"""The faults of the Accounting API, with the texts seen on the wire."""

from __future__ import annotations

from typing import Any

SOMETHING_INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)


class Fault(Exception):
    """One refusal of the API: becomes a Fault body, in a batch or under a status of its own."""

    def __init__(
        self,
        code: str,
        message: str,
        detail: str = "",
        status: int = 400,
        *,
        element: str | None = None,
        kind: str = "ValidationFault",
        timed: bool = True,
    ) -> None:
        """element: as on the wire, None leaves the key out. timed: the body carries ``time``."""
        super().__init__(f"{code} {message}: {detail}")
        self.code = code
        self.message = message
        self.detail = detail
        self.status = status
        self.element = element
        self.kind = kind
        self.timed = timed

    def body(self) -> dict[str, Any]:
        """Return the value that stands under the key ``Fault``."""
        error: dict[str, Any] = {"Message": self.message}
        if self.detail:
            error["Detail"] = self.detail
        error["code"] = self.code
        if self.element is not None:
            error["element"] = self.element
        return {"Error": [error], "type": self.kind}


def not_found() -> Fault:
    """610: the object is gone, or something it uses is inactive."""
    detail = f"Object Not Found : {SOMETHING_INACTIVE}"
    return Fault("610", "Object Not Found", detail, element="")


def stale(who: str = "The bookkeeper") -> Fault:
    """5010: the SyncToken sent is not the present one."""
    detail = (
        f"Stale Object Error : You and {who} were working on this at the same time. "
        f"{who} finished before you did, so your work was not saved."
    )
    return Fault("5010", "Stale Object Error", detail, element="")


def business(detail: str) -> Fault:
    """6000: a business rule refuses the write."""
    message = "A business validation error has occurred while processing your request"
    return Fault("6000", message, f"Business Validation Error: {detail}", element="")


def duplicate_number(doc_number: str, txn_type: str) -> Fault:
    """6140: the DocNumber is taken."""
    detail = (
        "Duplicate Document Number Error : You must specify a different number. This number has "
        f"already been used. DocNumber={doc_number} is assigned to TxnType={txn_type}"
    )
    return Fault("6140", "Duplicate Document Number Error", detail, element="")


def duplicate_name() -> Fault:
    """6240: a customer, vendor or employee has that name already."""
    detail = "The name supplied already exists. : null"
    return Fault("6240", "Duplicate Name Exists Error", detail)


def unknown_property(name: str, entity: str) -> Fault:
    """2010: the body carries a field that the entity does not have."""
    detail = (
        f'Property Name:Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{entity}), '
        "not marked as ignorable specified is unsupported or invalid"
    )
    return Fault("2010", "Request has invalid or unsupported property", detail)


# What reading a body of an impossible shape raises.
MALFORMED = (AttributeError, TypeError, KeyError, ValueError, ArithmeticError)


def malformed(error: Exception) -> Fault:
    """2010: the body is JSON but not of the shape of its entity."""
    detail = f"Property value is unsupported or invalid ({type(error).__name__}: {error})"
    return Fault("2010", "Request has invalid or unsupported property", detail)


def missing(name: str) -> Fault:
    """2020: a required field is absent."""
    detail = f"Required parameter {name} is missing in the request"
    return Fault("2020", "Required param missing, need to supply the required value", detail)


def invalid_id(value: str) -> Fault:
    """2030: an id that is not a number."""
    detail = f"Id should be a valid number. Supplied value:{value}"
    return Fault("2030", "Invalid ID", detail, element="Id", timed=False)


def invalid_reference(what: str, value: str) -> Fault:
    """2500: a reference to something that does not exist."""
    detail = f"Invalid Reference Id : {what} element id {value} not found"
    return Fault("2500", "Invalid Reference Id", detail, element="")


def too_long(name: str, limit: int) -> Fault:
    """2050: a text longer than its field."""
    detail = f"Max allowed length for {name} is {limit}"
    return Fault("2050", "String length is too long", detail, element=name)


def books_closed() -> Fault:
    """6210: the transaction is dated in a closed period."""
    message = "Account Period Closed, Cannot Update Through Services API"
    detail = (
        f"{message} : The account period has closed and the account books cannot be updated "
        "through the QBO Services API. Please use the QBO website to make these changes."
    )
    return Fault("6210", message, detail, element="")


def bank_matched() -> Fault:
    """6480: the payment is matched with a line of the bank feed."""
    message = "Matched transaction cannot be changed"
    detail = f"{message} : This transaction has been matched with a downloaded bank transaction."
    return Fault("6480", message, detail, element="")


def deposited() -> Fault:
    """6540: the payment is part of a deposit."""
    message = "Deposited Transaction cannot be changed"
    detail = (
        f"{message} : If you want to modify or delete this transaction, "
        "first remove it from the deposit it is in."
    )
    return Fault("6540", message, detail, element="")


def query_syntax(detail: str) -> Fault:
    """4000: the statement cannot be parsed."""
    return Fault("4000", "Error parsing query", f"QueryParserError: {detail}")


def query_invalid(detail: str) -> Fault:
    """4001: the statement parses but asks for what there is not."""
    return Fault("4001", "Invalid query", f"QueryValidationError: {detail}")


def unsupported(operation: str) -> Fault:
    """500: no such operation or resource."""
    return Fault("500", "Unsupported Operation", f"Operation {operation} is not supported.")
