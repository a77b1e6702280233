"""``recoup doctor``."""

from __future__ import annotations

import click

from recoup.sync.cli.faults import DONE, FINDING
from recoup.sync.cli.shell import Shell

__all__ = ["doctor"]

_SIGNS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command()
@click.option(
    "--offline", is_flag=True, help="Ask no ledger; otherwise each company costs a read or two."
)
@click.pass_obj
def doctor(shell: Shell, offline: bool) -> int:
    """Look over the installation, the workspace, the consents and the companies.

    Says what to do about each thing found. Exit code 1 when something does not work.
    """
    from recoup.sync.doctor import Level, examine

    worst = dict.fromkeys(Level, 0)
    for finding in examine(shell.home, live=not offline):
        worst[finding.level] += 1
        sign, colour = _SIGNS[finding.level]
        click.echo(f"{click.style(sign, fg=colour)}  {finding.subject}: {finding.text}")
        if finding.remedy:
            click.echo(f"      → {finding.remedy}")
    if worst[Level.FAIL]:
        click.echo(f"{worst[Level.FAIL]} of {sum(worst.values())} checks failed.")
        return FINDING
    warned = f", {worst[Level.WARN]} to look at" if worst[Level.WARN] else ""
    click.echo(f"Nothing is broken ({sum(worst.values())} checks{warned}).")
    return DONE
