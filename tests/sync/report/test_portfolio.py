"""Many companies on one page: never added across currencies, converted only by stated rates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.model import Company, DocumentKind, DocumentRef
from recoup.connector.money import Money
from recoup.sync.report.aging import Aging, AgingRow
from recoup.sync.report.portfolio import Part, Portfolio, portfolio
from recoup.sync.report.portfolio_page import portfolio_csv, portfolio_page
from recoup.sync.store.companies import CompanyRow, add_company
from recoup.sync.store.engine import Store
from recoup.sync.store.rates import BookedRate, booked_rates
from recoup.sync.tieout.control import Control

DAY = date(2026, 3, 2)


@pytest.fixture
def part(store: Store) -> Any:
    """A company with one table per currency: currency → (current, 1-30, unapplied)."""
    count = 0

    def make(name: str, home: str, rates: Any = (), **tables: tuple[str, str, str]) -> Part:
        nonlocal count
        count += 1
        described = Company(ledger="xero", ledger_id=str(count), name=name, home_currency=home)
        with store.write() as conn:
            at = datetime(2026, 3, 1, tzinfo=UTC)
            row = add_company(conn, described, base_url=None, grant_id="g", at=at)
        aged = [table(row, currency, *amounts) for currency, amounts in tables.items()]
        return Part(
            company=row, tables=aged, rates=rates, held_count=0, synced_at=None, tied_out=True
        )

    return make


def table(company: CompanyRow, currency: str, current: str, late: str, unapplied: str) -> Aging:
    bands = (Money.of(current, currency), Money.of(late, currency))
    totals = AgingRow(
        customer_id=None, customer="Total", bands=bands, unapplied=Money.of(unapplied, currency)
    )
    return Aging(
        company=company.slug,
        as_of=DAY,
        basis="due",
        currency=currency,
        buckets=("current", "1+"),
        rows=(),
        totals=totals,
        control=Control(ledger=None, ours=totals.total),
    )


def booked(currency: str, home: str, rate: str, on: date) -> BookedRate:
    ref = DocumentRef(DocumentKind.INVOICE, "7")
    return BookedRate(currency=currency, home=home, rate=Decimal(rate), on=on, document=ref)


def text(one: Portfolio) -> str:
    return "\n".join(line.plain for line in portfolio_page(one, width=120))


def test_each_currency_has_a_sum_of_its_own(part: Any) -> None:
    parts = [
        part("Alder", "GBP", GBP=("100.00", "20.00", "-5.00"), EUR=("10.00", "0.00", "0.00")),
        part("Birch", "GBP", GBP=("1.00", "0.00", "0.00")),
    ]
    one = portfolio(parts, DAY)
    assert [(row.currency, row.total.text) for row in one.sums] == [
        ("GBP", "116.00"),
        ("EUR", "10.00"),
    ]


def test_the_home_currency_of_most_companies_is_converted_into(part: Any) -> None:
    parts = [part("A", "EUR"), part("B", "USD"), part("C", "USD")]
    assert portfolio(parts, DAY).currency == "USD"


def test_conversion_takes_the_newest_rate_that_a_document_carries_and_states_it(part: Any) -> None:
    old, new = date(2026, 1, 1), date(2026, 2, 1)
    rates = [booked("EUR", "GBP", "0.80", old), booked("EUR", "GBP", "0.86", new)]
    parts = [
        part("Alder", "GBP", rates, GBP=("1.00", "0.00", "0.00")),
        part("Birch", "EUR", EUR=("10.05", "0.00", "0.00")),
    ]
    one = portfolio(parts, DAY, "GBP")
    assert one.sums[1].converted == Money.of("8.64", "GBP")  # 8.643
    assert one.total == Money.of("9.64", "GBP")
    assert [quote.text for quote in one.quotes] == [
        "1 EUR = 0.86 GBP, invoice 7 of alder, 2026-02-01"
    ]


def test_a_rate_the_other_way_round_is_inverted_and_said_to_be(part: Any) -> None:
    rates = [booked("GBP", "EUR", "1.25", DAY)]
    parts = [part("Alder", "EUR", rates, EUR=("10.00", "0.00", "0.00")), part("B", "GBP")]
    one = portfolio(parts, DAY, "GBP")
    assert one.total == Money.of("8.00", "GBP")
    assert one.quotes[0].text.endswith("2026-03-02, inverted")


def test_a_currency_without_any_rate_stays_out_of_the_total_and_is_named(part: Any) -> None:
    parts = [
        part("Alder", "GBP", GBP=("1.00", "0.00", "0.00")),
        part("Birch", "JPY", JPY=("500", "0", "0")),
    ]
    one = portfolio(parts, DAY, "GBP")
    assert one.unconverted == ("JPY",)
    assert one.sums[1].converted is None
    assert one.total == Money.of("1.00", "GBP")
    assert "JPY is not converted" in text(one)


def test_two_rates_are_chained_where_no_document_states_the_pair(part: Any) -> None:
    rates = [booked("JPY", "USD", "0.01", DAY)]
    parts = [
        part("Alder", "USD", rates, JPY=("500", "0", "0")),
        part("Birch", "GBP", [booked("USD", "GBP", "0.80", DAY)], GBP=("1.00", "0.00", "0.00")),
    ]
    one = portfolio(parts, DAY, "GBP")
    assert one.total == Money.of("5.00", "GBP")
    assert one.unconverted == ()
    assert one.quotes[0].text == (
        "1 JPY = 0.01 USD, invoice 7 of alder, 2026-03-02; "
        "1 USD = 0.8 GBP, invoice 7 of birch, 2026-03-02"
    )


def test_rows_are_rounded_one_by_one_so_that_they_add_up(part: Any) -> None:
    rates = [booked("EUR", "GBP", "0.333", DAY)]
    parts = [part(name, "EUR", EUR=("0.01", "0.00", "0.00")) for name in "ABC"]
    one = portfolio([*parts, part("D", "GBP", rates)], DAY, "GBP")
    assert one.total == sum((row.converted for row in one.rows), Money.zero("GBP"))


def test_csv_has_a_line_per_company_and_currency_and_no_sums(part: Any) -> None:
    one = portfolio([part("=Alder", "GBP", GBP=("1.00", "2.00", "0.00"))], DAY)
    head, line = portfolio_csv(one).splitlines()
    assert "overdue" in head
    assert ",'=Alder,xero,GBP,1.00,2.00,0.00,3.00,2.00,3.00,GBP,0,ties" in line


def test_the_newest_booked_rate_on_or_before_the_day_is_found(
    store: Store, company: CompanyRow, paper: Any, sync: Any
) -> None:
    paper.customer("1", currency="EUR")
    for number, (on, rate) in enumerate([(1, "1.10"), (15, "1.12"), (28, "1.20")]):
        invoice = date(2026, 2, on)
        paper.invoice(str(number), "1", "10.00", invoice, rate=Decimal(rate))
    sync(paper)
    with store.read(company.company_id) as conn:
        [found] = booked_rates(conn, company.company_id, "USD", date(2026, 2, 20))
    assert (found.currency, found.rate, found.on) == ("EUR", Decimal("1.12"), date(2026, 2, 15))


def test_a_void_document_carries_no_rate(
    store: Store, company: CompanyRow, paper: Any, sync: Any
) -> None:
    paper.customer("1", currency="EUR")
    paper.invoice("1", "1", "10.00", date(2026, 2, 1), rate=Decimal("1.10"))
    paper.void("Invoice", "1")
    sync(paper)
    with store.read(company.company_id) as conn:
        assert booked_rates(conn, company.company_id, "USD", DAY) == []
