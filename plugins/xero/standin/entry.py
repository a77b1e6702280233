"""What one element of a write does to the books, by kind; each returns the id it wrote."""

from __future__ import annotations

from typing import Any

from recoup.connector.standin.wire import Doc, decimal
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.drafts import new_line, sums
from recoup.plugins.xero.standin.fault import Fault, not_found
from recoup.plugins.xero.standin.kinds import CREDITS, kind_of
from recoup.plugins.xero.standin.moments import day_stamp, read_day

_LOOSE = ("Reference", "Url", "BrandingThemeID", "SentToContact")
_CONTACT = (
    "Name", "ContactNumber", "AccountNumber", "FirstName", "LastName", "EmailAddress", "TaxNumber",
    "BankAccountDetails", "Website", "Discount", "PaymentTerms", "ContactPersons", "CompanyNumber",
    "DefaultCurrency",
)  # fmt: skip


def _day(element: Doc, field: str) -> Any:
    value = element.get(field)
    if not value:
        return None
    try:
        return read_day(value)
    except ValueError:
        raise Fault(f"{field} {value!r} is no date") from None


def _owner(books: Books, element: Doc) -> str:
    """The id of the contact that an element names; one named anew by name is made."""
    asked = element.get("Contact") or {}
    if asked.get("ContactID"):
        return str(books.contact(str(asked["ContactID"]))["ContactID"])
    if asked.get("ContactNumber"):
        for id in books.numbered("Contacts", str(asked["ContactNumber"])):
            return id
    if not asked.get("Name"):
        raise Fault("A Contact must be specified for this type of transaction")
    held = books.named_contact(str(asked["Name"]))
    return str((held or books.create_contact(str(asked["Name"])))["ContactID"])


# -- invoices ---------------------------------------------------------------------------------


def invoice(books: Books, element: Doc, only_new: bool) -> str:
    """Create an invoice, or with POST update the one of that id or sales number."""
    number, id = element.get("InvoiceNumber"), element.get("InvoiceID") or None
    sales = element.get("Type") != "ACCPAY"
    held = []
    if number and sales:
        table = books.table("Invoices")
        held = [
            other
            for other in books.numbered("Invoices", str(number))
            if table[other]["Type"] == "ACCREC" and table[other]["Status"] != "DELETED"
        ]
    if id is None and held and only_new:
        raise Fault("Invoice # must be unique.")
    if id is not None or held:
        return _change_invoice(books, str(id or held[0]), element, held)
    if element.get("Type") not in ("ACCREC", "ACCPAY"):
        raise Fault("Invoice Type is required")
    status = element.get("Status", "DRAFT")
    if status not in ("DRAFT", "SUBMITTED", "AUTHORISED"):
        raise Fault(f"A new invoice cannot be of status {status}")
    if status == "AUTHORISED" and not element.get("LineItems"):
        raise Fault("One or more line items must be specified")
    due = _day(element, "DueDate")
    if status == "AUTHORISED" and due is None:
        raise Fault("The DueDate is required for an approved invoice")
    doc = books.create_invoice(
        _owner(books, element),
        on=_day(element, "Date"),
        due=due,
        currency=element.get("CurrencyCode"),
        rate=element.get("CurrencyRate"),
        number=number,
        reference=str(element.get("Reference") or ""),
        lines=element.get("LineItems") or [],
        status=status,
        kind=element["Type"],
        types=element.get("LineAmountTypes"),
        sent=bool(element.get("SentToContact")),
    )
    extra = {name: element[name] for name in ("Url", "BrandingThemeID") if element.get(name)}
    for name in ("ExpectedPaymentDate", "PlannedPaymentDate"):
        if element.get(name):
            extra[name] = day_stamp(_day(element, name))
    if extra:
        books.edit_invoice(doc["InvoiceID"], **extra)
    return str(doc["InvoiceID"])


def _change_invoice(books: Books, id: str, element: Doc, held: list[str]) -> str:
    before = books.get("Invoices", id)
    known = str(before["InvoiceID"])
    if [other for other in held if other != known.lower()]:
        raise Fault("Invoice # must be unique.")
    status = str(element.get("Status") or before["Status"])
    fields: dict[str, Any] = {name: element[name] for name in _LOOSE if name in element}
    if element.get("InvoiceNumber"):
        fields["InvoiceNumber"] = element["InvoiceNumber"]
    for name in ("ExpectedPaymentDate", "PlannedPaymentDate"):
        if element.get(name):
            fields[name] = day_stamp(_day(element, name))
        elif element.get(f"{name}String") == "":  # the only way to clear it
            fields[name] = None
    fields = {name: value for name, value in fields.items() if before.get(name) != value}
    more: dict[str, Any] = {}
    day, due = _day(element, "Date"), _day(element, "DueDate")
    if day is not None and day != read_day(before["Date"]):
        more["on"] = day
    if due is not None and (not before.get("DueDate") or due != read_day(before["DueDate"])):
        more["due"] = due
    if element.get("LineItems") is not None and _drawn_anew(before, element):
        more["lines"] = element["LineItems"]
    if element.get("Contact"):
        owner = _owner(books, element)
        if owner != before["Contact"]["ContactID"]:
            more["contact"] = owner
    if fields or more:
        books.edit_invoice(known, **more, **fields)
    if status != before["Status"]:
        books.set_status(known, status)
    return known


def _drawn_anew(before: Doc, element: Doc) -> bool:
    """Whether the lines of an element would change money."""

    def priced(lines: list[Doc]) -> list[tuple[Any, Any]]:
        return [
            (
                decimal(line.get("UnitAmount", line.get("LineAmount"))),
                decimal(line.get("Quantity", 1)),
            )
            for line in lines
        ]

    return priced(before["LineItems"]) != priced(element["LineItems"])


# -- credit notes -----------------------------------------------------------------------------


def credit_note(books: Books, element: Doc, only_new: bool) -> str:
    """Create a credit note, or with POST update the one of that id or number."""
    number, id = element.get("CreditNoteNumber"), element.get("CreditNoteID") or None
    held = books.numbered("CreditNotes", str(number)) if number else []
    if id is None and held and only_new:
        raise Fault("Credit note # must be unique.")
    if id is None and not held:
        if element.get("Type") not in ("ACCRECCREDIT", "ACCPAYCREDIT"):
            raise Fault("Credit note Type is required")
        status = element.get("Status", "DRAFT")
        if status not in ("DRAFT", "SUBMITTED", "AUTHORISED"):
            raise Fault(f"A new credit note cannot be of status {status}")
        doc = books.create_credit_note(
            _owner(books, element),
            on=_day(element, "Date"),
            currency=element.get("CurrencyCode"),
            rate=element.get("CurrencyRate"),
            number=number,
            reference=str(element.get("Reference") or ""),
            lines=element.get("LineItems") or [],
            status=status,
            kind=element["Type"],
            types=element.get("LineAmountTypes"),
        )
        return str(doc["CreditNoteID"])
    known = books.by_id("CreditNotes", str(id or held[0]))
    with books.writing():
        doc = books.amend("CreditNotes", known)
        status = str(element.get("Status") or doc["Status"])
        changed = {n: element[n] for n in _LOOSE if n in element and doc.get(n) != element[n]}
        if changed:
            books.unlocked(doc.get("Date"))
            books.store("CreditNotes", {**doc, **changed})
        if element.get("LineItems") and doc["Status"] in ("DRAFT", "SUBMITTED"):
            doc = books.amend("CreditNotes", known)
            types = str(element.get("LineAmountTypes") or doc["LineAmountTypes"])
            lines = [
                new_line(line, types, books.tax_percent, books.new_id())
                for line in element["LineItems"]
            ]
            doc |= {"LineItems": lines, "LineAmountTypes": types, **sums(lines, types)}
            doc["RemainingCredit"] = doc["Total"]
            books.store("CreditNotes", doc)
        if status != doc["Status"]:
            books.set_status(known, status)
    return known


# -- contacts ---------------------------------------------------------------------------------


def contact(books: Books, element: Doc, only_new: bool) -> str:
    """Create a contact, or with POST update the one of that id, number or name."""
    id = element.get("ContactID") or None
    if id is None and element.get("ContactNumber"):
        id = next(iter(books.numbered("Contacts", str(element["ContactNumber"]))), None)
    if id is None and element.get("Name") and not only_new:
        held = books.named_contact(str(element["Name"]))
        id = held["ContactID"] if held else None
    if id is None or (only_new and element.get("ContactID") is None):
        fields = {n: v for n, v in element.items() if n not in ("Name", "EmailAddress")}
        email = str(element.get("EmailAddress") or "")
        made = books.create_contact(str(element.get("Name") or ""), email=email, **fields)
        return str(made["ContactID"])
    known = books.by_id("Contacts", str(id))
    fields = {name: element[name] for name in _CONTACT if element.get(name) is not None}
    status = element.get("ContactStatus")
    if fields:
        books.edit_contact(known, **fields)
    if status and status != books.table("Contacts")[known]["ContactStatus"]:
        if status not in ("ACTIVE", "ARCHIVED"):
            raise Fault(f"The contact status {status} is not valid")
        (books.archive if status == "ARCHIVED" else books.restore)(known)
    return known


# -- money ------------------------------------------------------------------------------------


def _settles(books: Books, element: Doc) -> tuple[str, str]:
    for field in ("Invoice", "CreditNote", "Overpayment", "Prepayment"):
        asked = element.get(field)
        if asked:
            kind = f"{field}s"
            named = asked.get(f"{field}ID") or asked.get(kind_of(kind).number or "")
            if not named:
                raise Fault(f"{field}ID is required")
            doc = books.find(kind, str(named))
            if doc is None and field == "Invoice":  # credits are paid back under Invoice as well
                kind = next((k for k in CREDITS if str(named).lower() in books.table(k)), kind)
                doc = books.find(kind, str(named))
            if doc is None:
                raise Fault(f"{field} could not be found")
            return kind, str(doc[kind_of(kind).id]).lower()
    raise Fault("Payment must be against an invoice, credit note, prepayment or overpayment")


def _account(element: Doc) -> str:
    asked = element.get("Account") or {}
    wanted = asked.get("AccountID") or asked.get("Code")
    if not wanted:
        raise Fault("Account could not be found")
    return str(wanted)


def payment(books: Books, element: Doc, only_new: bool) -> str:
    """Create a payment or refund; with an id and status DELETED delete the one of that id."""
    id = element.get("PaymentID") or None
    if id is not None and not only_new:
        if element.get("Status") != "DELETED":
            raise Fault("A payment can only be deleted, not changed")
        return str(books.delete_payment(books.by_id("Payments", str(id)))["PaymentID"])
    kind, settled = _settles(books, element)
    if element.get("Amount") is None:
        raise Fault("Payment amount must be specified")
    doc = books.settle(
        kind,
        settled,
        decimal(element["Amount"]),
        on=_day(element, "Date"),
        account=_account(element),
        reference=str(element.get("Reference") or ""),
        rate=element.get("CurrencyRate"),
        by_hand=False,
    )
    if element.get("IsReconciled"):
        books.reconcile(doc["PaymentID"])
    return str(doc["PaymentID"])


def batch_payment(books: Books, element: Doc, only_new: bool) -> str:
    """Create a batch payment; with an id and status DELETED delete the one of that id."""
    id = element.get("BatchPaymentID") or None
    if id is not None and not only_new:
        if element.get("Status") != "DELETED":
            raise Fault("A batch payment can only be deleted, not changed")
        return str(books.delete_batch(books.by_id("BatchPayments", str(id)))["BatchPaymentID"])
    parts = []
    for asked in element.get("Payments") or []:
        kind, settled = _settles(books, asked)
        if kind != "Invoices":
            raise Fault("A batch payment holds payments of invoices only")
        parts.append((settled, decimal(asked.get("Amount"))))
    if not parts:
        raise Fault("A batch payment needs payments")
    made = books.batch_pay(
        parts,
        on=_day(element, "Date"),
        account=_account(element),
        reference=str(element.get("Reference") or ""),
        by_hand=False,
    )
    return str(made["BatchPaymentID"])


def bank_transaction(books: Books, element: Doc, only_new: bool) -> str:
    """Enter money on account or coded straight away; with an id and status DELETED delete it."""
    if element.get("BankTransactionID") and not only_new:
        return _drop_bank_transaction(books, element)
    kind, asked = str(element.get("Type")), element.get("BankAccount") or {}
    owner = _owner(books, element)
    more: dict[str, Any] = {
        "on": _day(element, "Date"),
        "account": asked.get("AccountID") or asked.get("Code"),
        "reference": str(element.get("Reference") or ""),
        "lines": element.get("LineItems") or [],
        "types": element.get("LineAmountTypes") or "NoTax",
    }
    if kind in ("RECEIVE", "SPEND"):
        return str(books.receive_money(owner, kind=kind, **more)["BankTransactionID"])
    makers = {
        "RECEIVE-OVERPAYMENT": books.create_overpayment,
        "RECEIVE-PREPAYMENT": books.create_prepayment,
    }
    if kind not in makers:
        raise Fault(f"Bank transactions of type {kind} are not served here")
    more |= {"currency": element.get("CurrencyCode"), "rate": element.get("CurrencyRate")}
    made = makers[kind](owner, **more)["ID"]
    for id, doc in reversed(books.table("BankTransactions").items()):
        if made in (doc.get("OverpaymentID"), doc.get("PrepaymentID")):
            return id
    raise not_found()


def _drop_bank_transaction(books: Books, element: Doc) -> str:
    id = books.by_id("BankTransactions", str(element["BankTransactionID"]))
    if element.get("Status") != "DELETED":
        raise Fault("Only the deletion of a bank transaction is served here")
    with books.writing():
        doc = books.amend("BankTransactions", id)
        if doc.get("IsReconciled"):
            raise Fault("This transaction has been reconciled with a bank statement line")
        books.unlocked(doc["Date"])
        credit = doc.get("OverpaymentID") or doc.get("PrepaymentID")
        if credit:
            books.void(str(credit))
        books.store("BankTransactions", {**doc, "Status": "DELETED"})
    return id
