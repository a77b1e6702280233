"""Reports for programs: decimal strings, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest

from recoup.sync.report.aging import aging
from recoup.sync.report.exporting import (
    aging_csv,
    open_items_csv,
    safe_text,
    statement_csv,
    to_json,
)
from recoup.sync.report.open_items import open_items
from recoup.sync.report.open_list import by_currency
from recoup.sync.report.statement import statement
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store

TODAY = date(2026, 3, 2)


@pytest.fixture
def books(paper: Any, sync: Any) -> Any:
    paper.customer("1", '=HYPERLINK("http://x")')
    paper.invoice("10", "1", "100.00", TODAY, number="-A-1")
    paper.credit_note("11", "1", "130.00", TODAY)
    sync(paper)
    return paper


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str) -> None:
    assert safe_text(f"{start}1+1") == f"'{start}1+1"


def test_ordinary_text_and_nothing_stay_as_they_are() -> None:
    assert (safe_text("A = B"), safe_text(None)) == ("A = B", "")


def test_the_aging_is_one_line_per_customer_with_plain_amounts(
    books: Any, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        [line] = table(aging_csv(aging(conn, company, as_of=TODAY)))
    assert line["customer"] == '\'=HYPERLINK("http://x")'
    assert (line["current"], line["unapplied"], line["total"]) == ("100.00", "-130.00", "-30.00")
    assert (line["company"], line["as_of"], line["currency"]) == ("alder-co", "2026-03-02", "USD")


def test_open_items_are_one_line_per_document(
    books: Any, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        groups = by_currency(company, TODAY, open_items(conn, company, as_of=TODAY))
    lines = table(open_items_csv(groups))
    assert {(x["company"], x["as_of"]) for x in lines} == {("alder-co", "2026-03-02")}
    assert [(x["kind"], x["number"], x["open"]) for x in lines] == [
        ("credit_note", "", "-130.00"),
        ("invoice", "'-A-1", "100.00"),
    ]


def test_a_statement_has_opening_movements_and_closing(
    books: Any, store: Store, company: CompanyRow
) -> None:
    with store.read(company.company_id) as conn:
        made = statement(conn, company, "1", starts_on=TODAY, ends_on=TODAY)
    lines = table(statement_csv(made))
    assert [(x["kind"], x["amount"], x["balance"]) for x in lines] == [
        ("opening", "", "0.00"),
        ("invoice", "100.00", "100.00"),
        ("credit_note", "-130.00", "-30.00"),
        ("closing", "", "-30.00"),
    ]


def test_json_is_a_list_of_the_results(books: Any, store: Store, company: CompanyRow) -> None:
    with store.read(company.company_id) as conn:
        results = aging(conn, company, as_of=TODAY)
    assert json.loads(to_json(results)) == [results[0].as_json()]
