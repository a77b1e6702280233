"""An aging on paper: the table with its proof, and the rows of a CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recoup.sync.cli.shell import money, safe_cell

if TYPE_CHECKING:
    from rich.console import Console

    from recoup.sync.report.aging import Aging, AgingRow
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.tieout.control import Control

__all__ = ["Shown", "csv_rows", "print_tables"]


@dataclass(frozen=True, slots=True)
class Shown:
    company: CompanyRow
    aging: Aging


def print_tables(out: Console, shown: Sequence[Shown]) -> None:
    """Print one table per company and currency, the proof under each."""
    from rich.table import Table
    from rich.text import Text

    for number, item in enumerate(shown):
        aging = item.aging
        if number:
            out.print()
        out.print(
            Text(item.company.name, style="bold"),
            f"· {aging.currency} · as of {aging.as_of} · by {aging.basis} date",
        )
        table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("customer", no_wrap=True)
        for column in (*aging.buckets, "unapplied", "total"):
            table.add_column(column, justify="right", no_wrap=True)
        for row in aging.rows:
            table.add_row(Text(row.customer), *_amounts(row))
        if aging.rows:
            table.add_section()
        table.add_row("Total", *_amounts(aging.totals), style="bold")
        out.print(table)
        _print_proof(out, aging.control, aging.note)


def _amounts(row: AgingRow) -> list[str]:
    return [money(amount) if amount else "–" for amount in (*row.bands, row.unapplied, row.total)]


def _print_proof(out: Console, control: Control, note: str | None) -> None:
    """Σ buckets + unapplied = Σ open documents = control account, or what stands between."""
    out.print(f"Σ buckets + unapplied = Σ open documents = {money(control.ours)}", style="dim")
    if control.ledger is None:
        out.print(f"Control account: {note}.", style="dim")
        return
    out.print(
        f"Control account = {money(control.ledger)}, difference {money(control.difference)}",
        style="dim",
    )
    for entry in control.explained:
        out.print(f"  {entry.document} {money(entry.amount)} {entry.why}", style="dim")
    if control.proven:
        out.print("Proven to the cent.", style="green")
    else:
        out.print("Not proven: run recoup tieout.", style="bold red")


def csv_rows(shown: Sequence[Shown]) -> list[list[str]]:
    """A header and one row per customer; no totals, so that a spreadsheet may sum them."""
    buckets = list(shown[0].aging.buckets) if shown else []
    header = ["company", "as_of", "basis", "currency", "customer_id", "customer"]
    rows = [[*header, *buckets, "unapplied", "total"]]
    for item in shown:
        aging = item.aging
        for row in aging.rows:
            amounts = row.amounts(aging.buckets)
            rows.append(
                [
                    aging.company,
                    aging.as_of.isoformat(),
                    aging.basis,
                    aging.currency,
                    safe_cell(row.customer_id or ""),
                    safe_cell(row.customer),
                    *amounts.values(),
                ]
            )
    return rows
