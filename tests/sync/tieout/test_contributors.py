"""What stands of the lines of journals and deposits, and how they are named."""

from __future__ import annotations

from datetime import date

import pytest

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.sync.store.contributors import ControlLineRow, Settlement
from recoup.sync.tieout.contributors import name_document, read_name, standing_lines

DAY = date(2026, 1, 5)


def line(part: str, customer: str, minor: int) -> ControlLineRow:
    return ControlLineRow("journal", "12", part, customer, "USD", minor, DAY)


def paid(minor: int, customer: str = "1", *, inward: bool = True) -> Settlement:
    return Settlement("journal", "12", customer, "USD", minor, inward)


def left(*arguments: object) -> list[tuple[str, int]]:
    return [(e.document, e.minor) for e in standing_lines(*arguments)]  # type: ignore[arg-type]


def test_a_line_that_nothing_settled_stands_whole() -> None:
    assert left([line("3", "1", 500)], []) == [("JE-12:3", 500)]


def test_a_settled_line_is_left_out() -> None:
    assert left([line("3", "1", 500)], [paid(500)]) == []


def test_a_payment_settles_the_lines_of_its_own_customer_first() -> None:
    lines = [line("0", "2", 500), line("1", "1", 300)]
    assert left(lines, [paid(400)]) == [("JE-12:0", 400)]


def test_a_credit_line_is_used_up_by_what_is_paid_out_of_it() -> None:
    assert left([line("0", "1", -500)], [paid(200, inward=False)]) == [("JE-12:0", -300)]


def test_a_line_never_turns_round() -> None:
    assert left([line("0", "1", 500), line("1", "1", -100)], [paid(900)]) == [("JE-12:1", -100)]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("journal", "JE-7"), ("deposit", "DEP-7"), ("invoice", "INV-7"), ("payment", "PAY-7")],
)
def test_names_carry_the_type_and_the_ledgers_id(kind: str, name: str) -> None:
    assert name_document(kind, "7") == name


def test_only_names_of_postings_are_read_back() -> None:
    assert read_name("JE-12:3") == DocumentRef(DocumentKind.JOURNAL, "12")
    assert read_name("Statement Charge-4") is None and read_name("JE") is None
