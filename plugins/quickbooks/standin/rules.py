"""What the platform refuses before it stores anything: fields, references, names, numbers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from recoup.connector.standin.wire import Doc, decimal
from recoup.plugins.quickbooks.standin.entities import (
    LISTS,
    NAMES,
    REF_TARGET,
    SALES_FORMS,
    TRANSACTIONS,
    name_field,
    named_kind,
)
from recoup.plugins.quickbooks.standin.fault import (
    Fault,
    business,
    duplicate_name,
    duplicate_number,
    invalid_reference,
    missing,
    not_found,
    too_long,
    unknown_property,
)
from recoup.plugins.quickbooks.standin.properties import PROPERTIES

if TYPE_CHECKING:
    from recoup.plugins.quickbooks.standin.books import Books

_LONGEST = {"DocNumber": 21, "PaymentRefNum": 21, "PrivateNote": 4000, "DisplayName": 500}
_NEEDS_CUSTOMER = ("Invoice", "CreditMemo", "Payment", "Estimate")
_FORBIDDEN_IN_NAMES = (":", "\t", "\n")
MOST_LEVELS = 4


def check_body(books: Books, entity: str, body: Doc, *, creating: bool) -> None:
    """Raise the Fault that a create or update body earns."""
    known = PROPERTIES.get(entity)
    if known is not None:
        for name in body:
            if name not in known:
                raise unknown_property(name, entity)
    for name, limit in _LONGEST.items():
        if len(str(body.get(name) or "")) > limit:
            raise too_long(name, limit)
    for name in ("TxnDate", "DueDate"):
        _check_date(name, body.get(name))
    if creating:
        _check_required(entity, body)
    _check_references(books, body)
    if entity == "Customer":
        _check_place(books, body)
    if entity == "JournalEntry" and "Line" in body:
        _check_journal(books, body)


def _check_date(name: str, value: Any) -> None:
    if value is None or value == "":
        return
    try:
        date.fromisoformat(str(value))
    except ValueError:
        message, detail = "Invalid Date Format", f"Date format is invalid for {name}: {value}"
        raise Fault("2090", message, detail, element=name) from None


def _check_required(entity: str, body: Doc) -> None:
    if entity in NAMES and not any(
        body.get(name) for name in ("DisplayName", "GivenName", "FamilyName", "CompanyName")
    ):
        raise missing("DisplayName")
    if entity in _NEEDS_CUSTOMER and not (body.get("CustomerRef") or {}).get("value"):
        raise missing("CustomerRef")
    if entity in SALES_FORMS and not body.get("Line"):
        raise missing("Line")
    if entity == "Payment" and body.get("TotalAmt") is None:
        raise missing("TotalAmt")
    if entity in ("JournalEntry", "Deposit") and not body.get("Line"):
        raise missing("Line")


def _check_references(books: Books, value: Any) -> None:
    """Every reference must exist; of lists the books hold nothing of, nothing is demanded."""
    if isinstance(value, list):
        for part in value:
            _check_references(books, part)
    elif isinstance(value, dict):
        for key, part in value.items():
            target = REF_TARGET.get(key)
            if key in ("EntityRef", "Entity") and isinstance(part, dict):
                target = named_kind(part.get("type") or value.get("Type")) or None
                target = target if "value" in part else None
            if target is None and key == "ParentRef" and "DisplayName" in value:
                target = "Customer"
            if target is not None and isinstance(part, dict) and part.get("value"):
                found = books.find(target, str(part["value"]))
                if found is None and (target == "Customer" or books.table(target)):
                    raise invalid_reference("Names" if target in NAMES else target, part["value"])
                if found is not None and found.get("Active") is False and target == "Customer":
                    raise not_found()
            else:
                _check_references(books, part)


def _check_place(books: Books, body: Doc) -> None:
    name = str(body.get("DisplayName") or "")
    for char in _FORBIDDEN_IN_NAMES:
        if char in name:
            raise business(f"The name {name!r} holds a character that names cannot hold")
    parent = str((body.get("ParentRef") or {}).get("value") or "")
    if parent:
        above = books.lineage(parent)
        if len(above) > MOST_LEVELS:
            raise business(f"Customers nest at most {MOST_LEVELS} levels deep")
        if str(body.get("Id") or "") in above:
            raise business("A customer cannot be its own parent")


def _check_journal(books: Books, body: Doc) -> None:
    total = decimal(0)
    for line in body["Line"]:
        detail = line.get("JournalEntryLineDetail") or {}
        if detail.get("PostingType") not in ("Debit", "Credit"):
            raise missing("PostingType")
        sign = 1 if detail["PostingType"] == "Debit" else -1
        total += sign * decimal(line.get("Amount"))
        account = str((detail.get("AccountRef") or {}).get("value") or "")
        entity = detail.get("Entity") or {}
        if books.is_receivable(account):
            _check_debtor(books, account, str((entity.get("EntityRef") or {}).get("value") or ""))
    if total:
        raise business("The debits and credits of a journal entry must be equal")


def _check_debtor(books: Books, account: str, customer: str) -> None:
    """A line on a receivables account names a customer, of that account's currency."""
    if not customer:
        raise business(
            "When you use Accounts Receivable, you must choose a customer in the Name field."
        )
    debtor, receivable = books.find("Customer", customer), books.find("Account", account)
    if debtor is None or receivable is None:
        return
    if books.currency_of(debtor) != books.currency_of(receivable):
        raise business("The account and the customer of a line must have the same currency")


def check_unique(books: Books, entity: str, doc: Doc, *, any_number: bool = False) -> None:
    """Raise 6240 for a name that is taken, 6140 for a document number unless any will do."""
    if entity in LISTS:
        name = str(doc.get(name_field(entity), ""))
        if name and books.bearers(entity, name) - {(entity, doc["Id"])}:
            raise duplicate_name()
    number = None if any_number else doc.get("DocNumber")
    if number and entity in TRANSACTIONS and entity in SALES_FORMS and books.custom_numbers:
        for id, row in books.table(entity).items():
            if id != doc["Id"] and row.get("DocNumber") == number:
                raise duplicate_number(str(number), entity)


def check_currencies(books: Books, entity: str, before: Doc | None, doc: Doc) -> None:
    """Raise Fault where a document and its customer differ in currency."""
    if entity == "Customer" and before is not None:
        if books.currency_of(before) != books.currency_of(doc):
            raise business("The currency of a customer cannot be changed")
        return
    if entity not in TRANSACTIONS:
        return
    customer = books.find("Customer", str((doc.get("CustomerRef") or {}).get("value") or ""))
    if customer is not None and books.currency_of(customer) != books.currency_of(doc):
        raise business("The currency of the transaction must be that of the customer")
