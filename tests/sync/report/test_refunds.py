"""Money given back: a debit that no bucket holds, covered by the credits it returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from recoup.connector.money import Money
from recoup.sync.report.aging import Aging, aging
from recoup.sync.report.open_items import open_items
from recoup.sync.report.statement import statement
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.tieout.run import tie_out

TODAY = date(2026, 3, 2)
EARLIER = TODAY - timedelta(days=20)
Report = Callable[..., Aging]


@pytest.fixture
def report(store: Store, company: CompanyRow) -> Report:
    def run(as_of: date = TODAY, **options: Any) -> Aging:
        with store.read(company.company_id) as conn:
            return aging(conn, company, as_of=as_of, **options)[0]

    return run


@pytest.fixture
def returned(paper: Any, sync: Any) -> Any:
    """Ada owes 100; of her credit of 40, 30 were paid out, in a refund of 35."""
    paper.customer("1", "Ada")
    paper.invoice("10", "1", "100.00", EARLIER)
    paper.credit_note("11", "1", "40.00", EARLIER)
    paper.refund("12", "1", "35.00", TODAY, [("credit_note", "11", "30.00")], number="R-1")
    sync(paper)
    return paper


def test_a_refund_counts_as_unapplied_for_what_no_credit_covers(
    returned: Any, report: Report
) -> None:
    [ada] = report().rows
    assert (ada.bands[0].text, ada.unapplied.text, ada.total.text) == ("100.00", "-5.00", "95.00")
    assert report().control.proven


def test_a_refund_alone_is_owed_and_in_no_bucket(paper: Any, sync: Any, report: Report) -> None:
    paper.customer("1", "Ada")
    paper.refund("12", "1", "35.00", date(2025, 1, 1))
    sync(paper)
    [ada] = report().rows
    assert not any(ada.bands) and (ada.unapplied.text, ada.total.text) == ("35.00", "35.00")


def test_before_the_refund_the_whole_credit_is_open(returned: Any, report: Report) -> None:
    assert report(TODAY - timedelta(days=1)).totals.unapplied.text == "-40.00"


def test_open_items_list_a_refund_with_what_is_left_of_it(
    returned: Any, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        items = open_items(conn, company, as_of=TODAY)
    assert {(item.kind.value, item.open.text, item.days_past_due) for item in items} == {
        ("invoice", "100.00", 0),
        ("credit_note", "-10.00", 0),
        ("refund", "5.00", 0),
    }


def test_a_statement_shows_the_refund_and_closes_with_the_agings_total(
    returned: Any, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        [one] = statement(conn, company, "1", starts_on=TODAY, ends_on=TODAY)
    [refund] = one.movements
    assert (refund.kind, refund.number, refund.amount.text) == ("refund", "R-1", "35.00")
    assert (one.opening.text, one.closing.text, one.unapplied.text) == ("60.00", "95.00", "-5.00")


def test_a_refund_paid_from_somebody_elses_credit_is_a_transfer_on_both_statements(
    paper: Any, sync: Any, store: Store, company: CompanyRow
) -> None:
    paper.customer("1", "Ada")
    paper.customer("2", "Bob")
    paper.credit_note("11", "1", "40.00", EARLIER)
    paper.refund("12", "2", "40.00", TODAY, [("credit_note", "11", "40.00")])
    sync(paper)
    days = {"starts_on": TODAY, "ends_on": TODAY}
    with store.read(company.company_id) as conn:
        [ada], [bob] = (statement(conn, company, who, **days) for who in ("1", "2"))
    assert [(m.kind, m.amount.text) for m in ada.movements] == [("transfer", "40.00")]
    assert [(m.kind, m.amount.text) for m in bob.movements] == [
        ("refund", "40.00"),
        ("transfer", "-40.00"),
    ]


def test_a_refund_ties_when_its_credits_make_its_balance(
    returned: Any, sync: Any, store: Store, company: CompanyRow, clock: Any
) -> None:
    outcome = tie_out(store, company, sync(returned), clock=clock)
    assert outcome.proven and dict(outcome.checked) == {
        "invoice": 1,
        "credit": 1,
        "refund": 1,
        "customer": 1,
        "control": 1,
    }
    returned.corrupt("Refund", "12", balance=Money.of("6.00", "USD"))
    returned.can = frozenset()
    wrong = tie_out(store, company, sync(returned), clock=clock)
    assert "refund 12: ledger says 6.00 USD is open, its allocations leave 5.00 USD" in wrong.lines


def test_as_known_a_refund_that_was_edited_or_deleted_since_counts_as_it_was(
    returned: Any, sync: Any, report: Report, clock: Any
) -> None:
    clock.move(days=1)
    returned.change("Refund", "12", total=Money.of("50.00", "USD"), allocations=())
    sync(returned)
    clock.move(days=1)
    returned.delete("Refund", "12")
    sync(returned)
    days = [TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2)]
    known = [report(day, as_known=True).totals.unapplied.text for day in days]
    assert known == ["-5.00", "10.00", "-40.00"]
    assert report(TODAY + timedelta(days=2)).totals.unapplied.text == "-40.00"
