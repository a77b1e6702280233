"""The conformance suite, played by the adapter against the stand-in over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector import (
    ClientApp,
    ControlTotals,
    DocumentKind,
    DocumentRef,
    Intent,
    IntentState,
    Ledger,
    Money,
    Outcome,
    TokenSet,
    hookimpl,
)
from recoup.connector.standin.clock import Clock
from recoup.connector.testing import LedgerCase, LedgerConformance, Unplayable
from recoup.connector.testing.case import Truth
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, connection
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.moments import read_day
from recoup.plugins.xero.standin.server import StandIn
from recoup.plugins.xero.teller import XeroTeller

KINDS = {
    "Invoices": (DocumentKind.INVOICE, "AmountDue"),
    "CreditNotes": (DocumentKind.CREDIT_NOTE, "RemainingCredit"),
    "Overpayments": (DocumentKind.OVERPAYMENT, "RemainingCredit"),
    "Prepayments": (DocumentKind.PREPAYMENT, "RemainingCredit"),
    "Payments": (DocumentKind.PAYMENT, None),
}
LIVE = ("AUTHORISED", "PAID")


class OneClock(FakeClock):
    """The sync's clock and the stand-in's move together."""

    def __init__(self, books: Clock) -> None:
        super().__init__(NOON)
        self.books = books

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.books.advance(timedelta(seconds=seconds))

    def advance(self, span: timedelta) -> None:
        super().advance(span)
        self.books.advance(span)


class XeroCase(LedgerCase):
    adapter: type[XeroLedger] = XeroLedger
    many = 30  # four pages of eight

    def __init__(self) -> None:
        self.books = Books(base_currency="USD", country="US", clock=Clock(NOON))
        self.clock = OneClock(self.books.clock)
        self.standin = StandIn(self.books).start()
        self.vault = FakeVault()
        granted = self.standin.issue_grant()
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=NOON + timedelta(seconds=granted["expires_in"]),
        )
        self.vault.save("grant-1", fresh)

    def close(self) -> None:
        assert self.standin.wrong_tenant == 0
        self.standin.stop()

    def open_ledger(self) -> Ledger:
        reached = connection(
            "xero",
            self.books.tenant_id,
            clock=self.clock,
            vault=self.vault,
            base_url=self.standin.url,
            app=ClientApp(client_id="conformance", client_secret="conformance"),
        )
        # The engine opens a company with the home currency that its description stated.
        reached = replace(reached, home_currency=self.currency)
        return Ledger(self.adapter(reached, page_rows=8))

    def truth(self) -> Truth:
        return {
            DocumentRef(kind, id): Money.of(doc[field] if field else 0, self.currency)
            for plural, (kind, field) in KINDS.items()
            for id, doc in self.books.table(plural).items()
            if doc["Status"] in LIVE
        }

    def add_customer(self, name: str) -> str:
        return str(self.books.create_contact(name)["ContactID"])

    def add_invoice(self, customer_id: str, amount: str) -> str:
        return str(self.books.create_invoice(customer_id, amount)["InvoiceID"])

    def pay(self, invoice_id: str, amount: str) -> str:
        return str(self.books.pay(invoice_id, amount)["PaymentID"])

    def pay_on_account(self, invoice_id: str, amount: str) -> DocumentRef:
        buyer = self.books.get("Invoices", invoice_id)["Contact"]["ContactID"]
        over = self.books.create_overpayment(buyer, amount)
        return DocumentRef(DocumentKind.OVERPAYMENT, str(over["OverpaymentID"]))

    def item_id(self) -> str | None:
        return "200"  # the code of the sales account

    def edit_invoice(self, invoice_id: str, amount: str) -> None:
        self.books.edit_invoice(invoice_id, amount=amount)

    def void_invoice(self, invoice_id: str) -> None:
        self.books.void(invoice_id)

    def delete_invoice(self, invoice_id: str) -> None:
        raise Unplayable("Xero deletes drafts only; what is approved is voided")

    def change_silently(self, invoice_id: str) -> None:
        self.books.pay(invoice_id, "0.01")
        self.clock.advance(timedelta(minutes=5))
        self.books.edit_due_date(invoice_id, date(2027, 1, 31))

    def delete_payment(self, payment_id: str) -> None:
        self.books.delete_payment(payment_id)

    def write_raw(self, invoice_id: str, fields: Mapping[str, Any]) -> None:
        with self.books.writing():
            changed = {**self.books.amend("Invoices", invoice_id), **fields}
            self.books.store("Invoices", changed)

    def strange_fields(self) -> Mapping[str, Any]:
        return {"MoonPhase": {"Name": "waxing", "Days": [1, 2]}}

    def strange_values(self) -> Mapping[str, Any]:
        return {"LineAmountTypes": "Sideways", "CISRate": None}

    def total_field(self, amount: str) -> Mapping[str, Any]:
        return {"Total": Decimal(amount), "AmountDue": Decimal(amount)}

    def notes(self, invoice_id: str) -> Sequence[str]:
        notes = self.books.rows("_Notes")
        return [str(note["Details"]) for note in notes if note["Of"] == f"Invoices/{invoice_id}"]

    def expected_on(self, invoice_id: str) -> date | None:
        stamp = self.books.get("Invoices", invoice_id).get("ExpectedPaymentDate")
        return read_day(stamp) if stamp else None

    def lock_books(self, until: date) -> None:
        self.books.lock_books(until.isoformat())

    def match_with_bank(self, document: DocumentRef) -> None:
        self.books.reconcile(document.ledger_id)

    def throttle(self, calls: int) -> None:
        self.standin.faults.next("429_minute", times=calls)

    def expire_token(self) -> None:
        self.standin.consent.expire_access()

    def revoke_grant(self) -> None:
        for grant in self.standin.consent.grants:
            grant.revoked = True

    def refresh_count(self) -> int:
        return self.vault.refresh_count


class TestXero(LedgerConformance):
    case_type = XeroCase
    teller_type = XeroTeller


# Scenarios that the example adapter of the kit does not have are proven to catch a bug here.


class TakesTodayForAnyDay(XeroLedger):
    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        return super().control_totals(None, detail)


class UndoesNothing(XeroLedger):
    @hookimpl
    def reverse(self, intent: Intent) -> Outcome:
        return Outcome(document=None, inverse={})


class MintsKeys(XeroLedger):
    @hookimpl
    def create_invoice(self, intent: Intent) -> Outcome:
        request = {**intent.request, "number": None}
        return super().create_invoice(replace(intent, key=f"{id(self)}", request=request))


class ForgetsWhatStoodThere(XeroLedger):
    @hookimpl
    def set_expected_payment(self, intent: Intent) -> Outcome:
        forgetful = replace(intent, inverse={}, state=IntentState.PLANNED)
        return super().set_expected_payment(forgetful)


class GivesAwayTheDiscount(XeroLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        parts = [
            {name: part[name] for name in ("invoice_id", "amount")}
            for part in intent.request["allocations"]
        ]
        asked = {**intent.request, "allocations": parts}
        return super().create_payment(replace(intent, request=asked))


CAUGHT = [
    (TakesTodayForAnyDay, "test_a_dated_control_total_leaves_out_what_came_later"),
    (UndoesNothing, "test_undoing_a_payment_restores_every_balance"),
    (MintsKeys, "test_the_same_fee_twice_is_one_invoice"),
    (UndoesNothing, "test_undoing_a_fee_takes_it_off_the_books"),
    (ForgetsWhatStoodThere, "test_an_expected_day_is_kept_and_taken_back"),
    (GivesAwayTheDiscount, "test_a_discount_closes_its_invoice_or_is_refused"),
]


@pytest.mark.parametrize(("adapter", "scenario"), CAUGHT, ids=lambda v: getattr(v, "__name__", v))
def test_the_scenario_fails_for_the_adapter_with_its_bug(
    adapter: type[XeroLedger], scenario: str
) -> None:
    case = XeroCase()
    case.adapter = adapter
    try:
        with pytest.raises(AssertionError):
            getattr(LedgerConformance(), scenario)(case)
    finally:
        case.close()
