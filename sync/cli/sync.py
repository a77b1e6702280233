"""``recoup sync``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from recoup.sync.cli.faults import DONE, LATER, RECONNECT, WRONG_USE, exit_code, one_line
from recoup.sync.cli.shell import Shell, chosen, say, several_companies

if TYPE_CHECKING:
    from recoup.sync.cli.pulling import Pulled
    from recoup.sync.workspace import Workspace

__all__ = ["budget_line", "result_line", "sync"]

_WORST_FIRST = (RECONNECT, WRONG_USE, LATER)


@click.command()
@several_companies
@click.option(
    "--wait",
    default=60,
    show_default=True,
    type=click.IntRange(0, 3600),
    help="Seconds to wait while another sync of the same company runs.",
)
@click.pass_obj
def sync(shell: Shell, names: tuple[str, ...], every: bool, wait: int) -> int:
    """Bring over what changed since the last sync; the first one brings everything.

    It may be stopped at any moment: what has arrived stays, and the next run goes on from there.
    """
    from recoup.sync.cli.progress import follow
    from recoup.sync.cli.pulling import pull_all

    with shell.open() as workspace:
        companies = chosen(workspace, names, every)
        with follow(workspace, companies) as (on_progress, on_end):
            ended = pull_all(
                workspace,
                companies,
                on_progress=on_progress,
                on_end=on_end,
                wait=timedelta(seconds=wait),
            )
        for pulled in ended:
            if pulled.result is not None:
                say(result_line(pulled))
        for line in dict.fromkeys(budget_line(workspace, p) for p in ended if p.result):
            if line is not None:
                say(line)
    codes = set()
    for pulled in ended:
        if pulled.error is not None:
            click.echo(f"recoup: {pulled.company.slug}: {one_line(pulled.error)}", err=True)
            codes.add(exit_code(pulled.error))
    return next((code for code in _WORST_FIRST if code in codes), DONE)


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
    """How much of the month's reads is used; None where the platform meters none."""
    from recoup.sync.budget import read_budget

    budget = read_budget(workspace, pulled.company)
    if budget is None:
        return None
    return f"{workspace.platform(pulled.company.ledger).title}: {budget}."


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
