"""A customer's statement: opening, movements, closing, aging strip."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from recoup.connector.errors import UsageError
from recoup.sync.report.aging import aging
from recoup.sync.report.statement import Statement, statement
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store

JANUARY, FEBRUARY, MARCH = date(2026, 1, 10), date(2026, 2, 10), date(2026, 3, 1)
Write = Callable[..., list[Statement]]


@pytest.fixture
def write(store: Store, company: CompanyRow) -> Write:
    def run(customer: str = "1", **options: Any) -> list[Statement]:
        options = {"starts_on": date(2026, 2, 1), "ends_on": date(2026, 2, 28)} | options
        with store.read(company.company_id) as conn:
            return statement(conn, company, customer, **options)

    return run


@pytest.fixture
def books(paper: Any, sync: Any) -> Any:
    """A parent with a job. The parent's payment in February settles its own invoice and the
    job's."""
    paper.customer("1", "Parent")
    paper.customer("2", "Job", parent_id="1")
    paper.invoice("10", "1", "100.00", JANUARY, number="A-1")
    paper.invoice("11", "2", "50.00", FEBRUARY, number="A-2")
    paper.credit_note("12", "1", "5.00", FEBRUARY, number="C-1")
    lines = [("invoice", "10", "60.00"), ("invoice", "11", "20.00"), ("credit_note", "12", "5.00")]
    paper.payment("13", "1", "90.00", FEBRUARY, lines, number="CHQ 7")
    paper.invoice("14", "1", "33.00", FEBRUARY)
    paper.void("Invoice", "14")
    paper.invoice("15", "1", "7.00", MARCH)
    sync(paper)
    return paper


def moves(one: Statement) -> list[tuple[str, str, str, str]]:
    return [(m.kind, m.document, m.amount.text, m.balance.text) for m in one.movements]


def test_it_opens_with_the_balance_before_and_has_one_line_per_document(
    books: Any, write: Write
) -> None:
    [one] = write()
    assert one.opening.text == "100.00"
    assert moves(one) == [
        ("invoice", "11", "50.00", "150.00"),
        ("credit_note", "12", "-5.00", "145.00"),
        ("payment", "13", "-90.00", "55.00"),
    ]
    assert one.closing.text == "55.00"


def test_a_payment_names_what_it_settled(books: Any, write: Write) -> None:
    payment = write()[0].movements[-1]
    assert (payment.number, payment.settles) == ("CHQ 7", ("A-1", "A-2"))


def test_apart_an_allocation_across_customers_is_a_line_on_both_statements(
    books: Any, write: Write
) -> None:
    [parent], [job] = write(rolled_up=False), write("2", rolled_up=False)
    assert moves(parent)[-1] == ("transfer", "13", "20.00", "25.00")
    assert moves(job) == [
        ("invoice", "11", "50.00", "50.00"),
        ("transfer", "11", "-20.00", "30.00"),
    ]


@pytest.mark.parametrize("day", [JANUARY, FEBRUARY, date(2026, 2, 28), MARCH])
@pytest.mark.parametrize("rolled_up", [True, False])
def test_closing_and_strip_are_the_agings_total_of_the_same_day(
    books: Any, write: Write, store: Store, company: CompanyRow, day: date, rolled_up: bool
) -> None:
    with store.read(company.company_id) as conn:
        [aged] = aging(conn, company, as_of=day, rolled_up=rolled_up)
    for row in aged.rows:
        customer = row.customer_id
        [one] = write(customer, starts_on=date(2026, 1, 1), ends_on=day, rolled_up=rolled_up)
        assert one.closing == row.total
        assert (one.bands, one.unapplied) == (row.bands, row.unapplied)


def test_each_currency_has_a_statement_of_its_own(paper: Any, sync: Any, write: Write) -> None:
    paper.customer("1", "Parent")
    paper.customer("2", "Job", parent_id="1", currency="EUR")
    paper.invoice("10", "1", "100.00", FEBRUARY)
    paper.invoice("11", "2", "50.00", FEBRUARY)
    sync(paper)
    assert [(one.currency, one.closing.text) for one in write()] == [
        ("EUR", "50.00"),
        ("USD", "100.00"),
    ]


def test_a_payment_of_a_journal_entry_shows_what_it_went_to(
    paper: Any, sync: Any, write: Write
) -> None:
    paper.customer("1")
    paper.journal("20", JANUARY, [("1", "40.00")])
    paper.payment("21", "1", "40.00", FEBRUARY, [("journal", "20", "40.00")])
    sync(paper)
    [one] = write()
    assert moves(one)[-1] == ("transfer", "21", "40.00", "0.00")
    assert one.movements[-1].settles == ("journal 20",)


def test_a_customer_without_documents_gets_an_empty_statement(
    paper: Any, sync: Any, write: Write
) -> None:
    paper.customer("1", "New")
    sync(paper)
    [one] = write()
    assert (one.movements, one.opening.text, one.closing.text) == ((), "0.00", "0.00")


def test_days_the_wrong_way_round_are_refused(write: Write) -> None:
    with pytest.raises(UsageError, match="before it starts"):
        write(starts_on=MARCH, ends_on=JANUARY)


def test_the_json_has_opening_movements_closing_and_strip(books: Any, write: Write) -> None:
    made = write()[0].as_json()
    assert (made["opening"], made["closing"], made["from"]) == ("100.00", "55.00", "2026-02-01")
    assert made["aging"] == {
        "current": "30.00",
        "1-30": "40.00",
        "31-60": "0.00",
        "61-90": "0.00",
        "91+": "0.00",
        "unapplied": "-15.00",
        "total": "55.00",
    }
