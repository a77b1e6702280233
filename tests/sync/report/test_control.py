"""The control account under an aging: proven, explained, or honestly not stated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from recoup.connector.money import Money
from recoup.sync.report.aging import aging
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.tieout.control import Control
from recoup.sync.tieout.run import tie_out

TODAY = date(2026, 3, 2)
Controls = Callable[..., Control]


@pytest.fixture
def control(store: Store, company: CompanyRow) -> Controls:
    def run(as_of: date = TODAY, **options: Any) -> Control:
        with store.read(company.company_id) as conn:
            return aging(conn, company, as_of=as_of, **options)[0].control

    return run


def explained(control: Control) -> list[tuple[str, str]]:
    return [(item.document, item.amount.text) for item in control.explained]


def test_journal_and_deposit_lines_are_named_by_ledger_id_and_line(
    paper: Any, sync: Any, control: Controls
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.journal("12", TODAY, [("1", "45.67"), ("1", "-5.67")])
    paper.journal("7", TODAY, [("1", "-15.00")], kind="deposit")
    sync(paper)
    proof = control()
    assert explained(proof) == [("DEP-7:0", "-15.00"), ("JE-12:0", "45.67"), ("JE-12:1", "-5.67")]
    assert proof.difference is not None and proof.difference.text == "25.00" and proof.proven


def test_a_journal_line_counts_net_of_what_payments_settled(
    paper: Any, sync: Any, control: Controls
) -> None:
    paper.customer("1")
    paper.journal("12", TODAY, [("1", "50.00")])
    paper.payment("13", "1", "20.00", TODAY, [("journal", "12", "20.00")])
    sync(paper)
    proof = control()
    assert explained(proof) == [("JE-12:0", "30.00")] and proof.proven


def test_documents_dated_after_the_day_are_in_the_ledgers_balance_and_explained(
    paper: Any, sync: Any, control: Controls
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.invoice("11", "1", "70.00", TODAY + timedelta(days=1))
    paper.payment("12", "1", "40.00", TODAY + timedelta(days=2), [("invoice", "10", "30.00")])
    sync(paper)
    proof = control()
    assert explained(proof) == [("INV-10", "-30.00"), ("INV-11", "70.00"), ("PAY-12", "-10.00")]
    assert proof.proven and proof.ours.text == "100.00"
    assert [item.why for item in proof.explained][:2] == [
        "settled after 2026-03-02",
        "dated 2026-03-03, after 2026-03-02",
    ]


def test_days_that_no_sync_has_seen_are_not_proven(
    paper: Any, sync: Any, control: Controls
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    sync(paper)
    tomorrow, later = control(TODAY + timedelta(days=1)), control(TODAY + timedelta(days=2))
    assert tomorrow.proven is True
    assert later.proven is None and later.ledger is None and later.ours.text == "100.00"


def test_a_difference_that_nothing_explains_is_not_proven(
    paper: Any, sync: Any, control: Controls
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.corrupt("Account", "AR-USD", balance=Money.of("99.00", "USD"))
    sync(paper)
    proof = control()
    assert proof.proven is False
    assert proof.remainder is not None and proof.remainder.text == "-1.00"


def test_a_past_day_is_not_proven_until_the_ledger_states_it(
    paper: Any, sync: Any, control: Controls
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", date(2026, 1, 1))
    sync(paper)
    past = control(date(2026, 1, 15))
    assert (past.ledger, past.difference, past.explained, past.proven) == (None, None, (), None)


def test_a_past_day_is_proven_by_the_dated_total_until_something_changes(
    paper: Any, sync: Any, control: Controls, store: Store, company: CompanyRow, clock: Any
) -> None:
    day = date(2026, 1, 15)
    paper.customer("1")
    paper.invoice("10", "1", "100.00", date(2026, 1, 1))
    paper.journal("12", date(2026, 1, 10), [("1", "5.00")])
    paper.journal("13", date(2026, 2, 10), [("1", "7.00")])
    paper.dated[day] = (Money.of("105.00", "USD"),)
    ledger = sync(paper)
    tie_out(store, company, ledger, as_of=day, clock=clock)
    assert explained(control(day)) == [("JE-12:0", "5.00")] and control(day).proven
    assert control(day, as_known=True).proven is None  # the ledger does not report as known
    paper.invoice("14", "1", "1.00", TODAY)
    sync(paper)
    assert control(day).proven is None


def test_entries_that_only_the_ledger_lists_are_explained_after_a_tie_out(
    paper: Any, sync: Any, control: Controls, store: Store, company: CompanyRow, clock: Any
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.charge("1", "8.00")
    ledger = sync(paper)
    assert control().proven is False
    tie_out(store, company, ledger, clock=clock)
    assert explained(control()) == [("SC-9", "8.00")] and control().proven
