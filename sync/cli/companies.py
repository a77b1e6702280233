"""``recoup companies``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from recoup.sync.cli.choosing import Choice, filtered_companies
from recoup.sync.cli.shell import Shell, local, page_width, print_pages

if TYPE_CHECKING:
    from recoup.sync.overview import Standing
    from recoup.sync.report.layout import Row
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.workspace import Workspace

__all__ = ["companies", "tag", "untag"]

_CONSENT = 3  # its column
_LEAST = 4  # columns that stay on the narrowest page


@click.group(invoke_without_command=True)
@filtered_companies
@click.option("--format", "shape", type=click.Choice(["table", "json", "csv"]), default="table")
@click.pass_context
def companies(context: click.Context, choice: Choice, shape: str) -> None:
    """List the connected companies: when each was last synced and tied out, what is left of its
    allowance, and what to do next."""
    if context.invoked_subcommand is not None:
        return
    shell: Shell = context.obj
    with shell.open() as workspace:
        if choice.is_filtered or _any(workspace):
            from recoup.sync.overview import standings

            found = standings(workspace, choice.companies(workspace))
        else:
            found = []
    if shape == "json":
        from recoup.sync.report.exporting import to_json

        click.echo(to_json(found))
    elif shape == "csv":
        from recoup.sync.overview import CSV_HEAD, csv_rows
        from recoup.sync.report.exporting import csv_text

        click.echo(csv_text(CSV_HEAD, csv_rows(found)), nl=False)
    elif not found:
        click.echo("No company is connected yet. Next: recoup connect quickbooks")
    else:
        _print([_cells(standing) for standing in found])


@companies.command()
@click.argument("company")
@click.argument("tags", nargs=-1, required=True, metavar="TAG...")
@click.pass_obj
def tag(shell: Shell, company: str, tags: tuple[str, ...]) -> None:
    """Give COMPANY one or more tags, to choose it by with --tag."""
    from recoup.sync.store.tags import tag_company

    with shell.open() as workspace:
        row = _find(workspace, company)
        with workspace.store.control_database.write(durable=True) as control:
            tag_company(control, row.company_id, tags)
        _tell(workspace, row)


@companies.command()
@click.argument("company")
@click.argument("tags", nargs=-1, required=True, metavar="TAG...")
@click.pass_obj
def untag(shell: Shell, company: str, tags: tuple[str, ...]) -> None:
    """Take one or more tags off COMPANY."""
    from recoup.sync.store.tags import untag_company

    with shell.open() as workspace:
        row = _find(workspace, company)
        with workspace.store.control_database.write(durable=True) as control:
            untag_company(control, row.company_id, tags)
        _tell(workspace, row)


def _any(workspace: Workspace) -> bool:
    from recoup.sync.store.companies import list_companies

    with workspace.store.read() as conn:
        return bool(list_companies(conn))


def _find(workspace: Workspace, name: str) -> CompanyRow:
    from recoup.sync.store.companies import find_company

    with workspace.store.read() as conn:
        return find_company(conn, name)


def _tell(workspace: Workspace, row: CompanyRow) -> None:
    from recoup.sync.store.tags import list_tags

    with workspace.store.read_control() as control:
        tags = list_tags(control).get(row.company_id, ())
    click.echo(f"{row.slug}: {', '.join(tags) or 'no tags'}")


def _cells(standing: Standing) -> Row:
    from recoup.sync.report.layout import Row, printable

    row = standing.company
    at = standing.synced_at
    synced = "never" if at is None else f"{local(at, row.time_zone):%Y-%m-%d %H:%M %Z}"
    ledger = f"{standing.platform} at {row.base_url}" if row.base_url else standing.platform
    left = "" if standing.budget is None else f"{standing.budget.left:,}"
    return Row(
        (
            row.slug,
            synced,
            _proof(standing),
            standing.state.replace("_", " "),
            row.home_currency,
            left,
            printable(standing.next_step.removesuffix(f" {row.slug}")),  # it opens the line
            printable(row.name),
            ledger,
            " ".join(standing.tags),
        )
    )


def _proof(standing: Standing) -> str:
    """The last tie-out: its day and its verdict, as far as it still holds."""
    tied = standing.tie_out
    if tied is None:
        return "never"
    verdict = {True: "ties", False: "does not tie", None: "not stated"}[tied.proven]
    on = f"{local(tied.at, standing.company.time_zone):%m-%d}"
    return f"{on} {'outdated' if standing.stale else verdict}"


def _print(rows: list[Row]) -> None:
    """Print the table. The slug is what one types: it stays whole, the last columns give way."""
    from recoup.sync.report.layout import Column, Fit, Row, lay_out, least_width

    columns = [Column("company"), Column("last synced"), Column("tie-out"), Column("consent")]
    columns += [Column("in"), Column("calls left", right=True), Column("next", fit=Fit.CUT)]
    columns += [Column("name", fit=Fit.CUT), Column("ledger", fit=Fit.CUT)]
    columns += [Column("tags", fit=Fit.CUT)]
    if all(row.cells[_CONSENT] == "connected" for row in rows):  # goes without saying
        del columns[_CONSENT]
        rows = [Row([*row.cells[:_CONSENT], *row.cells[_CONSENT + 1 :]]) for row in rows]
    width = page_width()
    while len(columns) > _LEAST and least_width(columns, rows) > width:
        columns.pop()
        rows = [Row(row.cells[:-1]) for row in rows]
    print_pages([lay_out(columns, rows, width)])
