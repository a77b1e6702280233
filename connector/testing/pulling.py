"""Scenarios of the pull: nothing lost, nothing doubled, whatever happens meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recoup.connector.capabilities import Capability
from recoup.connector.errors import NeedsReconnect, Retriable
from recoup.connector.model import DocumentState, Invoice
from recoup.connector.money import Money
from recoup.connector.pages import Cursor
from recoup.connector.testing.case import LedgerCase
from recoup.connector.testing.mirror import Mirror
from recoup.connector.testing.scenario import (
    Scenarios,
    assert_same_books,
    playable,
    pull_through,
    require,
)

__all__ = ["PullScenarios", "crowd"]


def crowd(case: LedgerCase) -> tuple[str, list[str]]:
    """Fill several pages with invoices of one customer; returns its id and theirs."""
    buyer = case.add_customer("Crowd")
    return buyer, [case.add_invoice(buyer, f"{n}.10") for n in range(1, case.many + 1)]


class PullScenarios(Scenarios):
    """Paging, deletions, voids, oddities, throttling, tokens, kills and repeats."""

    def test_the_first_pull_brings_every_document(self, case: LedgerCase) -> None:
        buyer, invoices = crowd(case)
        case.pay(invoices[0], "0.60")
        mirror = Mirror()
        pages = mirror.pull(case.open_ledger())
        assert_same_books(mirror, case)
        assert buyer in {customer.ledger_id for customer in mirror.customers()}
        assert pages >= 3, f"{case.many} invoices came in {pages} pages: raise LedgerCase.many"

    def test_a_pull_with_nothing_new_changes_nothing(self, case: LedgerCase) -> None:
        crowd(case)
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        before = dict(mirror.records)
        mirror.pull(case.open_ledger())
        assert mirror.records == before
        assert_same_books(mirror, case)

    def test_a_second_pull_brings_only_what_changed(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.INCREMENTAL_PULL)
        _, invoices = crowd(case)
        case.clock.advance(timedelta(hours=1))  # an adapter may look back a little
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        case.clock.advance(timedelta(hours=1))
        case.edit_invoice(invoices[0], "77.00")
        pages = list(mirror.pages(case.open_ledger()))
        brought = [payload for page in pages for payload in page.payloads]
        names = {p.ledger_id for p in brought if p.source_type == case.invoice_type}
        assert invoices[0] in names
        assert len(names) < len(invoices), "everything came again"

    def test_what_is_added_between_pages_is_found(self, case: LedgerCase) -> None:
        buyer, _ = crowd(case)
        ledger, mirror = case.open_ledger(), Mirror()
        for number, page in enumerate(mirror.pages(ledger), 1):
            mirror.take(ledger, page)
            if number <= 3:
                case.add_invoice(buyer, f"{number}.99")
        pull_through(case, mirror)
        assert_same_books(mirror, case)

    def test_edits_between_pages_lose_and_double_nothing(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        ledger, mirror = case.open_ledger(), Mirror()
        for number, page in enumerate(mirror.pages(ledger), 1):
            mirror.take(ledger, page)
            if number <= 3:
                case.edit_invoice(invoices[0], f"{500 + number}.00")
                case.edit_invoice(invoices[-1], f"{600 + number}.00")
        pull_through(case, mirror)
        assert_same_books(mirror, case)

    def test_payments_between_pages_settle_their_invoices(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        ledger, mirror = case.open_ledger(), Mirror()
        for number, page in enumerate(mirror.pages(ledger), 1):
            mirror.take(ledger, page)
            if number <= 3:
                case.pay(invoices[number], "1.00")
                case.pay(invoices[-number], "1.00")
        pull_through(case, mirror)
        assert_same_books(mirror, case)
        assert sum(a.amount.amount for a in mirror.allocations()) == 6

    def test_deletions_between_pages_hide_no_neighbour(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        ledger, mirror = case.open_ledger(), Mirror()
        for number, page in enumerate(mirror.pages(ledger), 1):
            mirror.take(ledger, page)
            if number <= 3:
                with playable():
                    case.delete_invoice(invoices[number - 1])
        pull_through(case, mirror)
        assert_same_books(mirror, case)

    def test_a_deleted_invoice_disappears(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        with playable():
            case.delete_invoice(invoices[2])
        pull_through(case, mirror)
        assert_same_books(mirror, case)

    def test_a_deleted_payment_opens_its_invoice_again(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        payment = case.pay(invoices[4], "2.00")
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        with playable():
            case.delete_payment(payment)
        pull_through(case, mirror)
        assert_same_books(mirror, case)
        assert not mirror.allocations()

    def test_a_void_stays_and_counts_as_nothing(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        with playable():
            case.void_invoice(invoices[1])
        pull_through(case, mirror)
        assert_same_books(mirror, case)
        voided = mirror.records[case.invoice_type, invoices[1]]
        assert isinstance(voided, Invoice)
        assert voided.state is DocumentState.VOID

    def test_a_field_nobody_knows_is_kept_and_harmless(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        case.write_raw(invoices[0], case.strange_fields())
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        assert_same_books(mirror, case)
        raw = mirror.payloads[case.invoice_type, invoices[0]].raw
        assert all(name.encode() in raw for name in case.strange_fields())

    def test_an_enum_value_nobody_knows_kills_no_page(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        case.write_raw(invoices[0], case.strange_values())
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        assert not mirror.parked
        assert_same_books(mirror, case)

    def test_amounts_are_exact_to_the_cent(self, case: LedgerCase) -> None:
        buyer = case.add_customer("Dimes")
        dimes = [case.add_invoice(buyer, "0.10") for _ in range(10)]
        large = case.add_invoice(buyer, "90071992547.93")  # a float of it is off when summed
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        open_amounts = mirror.open_amounts()
        assert not mirror.parked
        named = {ref.ledger_id: amount for ref, amount in open_amounts.items()}
        assert sum(named[dime].minor for dime in dimes) == 100
        assert named[large] == Money.of("90071992547.93", case.currency)

    def test_an_amount_beyond_the_currency_is_parked_alone(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        case.write_raw(invoices[0], case.total_field("10.005"))
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        assert set(mirror.parked) == {(case.invoice_type, invoices[0])}
        seen = {ref.ledger_id for ref in mirror.open_amounts() if ref.kind == "invoice"}
        assert seen == set(invoices[1:])

    def test_throttling_at_the_start_says_when_to_come_back(self, case: LedgerCase) -> None:
        crowd(case)
        with playable():
            case.throttle(1)
        with pytest.raises(Retriable) as refusal:
            Mirror().pull(case.open_ledger())
        assert refusal.value.retry_after > timedelta(0)
        assert sum(case.clock.sleeps) < 30, "a worker slept instead of giving its place away"

    def test_throttling_between_pages_loses_nothing(self, case: LedgerCase) -> None:
        crowd(case)
        ledger, mirror = case.open_ledger(), Mirror()
        pages = mirror.pages(ledger)
        mirror.take(ledger, next(pages))
        with playable():
            case.throttle(2)
        with pytest.raises(Retriable) as refusal:
            mirror.take_all(ledger, pages)
        case.clock.advance(refusal.value.retry_after)
        pull_through(case, mirror)
        assert_same_books(mirror, case)

    def test_a_token_that_dies_between_pages_is_renewed_once(self, case: LedgerCase) -> None:
        crowd(case)
        ledger, mirror = case.open_ledger(), Mirror()
        before = case.refresh_count()
        for number, page in enumerate(mirror.pages(ledger), 1):
            mirror.take(ledger, page)
            if number == 1:
                with playable():
                    case.expire_token()
        assert_same_books(mirror, case)
        assert case.refresh_count() == before + 1

    def test_a_renewed_token_serves_the_next_process(self, case: LedgerCase) -> None:
        crowd(case)
        with playable():
            case.expire_token()
        Mirror().pull(case.open_ledger())
        before = case.refresh_count()
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        assert case.refresh_count() == before
        assert_same_books(mirror, case)

    def test_a_withdrawn_consent_asks_for_a_person(self, case: LedgerCase) -> None:
        crowd(case)
        with playable():
            case.revoke_grant()
        with pytest.raises(NeedsReconnect):
            Mirror().pull(case.open_ledger())

    def test_a_kill_after_any_page_resumes_from_its_cursor(self, case: LedgerCase) -> None:
        buyer, _ = crowd(case)
        whole = Mirror().pull(case.open_ledger())
        for stored in range(whole):
            ledger, mirror = case.open_ledger(), Mirror()
            for page in mirror.pages(ledger):
                if mirror.page_count == stored:
                    break  # this page was asked for and never stored
                mirror.take(ledger, page)
            case.add_invoice(buyer, f"{stored}.42")
            pull_through(case, mirror)
            assert_same_books(mirror, case)

    def test_pages_delivered_again_change_nothing(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        case.pay(invoices[0], "1.00")
        mirror = Mirror()
        cursors: list[Cursor | None] = [None]
        ledger = case.open_ledger()
        for page in mirror.pages(ledger):
            mirror.take(ledger, page)
            cursors.append(page.cursor)
        before = dict(mirror.records)
        for cursor in cursors:
            mirror.cursor = cursor
            mirror.pull(case.open_ledger())
            assert mirror.records == before
        assert_same_books(mirror, case)

    def test_mapping_is_a_pure_function_of_the_payloads(self, case: LedgerCase) -> None:
        _, invoices = crowd(case)
        case.pay(invoices[0], "1.00")
        ledger, mirror = case.open_ledger(), Mirror()
        mirror.pull(ledger)
        payloads = list(mirror.payloads.values())
        forward = ledger.map_payloads(payloads)
        backward = case.open_ledger().map_payloads(payloads[::-1])
        assert list(forward) == list(backward)[::-1]
        assert [getattr(r, "ledger_id", None) for r in forward] == [p.ledger_id for p in payloads]
