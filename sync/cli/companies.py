"""``recoup companies``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from recoup.sync.cli.shell import Shell, local, page_width, print_pages

if TYPE_CHECKING:
    from datetime import datetime

    from recoup.sync.report.layout import Row
    from recoup.sync.store.companies import CompanyRow

__all__ = ["companies"]


@click.command()
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table")
@click.pass_obj
def companies(shell: Shell, shape: str) -> None:
    """List the connected companies: what to call them, and when each was last synced."""
    from recoup.sync.store.companies import list_companies
    from recoup.sync.store.condition import last_finished
    from recoup.sync.store.grants import list_grants

    with shell.open() as workspace, workspace.store.read() as conn:
        rows = list_companies(conn)
        grants = {grant.grant_id: grant for grant in list_grants(conn)}
        synced = {row.company_id: last_finished(conn, row.company_id) for row in rows}
    if shape == "json":
        import json

        listed = [
            {
                "company": row.slug,
                "name": row.name,
                "ledger": row.ledger,
                "ledger_id": row.ledger_id,
                "base_url": row.base_url,
                "home_currency": row.home_currency,
                "state": grants[row.grant_id].state,
                "synced_at": at.isoformat() if (at := synced[row.company_id]) else None,
            }
            for row in rows
        ]
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    if not rows:
        click.echo("No company is connected yet. Next: recoup connect quickbooks")
        return
    _print([_cells(row, synced[row.company_id], grants[row.grant_id].state) for row in rows])


def _cells(row: CompanyRow, synced_at: datetime | None, state: str) -> Row:
    from recoup.sync.report.layout import Row, printable

    at = "never" if synced_at is None else f"{local(synced_at, row.time_zone):%Y-%m-%d %H:%M %Z}"
    ledger = f"{row.ledger} at {row.base_url}" if row.base_url else row.ledger
    consent = state.replace("_", " ")
    return Row((row.slug, at, consent, row.home_currency, printable(row.name), ledger))


def _print(rows: list[Row]) -> None:
    """Print the table. The slug is what one types: it stays whole, the last columns give way."""
    from recoup.sync.report.layout import Column, Fit, Row, lay_out, least_width

    columns = [Column("company"), Column("last synced"), Column("consent"), Column("in")]
    columns += [Column("name", fit=Fit.CUT), Column("ledger", fit=Fit.CUT)]
    width = page_width()
    while len(columns) > 4 and least_width(columns, rows) > width:
        columns.pop()
        rows = [Row(row.cells[:-1]) for row in rows]
    print_pages([lay_out(columns, rows, width)])
