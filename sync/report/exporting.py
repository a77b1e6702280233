"""Reports for other programs: JSON with decimal strings, CSV that no spreadsheet executes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from recoup.sync.report.aging import Aging
from recoup.sync.report.open_list import OpenList
from recoup.sync.report.statement import Statement

__all__ = ["aging_csv", "csv_text", "open_items_csv", "safe_text", "statement_csv", "to_json"]

# What a spreadsheet takes for the start of a formula; some do so in full width, too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Jsonable(Protocol):
    def as_json(self) -> dict[str, Any]: ...


def to_json(results: Iterable[_Jsonable]) -> str:
    """A JSON list of the results, indented; amounts are decimal strings."""
    return json.dumps([result.as_json() for result in results], ensure_ascii=False, indent=2)


def safe_text(text: str | None) -> str:
    """Text from the ledger for a CSV cell: what a spreadsheet would run gets an apostrophe."""
    if text is None:
        return ""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def aging_csv(results: Sequence[Aging]) -> str:
    """One line per company, currency and customer; no totals, so that a spreadsheet may sum."""
    buckets = results[0].buckets if results else ()
    amounts = [*buckets, "unapplied", "total"]
    head = ["company", "as_of", "basis", "currency", "customer_id", "customer", *amounts]
    lines = []
    for result in results:
        fixed = [result.company, result.as_of.isoformat(), result.basis, result.currency]
        for row in result.rows:
            named = row.amounts(result.buckets)
            who = [safe_text(row.customer_id), safe_text(row.customer)]
            lines.append([*fixed, *who, *(named[column] for column in amounts)])
    return csv_text(head, lines)


def open_items_csv(groups: Sequence[OpenList]) -> str:
    """One line per open document."""
    head = "company as_of kind document number customer_id customer issued_on due_on"
    return csv_text(
        [*head.split(), "days_past_due", "currency", "total", "open"],
        [
            [
                group.company,
                group.as_of.isoformat(),
                str(item.kind),
                safe_text(item.document),
                safe_text(item.number),
                safe_text(item.customer_id),
                safe_text(item.customer),
                item.issued_on.isoformat(),
                item.due_on.isoformat(),
                str(item.days_past_due),
                item.open.currency,
                item.total.text,
                item.open.text,
            ]
            for group in groups
            for item in group.items
        ],
    )


def statement_csv(statements: Sequence[Statement]) -> str:
    """Each statement's opening, one line per movement, its closing."""
    head = "company currency customer_id customer on kind document number due_on settles"
    lines = []
    for one in statements:
        fixed = [one.company, one.currency, safe_text(one.customer_id)]
        name, blank = safe_text(one.customer), [""] * 5
        begins, ends = one.starts_on.isoformat(), one.ends_on.isoformat()
        lines.append([*fixed, name, begins, "opening", *blank, one.opening.text])
        for moved in one.movements:
            lines.append(
                [
                    *fixed,
                    safe_text(moved.customer),
                    moved.on.isoformat(),
                    moved.kind,
                    safe_text(moved.document),
                    safe_text(moved.number),
                    "" if moved.due_on is None else moved.due_on.isoformat(),
                    safe_text(", ".join(moved.settles)),
                    moved.amount.text,
                    moved.balance.text,
                ]
            )
        lines.append([*fixed, name, ends, "closing", *blank, one.closing.text])
    return csv_text([*head.split(), "amount", "balance"], lines)


def csv_text(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Lines under a head, as CSV with a newline after each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return text.getvalue()
