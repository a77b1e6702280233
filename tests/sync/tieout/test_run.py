"""Tying out over a store: what is read again, who is held, what is remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from recoup.connector.capabilities import Capability
from recoup.connector.facades import Ledger
from recoup.connector.money import Money
from recoup.sync.store import schema
from recoup.sync.store.audit import company_scope, verify
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.conclusions import holds
from recoup.sync.store.engine import Store
from recoup.sync.tieout.identities import Identity
from recoup.sync.tieout.outcome import TieOut
from recoup.sync.tieout.run import tie_out

TODAY = date(2026, 3, 2)
Tie = Callable[..., TieOut]


@pytest.fixture
def tie(store: Store, company: CompanyRow, clock: Any) -> Tie:
    def run(ledger: Ledger | None, **options: Any) -> TieOut:
        return tie_out(store, company, ledger, clock=clock, **options)

    return run


@pytest.fixture
def held(store: Store, company: CompanyRow) -> Callable[[], dict[str, str]]:
    def read() -> dict[str, str]:
        with store.read(company.company_id) as conn:
            return holds(conn, company.company_id)

    return read


@pytest.fixture
def ada(paper: Any) -> Any:
    """Ada owes 60 of 100, Bob 25."""
    paper.customer("1", "Ada")
    paper.customer("2", "Bob")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.invoice("11", "2", "25.00", TODAY)
    paper.payment("12", "1", "40.00", TODAY, [("invoice", "10", "40.00")])
    return paper


def identities(outcome: TieOut) -> list[str]:
    return [str(finding.identity) for finding in outcome.findings]


def test_books_that_agree_tie_out_with_two_questions_to_the_ledger(
    ada: Any, sync: Any, tie: Tie
) -> None:
    outcome = tie(sync(ada))
    assert outcome.proven is True and outcome.findings == () and outcome.held == {}
    assert dict(outcome.checked) == {"invoice": 2, "credit": 1, "customer": 2, "control": 1}
    assert outcome.totals["USD"].ours.text == "85.00"
    assert ada.asked == ["count", "control"]


def test_without_a_ledger_the_store_alone_is_judged(ada: Any, sync: Any, tie: Tie) -> None:
    sync(ada)
    assert tie(None).proven is True and ada.asked == []


def test_a_lost_update_is_mended_by_reading_the_customer_again(
    ada: Any, sync: Any, tie: Tie, held: Any
) -> None:
    right = ada.records["Invoice", "10"]
    ada.corrupt("Invoice", "10", balance=Money.of("55.00", "USD"))
    ledger = sync(ada)
    ada.records["Invoice", "10"] = right
    outcome = tie(ledger)
    assert outcome.proven and outcome.reread == 1 and held() == {}
    assert not [call for call in ada.asked if call.startswith("sweep")]


def test_a_paid_document_that_was_missed_is_found_by_counting(
    ada: Any, sync: Any, tie: Tie
) -> None:
    ledger = sync(ada)
    ada.invoice("99", "1", "5.00", date(2026, 2, 1))
    ada.payment("98", "1", "5.00", date(2026, 2, 2), [("invoice", "99", "5.00")])
    outcome = tie(ledger)
    assert outcome.proven and outcome.reread >= 2
    assert dict(outcome.checked)["invoice"] == 3


def test_what_stays_wrong_holds_its_customer_with_both_amounts(
    ada: Any, sync: Any, tie: Tie, held: Any
) -> None:
    ada.corrupt("Invoice", "10", balance=Money.of("55.00", "USD"))
    outcome = tie(sync(ada))
    assert outcome.proven is False and set(outcome.held) == {"1"}
    assert held()["1"] == (
        "invoice 10: ledger says 55.00 USD is open, its allocations leave 60.00 USD; "
        "customer 1: ledger says 60.00 USD, documents say 55.00 USD"
    )


def test_a_customer_is_released_when_it_ties_again(
    ada: Any, sync: Any, tie: Tie, held: Any
) -> None:
    right = ada.records["Invoice", "10"]
    ada.corrupt("Invoice", "10", balance=Money.of("55.00", "USD"))
    tie(sync(ada))
    ada.records["Invoice", "10"] = right
    outcome = tie(sync(ada))
    assert outcome.released == ("1",) and held() == {} and outcome.proven


def test_documents_that_a_pull_missed_are_found_by_counting(ada: Any, sync: Any, tie: Tie) -> None:
    missed = ada.records.pop(("Invoice", "11"))
    ledger = sync(ada)
    ada.records["Invoice", "11"] = missed
    outcome = tie(ledger)
    assert outcome.proven and outcome.reread == 1
    assert "sweep Invoice" in ada.asked


def test_a_deletion_that_a_pull_missed_is_found(ada: Any, sync: Any, tie: Tie) -> None:
    ledger = sync(ada)
    ada.delete("Invoice", "11")
    outcome = tie(ledger)
    assert outcome.proven and outcome.totals["USD"].ours.text == "60.00"


def test_a_change_that_no_count_shows_is_found_in_the_ledgers_list_of_open_items(
    ada: Any, sync: Any, tie: Tie
) -> None:
    ledger = sync(ada)
    total = Money.of("30.00", "USD")
    ada.change("Invoice", "11", total=total, balance=total)
    outcome = tie(ledger)
    assert outcome.proven and outcome.totals["USD"].ours.text == "90.00"


def test_without_the_means_to_read_again_the_ledger_has_moved_on(
    ada: Any, sync: Any, tie: Tie
) -> None:
    ada.can = frozenset({Capability.CONTROL_NOW})
    ledger = sync(ada)
    ada.invoice("13", "2", "5.00", TODAY)
    outcome = tie(ledger)
    assert identities(outcome) == [Identity.MOVED] and "sync again" in outcome.lines[0]


def test_entries_that_are_no_documents_of_ours_are_named_and_remembered(
    ada: Any, sync: Any, tie: Tie
) -> None:
    ada.charge("2", "8.00")
    ledger = sync(ada)
    outcome = tie(ledger)
    assert outcome.proven and [e.document for e in outcome.totals["USD"].explained] == ["SC-9"]
    ada.asked.clear()
    assert tie(ledger).proven and ada.asked == ["count", "control"]


def test_journals_of_the_open_list_are_not_counted_twice(ada: Any, sync: Any, tie: Tie) -> None:
    ada.journal("20", TODAY, [("2", "7.00")])
    ada.charge("2", "8.00")
    ledger = sync(ada)
    outcome = tie(ledger)
    assert outcome.proven
    assert [e.document for e in outcome.totals["USD"].explained] == ["JE-20:0", "SC-9"]


def test_what_nothing_explains_is_a_finding_of_the_company(ada: Any, sync: Any, tie: Tie) -> None:
    ada.corrupt("Account", "AR-USD", balance=Money.of("86.00", "USD"))
    outcome = tie(sync(ada))
    assert outcome.proven is False and outcome.held == {}
    assert outcome.lines[0] == (
        "control account USD: ledger says 86.00 USD, documents and named entries say 85.00 USD, "
        "1.00 USD is unexplained"
    )


def test_an_unreadable_document_holds_its_customer(
    ada: Any, sync: Any, tie: Tie, held: Any
) -> None:
    ada.unreadable["Invoice", "11"] = "25.001 has more decimals than USD allows"
    outcome = tie(sync(ada))
    assert Identity.PARKED in identities(outcome)
    assert "25.001 has more decimals" in held()["2"] and "1" not in held()


def test_a_past_day_is_judged_by_the_ledgers_own_dated_total(ada: Any, sync: Any, tie: Tie) -> None:
    day = date(2026, 1, 31)
    ada.invoice("14", "1", "9.00", date(2026, 1, 10))
    ledger = sync(ada)
    ada.dated[day] = (Money.of("9.00", "USD"),)
    assert tie(ledger, as_of=day).proven is True
    ada.dated[day] = (Money.of("9.50", "USD"),)
    outcome = tie(ledger, as_of=day)
    assert outcome.proven is False and "0.50 USD is unexplained" in outcome.lines[0]


def test_a_past_day_that_the_ledger_does_not_state_is_neither_proven_nor_a_finding(
    ada: Any, sync: Any, tie: Tie
) -> None:
    ada.can = ada.can - {Capability.CONTROL_DATED}
    ada.invoice("14", "1", "9.00", date(2026, 1, 10))
    outcome = tie(sync(ada), as_of=date(2026, 1, 31))
    assert outcome.proven is None and outcome.findings == ()


def test_before_the_first_document_nothing_is_proven_without_the_ledgers_word(
    ada: Any, sync: Any, tie: Tie
) -> None:
    ledger, day = sync(ada), date(2020, 1, 1)
    ada.dated[day] = (Money.of("0.00", "USD"),)
    assert tie(ledger, as_of=day).proven is True
    ada.can = ada.can - {Capability.CONTROL_DATED}
    assert tie(ledger, as_of=date(2020, 1, 2)).proven is None


def test_every_tie_out_and_hold_is_audited_without_personal_text(
    ada: Any, sync: Any, tie: Tie, store: Store, company: CompanyRow
) -> None:
    ada.corrupt("Invoice", "10", balance=Money.of("55.00", "USD"))
    tie(sync(ada))
    with store.read(company.company_id) as conn:
        rows = conn.execute(select(schema.audit.c.action, schema.audit.c.facts)).all()
        assert verify(conn, company_scope(company.company_id)) is None
    assert [row.action for row in rows] == ["tie_out", "customer_held"]
    assert json.loads(rows[1].facts) == {"customer_id": "1", "identities": ["customer", "invoice"]}


def test_each_outcome_is_stored_as_json(
    ada: Any, sync: Any, tie: Tie, store: Store, company: CompanyRow
) -> None:
    ledger = sync(ada)
    outcome = [tie(ledger), tie(ledger)][-1]
    with store.read(company.company_id) as conn:
        rows = conn.execute(select(schema.tieouts.c.seq, schema.tieouts.c.result)).all()
    assert [row.seq for row in rows] == [1, 2]
    assert json.loads(rows[1].result) == outcome.as_json()
