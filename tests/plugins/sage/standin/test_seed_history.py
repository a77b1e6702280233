"""A CSV history becomes a business whose names, dates and amounts are those of the file."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.standin.history import HEADER, read_rows
from recoup.connector.standin.seed_errors import SeedError
from recoup.plugins.sage.standin.seed_history import history_register
from recoup.plugins.sage.standin.seed_register import Register
from recoup.plugins.sage.standin.seed_sources import open_seed

ROOT = Path(__file__).resolve().parents[4]
HISTORY = ROOT.parent / "shared" / "ar-history" / "b2b-wholesale.csv"
BUSINESS = "5a6e00000000000000000000000000ff"
Play = Callable[..., Register]
USUAL = (
    "100,Alder Mill,U1,USD,250.00,2019-03-08,2019-04-07,2019-04-05",
    "101,Alder Mill,U1,USD,99.5,2019-03-11,2019-04-10,2019-04-05",
    "102,Brook Dairy,CA1,CAD,1000.0,2019-03-11,2019-03-31,",
)


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Write rows under the header and enter them: play(*rows, until=..., rates=...)."""

    def write(*rows: str, **choices: Any) -> Register:
        path = tmp_path / "history.csv"
        path.write_text("\n".join([",".join(HEADER), *rows]) + "\n", encoding="utf-8")
        choices = {"name": "history", "business_id": BUSINESS, **choices}
        return history_register(read_rows(path), **choices)[0]

    return write


def test_an_invoice_keeps_its_number_dates_and_contact_name(play: Play) -> None:
    invoice = play(*USUAL).all("sales_invoices")[0]
    assert (invoice["invoice_number"], invoice["displayed_as"]) == ("100", "100")
    assert (invoice["date"], invoice["due_date"]) == ("2019-03-08", "2019-04-07")
    assert invoice["contact_name"] == "Alder Mill"
    assert invoice["total_amount"] == "250.0"


def test_invoices_paid_on_one_day_share_a_receipt_and_the_unpaid_one_stays_open(
    play: Play,
) -> None:
    register = play(*USUAL)
    [receipt] = register.all("contact_payments")
    assert (receipt["date"], receipt["total_amount"]) == ("2019-04-05", "349.5")
    assert [row["amount"] for row in receipt["allocated_artefacts"]] == ["250.0", "99.5"]
    assert receipt["payment_on_account"] is None
    assert [i["outstanding_amount"] for i in register.all("sales_invoices")] == [
        "0.0", "0.0", "1000.0",
    ]  # fmt: skip


@pytest.mark.parametrize(("moves", "day"), [(True, "2019-04-05"), (False, "2019-03-08")])
def test_a_receipt_moves_the_invoice_only_where_the_platform_does(
    play: Play, moves: bool, day: str
) -> None:
    invoice = play(*USUAL, moves=moves).all("sales_invoices")[0]
    assert invoice["updated_at"][:10] == day
    assert invoice["last_paid"] == "2019-04-05"


def test_a_second_currency_is_priced(play: Play) -> None:
    foreign = play(*USUAL, rates={"CAD": Decimal("0.75")}).all("sales_invoices")[2]
    assert (foreign["exchange_rate"], foreign["base_currency_total_amount"]) == ("0.75", "750.0")
    assert foreign["inverse_exchange_rate"] == "1.333333"


def test_a_customer_who_trades_in_two_currencies_becomes_two_contacts_of_one_name(
    play: Play,
) -> None:
    register = play(*USUAL, "103,Alder Mill,CA1,CAD,10.00,2019-03-12,2019-04-01,")
    shown = [(c["name"], c["currency"]["id"]) for c in register.all("contacts")]
    assert shown == [("Alder Mill", "USD"), ("Brook Dairy", "CAD"), ("Alder Mill", "CAD")]


def test_until_leaves_out_what_happened_later(play: Play) -> None:
    register = play(*USUAL, until=date(2019, 4, 4))
    assert len(register.all("sales_invoices")) == 3
    assert not register.all("contact_payments")
    assert len(play(*USUAL, until=date(2019, 3, 8)).all("sales_invoices")) == 1
    with pytest.raises(SeedError, match="first invoice is of 2019-03-08"):
        play(*USUAL, until=date(2018, 1, 1))


def test_a_rate_that_no_row_needs_is_refused(play: Play) -> None:
    with pytest.raises(SeedError, match="no row is in EUR"):
        play(*USUAL, rates={"EUR": Decimal("1.1")})


def test_a_history_without_rows_is_refused(play: Play) -> None:
    with pytest.raises(SeedError, match="no rows"):
        play()


def open_by_contact(until: date) -> dict[tuple[str, str], Decimal]:
    """What each customer owes in each currency at the end of a day, straight from the file."""
    owed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    with HISTORY.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            issued, paid = row["issued_on"], row["paid_on"]
            if issued <= until.isoformat() and not ("" < paid <= until.isoformat()):
                owed[row["customer"], row["currency"]] += Decimal(row["amount"])
    return dict(owed)


@pytest.mark.parametrize("until", [date(2019, 3, 31), date(2019, 8, 30), date(2019, 12, 20)])
def test_the_open_balances_of_the_real_history_are_those_of_the_file(until: date) -> None:
    if not HISTORY.is_file():
        pytest.skip("needs ../shared/ar-history")
    [books] = open_seed(str(HISTORY), until=until, rates={"CAD": Decimal("0.75")})
    assert books.check() == []
    owed = open_by_contact(until)
    shown = {
        (c["name"], c["currency"]["id"]): Decimal(books.balance_of(c["id"]))
        for c in books.table("contacts").values()
    }
    assert {key: amount for key, amount in shown.items() if amount} == owed
    home = sum((a * (Decimal("0.75") if c == "CAD" else 1) for (_, c), a in owed.items()), 0)
    assert abs(books.debtors() - home) < 10  # each invoice is rounded to the cent


def test_the_whole_history_is_paid_and_ties_out() -> None:
    if not HISTORY.is_file():
        pytest.skip("needs ../shared/ar-history")
    [books] = open_seed(str(HISTORY), rates={"CAD": Decimal("0.75")})
    assert books.check() == []
    assert (len(books.table("sales_invoices")), len(books.table("contact_payments"))) == (
        32_000, 13_322,
    )  # fmt: skip
    assert books.debtors() == 0
