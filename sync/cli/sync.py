"""``recoup sync``."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from recoup.sync.cli.choosing import Choice, several_companies
from recoup.sync.cli.faults import DONE, exit_code, one_line
from recoup.sync.cli.shell import Shell, say

if TYPE_CHECKING:
    from recoup.sync.cli.pulling import Pulled
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.workspace import Workspace

__all__ = ["budget_line", "result_line", "sync"]


@click.command()
@several_companies
@click.option(
    "--wait",
    default=60,
    show_default=True,
    type=click.IntRange(0, 3600),
    help="Seconds to wait while another sync of the same company runs.",
)
@click.option("--due", is_flag=True, help="Only companies whose polling interval has passed.")
@click.option("--now", is_flag=True, help="Also companies that are parked until later.")
@click.option("--plan", is_flag=True, help="Say what it would cost in API calls; ask no ledger.")
@click.pass_obj
def sync(shell: Shell, choice: Choice, wait: int, due: bool, now: bool, plan: bool) -> int:
    """Bring over what changed since the last sync; the first one brings everything.

    It may be stopped at any moment: what has arrived stays, and the next run goes on from there.
    """
    patience = timedelta(seconds=wait)
    if (due or plan) and not choice.names:  # both are about many; without a word, about all
        choice = replace(choice, every=True)
    with shell.open() as workspace:
        companies = choice.companies(workspace)
        if plan:
            from recoup.sync.cli.planning import print_plan

            return print_plan(workspace, companies)
        if due:
            from recoup.sync.planning import due_companies

            companies = due_companies(workspace, companies)
            if not companies:
                say("No company is due.")
                return DONE
        if not choice.is_wide:
            return _sync_one(workspace, companies[0], patience)
        from recoup.sync.cli.many import sync_many

        return sync_many(workspace, companies, patience, parked_too=now)


def _sync_one(workspace: Workspace, company: CompanyRow, wait: timedelta) -> int:
    from recoup.sync.cli.progress import follow
    from recoup.sync.cli.pulling import pull_all

    with follow(workspace, [company]) as (on_progress, on_end):
        [pulled] = pull_all(workspace, [company], on_progress=on_progress, on_end=on_end, wait=wait)
    if pulled.error is not None:
        click.echo(f"recoup: {company.slug}: {one_line(pulled.error)}", err=True)
        return exit_code(pulled.error)
    say(result_line(pulled))
    if (line := budget_line(workspace, pulled)) is not None:
        say(line)
    return DONE


def result_line(pulled: Pulled) -> str:
    """What a sync came to, in one line."""
    result = pulled.result
    assert result is not None
    parts = [
        f"{_count(result.stored.seen, 'document')} in {_count(result.calls, 'call')}",
        f"{result.stored.changed:,} new or changed",
    ]
    if result.gone:
        parts.append(f"{result.gone:,} deleted")
    if result.healed:
        parts.append(f"{result.healed:,} found missing and settled")
    if result.stored.parked:
        parts.append(f"{result.stored.parked:,} unreadable and set aside")
    return f"{pulled.company.slug}: {', '.join(parts)} ({pulled.seconds:.1f} s)"


def budget_line(workspace: Workspace, pulled: Pulled) -> str | None:
    """How much of the platform's allowance is used; None where it sets none."""
    from recoup.sync.budget import read_budget

    budget = read_budget(workspace, pulled.company)
    if budget is None:
        return None
    return f"{workspace.platform(pulled.company.ledger).title}: {budget}."


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
