"""Reports for other programs: JSON with decimal strings, CSV that no spreadsheet executes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from recoup.sync.report.aging import Aging
from recoup.sync.report.open_items import OpenItem
from recoup.sync.report.statement import Statement

__all__ = ["aging_csv", "open_items_csv", "safe_text", "statement_csv", "to_json"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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
    """One line per company, currency and customer; amounts plain, no totals lines."""
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
    return _csv(head, lines)


def open_items_csv(items: Sequence[OpenItem]) -> str:
    """One line per open document."""
    head = ["customer_id", "customer", "kind", "document", "number", "issued_on", "due_on"]
    head += ["days_past_due", "currency", "total", "open"]
    return _csv(
        head,
        [
            [
                safe_text(item.customer_id),
                safe_text(item.customer),
                str(item.kind),
                safe_text(item.document),
                safe_text(item.number),
                item.issued_on.isoformat(),
                item.due_on.isoformat(),
                str(item.days_past_due),
                item.open.currency,
                item.total.text,
                item.open.text,
            ]
            for item in items
        ],
    )


def statement_csv(statements: Sequence[Statement]) -> str:
    """Opening, one line per movement, closing; per currency."""
    head = ["currency", "on", "kind", "document", "number", "due_on", "customer", "settles"]
    lines = []
    for one in statements:
        blank = [""] * 4
        opening, closing = one.opening.text, one.closing.text
        name = safe_text(one.customer)
        lines.append(
            [one.currency, one.starts_on.isoformat(), "opening", *blank[1:], name, "", "", opening]
        )
        for moved in one.movements:
            lines.append(
                [
                    one.currency,
                    moved.on.isoformat(),
                    moved.kind,
                    safe_text(moved.document),
                    safe_text(moved.number),
                    "" if moved.due_on is None else moved.due_on.isoformat(),
                    safe_text(moved.customer),
                    safe_text(" ".join(moved.settles)),
                    moved.amount.text,
                    moved.balance.text,
                ]
            )
        lines.append(
            [one.currency, one.ends_on.isoformat(), "closing", *blank[1:], name, "", "", closing]
        )
    return _csv([*head, "amount", "balance"], lines)


def _csv(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return text.getvalue()
