"""Columns of text that line up: names give way to a narrow page, numbers never do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rich.cells import cell_len, set_cell_size
from rich.text import Text

__all__ = ["Column", "Fit", "Row", "lay_out", "least_width", "printable"]

_LEAST = 12  # cells that a column which gives way keeps


class Fit(Enum):
    """What becomes of a column when the page is narrow."""

    WHOLE = "whole"  # keeps its width; the line runs over the page before a number is cut
    CUT = "cut"  # ends in an ellipsis
    WRAP = "wrap"  # goes on below; a word too long for it, a path say, runs over the page


@dataclass(frozen=True, slots=True)
class Column:
    title: str = ""
    right: bool = False
    fit: Fit = Fit.WHOLE


@dataclass(frozen=True, slots=True)
class Row:
    """One line of cells. ruled: a rule over its numbers, as over a sum."""

    cells: Sequence[str]
    style: str = ""
    ruled: bool = False


def lay_out(columns: Sequence[Column], rows: Sequence[Row], width: int) -> Iterator[Text]:
    """Yield the titles, if any, and the rows as lines of at most *width* cells where names can
    give way that far. Width counts cells: a wide character takes two."""
    full = _widths(columns, rows)
    gap = "  " if _breathes(columns, full, width) else " "
    widths = _fitted(columns, full, width - len(gap) * (len(columns) - 1))
    if any(column.title for column in columns):
        yield from _lines(columns, [column.title for column in columns], widths, gap, "dim")
    for row in rows:
        if row.ruled:
            rules = [
                "─" * size if column.right else ""
                for column, size in zip(columns, widths, strict=True)
            ]
            yield from _lines(columns, rules, widths, gap, "dim")
        yield from _lines(columns, row.cells, widths, gap, row.style)


def least_width(columns: Sequence[Column], rows: Sequence[Row]) -> int:
    """The narrowest page that these columns fit on."""
    return _needed(columns, _widths(columns, rows), 1)


def printable(text: str) -> str:
    """Text from outside on one line: nothing that would move the cursor or turn the reading."""
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) == "Cf" else "\N{REPLACEMENT CHARACTER}"


def _widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    return [
        max([cell_len(column.title), *(cell_len(row.cells[at]) for row in rows)])
        for at, column in enumerate(columns)
    ]


def _needed(columns: Sequence[Column], full: Sequence[int], gap: int) -> int:
    least = [
        size if column.fit is Fit.WHOLE else min(size, _LEAST)
        for column, size in zip(columns, full, strict=True)
    ]
    return sum(least) + gap * (len(columns) - 1)


def _breathes(columns: Sequence[Column], full: Sequence[int], width: int) -> bool:
    """Whether columns stand two cells apart: not where a name would be cut for that alone."""
    tight = sum(full) + len(columns) - 1
    whole = tight <= width < tight + len(columns) - 1
    return not whole and _needed(columns, full, 2) <= width


def _fitted(columns: Sequence[Column], full: Sequence[int], room: int) -> list[int]:
    """Take what is missing from the widest column that gives way, cell by cell."""
    widths = list(full)
    giving = [at for at, column in enumerate(columns) if column.fit is not Fit.WHOLE]
    for _ in range(sum(widths) - room):
        widest = max(giving, key=lambda at: widths[at], default=None)
        if widest is None or widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return widths


def _lines(
    columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int], gap: str, style: str
) -> Iterator[Text]:
    folded = [
        _wrapped(cell, size) if column.fit is Fit.WRAP else [cell]
        for column, cell, size in zip(columns, cells, widths, strict=True)
    ]
    for level in range(max(map(len, folded))):
        parts = [
            _placed(lines[level] if level < len(lines) else "", size, column)
            for column, lines, size in zip(columns, folded, widths, strict=True)
        ]
        yield Text(gap.join(parts).rstrip(), style=style)


def _placed(cell: str, width: int, column: Column) -> str:
    length = cell_len(cell)
    if length > width and column.fit is Fit.CUT:
        cell = set_cell_size(cell, width - 1).rstrip() + "…"
        length = cell_len(cell)
    blank = " " * (width - length)
    return blank + cell if column.right else cell + blank


def _wrapped(text: str, width: int) -> list[str]:
    """Break between words; what goes on below stands two cells further in than the first line
    when that one is indented."""
    words = text.lstrip(" ")
    indent = " " * (len(text) - len(words))
    lines: list[str] = []
    for word in words.split(" "):
        if lines and cell_len(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"{indent}{'  ' if lines and indent else ''}{word}")
    return lines
