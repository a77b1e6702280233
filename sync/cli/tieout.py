"""``recoup tieout``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from recoup.sync.cli.choosing import Choice, several_companies
from recoup.sync.cli.faults import DONE, FINDING, exit_code, one_line
from recoup.sync.cli.reporting import check_synced
from recoup.sync.cli.shell import Shell, day, page_width, print_pages

if TYPE_CHECKING:
    from recoup.sync.tieout.outcome import TieOut
    from recoup.sync.workspace import Workspace

__all__ = ["tieout"]


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
    choice: Choice,
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
        for company in choice.companies(workspace):
            try:
                check_synced(workspace, company)
                ledger = None if offline else workspace.ledger(company)
                outcomes.append(
                    tie_out(workspace.store, company, ledger, as_of=as_of, clock=workspace.clock)
                )
                _tell(workspace, outcomes[-1])
            except RecoupError as error:
                click.echo(f"recoup: {company.slug}: {one_line(error)}", err=True)
                failures.append(exit_code(error))
    if shape == "json":
        from recoup.sync.report.exporting import to_json

        click.echo(to_json(outcomes))
    else:
        from recoup.sync.report.rendering import tie_out_page

        width = page_width()
        print_pages(tie_out_page(outcome, width=width) for outcome in outcomes)
    if failures:
        return max(failures)
    return FINDING if any(o.proven is False or o.held for o in outcomes) else DONE


def _tell(workspace: Workspace, outcome: TieOut) -> None:
    """Tell listeners what has been concluded: the tie-out, then who was held or released by it."""
    from recoup.connector.events import Event, EventKind

    facts: dict[str, Any] = {"proven": outcome.proven, "findings": len(outcome.findings)}
    told = [(EventKind.TIED_OUT, facts)]
    told += [(EventKind.CUSTOMER_HELD, {"customer_id": c}) for c in outcome.newly_held]
    told += [(EventKind.CUSTOMER_RELEASED, {"customer_id": c}) for c in outcome.released]
    for kind, facts in told:
        workspace.plugins.on_event(
            Event(kind=kind, company=outcome.company, at=outcome.at, facts=facts)
        )
