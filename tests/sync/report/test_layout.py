"""Columns line up in cells of a terminal, whatever the text is."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from recoup.sync.report.layout import Column, Fit, Row, lay_out, least_width, printable

NAMED = [Column("customer", fit=Fit.CUT), Column("total", right=True)]


def lines(columns: list[Column], *rows: tuple[str, ...], width: int = 100) -> list[str]:
    return [line.plain for line in lay_out(columns, [Row(cells) for cells in rows], width)]


def test_numbers_stand_to_the_right_and_wide_characters_take_two_cells() -> None:
    assert lines(NAMED, ("霧笛工房", "1"), ("Ada", "100,000")) == [
        "customer    total",
        "霧笛工房        1",
        "Ada       100,000",
    ]


def test_a_long_name_ends_in_an_ellipsis_on_a_narrow_page() -> None:
    [_, row] = lines(NAMED, ("A very long customer name", "1,234.56"), width=24)
    assert row == "A very long c…  1,234.56" and cell_len(row) == 24


def test_a_wide_character_is_not_cut_in_half() -> None:
    [_, row] = lines(NAMED, ("霧笛工房霧笛工房霧笛", "1,234.56"), width=23)
    assert row == "霧笛工房霧笛…  1,234.56" and cell_len(row) == 23


def test_columns_move_together_before_a_name_is_cut() -> None:
    [_, row] = lines(NAMED, ("A very long customer name", "1.00"), width=31)
    assert row == "A very long customer name  1.00"
    [_, row] = lines(NAMED, ("A very long customer name", "12.00"), width=31)
    assert row == "A very long customer name 12.00"


@pytest.mark.parametrize("width", [1, 10])
def test_a_number_is_never_cut_even_where_the_page_is_too_narrow(width: int) -> None:
    [_, row] = lines(NAMED, ("A very long customer name", "1,234.56"), width=width)
    assert row == "A very long… 1,234.56"


def test_what_wraps_goes_on_below_and_further_in_when_indented() -> None:
    columns = [Column(fit=Fit.WRAP), Column(right=True)]
    assert lines(columns, ("  DEP-1 deposit on the account", "5.00"), width=21) == [
        "  DEP-1 deposit  5.00",
        "    on the",
        "    account",
    ]


def test_a_word_longer_than_the_page_is_not_cut() -> None:
    columns = [Column(), Column(fit=Fit.WRAP)]
    assert lines(columns, ("ok", "in /a/path/that/goes/on"), width=16) == [
        "ok  in",
        "    /a/path/that/goes/on",
    ]


def test_a_rule_stands_over_the_numbers_of_a_sum() -> None:
    rows = [Row(("Ada", "1.00")), Row(("Total", "1.00"), ruled=True)]
    made = [line.plain for line in lay_out(NAMED, rows, 100)]
    assert made[2] == "          ─────"


def test_the_least_width_is_what_fits_without_running_over() -> None:
    row = Row(("A very long customer name", "1,234.56"))
    least = least_width(NAMED, [row])
    assert least == 12 + 1 + 8
    assert all(cell_len(line.plain) <= least for line in lay_out(NAMED, [row], least))


def test_text_from_outside_cannot_move_the_cursor_or_turn_the_reading() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed") == "a\N{REPLACEMENT CHARACTER}[2Jb cd"
    assert printable("Gärtnerei 霧笛工房") == "Gärtnerei 霧笛工房"
