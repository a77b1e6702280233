"""What people see: tables of 100 columns with the proof under them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from recoup.connector.money import Money
from recoup.sync.report.aging import aging
from recoup.sync.report.open_items import open_items
from recoup.sync.report.rendering import (
    aging_tables,
    amount,
    control_block,
    open_items_tables,
    statement_tables,
)
from recoup.sync.report.statement import statement
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.tieout.control import Control, Explained

TODAY = date(2026, 3, 2)
Show = Callable[[Iterable[Any]], str]


def usd(text: str) -> Money:
    return Money.of(text, "USD")


@pytest.fixture
def show() -> Show:
    def render(parts: Iterable[Any]) -> str:
        text = io.StringIO()
        console = Console(file=text, width=100, color_system=None)
        for part in parts:
            console.print(part)
        assert max(map(len, text.getvalue().splitlines())) <= 100
        return text.getvalue()

    return render


@pytest.fixture
def books(paper: Any, sync: Any) -> Any:
    paper.customer("1", "Amy & Daughters, Purveyors of Everything [bold]that flies")
    paper.invoice("10", "1", "1234567.00", date(2025, 6, 1), number="A-1")
    paper.payment("11", "1", "50.00", date(2026, 2, 20), [("invoice", "10", "30.00")])
    paper.journal("12", TODAY, [("1", "45.67")])
    sync(paper)
    return paper


def test_amounts_have_thousands_and_the_currencys_decimals() -> None:
    assert amount(usd("12345.6")) == "12,345.60"
    assert amount(Money.of("12345", "JPY")) == "12,345"


def test_the_aging_ends_with_totals_and_the_proof(
    books: Any, show: Show, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        lines = show(aging_tables(aging(conn, company, as_of=TODAY))).splitlines()
    [total] = [line for line in lines if line.startswith("Total")]
    assert total.split() == ["Total", *"––––", "1,234,537.00", "-20.00", "1,234,517.00"]
    proof = "control account 1,234,562.67 = documents 1,234,517.00 + explained 45.67   ties out ✓"
    assert proof in lines
    assert any(line.split()[:2] == ["JE-12:0", "45.67"] for line in lines)


def test_names_are_printed_as_they_are_not_as_markup(
    books: Any, show: Show, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        made = statement(conn, company, "1", starts_on=TODAY, ends_on=TODAY)
    assert "Everything [bold]that flies" in show(statement_tables(made))


def test_a_difference_that_stays_says_how_much_is_unexplained(show: Show) -> None:
    control = Control(ledger=usd("99.00"), ours=usd("100.00"))
    assert show([control_block(control)]).strip() == (
        "control account 99.00 = documents 100.00 − unexplained 1.00   does not tie ✗"
    )


def test_a_date_that_the_ledger_does_not_state_says_so(show: Show) -> None:
    control = Control(ledger=None, ours=usd("100.00"))
    assert show([control_block(control)]).strip() == (
        "control account: not proven for this date; documents 100.00"
    )


def test_a_long_explanation_is_cut_and_says_where_the_rest_is(show: Show) -> None:
    entries = [Explained(document=f"JE-{n}:0", amount=usd("1"), why="entry") for n in range(15)]
    control = Control(ledger=usd("15"), ours=usd("0"), explained=tuple(entries))
    shown = show([control_block(control)])
    assert "and 3 more, all of them in --format json" in shown and "JE-14:0" not in shown


def test_open_items_are_listed_per_currency_with_a_total(
    books: Any, show: Show, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        shown = show(open_items_tables(open_items(conn, company, as_of=TODAY), "Open items"))
    assert "A-1" in shown and "244" in shown  # days late
    assert shown.splitlines()[-2].split() == ["Total", "1,234,517.00"]


def test_nothing_open_is_said_in_words(show: Show) -> None:
    assert show(open_items_tables([], "Open items of alder-co")).strip() == (
        "Open items of alder-co: nothing is open"
    )


def test_a_statement_runs_from_opening_to_closing_over_its_movements(
    books: Any, show: Show, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        made = statement(conn, company, "1", starts_on=date(2026, 1, 1), ends_on=TODAY)
    lines = show(statement_tables(made)).splitlines()
    [opening] = [line for line in lines if "Opening balance" in line]
    [payment] = [line for line in lines if "Payment 11, for A-1" in line]
    [closing] = [line for line in lines if "Closing balance" in line]
    assert opening.endswith("1,234,567.00")
    assert payment.split()[-2:] == ["-50.00", "1,234,517.00"]
    assert closing.endswith("1,234,517.00")
