"""The conformance suite, played by the adapter against the stand-in over HTTP."""

from __future__ import annotations

import uuid
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
    Fetched,
    Intent,
    Ledger,
    Money,
    Outcome,
    OutcomeUnknown,
    Retriable,
    Skippable,
    Swept,
    TokenSet,
    Window,
    hookimpl,
)
from recoup.connector.testing import LedgerCase, LedgerConformance
from recoup.connector.testing.case import Truth
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, connection
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.standin.books import Books, Clock
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.plugins.quickbooks.teller import QuickBooksTeller

KINDS = {
    "Invoice": (DocumentKind.INVOICE, "Balance"),
    "CreditMemo": (DocumentKind.CREDIT_NOTE, "Balance"),
    "Payment": (DocumentKind.PAYMENT, "UnappliedAmt"),
}


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


class QuickBooksCase(LedgerCase):
    adapter: type[QuickBooksLedger] = QuickBooksLedger
    many = 30  # three pages of eight, five of which overlap

    def __init__(self) -> None:
        self.books = Books(clock=Clock(NOON))
        self.clock = OneClock(self.books.clock)
        self.standin = StandIn(self.books, options=Options(rotate="always")).start()
        self.vault = FakeVault()
        granted = self.standin.issue_grant()
        ends_at = NOON + timedelta(seconds=granted["expires_in"])
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=ends_at,
        )
        self.vault.save("grant-1", fresh)

    def close(self) -> None:
        self.standin.stop()

    def open_ledger(self) -> Ledger:
        reached = connection(
            "quickbooks",
            self.books.realm,
            clock=self.clock,
            vault=self.vault,
            base_url=self.standin.url,
            app=ClientApp(client_id="conformance", client_secret="conformance"),
        )
        return Ledger(self.adapter(reached, page_rows=8))

    def truth(self) -> Truth:
        return {
            DocumentRef(kind, str(doc["Id"])): Money.of(doc[field], self.currency)
            for entity, (kind, field) in KINDS.items()
            for doc in self.books.table(entity).values()
            if not str(doc.get("PrivateNote", "")).startswith("Voided")
        }

    def add_customer(self, name: str) -> str:
        return str(self.books.create("Customer", {"DisplayName": name})["Id"])

    def add_invoice(self, customer_id: str, amount: str) -> str:
        body = {"CustomerRef": {"value": customer_id}, "Line": [_line(amount)]}
        return str(self.books.create("Invoice", body)["Id"])

    def pay(self, invoice_id: str, amount: str) -> str:
        customer = self.books.get("Invoice", invoice_id)["CustomerRef"]
        link = {"TxnId": invoice_id, "TxnType": "Invoice"}
        lines = [{"Amount": Decimal(amount), "LinkedTxn": [link]}]
        body = {"CustomerRef": customer, "TotalAmt": Decimal(amount), "Line": lines}
        return str(self.books.create("Payment", body)["Id"])

    def pay_on_account(self, invoice_id: str, amount: str) -> DocumentRef:
        customer = self.books.get("Invoice", invoice_id)["CustomerRef"]
        body = {"CustomerRef": customer, "TotalAmt": Decimal(amount)}
        return DocumentRef(DocumentKind.PAYMENT, str(self.books.create("Payment", body)["Id"]))

    def item_id(self) -> str | None:
        found = list(self.books.table("Item"))
        return found[0] if found else str(self.books.create("Item", {"Name": "Services"})["Id"])

    def edit_invoice(self, invoice_id: str, amount: str) -> None:
        self.books.update("Invoice", {"Id": invoice_id, "Line": [_line(amount)]}, True)

    def void_invoice(self, invoice_id: str) -> None:
        self.books.void("Invoice", invoice_id)

    def delete_invoice(self, invoice_id: str) -> None:
        self.books.delete("Invoice", invoice_id)

    def delete_payment(self, payment_id: str) -> None:
        self.books.delete("Payment", payment_id)

    def write_raw(self, invoice_id: str, fields: Mapping[str, Any]) -> None:
        changed = {**self.books.get("Invoice", invoice_id), **fields}
        self.books.load("Invoice", self.books.touch(changed))

    def strange_fields(self) -> Mapping[str, Any]:
        return {"MoonPhase": {"Name": "waxing", "Days": [1, 2]}}

    def strange_values(self) -> Mapping[str, Any]:
        return {"EmailStatus": "SentByPigeon", "GlobalTaxCalculation": "TaxGuessed"}

    def total_field(self, amount: str) -> Mapping[str, Any]:
        return {"TotalAmt": Decimal(amount), "Balance": Decimal(amount)}

    def notes(self, invoice_id: str) -> Sequence[str]:
        note = self.books.get("Invoice", invoice_id).get("PrivateNote") or ""
        return [line for line in str(note).split("\n") if line]

    def lock_books(self, until: date) -> None:
        prefs = dict(self.books.rows("Preferences")[0])
        locked = {**prefs.get("AccountingInfoPrefs", {}), "BookCloseDate": until.isoformat()}
        self.books.load("Preferences", {**prefs, "AccountingInfoPrefs": locked})

    def match_with_bank(self, document: DocumentRef) -> None:
        self.books.bank_match(document.ledger_id)

    def throttle(self, calls: int) -> None:
        self.standin.faults.next("429_xml", times=calls)

    def expire_token(self) -> None:
        self.standin.consent.expire_access(self.books.realm)

    def revoke_grant(self) -> None:
        for grant in self.standin.consent.grants:
            grant.revoked = True

    def refresh_count(self) -> int:
        return self.vault.refresh_count


def _line(amount: str) -> dict[str, Any]:
    detail = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}
    return {"Amount": Decimal(amount), **detail}


class TestQuickBooks(LedgerConformance):
    case_type = QuickBooksCase
    teller_type = QuickBooksTeller


# The example adapter of the kit has no sweeps, allocations or fees: their scenarios are proven to
# catch a bug here.


class CountsOneTooMany(QuickBooksLedger):
    @hookimpl
    def sweep(self, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
        swept, fetched = super().sweep(source_type, window, listed)
        return replace(swept, count=swept.count + 1), fetched


class SweepsEverything(QuickBooksLedger):
    @hookimpl
    def sweep(self, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
        return super().sweep(source_type, Window(), listed)


class TakesTodayForAnyDay(QuickBooksLedger):
    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        return super().control_totals(None, detail)


class ListsHalfOfWhatIsOpen(QuickBooksLedger):
    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        stated = super().control_totals(as_of, detail)
        return replace(stated, open_entries=stated.open_entries[::2])


class AppliesToNobody(QuickBooksLedger):
    @hookimpl
    def allocate(self, intent: Intent) -> Outcome:
        return Outcome(document=None, inverse={})


class UndoesNothing(QuickBooksLedger):
    @hookimpl
    def reverse(self, intent: Intent) -> Outcome:
        return Outcome(document=None, inverse={})


class ForgetsTheNote(QuickBooksLedger):
    @hookimpl
    def add_note(self, intent: Intent) -> Outcome:
        return Outcome(document=None, inverse={})


class WaitsForTheLockToGo(QuickBooksLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        try:
            return super().create_payment(intent)
        except Skippable as refusal:
            raise Retriable(str(refusal)) from None


class TriesForEver(QuickBooksLedger):
    """Takes a no for an answer that got lost."""

    @hookimpl
    def reverse(self, intent: Intent) -> Outcome:
        try:
            return super().reverse(intent)
        except Skippable as refusal:
            raise OutcomeUnknown(str(refusal)) from None


class MintsKeys(QuickBooksLedger):
    @hookimpl
    def create_invoice(self, intent: Intent) -> Outcome:
        request = {**intent.request, "number": None}
        return super().create_invoice(replace(intent, key=str(uuid.uuid4()), request=request))


CAUGHT = [
    (CountsOneTooMany, "test_a_sweep_counts_and_lists_what_is_there"),
    (SweepsEverything, "test_a_sweep_keeps_to_its_window"),
    (TakesTodayForAnyDay, "test_a_dated_control_total_leaves_out_what_came_later"),
    (ListsHalfOfWhatIsOpen, "test_the_open_entries_sum_to_the_control_total"),
    (AppliesToNobody, "test_applying_a_payment_twice_applies_it_once"),
    (UndoesNothing, "test_undoing_an_allocation_leaves_the_payment_unapplied"),
    (MintsKeys, "test_the_same_fee_twice_is_one_invoice"),
    (UndoesNothing, "test_undoing_a_fee_takes_it_off_the_books"),
    (ForgetsTheNote, "test_a_note_is_added_once"),
    (WaitsForTheLockToGo, "test_a_locked_period_is_a_refusal_and_no_reason_to_wait"),
    (TriesForEver, "test_money_matched_with_the_bank_is_not_taken_back"),
]


@pytest.mark.parametrize(("adapter", "scenario"), CAUGHT, ids=lambda v: getattr(v, "__name__", v))
def test_the_scenario_fails_for_the_adapter_with_its_bug(
    adapter: type[QuickBooksLedger], scenario: str
) -> None:
    case = QuickBooksCase()
    case.adapter = adapter  # type: ignore[misc]
    try:
        with pytest.raises((AssertionError, Retriable)):
            getattr(LedgerConformance(), scenario)(case)
    finally:
        case.close()
