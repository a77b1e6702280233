"""``recoup companies``."""

from __future__ import annotations

import click

from recoup.sync.cli.shell import Shell, console, local

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
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("company", "name", "ledger", "currency", "last synced", "consent"):
        table.add_column(column)
    for row in rows:
        at = synced[row.company_id]
        table.add_row(
            row.slug,
            row.name,
            row.ledger if row.base_url is None else f"{row.ledger} at {row.base_url}",
            row.home_currency,
            f"{local(at, row.time_zone):%Y-%m-%d %H:%M}" if at else "never",
            grants[row.grant_id].state.replace("_", " "),
        )
    console().print(table)
