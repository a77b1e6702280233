"""Ledgers that state one figure in home currency over documents of every currency."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.model import Customer
from recoup.connector.money import Money
from recoup.sync.report.aging import Aging, aging
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.store.tieout import ForeignBalance
from recoup.sync.tieout.homing import is_stated_at_home, rounding, to_home, value_at_home
from recoup.sync.tieout.outcome import TieOut
from recoup.sync.tieout.run import tie_out

TODAY = date(2026, 3, 2)
Tie = Callable[..., TieOut]
Report = Callable[..., list[Aging]]


@pytest.fixture
def tie(store: Store, company: CompanyRow, clock: Any) -> Tie:
    return lambda ledger=None, **options: tie_out(store, company, ledger, clock=clock, **options)


@pytest.fixture
def report(store: Store, company: CompanyRow) -> Report:
    def run(as_of: date = TODAY, **options: Any) -> list[Aging]:
        with store.read(company.company_id) as conn:
            return aging(conn, company, as_of=as_of, **options)

    return run


@pytest.fixture
def books(paper: Any) -> Any:
    """Ada owes 0.50 and 1.50 EUR, together 2.51 USD at 1.25; Bob owes 7 USD."""
    paper.at_home = True
    paper.customer("1", "Ada", currency="EUR")
    paper.customer("2", "Bob")
    paper.invoice("10", "1", "0.50", TODAY, rate=Decimal("1.25"))
    paper.invoice("11", "1", "1.50", TODAY, rate=Decimal("1.25"))
    paper.invoice("12", "2", "7.00", TODAY)
    return paper


def shift(paper: Any, minor: int) -> None:
    """Let the ledger's figures differ from the documents' by so many cents."""
    off = Money.from_minor(minor, "USD")
    for key in (("Customer", "1"), ("Account", "AR-USD")):
        paper.corrupt(*key, balance=paper.records[key].balance + off)


@pytest.mark.parametrize(
    ("minor", "currency", "rate", "home", "worth"),
    [
        (50, "EUR", "1.25", "USD", 63),  # 62.5 goes up
        (-50, "EUR", "1.25", "USD", -63),  # and a credit as far down
        (100, "JPY", "0.00653", "USD", 65),
        (1000, "USD", "149.505", "JPY", 1495),
        (1, "KWD", "3.25", "USD", 0),
    ],
)
def test_an_amount_is_worth_its_booked_rate_rounded_half_up(
    minor: int, currency: str, rate: str, home: str, worth: int
) -> None:
    assert to_home(minor, currency, rate, home) == worth


def test_one_account_in_home_currency_holds_all_currencies() -> None:
    assert is_stated_at_home(["USD"], "USD", True)
    assert not is_stated_at_home(["USD", "EUR"], "USD", True)
    assert not is_stated_at_home(["USD"], "USD", False)
    assert not is_stated_at_home([], "USD", True)


def test_rounding_names_no_more_than_a_cent_for_each_foreign_document() -> None:
    items = [ForeignBalance("invoice", i, "1", "EUR", "1.1", 100) for i in ("1", "2")]
    at_home = value_at_home(items, "USD")
    entry = rounding(-2, at_home)
    assert entry is not None and entry.minor == -2
    assert entry.why == "2 documents in other currencies at booked rates, each rounded to USD"
    assert rounding(3, at_home) is None and rounding(0, at_home) is None


def test_figures_in_home_currency_tie_at_booked_rates(books: Any, sync: Any, tie: Tie) -> None:
    outcome = tie(sync(books))
    assert outcome.proven is True and outcome.notes == () and outcome.findings == ()
    assert outcome.checked["customer"] == 2
    [(currency, control)] = outcome.totals.items()
    assert (currency, control.ours.text, control.explained) == ("USD", "9.51", ())


def test_a_difference_within_rounding_ties_and_is_told(books: Any, sync: Any, tie: Tie) -> None:
    ledger = sync(books)
    shift(books, -2)
    sync(books)
    outcome = tie(ledger)
    assert outcome.proven is True and outcome.held == {}
    assert outcome.notes == (
        "customer 1: ledger says 2.49 USD, documents say 2.51 USD at their booked rates "
        "(up to 0.02 USD may be rounding: 2 documents in other currencies)",
    )
    [entry] = outcome.totals["USD"].explained
    assert (entry.document, entry.amount.text) == ("rounding", "-0.02")
    assert outcome.as_json()["notes"] == list(outcome.notes)


def test_a_difference_beyond_rounding_holds_the_customer(books: Any, sync: Any, tie: Tie) -> None:
    books.can = frozenset()
    shift(books, 3)
    outcome = tie(sync(books))
    assert outcome.proven is False and set(outcome.held) == {"1"}
    assert [str(f.identity) for f in outcome.findings] == ["customer", "control"]


def test_without_a_foreign_document_nothing_is_tolerated(paper: Any, sync: Any, tie: Tie) -> None:
    paper.at_home, paper.can = True, frozenset()
    paper.customer("1")
    paper.invoice("10", "1", "7.00", TODAY)
    shift(paper, 1)
    outcome = tie(sync(paper))
    assert [str(f.identity) for f in outcome.findings] == ["customer", "control"]
    assert outcome.findings[0].line == "customer 1: ledger says 7.01 USD, documents say 7.00 USD"


def test_a_foreign_document_without_a_rate_is_a_finding(books: Any, sync: Any, tie: Tie) -> None:
    books.can = frozenset()
    books.corrupt("Invoice", "11", rate=None)
    outcome = tie(sync(books))
    assert "invoice 11 is in EUR but carries no exchange rate" in outcome.lines
    assert "1" in outcome.held and outcome.proven is False


def test_refunds_and_credits_count_at_their_rates_too(books: Any, sync: Any, tie: Tie) -> None:
    books.credit_note("13", "1", "0.70", TODAY, rate=Decimal("1.3"))
    lines = [("credit_note", "13", "0.20")]
    books.refund("14", "1", "0.25", TODAY, lines, rate=Decimal("1.3"))
    outcome = tie(sync(books))
    assert outcome.proven is True and outcome.totals["USD"].ours.text == "8.93"


def test_customers_in_their_own_currency_tie_beside_one_account_at_home(
    books: Any, sync: Any, tie: Tie
) -> None:
    own = books.records["Customer", "1"]
    assert isinstance(own, Customer)
    balance = Money.of("2.00", "EUR")
    books.corrupt("Customer", "1", balance=balance, balance_in_home=False)
    assert tie(sync(books)).proven is True


def test_the_home_report_is_proven_by_the_one_account(
    books: Any, sync: Any, report: Report
) -> None:
    sync(books)
    [result] = report(home=True)
    assert result.totals.total.text == "9.51" and result.control.explained == ()
    assert result.control.proven and result.note is None


def test_the_report_of_the_home_currency_names_documents_in_others(
    books: Any, sync: Any, report: Report
) -> None:
    sync(books)
    home, euro = report()
    assert [(e.document, e.amount.text, e.why) for e in home.control.explained] == [
        ("INV-10", "0.63", "EUR at its booked rate 1.25"),
        ("INV-11", "1.88", "EUR at its booked rate 1.25"),
    ]
    assert home.control.proven and euro.control.proven is None
    assert euro.note == "the ledger states one control account in USD for all currencies"


@pytest.mark.parametrize("home", [True, False])
def test_documents_dated_later_are_named_in_home_currency(
    books: Any, sync: Any, report: Report, home: bool
) -> None:
    books.invoice("20", "1", "10.00", TODAY + timedelta(days=1), rate=Decimal("1.5"))
    books.payment(
        "21",
        "1",
        "0.50",
        TODAY + timedelta(days=1),
        [("invoice", "10", "0.50")],
        rate=Decimal("1.25"),
    )
    sync(books)
    control = report(home=home)[0].control
    named = {e.document: e.amount.text for e in control.explained}
    assert control.proven and named["INV-20"] == "15.00"
    assert named.get("INV-10") == ("-0.63" if home else None)


def test_a_dated_total_in_home_currency_proves_a_past_day(
    books: Any, sync: Any, tie: Tie, report: Report
) -> None:
    day = TODAY - timedelta(days=30)
    books.invoice("20", "1", "10.00", day, rate=Decimal("1.5"))
    books.dated[day] = (Money.of("15.01", "USD"),)
    outcome = tie(sync(books), as_of=day)
    assert outcome.proven is True
    named = {e.document: e.amount.text for e in outcome.totals["USD"].explained}
    assert named == {"INV-20": "15.00", "rounding": "0.01"}
    assert report(day, home=True)[0].control.proven
