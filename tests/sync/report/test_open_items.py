"""The documents behind an aging."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from recoup.connector.errors import UsageError
from recoup.sync.report.aging import aging
from recoup.sync.report.open_items import OpenItem, days_past_due, find_customer, open_items
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store

TODAY = date(2026, 3, 2)
Items = Callable[..., list[OpenItem]]


@pytest.fixture
def items(store: Store, company: CompanyRow) -> Items:
    def run(as_of: date = TODAY, **options: Any) -> list[OpenItem]:
        with store.read(company.company_id) as conn:
            return open_items(conn, company, as_of=as_of, **options)

    return run


@pytest.fixture
def family(paper: Any, sync: Any) -> Any:
    """A parent with a job: an invoice on each, an unapplied payment on the parent."""
    paper.customer("1", "Parent")
    paper.customer("2", "Job", parent_id="1")
    paper.customer("3", "Other")
    paper.invoice("10", "1", "100.00", date(2026, 1, 1), number="A-1")
    paper.invoice("11", "2", "50.00", TODAY)
    paper.payment("12", "1", "60.00", TODAY, [("invoice", "10", "40.00")])
    paper.invoice("13", "3", "7.00", TODAY)
    sync(paper)
    return paper


def test_every_open_document_says_what_is_left_of_it(family: Any, items: Items) -> None:
    listed = [(i.customer, i.kind.value, i.document, i.total.text, i.open.text) for i in items()]
    assert listed == [
        ("Job", "invoice", "11", "50.00", "50.00"),
        ("Other", "invoice", "13", "7.00", "7.00"),
        ("Parent", "invoice", "10", "100.00", "60.00"),
        ("Parent", "payment", "12", "60.00", "-20.00"),
    ]


def test_a_customer_is_listed_with_its_sub_customers_or_apart(family: Any, items: Items) -> None:
    assert [i.document for i in items(customer_id="1")] == ["11", "10", "12"]
    assert [i.document for i in items(customer_id="1", rolled_up=False)] == ["10", "12"]


def test_the_items_add_up_to_the_agings_total(
    family: Any, items: Items, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        [result] = aging(conn, company, as_of=TODAY)
    assert sum(item.open.amount for item in items()) == result.totals.total.amount


@pytest.mark.parametrize(("late", "days"), [(-3, 0), (0, 0), (1, 1), (400, 400)])
def test_days_past_due_are_zero_until_the_day_after_the_due_date(late: int, days: int) -> None:
    assert days_past_due(TODAY - timedelta(days=late), TODAY) == days


def test_credits_are_never_late(family: Any, items: Items) -> None:
    later = items(TODAY + timedelta(days=90))
    assert [i.days_past_due for i in later if i.document == "12"] == [0]


def test_the_json_carries_amounts_as_decimal_strings(family: Any, items: Items) -> None:
    assert items(customer_id="1", rolled_up=False)[0].as_json() == {
        "kind": "invoice",
        "document": "10",
        "number": "A-1",
        "customer_id": "1",
        "customer": "Parent",
        "issued_on": "2026-01-01",
        "due_on": "2026-01-31",
        "days_past_due": 30,
        "currency": "USD",
        "total": "100.00",
        "open": "60.00",
    }


def test_a_customer_is_found_by_id_or_by_name_in_any_case(
    family: Any, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        assert find_customer(conn, company, "2") == "2"
        assert find_customer(conn, company, "pARENT") == "1"
        with pytest.raises(UsageError, match="has no customer 'Nobody'"):
            find_customer(conn, company, "Nobody")


def test_a_name_that_several_customers_share_lists_their_ids(
    paper: Any, sync: Any, store: Store, company: CompanyRow
) -> None:
    paper.customer("1", "Twin")
    paper.customer("2", "Twin")
    sync(paper)
    with (
        store.read(company.company_id) as conn,
        pytest.raises(UsageError, match="several customers, give one id of: 1, 2"),
    ):
        find_customer(conn, company, "Twin")
