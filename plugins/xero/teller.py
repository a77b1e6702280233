"""The story of the conformance kit, enacted in Xero by its bookkeeper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

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
from recoup.connector.testing.fakes import FakeClock, FakeVault, connection
from recoup.connector.testing.story import FOREIGN, HOME
from recoup.connector.testing.teller import Known, Teller
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.server import StandIn

__all__ = ["XeroTeller"]

Made = Mapping[str, Sequence[DocumentRef]]
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


class XeroTeller(Teller):
    """A British organisation of the stand-in with several currencies."""

    differences: ClassVar[Mapping[str, str]] = {
        "Birch North": "a contact has no parent",
        "A4": "an approved invoice cannot be deleted, so it is voided",
        "R4": "a payment grants no discount; a credit note over the discount stands for it",
    }

    def __init__(self) -> None:
        self.books = Books(
            name="The Story",
            base_currency=HOME,
            country="GB",
            time_zone="Europe/London",
            clock=Clock(START),
        )
        self.books.load("Currencies", {"Code": FOREIGN, "Description": FOREIGN})
        self.clock = FakeClock(START)
        self.standin = StandIn(self.books).start()
        self.vault = FakeVault()
        self._consent()

    def _consent(self) -> None:
        granted = self.standin.issue_grant(person="owner")
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=self.clock.at + timedelta(seconds=granted["expires_in"]),
        )
        self.vault.save("grant-1", fresh)

    def close(self) -> None:
        self.standin.stop()

    @property
    def url(self) -> str:
        """Where the stand-in listens."""
        return self.standin.url

    def open_ledger(self) -> Ledger:
        reached = connection(
            "xero",
            self.books.tenant_id,
            clock=self.clock,
            vault=self.vault,
            base_url=self.standin.url,
            app=ClientApp(client_id="story", client_secret="story"),
        )
        return Ledger(XeroLedger(replace(reached, home_currency=HOME)))

    def turn_to(self, day: date) -> None:
        noon = datetime.combine(day, time(12), tzinfo=UTC)
        if noon > self.clock.at:
            self.clock.at = noon
        else:
            self.clock.advance(timedelta(minutes=1))
        self.books.clock.freeze(self.clock.at)

    def open_customer(self, act: Opens, known: Known) -> str:
        fields = {} if act.currency is None else {"DefaultCurrency": act.currency}
        return str(self.books.create_contact(act.customer, **fields)["ContactID"])

    def tell(self, act: Act, known: Known) -> Made:
        match act:
            case Bills():
                made = self.books.create_invoice(
                    known.customers[act.customer],
                    act.amount,
                    due=act.due_on,
                    rate=_rate(act.rate),
                    number=act.invoice,
                )
                return {act.invoice: [DocumentRef(DocumentKind.INVOICE, made["InvoiceID"])]}
            case Credits():
                return {act.credit_note: [self._credit(act.customer, act.amount, act.rate, known)]}
            case Receives():
                return self._receive(act, known)
            case Applies():
                self._apply(act, known)
            case Refunds():
                paid = self.books.refund(known.only(act.credit_note), act.amount)
                return {act.refund: [DocumentRef(DocumentKind.REFUND, paid["PaymentID"])]}
            case Edits():
                self.books.edit_invoice(known.only(act.invoice), amount=act.amount)
            case Voids():
                self.books.void(known.only(act.invoice))
            case Deletes():
                self._delete(act, known)
            case Renames():
                self.books.rename(known.customers[act.customer], act.name)
            case Merges():
                self.books.merge_contacts(known.customers[act.kept], known.customers[act.gone])
            case Opens():
                raise AssertionError("customers are opened by open_customer")
        return {}

    def _credit(self, customer: str, amount: str, rate: str, known: Known) -> DocumentRef:
        made = self.books.create_credit_note(known.customers[customer], amount, rate=_rate(rate))
        return DocumentRef(DocumentKind.CREDIT_NOTE, made["CreditNoteID"])

    def _receive(self, act: Receives, known: Known) -> Made:
        """A payment for each invoice; what is more is an overpayment of its own."""
        made: dict[str, Sequence[DocumentRef]] = {}
        for invoice, amount in act.discount.items():
            note = self._credit(act.customer, amount, act.rate, known)
            self.books.allocate(note.ledger_id, known.only(invoice), amount)
            made[f"{act.receipt} discount"] = [note]
        money: list[DocumentRef] = []
        rest, rate = Decimal(act.amount), _rate(act.rate)
        for invoice, amount in act.against.items():
            paid = self.books.pay(known.only(invoice), amount, rate=rate)
            money.append(DocumentRef(DocumentKind.PAYMENT, paid["PaymentID"]))
            rest -= Decimal(amount)
        if rest:
            over: Any = self.books.create_overpayment(
                known.customers[act.customer], rest, rate=rate
            )
            money.append(DocumentRef(DocumentKind.OVERPAYMENT, over["OverpaymentID"]))
        return made | {act.receipt: money}

    def _apply(self, act: Applies, known: Known) -> None:
        """Only what is held on account can be applied."""
        sources = known.documents[act.source]
        [source] = [ref for ref in sources if ref.kind is not DocumentKind.PAYMENT]
        self.books.allocate(source.ledger_id, known.only(act.invoice), act.amount)

    def _delete(self, act: Deletes, known: Known) -> None:
        for ref in known.documents[act.document]:
            if ref.kind is DocumentKind.INVOICE:
                self.books.void(ref.ledger_id)
            else:
                self.books.delete_payment(ref.ledger_id)


def _rate(rate: str) -> Decimal | None:
    """Xero states units of the foreign currency per home unit."""
    return None if rate == "1" else 1 / Decimal(rate)
