"""What a person does with documents and contacts in Xero's own pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin.banking import Banking
from recoup.plugins.xero.standin.drafts import (
    new_credit,
    new_invoice,
    shown_contact,
    sums,
)
from recoup.plugins.xero.standin.fault import Fault, not_found, only_status
from recoup.plugins.xero.standin.kinds import CREDITS, KINDS, LIVE, RECEIVABLE_CREDITS
from recoup.plugins.xero.standin.ledger import Amount, Day, open_field
from recoup.plugins.xero.standin.moments import day_stamp
from recoup.plugins.xero.standin.profile import DEBTORS

Lines = Sequence[Mapping[str, Any]]
MOVES = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED"},
    "PAID": {"PAID"},
    "VOIDED": set(),
    "DELETED": set(),
}
# What may change on an invoice that is paid in part or whole.
LOOSE = frozenset(
    {"Reference", "DueDate", "InvoiceNumber", "BrandingThemeID", "Url", "SentToContact",
     "ExpectedPaymentDate", "PlannedPaymentDate"}
)  # fmt: skip
# Of these, what makes no journal: such a change does not move UpdatedDateUTC.
SILENT = frozenset({"DueDate", "SentToContact", "ExpectedPaymentDate", "PlannedPaymentDate"})


class Bookkeeper(Banking):
    """The verbs on documents and contacts. Every one is one change and raises Fault.

    Contacts are named by id or by name, invoices by id or by number; dates are dates or ISO text.
    """

    def __init__(
        self,
        tenant_id: str,
        zone: ZoneInfo,
        clock: Clock,
        currency: str,
        rates: Mapping[str, Decimal] | None,
    ) -> None:
        super().__init__(tenant_id, zone, clock, currency, rates)
        self.given_numbers: dict[str, int] = {}

    # -- invoices -----------------------------------------------------------------------------

    def create_invoice(
        self,
        contact: str,
        amount: Amount | None = None,
        *,
        on: Day = None,
        due: Day = None,
        currency: str | None = None,
        rate: Amount | None = None,
        number: str | None = None,
        reference: str = "",
        lines: Lines | None = None,
        status: str = "AUTHORISED",
        kind: str = "ACCREC",
        types: str | None = None,
        sent: bool = False,
    ) -> Doc:
        """Enter an invoice; an amount alone is one line without tax. Due in 20 days unless told."""
        with self.writing():
            owner, day = self.contact(contact), self.day(on)
            self.unlocked(day if status in LIVE else None)
            code = currency or owner.get("DefaultCurrency") or self.base_currency
            drawn, types = self.lines(amount, lines, types)
            late = None if due is None and status == "DRAFT" else self.day(due or day)
            if due is None and late is not None:
                late = day + timedelta(days=20)
            doc = new_invoice(
                id=self.new_id(),
                kind=kind,
                number=self.next_number("Invoices") if number is None else number,
                reference=reference,
                contact=owner,
                day=day,
                due=late,
                currency=code,
                rate=self.rate_for(code, rate),
                status=status,
                types=types,
                lines=drawn,
                theme=next(iter(self.table("BrandingThemes")), None),
            )
            if sent:
                doc["SentToContact"] = True
            self.store("Invoices", doc, new=True)
            self._becomes(owner, "IsCustomer" if kind == "ACCREC" else "IsSupplier")
            return self.get("Invoices", doc["InvoiceID"])

    def next_number(self, kind: str) -> str:
        """The next automatic number of invoices or credit notes."""
        prefix = "INV" if kind == "Invoices" else "CN"
        while True:
            self.given_numbers[kind] = self.given_numbers.get(kind, 0) + 1
            number = f"{prefix}-{self.given_numbers[kind]:04d}"
            if not self.numbered(kind, number):
                return number

    def approve(self, id: str, *, on: Day = None) -> Doc:
        """Approve a draft or submitted invoice or credit note."""
        return self.set_status(id, "AUTHORISED", on=on)

    def void(self, id: str, *, on: Day = None) -> Doc:
        """Void an approved document: its total stays, nothing is due any more."""
        return self.set_status(id, "VOIDED", on=on)

    def delete(self, id: str, *, on: Day = None) -> Doc:
        """Delete a draft or submitted document; it stays with status DELETED."""
        return self.set_status(id, "DELETED", on=on)

    def set_status(self, id: str, status: str, *, on: Day = None) -> Doc:
        """Move a document to another status, where the rules allow it."""
        with self.writing():
            kind = self._document(id)
            doc = self.amend(kind, id)
            if status not in MOVES.get(str(doc["Status"]), set()):
                raise only_status(str(doc["Status"]).lower())
            if status == "VOIDED" and (
                doc.get("Payments") or doc.get("Allocations") or _credited(doc)
            ):
                raise Fault("This document cannot be voided as it has payments or credits")
            if status in ("VOIDED", "DELETED"):
                doc[open_field(kind)] = Decimal("0.00")
            if status in ("AUTHORISED", "VOIDED"):
                self.unlocked(doc.get("Date"))
            if on is not None and status == "AUTHORISED" and doc["Status"] != "AUTHORISED":
                self.set_day(doc, "Date", self.day(on))
            if status == "AUTHORISED" and kind == "Invoices" and not doc.get("DueDate"):
                self.set_day(doc, "DueDate", self.day(None))
            doc["Status"] = status
            return self._saved(kind, doc)

    def edit_invoice(
        self,
        id: str,
        *,
        on: Day = None,
        amount: Amount | None = None,
        lines: Lines | None = None,
        due: Day = None,
        contact: str | None = None,
        **fields: Any,
    ) -> Doc:
        """Change an invoice: new lines, date (*on*), due date, contact, or raw fields by name."""
        with self.writing():
            doc = self.amend("Invoices", self.by_id("Invoices", id))
            settled = bool(doc.get("Payments") or _credited(doc))
            if doc["Status"] in ("VOIDED", "DELETED"):
                raise only_status(str(doc["Status"]).lower())
            hard = on is not None or amount is not None or lines is not None
            if settled and (hard or set(fields) - LOOSE):
                raise Fault("Invoice not of valid status for modification: it has been paid")
            loud = hard or contact is not None or bool(set(fields) - SILENT)
            if hard or not settled:
                self.unlocked(doc.get("Date"), on and self.day(on))
            if on is not None:
                self.set_day(doc, "Date", self.day(on))
            if due is not None:
                self.set_day(doc, "DueDate", self.day(due))
            if contact is not None:
                doc["Contact"] = shown_contact(self.contact(contact))
            if amount is not None or lines is not None:
                drawn, types = self.lines(amount, lines, doc["LineAmountTypes"])
                doc |= {"LineItems": drawn, "LineAmountTypes": types, **sums(drawn, types)}
                doc["AmountDue"] = doc["Total"]
            doc.update(fields)
            for name in (name for name, value in fields.items() if value is None):
                doc.pop(name, None)  # absent, never null
            return self._saved("Invoices", doc, touch=loud or not settled)

    def edit_due_date(self, id: str, due: Day) -> Doc:
        """Move the due date; on a part-paid invoice UpdatedDateUTC stays as it was."""
        return self.edit_invoice(id, due=due)

    def expect(self, id: str, on: Day) -> Doc:
        """Note when the money is expected."""
        return self.edit_invoice(id, ExpectedPaymentDate=day_stamp(self.day(on)))

    def mark_sent(self, id: str) -> Doc:
        """Mark an invoice as sent to its contact."""
        return self.edit_invoice(id, SentToContact=True)

    # -- credits ------------------------------------------------------------------------------

    def create_credit_note(self, contact: str, amount: Amount | None = None, **more: Any) -> Doc:
        """Enter a credit note. more: on, currency, rate, number, reference, lines, status."""
        more.setdefault("kind", "ACCRECCREDIT")
        return self._credit("CreditNotes", contact, amount, **more)

    def create_prepayment(self, contact: str, amount: Amount | None = None, **more: Any) -> Doc:
        """Receive money before there is an invoice. more: on, account and as a credit note."""
        more.setdefault("kind", "RECEIVE-PREPAYMENT")
        return self._credit("Prepayments", contact, amount, **more)

    def create_overpayment(self, contact: str, amount: Amount | None = None, **more: Any) -> Doc:
        """Receive money on account. more: on, account and as a credit note."""
        more.setdefault("kind", "RECEIVE-OVERPAYMENT")
        return self._credit("Overpayments", contact, amount, **more)

    def overpaid(
        self,
        invoice: Doc,
        amount: Decimal,
        *,
        on: Day,
        account: str | None,
        reference: str,
        rate: Amount | None,
    ) -> Doc:
        """Enter what was paid above an invoice as an overpayment; returns it."""
        return self.create_overpayment(
            invoice["Contact"]["ContactID"],
            amount,
            on=on,
            account=account,
            reference=reference or f"Overpaid {invoice['InvoiceNumber']}",
            currency=invoice["CurrencyCode"],
            rate=rate if rate is not None else invoice["CurrencyRate"],
            kind="AROVERPAYMENT" if invoice["Type"] == "ACCREC" else "SPEND-OVERPAYMENT",
        )

    def _credit(
        self,
        collection: str,
        contact: str,
        amount: Amount | None,
        *,
        kind: str,
        on: Day = None,
        currency: str | None = None,
        rate: Amount | None = None,
        number: str | None = None,
        reference: str = "",
        lines: Lines | None = None,
        status: str = "AUTHORISED",
        types: str | None = None,
        account: str | None = None,
    ) -> Doc:
        with self.writing():
            owner, day = self.contact(contact), self.day(on)
            self.unlocked(day if status in LIVE else None)
            code = currency or owner.get("DefaultCurrency") or self.base_currency
            drawn, types = self.lines(amount, lines, types)
            if collection == "Overpayments":
                drawn = [{**line, "AccountCode": DEBTORS[0]} for line in drawn]
            if collection == "CreditNotes" and number is None:
                number = self.next_number("CreditNotes")
            doc = new_credit(
                collection,
                id=self.new_id(),
                kind=kind,
                number=number or "",
                reference=reference,
                contact=owner,
                day=day,
                currency=code,
                rate=self.rate_for(code, rate),
                status=status,
                types=types,
                lines=drawn,
            )
            self.store(collection, doc, new=True)
            if kind.startswith(("RECEIVE-", "SPEND-")):
                self.bank_side(collection, doc, account)
            customer = kind in RECEIVABLE_CREDITS
            self._becomes(owner, "IsCustomer" if customer else "IsSupplier")
            return self.get(collection, doc["ID"])

    def _document(self, id: str) -> str:
        for kind in ("Invoices", *CREDITS):
            if id.lower() in self.table(kind):
                return kind
        raise not_found()

    def _saved(self, kind: str, doc: Doc, *, touch: bool = True) -> Doc:
        self.store(kind, doc, touch=touch)
        return self.get(kind, str(doc[KINDS[kind].id]))


def _credited(doc: Doc) -> bool:
    return any(doc.get(field) for field in CREDITS)
