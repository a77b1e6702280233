"""Who owed what on a day, and how old it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.errors import UsageError
from recoup.connector.money import Money
from recoup.sync.report.aging import Aging, AgingRow, aging
from recoup.sync.report.buckets import bucket_keys, bucket_of
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store

TODAY = date(2026, 3, 2)  # the day of the clock
Report = Callable[..., list[Aging]]


@pytest.fixture
def report(store: Store, company: CompanyRow) -> Report:
    def run(as_of: date = TODAY, **options: Any) -> list[Aging]:
        with store.read(company.company_id) as conn:
            return aging(conn, company, as_of=as_of, **options)

    return run


def amounts(row: AgingRow) -> list[str]:
    return [band.text for band in row.bands] + [row.unapplied.text, row.total.text]


@pytest.mark.parametrize("days", [-1, 0, 1, 30, 31, 60, 61, 90, 91, 400])
def test_sql_puts_an_invoice_into_the_band_that_the_rule_names(
    paper: Any, sync: Any, report: Report, days: int
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", date(2025, 1, 1), due=TODAY - timedelta(days=days))
    sync(paper)
    [result] = report()
    band = bucket_of(days, (30, 60, 90))
    assert [bool(m) for m in result.rows[0].bands] == [n == band for n in range(5)]


def test_by_issue_date_an_invoice_ages_from_the_day_it_was_written(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY - timedelta(days=40), due=TODAY)
    sync(paper)
    [result] = report(basis="issue")
    assert amounts(result.rows[0]) == ["0.00", "0.00", "100.00", "0.00", "0.00", "0.00", "100.00"]


def test_the_buckets_are_configurable(paper: Any, sync: Any, report: Report) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", date(2026, 1, 1), due=TODAY - timedelta(days=10))
    sync(paper)
    [result] = report(buckets=(7, 14))
    assert result.buckets == bucket_keys((7, 14)) == ("current", "1-7", "8-14", "15+")
    assert amounts(result.rows[0]) == ["0.00", "0.00", "100.00", "0.00", "0.00", "100.00"]


def test_a_later_payment_is_undone_for_a_past_day(paper: Any, sync: Any, report: Report) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", date(2026, 1, 1))
    paper.payment("11", "1", "60.00", date(2026, 2, 20), [("invoice", "10", "60.00")])
    sync(paper)
    assert [report(day)[0].totals.total.text for day in (date(2026, 2, 19), TODAY)] == [
        "100.00",
        "40.00",
    ]


def test_an_invoice_issued_later_is_not_yet_there(paper: Any, sync: Any, report: Report) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", date(2026, 2, 1))
    sync(paper)
    [result] = report(date(2026, 1, 31))
    assert result.rows == () and result.totals.total.text == "0.00"


def test_what_is_left_of_credits_stands_in_its_own_column_and_lowers_the_total(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.credit_note("11", "1", "30.00", TODAY)
    paper.payment("12", "1", "20.00", TODAY)
    sync(paper)
    [result] = report()
    assert amounts(result.rows[0]) == ["100.00", "0.00", "0.00", "0.00", "0.00", "-50.00", "50.00"]


def test_a_credit_note_settled_inside_a_payment_leaves_nothing_open(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "30.00", TODAY)
    paper.credit_note("11", "1", "30.00", TODAY)
    lines = [("invoice", "10", "30.00"), ("credit_note", "11", "30.00")]
    paper.payment("12", "1", "0.00", TODAY, lines)
    sync(paper)
    [result] = report()
    assert result.rows == () and result.control.proven


def test_sub_customers_are_added_to_their_topmost_parent(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1", "Parent")
    paper.customer("2", "Job", parent_id="1")
    paper.customer("3", "Phase", parent_id="2", bills_with_parent=True)
    paper.invoice("10", "3", "100.00", TODAY)
    paper.payment("11", "1", "40.00", TODAY)
    sync(paper)
    [result] = report()
    assert [(row.customer_id, row.total.text) for row in result.rows] == [("1", "60.00")]
    [apart] = report(rolled_up=False)
    assert [(row.customer, row.total.text) for row in apart.rows] == [
        ("Parent", "-40.00"),
        ("Phase", "100.00"),
    ]


def test_each_currency_is_a_report_of_its_own_with_the_home_currency_first(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1", currency="EUR")
    paper.customer("2")
    paper.customer("3", currency="JPY")
    for ledger_id, customer, total in (("10", "1", "10.50"), ("11", "2", "7.00"), ("12", "3", "9")):
        paper.invoice(ledger_id, customer, total, TODAY)
    sync(paper)
    results = report()
    assert [(r.currency, r.totals.total.text) for r in results] == [
        ("USD", "7.00"),
        ("EUR", "10.50"),
        ("JPY", "9"),
    ]
    assert all(r.control.proven for r in results)


def test_home_currency_takes_each_documents_booked_rate_rounded_half_up(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1", currency="EUR")
    paper.customer("2")
    paper.invoice("10", "1", "0.50", TODAY, rate=Decimal("1.25"))  # 0.625 becomes 0.63
    paper.invoice("11", "1", "1.50", TODAY, rate=Decimal("1.25"))  # 1.875 becomes 1.88
    paper.invoice("12", "2", "1.00", TODAY)
    sync(paper)
    [result] = report(home=True)
    assert result.currency == "USD" and result.totals.total.text == "3.51"
    assert result.control.ledger is None and result.note is not None


def test_home_currency_names_a_foreign_document_without_a_rate(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1", currency="EUR")
    paper.invoice("10", "1", "1.00", TODAY)
    sync(paper)
    with pytest.raises(UsageError, match="invoice 10 is in EUR but carries no exchange rate"):
        report(home=True)


def test_home_currency_is_proven_where_nothing_foreign_is_open(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "1.00", TODAY)
    sync(paper)
    [result] = report(home=True)
    assert result.control.proven


def test_voided_and_deleted_documents_are_not_in_a_dated_report(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1")
    for ledger_id in ("10", "11", "12"):
        paper.invoice(ledger_id, "1", "100.00", TODAY)
    sync(paper)
    paper.void("Invoice", "10")
    paper.delete("Invoice", "11")
    sync(paper)
    assert report()[0].totals.total.text == "100.00"


def test_as_known_a_void_counts_from_the_day_it_became_known(
    paper: Any, sync: Any, report: Report, clock: Any
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    sync(paper)
    clock.move(days=3)
    paper.void("Invoice", "10")
    sync(paper)
    days = [TODAY + timedelta(days=n) for n in (-1, 2, 3)]
    known = [report(day, as_known=True)[0].totals.total.text for day in days]
    assert known == ["0.00", "100.00", "0.00"]
    assert report(days[1])[0].totals.total.text == "0.00"


def test_as_known_a_backdated_payment_counts_from_the_day_it_became_known(
    paper: Any, sync: Any, report: Report, clock: Any
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    sync(paper)
    clock.move(days=5)
    paper.payment("11", "1", "100.00", TODAY, [("invoice", "10", "100.00")])
    sync(paper)
    day = TODAY + timedelta(days=4)
    assert report(day, as_known=True)[0].totals.total.text == "100.00"
    assert report(day)[0].totals.total.text == "0.00"


def test_as_known_a_payment_taken_back_since_still_counts(
    paper: Any, sync: Any, report: Report, clock: Any
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.payment("11", "1", "70.00", TODAY, [("invoice", "10", "70.00")])
    sync(paper)
    clock.move(days=2)
    paper.payment("11", "1", "70.00", TODAY)  # un-applied
    sync(paper)
    [known] = report(TODAY, as_known=True)
    assert amounts(known.rows[0])[0] == "30.00" and not known.totals.unapplied
    [dated] = report(TODAY)
    assert amounts(dated.rows[0])[0] == "100.00" and dated.totals.unapplied.text == "-70.00"


def test_in_home_currency_an_account_in_another_is_never_covered_by_the_proof(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1")
    paper.customer("2", currency="EUR")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.corrupt("Account", "AR-EUR", balance=Money.of("5.00", "EUR"))
    sync(paper)
    assert [one.control.proven for one in report()] == [True, False]
    [home] = report(home=True)
    assert home.control.proven is None and home.note is not None


@pytest.mark.parametrize("moved", [("Invoice", "10"), ("Payment", "11")])
def test_as_known_an_issue_date_that_was_moved_since_is_taken_back(
    moved: Any, paper: Any, sync: Any, report: Report, clock: Any
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", TODAY)
    paper.payment("11", "1", "70.00", TODAY, [("invoice", "10", "70.00")])
    sync(paper)
    clock.move(days=5)
    paper.change(*moved, issued_on=TODAY + timedelta(days=4))
    sync(paper)
    known, dated = report(TODAY, as_known=True)[0].totals, report(TODAY)[0].totals
    assert (known.bands[0].text, known.unapplied.text) == ("30.00", "0.00")
    assert known.total != dated.total


def test_customers_stand_by_name_and_those_with_nothing_open_are_left_out(
    paper: Any, sync: Any, report: Report
) -> None:
    for ledger_id, name in (("1", "berta"), ("2", "Anna"), ("3", "Carl")):
        paper.customer(ledger_id, name)
    paper.invoice("10", "1", "1.00", TODAY)
    paper.invoice("11", "2", "1.00", TODAY)
    sync(paper)
    assert [row.customer for row in report()[0].rows] == ["Anna", "berta"]


def test_a_deleted_customer_is_still_named(paper: Any, sync: Any, report: Report) -> None:
    paper.customer("1", "Gone Ltd")
    paper.invoice("10", "1", "5.00", TODAY)
    sync(paper)
    paper.delete("Customer", "1")
    sync(paper)
    assert [row.customer for row in report()[0].rows] == ["Gone Ltd"]


def test_documents_of_a_merged_customer_count_for_the_one_that_is_left(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1", "Left")
    paper.customer("2", "Merged away")
    paper.invoice("10", "2", "5.00", TODAY)
    sync(paper)
    paper.delete("Customer", "2", merged_into="1")
    sync(paper)
    assert [row.customer for row in report()[0].rows] == ["Left"]


def test_an_empty_company_gives_one_empty_report_in_home_currency(report: Report) -> None:
    [result] = report()
    assert (result.currency, result.rows, result.totals.total.text) == ("USD", (), "0.00")


def test_the_json_object_has_exactly_the_promised_keys(
    paper: Any, sync: Any, report: Report
) -> None:
    paper.customer("1", "Ada")
    paper.invoice("10", "1", "100.00", TODAY)
    sync(paper)
    zero = dict.fromkeys(("1-30", "31-60", "61-90", "91+", "unapplied"), "0.00")
    figures = {"current": "100.00", **zero, "total": "100.00"}
    assert report()[0].as_json() == {
        "company": "alder-co",
        "as_of": "2026-03-02",
        "basis": "due",
        "currency": "USD",
        "buckets": ["current", "1-30", "31-60", "61-90", "91+"],
        "rows": [{"customer_id": "1", "customer": "Ada", **figures}],
        "totals": figures,
        "control": {
            "ledger": "100.00",
            "ours": "100.00",
            "difference": "0.00",
            "explained": [],
            "proven": True,
        },
    }
