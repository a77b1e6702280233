"""Open items on paper: per company and currency, as a table, JSON or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from recoup.connector.money import Money
from recoup.sync.cli.shell import money, safe_cell

if TYPE_CHECKING:
    from rich.console import Console

    from recoup.sync.report.open_items import OpenItem
    from recoup.sync.store.companies import CompanyRow

__all__ = ["Shown", "by_currency", "csv_rows", "print_tables"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One company's open items in one currency."""

    company: CompanyRow
    as_of: date
    currency: str
    items: tuple[OpenItem, ...]

    @property
    def total(self) -> Money:
        return sum((item.open for item in self.items), Money.zero(self.currency))

    def as_json(self) -> dict[str, Any]:
        return {
            "company": self.company.slug,
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "items": [item.as_json() for item in self.items],
            "total": self.total.text,
        }


def by_currency(company: CompanyRow, as_of: date, items: Sequence[OpenItem]) -> list[Shown]:
    """Group by currency, the home currency first; nothing open is one empty group."""
    home = company.home_currency
    currencies = {item.open.currency for item in items} or {home}
    return [
        Shown(company, as_of, currency, tuple(i for i in items if i.open.currency == currency))
        for currency in sorted(currencies, key=lambda c: (c != home, c))
    ]


def print_tables(out: Console, shown: Sequence[Shown]) -> None:
    from rich.table import Table
    from rich.text import Text

    for number, group in enumerate(shown):
        if number:
            out.print()
        out.print(
            Text(group.company.name, style="bold"), f"· {group.currency} · as of {group.as_of}"
        )
        table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
        for column in ("customer", "document", "issued", "due"):
            table.add_column(column, no_wrap=True)
        for column in ("days past due", "total", "open"):
            table.add_column(column, justify="right", no_wrap=True)
        for item in group.items:
            table.add_row(
                Text(item.customer),
                Text(_label(item)),
                str(item.issued_on),
                str(item.due_on) if item.kind == "invoice" else "",
                str(item.days_past_due) if item.days_past_due else "",
                money(item.total),
                money(item.open),
            )
        table.add_row("Total", "", "", "", "", "", money(group.total), style="bold")
        out.print(table)


def _label(item: OpenItem) -> str:
    return f"{item.kind.replace('_', ' ')} {item.number or f'(id {item.document})'}"


def csv_rows(shown: Sequence[Shown]) -> list[list[str]]:
    columns = (
        "kind document number customer_id customer issued_on due_on days_past_due currency "
        "total open"
    ).split()
    rows = [["company", "as_of", *columns]]
    for group in shown:
        for item in group.items:
            fields = item.as_json()
            text = {"document", "number", "customer_id", "customer"}
            cells = [
                safe_cell(str(fields[c] or "")) if c in text else str(fields[c]) for c in columns
            ]
            rows.append([group.company.slug, group.as_of.isoformat(), *cells])
    return rows
