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

_GIVES_WAY = (7, 6, 5, 4, 3, 2, 1)  # columns by place, the first to go first


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
        _print(found)


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
    synced = "never" if at is None else f"{local(at, row.time_zone):%Y-%m-%d %H:%M}"
    left = standing.budget_left
    return Row(
        (
            row.slug,
            printable(row.name),
            f"{standing.platform} at {row.base_url}" if row.base_url else standing.platform,
            row.home_currency,
            synced,
            _proof(standing),
            "" if left is None else f"{left:,}",
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


def _step(standing: Standing) -> str:
    """What is next, and before that what a person must know to see why."""
    from recoup.sync.report.layout import printable

    step, state = printable(standing.next_step), standing.state.replace("_", " ")
    if standing.state != "connected":
        return f"{state}: {step}"
    if standing.parked_until is not None:
        there = local(standing.parked_until, standing.company.time_zone)
        reason = step.removeprefix("wait: ")
        return f"parked until {there:%Y-%m-%d %H:%M %Z}: {reason}"
    return step or "nothing to do"


def _print(found: list[Standing]) -> None:
    """Print a line for each company and its next step below: nothing of it is ever left out.

    On a narrow page the tags go; then what the table has no room for stands below too.
    """
    from recoup.sync.report.layout import Column, Fit, Row, lay_out, least_width

    columns = [Column("company"), Column("name", fit=Fit.CUT), Column("ledger", fit=Fit.CUT)]
    columns += [Column("in"), Column("last synced"), Column("tie-out")]
    columns += [Column("calls left", right=True), Column("tags", fit=Fit.CUT)]
    rows = [_cells(standing) for standing in found]
    width, below = page_width(), [""] * len(found)
    for at in _GIVES_WAY:
        if least_width(columns, rows) <= width:
            break
        title = columns.pop(at).title
        if title != "tags":
            below = [
                _joined(row.cells[at], title, rest) for row, rest in zip(rows, below, strict=True)
            ]
        rows = [Row([*row.cells[:at], *row.cells[at + 1 :]]) for row in rows]
    head, *lines = lay_out(columns, rows, width)
    page = [head]
    for standing, line, rest in zip(found, lines, below, strict=True):
        page.append(line)
        under = [Row((f"  {text}",)) for text in (rest, f"→ {_step(standing)}") if text]
        page += lay_out([Column(fit=Fit.WRAP)], under, width)
    print_pages([page])


def _joined(cell: str, title: str, rest: str) -> str:
    said = f"{title} {cell or 'none'}"
    return f"{said}, {rest}" if rest else said
