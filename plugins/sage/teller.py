"""The story of the conformance kit, enacted in Sage Accounting by its bookkeeper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar

from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.protocols import ClientApp, TokenSet
from recoup.connector.standin.clock import Clock
from recoup.connector.testing.acts import (
    Act,
    Applies,
    Bills,
    Credits,
    Deletes,
    Edits,
    Merges,
    Opens,
    Receives,
    Refunds,
    Renames,
    Voids,
)
from recoup.connector.testing.case import Unplayable
from recoup.connector.testing.fakes import FakeClock, FakeVault, connection
from recoup.connector.testing.story import HOME
from recoup.connector.testing.teller import Known, Teller
from recoup.plugins.sage.adapter import SageLedger
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.server import StandIn

__all__ = ["SageTeller"]

Made = Mapping[str, Sequence[DocumentRef]]
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


class SageTeller(Teller):
    """A British business of the stand-in."""

    moves_on_allocation: ClassVar[bool] = False
    differences: ClassVar[Mapping[str, str]] = {
        "Birch North": "a contact has no parent",
        "A4": "an invoice that was issued is never deleted, it is voided",
    }

    def __init__(self) -> None:
        self.books = Books(
            name="The Story",
            base_currency=HOME,
            country="GB",
            clock=Clock(START),
            moves_on_allocation=self.moves_on_allocation,
        )
        self.clock = FakeClock(START)
        self.standin = StandIn(self.books).start()
        self.vault = FakeVault()

    def close(self) -> None:
        self.standin.stop()

    def _consent(self) -> None:
        """Connect anew: the story has pauses that no refresh token outlives."""
        granted = self.standin.issue_grant()
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=self.clock.at + timedelta(seconds=granted["expires_in"]),
        )
        self.vault.save("grant-1", fresh)

    def open_ledger(self) -> Ledger:
        self._consent()
        reached = connection(
            "sage",
            self.books.business_id,
            clock=self.clock,
            vault=self.vault,
            base_url=self.standin.url,
            app=ClientApp(client_id="story", client_secret="story"),
        )
        return Ledger(SageLedger(reached))

    def turn_to(self, day: date) -> None:
        noon = datetime.combine(day, time(12), tzinfo=UTC)
        if noon > self.clock.at:
            self.clock.at = noon
        else:
            self.clock.advance(timedelta(minutes=1))
        self.books.clock.freeze(self.clock.at)

    def open_customer(self, act: Opens, known: Known) -> str:
        return str(self.books.create_contact(act.customer, currency=act.currency)["id"])

    def tell(self, act: Act, known: Known) -> Made:
        match act:
            case Bills():
                made = self.books.create_invoice(
                    known.customers[act.customer],
                    act.amount,
                    due_on=act.due_on,
                    rate=_rate(act.rate),
                )
                return {act.invoice: [DocumentRef(DocumentKind.INVOICE, str(made["id"]))]}
            case Credits():
                note = self.books.create_credit_note(
                    known.customers[act.customer], act.amount, rate=_rate(act.rate)
                )
                return {act.credit_note: [DocumentRef(DocumentKind.CREDIT_NOTE, str(note["id"]))]}
            case Receives():
                return {act.receipt: [self._receive(act, known)]}
            case Applies():
                self._apply(act, known)
            case Refunds():
                return {act.refund: [self._refund(act, known)]}
            case Edits():
                self.books.edit_invoice(known.only(act.invoice), amount=act.amount)
            case Voids():
                self.books.void(known.only(act.invoice))
            case Deletes():
                [ref] = known.documents[act.document]
                if ref.kind is DocumentKind.INVOICE:
                    self.books.void(ref.ledger_id)
                else:
                    self.books.delete_payment(ref.ledger_id)
            case Renames():
                self.books.rename(known.customers[act.customer], act.name)
            case Merges():
                raise Unplayable("contacts cannot be merged")
            case Opens():
                raise AssertionError("customers are opened by open_customer")
        return {}

    def _receive(self, act: Receives, known: Known) -> DocumentRef:
        paid = self.books.receive(
            known.customers[act.customer],
            act.amount,
            {known.only(invoice): amount for invoice, amount in act.against.items()},
            discounts={known.only(invoice): amount for invoice, amount in act.discount.items()},
            rate=_rate(act.rate),
        )
        return DocumentRef(DocumentKind.PAYMENT, str(paid["id"]))

    def _apply(self, act: Applies, known: Known) -> None:
        [source] = known.documents[act.source]
        leg = source.ledger_id
        if source.kind is DocumentKind.PAYMENT:  # the credit leg is its payment on account
            paid = self.books.get("contact_payments", leg)
            leg = str(paid["payment_on_account"]["id"])
        invoice = known.only(act.invoice)
        contact = str(self.books.get("sales_invoices", invoice)["contact"]["id"])
        amount = Decimal(act.amount)
        self.books.allocate(contact, {invoice: amount, leg: -amount})

    def _refund(self, act: Refunds, known: Known) -> DocumentRef:
        note = known.only(act.credit_note)
        contact = str(self.books.get("sales_credit_notes", note)["contact"]["id"])
        paid = self.books.refund(contact, act.amount, {note: act.amount})
        return DocumentRef(DocumentKind.REFUND, str(paid["id"]))


def _rate(rate: str) -> Decimal | None:
    return None if rate == "1" else Decimal(rate)
