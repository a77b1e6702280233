"""A CSV history becomes a company whose names, dates and amounts are those of the file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from recoup.connector.standin.history import HEADER, read_rows
from recoup.connector.standin.seed_errors import SeedError
from recoup.plugins.quickbooks.standin.seed_history import history_register
from recoup.plugins.quickbooks.standin.seed_register import Register

Play = Callable[..., Register]
USUAL = (
    "100,Alder Mill,U1,USD,250.00,2019-03-08,2019-04-07,2019-04-05",
    "101,Alder Mill,U1,USD,99.5,2019-03-11,2019-04-10,2019-04-05",
    "102,Brook Dairy,CA1,CAD,1000.0,2019-03-11,2019-03-31,",
)


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Write rows under the header and enter them: play(*rows, until=..., rates=...)."""

    def write(*rows: str, **choices: object) -> Register:
        path = tmp_path / "history.csv"
        path.write_text("\n".join([",".join(HEADER), *rows]) + "\n", encoding="utf-8")
        register, _ = history_register(read_rows(path), name="history", **choices)  # type: ignore[arg-type]
        return register

    return write


def test_an_invoice_keeps_its_number_dates_and_customer_name(play: Play) -> None:
    invoice = play(*USUAL).all("Invoice")[0]
    assert invoice["DocNumber"] == "100"
    assert (invoice["TxnDate"], invoice["DueDate"]) == ("2019-03-08", "2019-04-07")
    assert invoice["CustomerRef"]["name"] == "Alder Mill"
    assert invoice["TotalAmt"] == Decimal("250.00")


def test_invoices_paid_on_one_day_share_a_payment_and_the_unpaid_one_stays_open(
    play: Play,
) -> None:
    register = play(*USUAL)
    [payment] = register.all("Payment")
    assert payment["TxnDate"] == "2019-04-05"
    assert payment["TotalAmt"] == Decimal("349.50")
    assert [invoice["Balance"] for invoice in register.all("Invoice")] == [0, 0, Decimal(1000)]


def test_a_payment_is_banked_on_the_next_working_day(play: Play) -> None:
    [deposit] = play(*USUAL).all("Deposit")
    assert deposit["TxnDate"] == "2019-04-08"  # paid on a Friday
    assert deposit["TotalAmt"] == Decimal("349.50")


def test_paying_moves_the_invoice_and_banking_leaves_the_payment_untouched(play: Play) -> None:
    register = play(*USUAL)
    invoice, [payment] = register.all("Invoice")[0], register.all("Payment")
    assert invoice["SyncToken"] == "1"
    assert invoice["MetaData"]["LastUpdatedTime"] == payment["MetaData"]["CreateTime"]
    assert payment["MetaData"]["LastUpdatedTime"] == payment["MetaData"]["CreateTime"]
    assert payment["LinkedTxn"][0]["TxnType"] == "Deposit"


def test_time_stamps_follow_daylight_saving(play: Play) -> None:
    before, after = (
        invoice["MetaData"]["CreateTime"] for invoice in play(*USUAL).all("Invoice")[:2]
    )
    assert before.endswith("-08:00")
    assert after.endswith("-07:00")


def test_until_leaves_out_what_happened_later(play: Play) -> None:
    register = play(*USUAL, until=date(2019, 4, 4))
    assert len(register.all("Invoice")) == 3
    assert not register.all("Payment")
    assert len(play(*USUAL, until=date(2019, 3, 8)).all("Invoice")) == 1
    banked_later = play(*USUAL, until=date(2019, 4, 5))
    assert banked_later.all("Payment")
    assert not banked_later.all("Deposit")


def test_a_second_currency_is_priced_and_has_its_own_receivable_account(play: Play) -> None:
    register = play(*USUAL, rates={"CAD": Decimal("0.75")})
    foreign = register.all("Invoice")[2]
    assert (foreign["ExchangeRate"], foreign["HomeTotalAmt"]) == (Decimal("0.75"), 750)
    kinds = [
        account["CurrencyRef"]["value"]
        for account in register.all("Account")
        if account["AccountType"] == "Accounts Receivable"
    ]
    assert sorted(kinds) == ["CAD", "USD"]


def test_a_company_of_one_currency_has_no_multicurrency_fields(play: Play) -> None:
    invoice = play(*USUAL[:2]).all("Invoice")[0]
    assert not {"ExchangeRate", "HomeTotalAmt", "HomeBalance"} & set(invoice)


def test_a_customer_who_trades_in_two_currencies_becomes_two(play: Play) -> None:
    register = play(*USUAL, "103,Alder Mill,CA1,CAD,10.00,2019-03-12,2019-04-01,")
    names = [customer["DisplayName"] for customer in register.all("Customer")]
    assert names == ["Alder Mill", "Brook Dairy", "Alder Mill (CAD)"]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1,A,U,USD,ten,2019-01-01,2019-01-31,", "line 2: amount 'ten'"),
        ("1,A,U,USD,NaN,2019-01-01,2019-01-31,", "line 2: amount 'NaN'"),
        ("1,A,U,USD,-5.00,2019-01-01,2019-01-31,", "line 2: amount '-5.00'"),
        ("1,A,U,USD,1.005,2019-01-01,2019-01-31,", "line 2: amount '1.005'"),
        ("1,A,U,USD,5.00,01/02/2019,2019-01-31,", "line 2: issued_on '01/02/2019'"),
        ("1,A,U,USD,5.00,2019-01-01,2019-02-30,", "line 2: due_on '2019-02-30'"),
        ("1,A,U,usd,5.00,2019-01-01,2019-01-31,", "line 2: currency 'usd'"),
        ("1,A,U,USD,5.00,2019-01-09,2019-01-31,2019-01-02", "line 2: paid_on 2019-01-02 lies"),
        ("1,,U,USD,5.00,2019-01-01,2019-01-31,", "line 2: customer ''"),
        ("1,A:B,U,USD,5.00,2019-01-01,2019-01-31,", "line 2: customer 'A:B'"),
        ("1,A,U,USD,5.00,2019-01-01", "line 2: 6 columns where 8"),
    ],
)
def test_a_bad_row_is_named_by_its_line(play: Play, row: str, complaint: str) -> None:
    with pytest.raises(SeedError) as caught:
        play(row)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_header_is_refused_and_the_right_one_shown(tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("number,name\n1,A\n", encoding="utf-8")
    with pytest.raises(SeedError, match=r"wrong.csv: line 1: the header must be invoice,customer"):
        read_rows(path)


def test_a_history_without_rows_is_refused(play: Play) -> None:
    with pytest.raises(SeedError, match="no rows"):
        play()


def test_a_rate_that_no_row_needs_is_refused(play: Play) -> None:
    with pytest.raises(SeedError, match="no row is in EUR"):
        play(*USUAL, rates={"EUR": Decimal("1.1")})
    with pytest.raises(SeedError, match="USD is the home currency"):
        play(*USUAL, rates={"USD": Decimal("1.1")})


def test_an_until_before_the_first_invoice_is_refused(play: Play) -> None:
    with pytest.raises(SeedError, match="first invoice is of 2019-03-08"):
        play(*USUAL, until=date(2018, 1, 1))
