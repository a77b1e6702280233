"""``recoup doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from recoup.sync.cli.faults import DONE, FINDING
from recoup.sync.cli.shell import Shell, console, page_width

if TYPE_CHECKING:
    from rich.text import Text

    from recoup.sync.doctor import Finding

__all__ = ["doctor"]

_SIGNS = {"ok": ("ok", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "bold red")}


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
    out, width = console(), page_width()
    for finding in examine(shell.home, live=not offline):
        worst[finding.level] += 1
        for line in _lines(finding, width):
            out.print(line)
    if worst[Level.FAIL]:
        click.echo(f"{worst[Level.FAIL]} of {sum(worst.values())} checks failed.")
        return FINDING
    warned = f", {worst[Level.WARN]} to look at" if worst[Level.WARN] else ""
    click.echo(f"Nothing is broken ({sum(worst.values())} checks{warned}).")
    return DONE


def _lines(finding: Finding, width: int) -> Iterator[Text]:
    """The sign, then what was found and what to do, wrapped beside it."""
    from recoup.sync.report.layout import Column, Fit, Row, lay_out, printable

    sign, colour = _SIGNS[finding.level]
    rows = [Row((f"{sign:4}", printable(f"{finding.subject}: {finding.text}")))]
    if finding.remedy:
        rows.append(Row(("    ", f"→ {finding.remedy}")))
    for number, line in enumerate(lay_out([Column(), Column(fit=Fit.WRAP)], rows, width)):
        if number == 0:
            line.stylize(colour, 0, len(sign))
        yield line
