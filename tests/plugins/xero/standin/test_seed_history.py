"""A CSV history becomes an organisation whose names, dates and amounts are those of the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path

import pytest

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.history import HEADER, Row, read_rows
from recoup.connector.standin.seed_errors import SeedError
from recoup.connector.standin.wire import cents
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.moments import read_day
from recoup.plugins.xero.standin.proof import open_on
from recoup.plugins.xero.standin.seed_sources import open_seed

ROOT = Path(__file__).resolve().parents[4]
HISTORY = ROOT.parent / "shared" / "ar-history" / "b2b-wholesale.csv"
CUTS = [date(2019, 3, 31), date(2019, 8, 30), date(2019, 12, 31)]
RATE = Decimal("0.75")
Play = Callable[..., Books]
USUAL = (
    "100,Alder Mill,U1,USD,250.00,2019-03-08,2019-04-07,2019-04-05",
    "101,Alder Mill,U1,USD,99.5,2019-03-11,2019-04-10,2019-04-05",
    "102,Brook Dairy,CA1,CAD,1000.0,2019-03-11,2019-03-31,",
)


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Write rows under the header and open them: play(*rows, until=..., rates=...)."""

    def write(*rows: str, **choices: object) -> Books:
        path = tmp_path / "history.csv"
        path.write_text("\n".join([",".join(HEADER), *rows]) + "\n", encoding="utf-8")
        return open_seed(str(path), **choices)  # type: ignore[arg-type]

    return write


def test_an_invoice_keeps_its_number_dates_amount_and_customer(play: Play) -> None:
    [invoice] = play(*USUAL).rows("Invoices", InvoiceNumber="100")
    assert read_day(invoice["Date"]) == date(2019, 3, 8)
    assert read_day(invoice["DueDate"]) == date(2019, 4, 7)
    assert (invoice["Type"], invoice["Total"]) == ("ACCREC", Decimal("250.00"))
    assert invoice["Contact"]["Name"] == "Alder Mill"


def test_a_paid_row_is_one_payment_on_its_day_and_an_unpaid_one_stays_open(play: Play) -> None:
    books = play(*USUAL)
    paid = [(read_day(one["Date"]), one["Amount"]) for one in books.rows("Payments")]
    assert paid == [(date(2019, 4, 5), Decimal("250.00")), (date(2019, 4, 5), Decimal("99.50"))]
    statuses = {one["InvoiceNumber"]: one["Status"] for one in books.rows("Invoices")}
    assert statuses == {"100": "PAID", "101": "PAID", "102": "AUTHORISED"}


def test_paying_moves_the_invoice_to_the_instant_of_the_payment(play: Play) -> None:
    books = play(*USUAL)
    payment = books.rows("Payments")[0]
    invoice = books.get("Invoices", payment["Invoice"]["InvoiceID"])
    assert invoice["UpdatedDateUTC"] == payment["UpdatedDateUTC"]


def test_until_leaves_out_what_happened_later(play: Play) -> None:
    books = play(*USUAL, until=date(2019, 4, 4))
    assert (len(books.rows("Invoices")), len(books.rows("Payments"))) == (3, 0)
    assert len(play(*USUAL, until=date(2019, 3, 8)).rows("Invoices")) == 1


def test_a_second_currency_is_priced_in_foreign_units_for_one_home_unit(play: Play) -> None:
    books = play(*USUAL, rates={"CAD": Decimal("0.75")})
    [foreign] = books.rows("Invoices", CurrencyCode="CAD")
    assert foreign["CurrencyRate"] == Decimal("1.333333")
    assert books.control == Decimal("750.00")
    assert books.check() == []


def test_a_customer_who_trades_in_two_currencies_stays_one_contact(play: Play) -> None:
    books = play(*USUAL, "103,Alder Mill,CA1,CAD,10.00,2019-03-12,2019-04-01,")
    assert [one["Name"] for one in books.rows("Contacts")] == ["Alder Mill", "Brook Dairy"]
    assert "DefaultCurrency" not in books.rows("Contacts")[0]


def test_a_bad_row_is_one_line_that_names_it(play: Play) -> None:
    with pytest.raises(SeedError, match="line 2: amount 'ten'") as caught:
        play("1,A,U,USD,ten,2019-01-01,2019-01-31,")
    assert "\n" not in str(caught.value)


@lru_cache
def rows(path: Path) -> list[Row]:
    return read_rows(path)


def worth(path: Path, cut: date, rate: Decimal) -> dict[str, Decimal]:
    """Customer → open balance in home units at the end of *cut*, from the rows alone."""
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows(path):
        if row.issued_on <= cut and (row.paid_on is None or row.paid_on > cut):
            price = Decimal(1) if row.currency == "USD" else rate
            shown = (1 / price).quantize(Decimal("0.000001"))
            home = (row.amount / shown).quantize(Decimal("0.01"), ROUND_HALF_UP)
            owed[row.customer] += home
    return dict(owed)


def owed(books: Books, cut: date) -> dict[str, Decimal]:
    """Customer → open balance in home units at the end of *cut*, from the dated documents."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (kind, id), left in open_on(books, cut).items():
        document = books.table(kind)[id]
        if left:
            found[document["Contact"]["Name"]] += cents(left / document["CurrencyRate"])
    return dict(found)


def test_open_balances_of_the_real_history_at_days_gone_by_equal_those_of_its_rows() -> None:
    if not HISTORY.is_file():
        pytest.skip("needs ../shared/ar-history")
    books = open_seed(str(HISTORY), clock=Clock(), rates={"CAD": RATE})
    assert len(books.table("Invoices")) == len(books.table("Payments")) == 32_000
    assert (books.control, books.check()) == (0, [])
    for cut in CUTS:
        assert owed(books, cut) == worth(HISTORY, cut, RATE)


def test_a_real_history_that_ends_earlier_leaves_open_what_its_rows_do() -> None:
    if not HISTORY.is_file():
        pytest.skip("needs ../shared/ar-history")
    books = open_seed(str(HISTORY), until=CUTS[0], clock=Clock(), rates={"CAD": RATE})
    found: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in books.table("Invoices").values():
        if invoice["AmountDue"]:
            found[invoice["Contact"]["Name"]] += books.worth("Invoices", invoice)
    assert dict(found) == worth(HISTORY, CUTS[0], RATE)
    assert (books.control, books.check()) == (sum(found.values()), [])
