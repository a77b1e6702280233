"""``recoup tieout``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from recoup.sync.cli.faults import DONE, FINDING, exit_code, one_line
from recoup.sync.cli.shell import Shell, chosen, console, day, money, several_companies

if TYPE_CHECKING:
    from rich.console import Console

    from recoup.sync.tieout.outcome import TieOut

__all__ = ["show", "tieout"]

_VERDICTS = {
    True: "[green]ties out[/]",
    False: "[bold red]does not tie out[/]",
    None: "not proven: the ledger states no control account for that date",
}
_CHECKED = {
    "invoice": "invoices",
    "credit": "payments and credit notes",
    "customer": "customers",
    "control": "control accounts",
    "customer_sum": "customer sums",
}


@click.command()
@several_companies
@click.option(
    "--as-of",
    type=day,
    metavar="DATE",
    help="Judge the control account of a past day (2026-03-31).",
)
@click.option("--offline", is_flag=True, help="Ask no ledger: judge by what the last sync read.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table")
@click.pass_obj
def tieout(
    shell: Shell,
    names: tuple[str, ...],
    every: bool,
    as_of: date | None,
    offline: bool,
    shape: str,
) -> int:
    """Prove document by document, customer by customer and for the control account as a whole
    that our figures equal the ledger's, or name what does not.

    A customer who does not tie is held: nothing is sent to them until they tie again. Exit code
    1 when something does not tie or anybody is held.
    """
    from recoup.connector.errors import RecoupError
    from recoup.sync.tieout.run import tie_out

    outcomes: list[TieOut] = []
    failures: list[int] = []
    with shell.open() as workspace:
        for company in chosen(workspace, names, every):
            try:
                ledger = None if offline else workspace.ledger(company)
                outcomes.append(
                    tie_out(workspace.store, company, ledger, as_of=as_of, clock=workspace.clock)
                )
            except RecoupError as error:
                click.echo(f"recoup: {company.slug}: {one_line(error)}", err=True)
                failures.append(exit_code(error))
    if shape == "json":
        import json

        click.echo(json.dumps([o.as_json() for o in outcomes], indent=2, ensure_ascii=False))
    else:
        out = console()
        for outcome in outcomes:
            show(out, outcome)
    if failures:
        return max(failures)
    return FINDING if any(o.proven is False or o.held for o in outcomes) else DONE


def show(out: Console, outcome: TieOut) -> None:
    """Print what a tie-out found: the verdict, the control accounts, then each finding."""
    from rich.table import Table

    on = "" if outcome.as_of is None else f" on {outcome.as_of}"
    out.print(f"[bold]{outcome.company}[/]{on}: {_VERDICTS[outcome.proven]}")
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("control account", "ledger", "our documents", "difference"):
        table.add_column(column, justify="left" if column == "control account" else "right")
    for currency, control in outcome.totals.items():
        table.add_row(
            currency,
            money(control.ledger),
            money(control.ours),
            money(control.difference),
        )
        for item in control.explained:
            table.add_row(f"  {item.document} [dim]{item.why}[/]", "", "", money(item.amount))
    if outcome.totals:
        out.print(table)
    counted = [f"{n:,} {_CHECKED.get(name, name)}" for name, n in outcome.checked.items() if n]
    if counted:
        out.print(f"Checked: {', '.join(counted)}.", style="dim")
    if outcome.reread:
        out.print(f"Read again live and corrected: {outcome.reread} objects.")
    for line in outcome.lines:
        out.print(f"  • {line}", markup=False)
    for customer, reason in outcome.held.items():
        out.print(f"  held: customer {customer}: {reason}", markup=False)
    if outcome.released:
        out.print(f"  released: {', '.join(outcome.released)}", markup=False)
