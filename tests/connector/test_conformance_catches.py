"""Every scenario fails for an adapter that has the bug it is there for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector import (
    Capability,
    Company,
    ControlTotals,
    Fetched,
    Intent,
    Invoice,
    Money,
    NeedsReconnect,
    NotSupported,
    Outcome,
    Page,
    Payload,
    Record,
    Retriable,
    Skippable,
    Tombstone,
    hookimpl,
)
from recoup.connector.pages import Cursor
from recoup.connector.testing import LedgerConformance
from recoup.connector.testing.fakes import NOON, invoice
from recoup.connector.testing.memory_case import MemoryCase
from recoup.connector.testing.memory_ledger import MemoryLedger
from recoup.connector.testing.memory_teller import MemoryTeller

Mapped = Sequence[Record | Exception]


class StopsEarly(MemoryLedger):
    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        pages = list(super().pull(cursor))
        yield from pages[:-1]


class TellsNothingIsThere(MemoryLedger):
    """Takes an empty answer for an empty ledger."""

    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        yield from super().pull(cursor)
        gone = [] if cursor is None else [Tombstone(*key) for key in self._books.rows]
        yield Page(tombstones=gone, cursor={"after": self._books._count})


class ForgetsItsCursor(MemoryLedger):
    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        yield from super().pull(None)


class PagesByOffset(MemoryLedger):
    """Counts rows of a list that moves, and takes the newest change for its cursor."""

    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        after, offset, size = (cursor or {}).get("after", 0), 0, self._books.page_rows
        self._call(self._books.changes, 0)
        while True:
            rows = sorted(
                ((row["seq"], key) for key, row in self._books.rows.items() if row["seq"] > after),
            )[offset : offset + size]
            if not rows:
                return
            offset += size
            bodies = [Payload(*key, json.dumps(self._books.rows[key]).encode()) for _, key in rows]
            yield Page(payloads=bodies, cursor={"after": self._books._count})


class CursorAheadOfItsPage(MemoryLedger):
    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        newest = self._books._count
        for page in super().pull(cursor):
            yield replace(page, cursor={"after": newest})


class StampsItsCursorAtTheEnd(MemoryLedger):
    """Lists at the start, and counts what happened meanwhile as seen."""

    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        pages = list(super().pull(cursor))
        yield from pages
        yield Page(cursor={"after": self._books._count})


class NeverDeletes(MemoryLedger):
    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        for page in super().pull(cursor):
            yield replace(page, tombstones=())


class Remaps(MemoryLedger):
    """Base of the mapping bugs."""

    def change(self, record: Invoice, row: dict[str, Any]) -> Record | Exception:
        raise NotImplementedError

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Mapped:
        return [
            self.change(record, json.loads(record.raw)) if isinstance(record, Invoice) else record
            for record in super().map_payloads(payloads)
        ]


class VoidsLookPosted(Remaps):
    def change(self, record: Invoice, row: dict[str, Any]) -> Record | Exception:
        return replace(record, state=invoice().state)


class ChokesOnStatus(Remaps):
    def change(self, record: Invoice, row: dict[str, Any]) -> Record | Exception:
        return record if row["status"] in ("open", "void") else Skippable("unknown status")


class ChokesOnFields(Remaps):
    def change(self, record: Invoice, row: dict[str, Any]) -> Record | Exception:
        return Skippable("unknown field") if len(row) != 9 else record


class CountsInFloats(Remaps):
    def change(self, record: Invoice, row: dict[str, Any]) -> Record | Exception:
        return replace(record, balance=Money(Decimal(float(row["open"])), "USD"))


class RemembersMapping(Remaps):
    """Its answer depends on what it saw before."""

    seen = 0

    def change(self, record: Invoice, row: dict[str, Any]) -> Record | Exception:
        self.seen += 1
        return replace(record, number=str(self.seen))


class RoundsToCents(MemoryLedger):
    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Mapped:
        return super().map_payloads(
            [p._replace(raw=p.raw.replace(b"10.005", b"10.01")) for p in payloads]
        )


class SleepsWhenThrottled(MemoryLedger):
    def _call(self, method: Any, *arguments: Any) -> Any:
        while True:
            try:
                return super()._call(method, *arguments)
            except Retriable as refusal:
                self._connection.clock.sleep(refusal.retry_after.total_seconds())


class TakesThrottlingForTheEnd(MemoryLedger):
    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        try:
            yield from super().pull(cursor)
        except Retriable:
            return


class NeverRenews(MemoryLedger):
    def _renew(self, held: Any) -> Any:
        raise NeedsReconnect("the token is dead")


class KeepsTokensToItself(MemoryLedger):
    """Renews without the vault, so that the next process finds a dead refresh token."""

    own: Any = None

    def _call(self, method: Any, *arguments: Any) -> Any:
        if self._books.access is None:
            self.own = self._renew(self._connection.vault.read("grant-1"))
        return (
            super()._call(method, *arguments)
            if self.own is None
            else method(self.own.access_token, *arguments)
        )


class BlamesTheWeather(MemoryLedger):
    def _renew(self, held: Any) -> Any:
        try:
            return super()._renew(held)
        except Exception as error:
            raise Retriable("try again", retry_after=timedelta(minutes=1)) from error


class DeclaresLess(MemoryLedger):
    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities() - {Capability.LIVE_FETCH}


class DeclaresFancies(MemoryLedger):
    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities() | {"telepathy"}  # type: ignore[return-value,operator]


class ChangesItsName(MemoryLedger):
    @hookimpl
    def describe_company(self) -> Company:
        return replace(super().describe_company(), name=str(uuid.uuid4()))


class FetchesFromMemory(MemoryLedger):
    @hookimpl
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        found = super().fetch(wanted)
        row = json.loads(found.payloads[0].raw)
        stale = json.dumps({**row, "open": row["total"]}).encode()
        return replace(found, payloads=[found.payloads[0]._replace(raw=stale)])


class FetchesTheLiving(MemoryLedger):
    @hookimpl
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        return replace(super().fetch(wanted), tombstones=())


class ControlIsOff(MemoryLedger):
    @hookimpl
    def control_totals(self, as_of: Any, detail: bool) -> ControlTotals:
        if as_of is not None or detail:
            raise NotSupported("only now")
        return ControlTotals(as_of=None, read_at=NOON, totals=(Money.of("0.01", "USD"),))


class MintsKeys(MemoryLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        return super().create_payment(replace(intent, key=str(uuid.uuid4())))


class OneKeyForAll(MemoryLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        return super().create_payment(replace(intent, key="payment"))


class AppliesNothing(MemoryLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        return super().create_payment(
            replace(intent, request={**intent.request, "allocations": []})
        )


class AppliesAllToTheFirst(MemoryLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        first = [{**intent.request["allocations"][0], "amount": "100.00"}]
        return super().create_payment(
            replace(intent, request={**intent.request, "allocations": first})
        )


class KeepsNothingOver(MemoryLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        applied = sum(Decimal(part["amount"]) for part in intent.request["allocations"])
        request = {**intent.request, "amount": str(applied)}
        return super().create_payment(replace(intent, request=request))


class OverlooksTheDiscount(MemoryLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        parts = [
            {name: part[name] for name in ("invoice_id", "amount")}
            for part in intent.request["allocations"]
        ]
        return super().create_payment(
            replace(intent, request={**intent.request, "allocations": parts})
        )


class BooksWhatItCan(MemoryLedger):
    """Leaves the invoice out that its ledger refuses, and books the rest."""

    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        fitting = [
            part
            for part in intent.request["allocations"]
            if Decimal(part["amount"])
            <= Decimal(self._books.rows["Invoice", part["invoice_id"]]["open"])
        ]
        return super().create_payment(
            replace(intent, request={**intent.request, "allocations": fitting})
        )


class BooksBeforeItIsRefused(MemoryLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        refusals, self._books.refusals = self._books.refusals, 0
        outcome = super().create_payment(intent)
        if refusals:
            raise Retriable("busy", retry_after=timedelta(seconds=60))
        return outcome


class TouchesNothing(MemoryLedger):
    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        return replace(super().create_payment(intent), touched=())


class UndoesNothing(MemoryLedger):
    @hookimpl
    def reverse(self, intent: Intent) -> Outcome:
        return Outcome(document=None, inverse={})


class SweepsFromItsFeed(MemoryLedger):
    @hookimpl
    def sweep_open(self) -> Iterator[Page]:
        for page in super().sweep_open():
            yield replace(page, payloads=[])


CAUGHT: list[tuple[type[MemoryLedger], str]] = [
    (StopsEarly, "test_the_first_pull_brings_every_document"),
    (TellsNothingIsThere, "test_a_pull_with_nothing_new_changes_nothing"),
    (ForgetsItsCursor, "test_a_second_pull_brings_only_what_changed"),
    (StampsItsCursorAtTheEnd, "test_what_is_added_between_pages_is_found"),
    (PagesByOffset, "test_edits_between_pages_lose_and_double_nothing"),
    (PagesByOffset, "test_payments_between_pages_settle_their_invoices"),
    (PagesByOffset, "test_deletions_between_pages_hide_no_neighbour"),
    (NeverDeletes, "test_a_deleted_invoice_disappears"),
    (NeverDeletes, "test_a_deleted_payment_opens_its_invoice_again"),
    (VoidsLookPosted, "test_a_void_stays_and_counts_as_nothing"),
    (ChokesOnFields, "test_a_field_nobody_knows_is_kept_and_harmless"),
    (ChokesOnStatus, "test_an_enum_value_nobody_knows_kills_no_page"),
    (CountsInFloats, "test_amounts_are_exact_to_the_cent"),
    (RoundsToCents, "test_an_amount_beyond_the_currency_is_parked_alone"),
    (SleepsWhenThrottled, "test_throttling_at_the_start_says_when_to_come_back"),
    (TakesThrottlingForTheEnd, "test_throttling_between_pages_loses_nothing"),
    (NeverRenews, "test_a_token_that_dies_between_pages_is_renewed_once"),
    (KeepsTokensToItself, "test_a_renewed_token_serves_the_next_process"),
    (BlamesTheWeather, "test_a_withdrawn_consent_asks_for_a_person"),
    (CursorAheadOfItsPage, "test_a_kill_after_any_page_resumes_from_its_cursor"),
    (RemembersMapping, "test_pages_delivered_again_change_nothing"),
    (RemembersMapping, "test_mapping_is_a_pure_function_of_the_payloads"),
    (DeclaresLess, "test_what_is_not_declared_raises_not_supported"),
    (DeclaresFancies, "test_capabilities_are_members_of_the_enum"),
    (ChangesItsName, "test_the_company_describes_itself_the_same_each_time"),
    (FetchesFromMemory, "test_a_live_fetch_sees_a_payment_at_once"),
    (FetchesTheLiving, "test_a_live_fetch_tells_what_is_gone"),
    (SweepsFromItsFeed, "test_an_open_sweep_shows_what_no_stamp_betrayed"),
    (ControlIsOff, "test_the_control_account_is_the_sum_of_what_is_open"),
    (AppliesNothing, "test_a_payment_settles_its_invoice_and_keeps_the_rest"),
    (MintsKeys, "test_the_same_intent_twice_is_one_payment"),
    (OneKeyForAll, "test_another_meaning_is_another_payment"),
    (BooksBeforeItIsRefused, "test_a_throttled_write_does_nothing_and_succeeds_later"),
    (TouchesNothing, "test_the_outcome_names_every_document_it_touched"),
    (UndoesNothing, "test_undoing_a_payment_restores_every_balance"),
    (AppliesNothing, "test_a_part_payment_leaves_the_rest_of_the_invoice_open"),
    (AppliesAllToTheFirst, "test_one_payment_settles_several_invoices"),
    (KeepsNothingOver, "test_an_overpayment_keeps_what_is_over"),
    (OverlooksTheDiscount, "test_a_discount_closes_its_invoice_or_is_refused"),
    (BooksWhatItCan, "test_a_payment_beyond_what_is_open_is_refused_whole"),
    (StopsEarly, "test_the_story_comes_over_as_it_happened"),
    (NeverDeletes, "test_the_story_pulled_day_by_day_comes_to_the_same"),
]


@pytest.mark.parametrize(("adapter", "scenario"), CAUGHT, ids=lambda v: getattr(v, "__name__", v))
def test_the_scenario_fails_for_the_adapter_with_its_bug(
    adapter: type[MemoryLedger], scenario: str
) -> None:
    class Case(MemoryCase):
        pass

    class Storyteller(MemoryTeller):
        pass

    Case.adapter = Storyteller.adapter = adapter
    stage = Storyteller() if "_story_" in scenario else Case()
    with pytest.raises((AssertionError, pytest.fail.Exception, NeedsReconnect, Retriable)):
        getattr(LedgerConformance(), scenario)(stage)


def test_every_scenario_that_the_example_plays_has_its_bug() -> None:
    played = set()
    for name in (name for name in dir(LedgerConformance) if name.startswith("test_")):
        try:
            stage = MemoryTeller() if "_story_" in name else MemoryCase()
            getattr(LedgerConformance(), name)(stage)
        except pytest.skip.Exception:
            continue
        played.add(name)
    assert played == {scenario for _, scenario in CAUGHT}
