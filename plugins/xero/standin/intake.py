"""What a body may hold: nulls are nothing, numbers and texts are taken for each other, words known.

As the platform reads JSON into its own types: what fits in no way refuses the whole request.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin.fault import malformed

_NUMBERS = {
    "Amount", "BankAmount", "CurrencyRate", "Quantity", "UnitAmount", "LineAmount", "TaxAmount",
    "DiscountRate", "DiscountAmount", "Discount", "Day",
}  # fmt: skip
_FLAGS = {"SentToContact", "IsReconciled", "IncludeInEmails", "IsCustomer", "IsSupplier"}
_LISTS = {
    "LineItems", "Addresses", "Phones", "ContactPersons", "Payments", "Tracking", "ContactGroups",
}  # fmt: skip
_OBJECTS = {
    "Contact", "Invoice", "CreditNote", "Overpayment", "Prepayment", "Account", "BankAccount",
    "PaymentTerms", "Sales", "Bills", "BatchPayment", "BatchPayments",
}  # fmt: skip
_DATES = {"Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate"}
_WORDS = {
    "Status": {"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"},
    "ContactStatus": {"ACTIVE", "ARCHIVED", "GDPRREQUEST"},
    "LineAmountTypes": {"Exclusive", "Inclusive", "NoTax"},
    "AddressType": {"POBOX", "STREET"},
    "PhoneType": {"DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE"},
}
_TYPES = {
    "Invoices": {"ACCREC", "ACCPAY"},
    "CreditNotes": {"ACCRECCREDIT", "ACCPAYCREDIT"},
    "BatchPayments": {"RECBATCH", "PAYBATCH"},
    "BankTransactions": {
        "RECEIVE", "RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT", "SPEND", "SPEND-OVERPAYMENT",
        "SPEND-PREPAYMENT", "RECEIVE-TRANSFER", "SPEND-TRANSFER",
    },
}  # fmt: skip
_STATUSES = {
    "Payments": {"AUTHORISED", "DELETED"},
    "BatchPayments": {"AUTHORISED", "DELETED"},
    "BankTransactions": {"AUTHORISED", "DELETED", "VOIDED"},
}
_LONGEST = {"InvoiceNumber": 255, "CreditNoteNumber": 255, "ContactNumber": 50, "AccountNumber": 50}
MOST = Decimal(10) ** 15  # no amount reaches it


def cleaned(plural: str, element: Doc) -> Doc:
    """An element with every value in the type of its field. Raises Fault PostDataInvalid."""
    found: Doc = {}
    for name, value in element.items():
        if value is None:
            continue
        if name == "Type" and plural in _TYPES:
            found[name] = _word(name, value, _TYPES[plural])
        elif name == "Status" and plural in _STATUSES:
            found[name] = _word(name, value, _STATUSES[plural])
        else:
            found[name] = _read(name, value)
    return found


def _read(name: str, value: Any) -> Any:
    if name in _LISTS:
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            raise malformed(f"{name} must be a list of objects")
        return [_inside(part) for part in value]
    if name in _OBJECTS:
        if not isinstance(value, dict):
            raise malformed(f"{name} must be an object")
        return _inside(value)
    for names, read in _SCALARS:
        if name in names:
            return read(name, value)
    if name.endswith("ID"):
        return _id(name, value)
    if isinstance(value, (dict, list)):
        return value  # of a field that nothing here reads
    return value if isinstance(value, bool) else _text(name, value)


def _inside(part: Doc) -> Doc:
    return {name: _read(name, value) for name, value in part.items() if value is not None}


def _word(name: str, value: Any, known: set[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise malformed(f"Error parsing {name}: {str(value)[:40]!r} is not one of its values")
    return value


def _number(name: str, value: Any) -> Decimal | int:
    try:
        if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
            number = Decimal(value)
            if number.is_finite() and abs(number) < MOST:
                return number
    except InvalidOperation:
        pass
    raise malformed(f"Error parsing {name}: {str(value)[:40]!r} is no amount")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise malformed(f"Error parsing {name}: {str(value)[:40]!r} is neither true nor false")
    return value


def _text(name: str, value: Any) -> str:
    if isinstance(value, (dict, list, bool)):
        raise malformed(f"Error parsing {name}: a text is needed")
    text = value if isinstance(value, str) else f"{value}"
    if len(text) > _LONGEST.get(name, 4000):
        raise malformed(f"Error parsing {name}: it is longer than {_LONGEST.get(name, 4000)}")
    return text


def _id(name: str, value: Any) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise malformed(f"Error parsing {name}: {str(value)[:40]!r} is no id") from None


def _known_word(name: str, value: Any) -> str:
    return _word(name, value, _WORDS[name])


def _currency(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) != 3 or not (value.isalpha() and value.isupper()):
        raise malformed(f"Error parsing {name}: {str(value)[:40]!r} is no currency")
    return value


_SCALARS: tuple[tuple[Any, Callable[[str, Any], Any]], ...] = (
    (_NUMBERS, _number),
    (_FLAGS, _flag),
    (_DATES, _text),
    (_WORDS, _known_word),
    ({"CurrencyCode", "DefaultCurrency"}, _currency),
    (
        {"Name", "EmailAddress", "InvoiceNumber", "CreditNoteNumber", "ContactNumber", "Reference",
         "Details", "Description", "AccountCode", "Code", "TaxType", "ItemCode", "Url",
         "AccountNumber", "FirstName", "LastName", "TaxNumber", "BankAccountDetails", "Website",
         "CompanyNumber", "Narrative", "Particulars"},
        _text,
    ),
)  # fmt: skip
