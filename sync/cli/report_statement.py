"""A customer's statement on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recoup.sync.cli.shell import money, safe_cell

if TYPE_CHECKING:
    from rich.console import Console

    from recoup.sync.report.statement import Movement, Statement

__all__ = ["csv_rows", "print_tables"]


def print_tables(out: Console, statements: Sequence[Statement]) -> None:
    """Print one statement per currency: movements between two balances, then the strip."""
    from rich.table import Table
    from rich.text import Text

    for number, one in enumerate(statements):
        if number:
            out.print()
        out.print(
            Text(one.customer, style="bold"),
            Text(f"(customer {one.customer_id} of {one.company_name})"),
            f"· {one.currency} · {one.starts_on} to {one.ends_on}",
        )
        table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
        for column in ("date", "document", "due", "settles"):
            table.add_column(column, no_wrap=column != "settles")
        for column in ("amount", "balance"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_row(str(one.starts_on), "Opening balance", "", "", "", money(one.opening))
        for movement in one.movements:
            table.add_row(
                str(movement.on),
                Text(_label(movement)),
                str(movement.due_on or ""),
                Text(", ".join(movement.settles)),
                money(movement.amount),
                money(movement.balance),
            )
        closing = money(one.closing)
        table.add_row(str(one.ends_on), "Closing balance", "", "", "", closing, style="bold")
        out.print(table)
        strip = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
        for column in (*one.buckets, "unapplied"):
            strip.add_column(column, justify="right", no_wrap=True)
        strip.add_row(*(money(amount) for amount in (*one.bands, one.unapplied)))
        out.print(strip)


def _label(movement: Movement) -> str:
    return f"{movement.kind.replace('_', ' ')} {movement.number or f'(id {movement.document})'}"


def csv_rows(statements: Sequence[Statement]) -> list[list[str]]:
    """A header, then each statement's opening, movements and closing."""
    columns = "company currency customer_id customer on kind document number due_on settles"
    rows = [[*columns.split(), "amount", "balance"]]
    for one in statements:
        head = [one.company, one.currency, safe_cell(one.customer_id)]
        name = safe_cell(one.customer)
        nothing = [""] * 4
        rows.append([*head, name, str(one.starts_on), "opening", *nothing, "", one.opening.text])
        for movement in one.movements:
            rows.append(
                [
                    *head,
                    safe_cell(movement.customer),
                    str(movement.on),
                    movement.kind,
                    safe_cell(movement.document),
                    safe_cell(movement.number or ""),
                    str(movement.due_on or ""),
                    safe_cell(", ".join(movement.settles)),
                    movement.amount.text,
                    movement.balance.text,
                ]
            )
        rows.append([*head, name, str(one.ends_on), "closing", *nothing, "", one.closing.text])
    return rows
