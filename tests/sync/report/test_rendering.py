"""What people see: pages of so many cells with the proof under them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from rich.cells import cell_len
from rich.text import Text

from recoup.connector.money import Money
from recoup.sync.report.aging import aging
from recoup.sync.report.open_items import open_items
from recoup.sync.report.open_list import by_currency
from recoup.sync.report.rendering import (
    aging_page,
    amount,
    control_lines,
    open_items_page,
    statement_page,
    tie_out_page,
)
from recoup.sync.report.statement import statement
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.tieout.control import Control, Explained
from recoup.sync.tieout.outcome import TieOut

TODAY = date(2026, 3, 2)
NAME = "Amy & Daughters, Purveyors of Everything [bold]that flies"
Show = Callable[[Iterable[Text]], list[str]]


def usd(text: str) -> Money:
    return Money.of(text, "USD")


@pytest.fixture
def show() -> Show:
    def render(page: Iterable[Text]) -> list[str]:
        lines = [line.plain for line in page]
        assert max(map(cell_len, lines)) <= 100
        return lines

    return render


@pytest.fixture
def books(paper: Any, sync: Any) -> Any:
    paper.customer("1", NAME)
    paper.invoice("10", "1", "1234567.00", date(2025, 6, 1), number="A-1")
    paper.payment("11", "1", "50.00", date(2026, 2, 20), [("invoice", "10", "30.00")])
    paper.journal("12", TODAY, [("1", "45.67")])
    sync(paper)
    return paper


def test_amounts_have_thousands_and_the_currencys_decimals() -> None:
    assert amount(usd("12345.6")) == "12,345.60"
    assert amount(Money.of("12345", "JPY")) == "12,345"
    assert amount(None) == "–"


def test_the_aging_ends_with_totals_and_the_proof(
    books: Any, show: Show, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        [made] = aging(conn, company, as_of=TODAY)
    lines = show(aging_page(company.name, made, width=100))
    assert lines[0].endswith(" · USD · as of 2026-03-02 · by due date")
    [total] = [line for line in lines if line.startswith("Total")]
    assert total.split() == ["Total", *"––––", "1,234,537.00", "-20.00", "1,234,517.00"]
    at = lines.index("Σ buckets + unapplied = Σ open documents = 1,234,517.00")
    assert lines[at + 1] == "Control account = 1,234,562.67, difference 45.67"
    assert lines[at + 2].split()[:2] == ["JE-12:0", "45.67"]
    assert lines[at + 3 :] == ["Proven to the cent."]


@pytest.mark.parametrize("width", [100, 80, 20])
def test_a_narrow_page_takes_from_names_and_never_from_numbers(
    books: Any, store: Store, company: CompanyRow, width: int
) -> None:
    with store.read(company.company_id) as conn:
        [made] = aging(conn, company, as_of=TODAY)
    lines = [line.plain for line in aging_page(company.name, made, width=width)]
    [row] = [line for line in lines if line.startswith("Amy")]
    assert "…" in row and row.endswith("1,234,517.00")
    assert len(row) <= max(width, 78)


def test_names_are_printed_as_they_are_not_as_markup(
    books: Any, show: Show, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        [made] = statement(conn, company, "1", starts_on=TODAY, ends_on=TODAY)
    assert show(statement_page(made, width=100))[0] == f"{NAME} · USD · 2026-03-02 to 2026-03-02"


def test_a_difference_that_stays_says_how_much_is_unexplained(show: Show) -> None:
    control = Control(ledger=usd("99.00"), ours=usd("100.00"))
    assert show(control_lines(control, width=100)) == [
        "Σ buckets + unapplied = Σ open documents = 100.00",
        "Control account = 99.00, difference -1.00",
        "Not proven: -1.00 is unexplained. Run recoup tieout.",
    ]


def test_a_date_that_the_ledger_does_not_state_says_so(show: Show) -> None:
    control = Control(ledger=None, ours=usd("100.00"))
    lines = show(control_lines(control, width=100))
    assert lines[-1] == "Control account: not proven for this date."


def test_a_long_explanation_is_cut_and_says_where_the_rest_is(show: Show) -> None:
    entries = [Explained(document=f"JE-{n}:0", amount=usd("1"), why="entry") for n in range(43)]
    control = Control(ledger=usd("43"), ours=usd("0"), explained=tuple(entries))
    lines = show(control_lines(control, width=100))
    assert "  … and 3 more, 3.00 together; --format json names them all" in lines
    assert lines[-1] == "Proven to the cent." and not any("JE-42:0" in line for line in lines)


def test_open_items_are_listed_with_their_sum(
    books: Any, show: Show, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        [group] = by_currency(company, TODAY, open_items(conn, company, as_of=TODAY))
    lines = show(open_items_page(group, width=100))
    [invoice] = [line for line in lines if "invoice A-1" in line]
    assert invoice.split()[-3:] == ["244", "1,234,567.00", "1,234,537.00"]
    assert any("payment (id 11)" in line for line in lines)
    assert lines[-1].split() == ["Total", "1,234,517.00"]


def test_nothing_open_is_a_sum_of_nothing(show: Show, company: CompanyRow) -> None:
    [group] = by_currency(company, TODAY, [])
    assert show(open_items_page(group, width=100))[-1].split() == ["Total", "0.00"]


def test_a_statement_runs_from_opening_to_closing_over_its_movements(
    books: Any, show: Show, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        [made] = statement(conn, company, "1", starts_on=date(2026, 1, 1), ends_on=TODAY)
    lines = show(statement_page(made, width=100))
    [opening] = [line for line in lines if "Opening balance" in line]
    [payment] = [line for line in lines if "payment (id 11) for A-1" in line]
    [closing] = [line for line in lines if "Closing balance" in line]
    assert opening.endswith("1,234,567.00")
    assert payment.split()[-2:] == ["-50.00", "1,234,517.00"]
    assert closing.endswith("1,234,517.00")
    assert lines[-1].split() == [*"––––", "1,234,537.00", "-20.00", "1,234,517.00"]


def tied(control: Control, **more: Any) -> TieOut:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    totals, checked = {"USD": control}, {"invoice": 1200, "credit": 0}
    wanted: dict[str, Any] = {"as_of": None, "findings": (), "checked": checked} | more
    return TieOut(company="alder-co", at=at, totals=totals, **wanted)


def test_a_tie_out_shows_each_control_account_and_what_explains_it(show: Show) -> None:
    entry = Explained(document="JE-1:0", amount=usd("5"), why="journal entry [x]")
    control = Control(ledger=usd("15"), ours=usd("10"), explained=(entry,))
    lines = show(tie_out_page(tied(control), width=100))
    assert lines[0] == "alder-co: ties out"
    assert lines[2].split() == ["USD", "15.00", "10.00", "5.00"]
    assert lines[3].startswith("  JE-1:0 journal entry [x] ") and lines[3].endswith(" 5.00")
    assert lines[4] == "Checked: 1,200 invoices."


def test_a_tie_out_names_who_is_held_and_who_is_free_again(show: Show) -> None:
    held = tied(Control(ledger=None, ours=usd("1")), held={"7": "balance"}, released=("8",))
    lines = show(tie_out_page(held, width=100))
    assert lines[0] == ("alder-co: not proven: the ledger states no control account for that date")
    assert lines[-2:] == ["  held: customer 7: balance", "  released: 8"]
