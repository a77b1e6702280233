"""What every command shares: the workspace, days and clocks, and the consoles."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from logging import LogRecord

    from rich.console import Console
    from rich.text import Text

    from recoup.connector.protocols import Clock
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.workspace import Workspace

__all__ = [
    "Shell",
    "console",
    "day",
    "local",
    "page_width",
    "print_pages",
    "say",
    "today",
]


@dataclass(frozen=True, slots=True)
class Shell:
    """What the global options said."""

    home: Path | None

    def open(self) -> Workspace:
        """Open the workspace; the caller closes it. Raises UsageError when there is none."""
        from recoup.sync.workspace import Workspace

        _hush_interruptions()
        return Workspace.open(self.home)


def _hush_interruptions() -> None:
    """Keep traces of Ctrl-C off the screen: SQLAlchemy's pool logs one when it is interrupted
    while it takes a connection back, and then raises it all the same."""
    import logging

    if logging.lastResort is not None:
        logging.lastResort.addFilter(_is_no_interruption)


def _is_no_interruption(record: LogRecord) -> bool:
    return record.exc_info is None or record.exc_info[0] is not KeyboardInterrupt


def day(word: str) -> date:
    """Read a date of the command line."""
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise click.BadParameter(f"{word!r} is no date; write it as 2026-03-31") from None


def today(company: CompanyRow, clock: Clock) -> date:
    """The date it is now at the company; in UTC where the ledger tells no time zone."""
    return local(clock.now(), company.time_zone).date()


def local(at: datetime, time_zone: str | None) -> datetime:
    """*at* on the clocks of *time_zone* (IANA), or in UTC where it is unknown."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return at.astimezone(ZoneInfo(time_zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return at


def console(*, err: bool = False) -> Console:
    """A console for a person; on stderr as wide as the terminal, for bars.

    On stdout it is wider than any line: pages are laid out to page_width() before, and what
    still runs over may wrap but is never cut. A reader that has gone is BrokenPipeError, as it is
    with plain printing.
    """
    from rich.console import Console

    class Patient(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    if err:
        return Patient(stderr=True, highlight=False)
    return Patient(file=sys.stdout, width=1000, highlight=False)


def page_width() -> int:
    """Cells in a line of the terminal (or COLUMNS); 100 where there is none."""
    from shutil import get_terminal_size

    return get_terminal_size(fallback=(100, 24)).columns


def print_pages(pages: Iterable[Iterable[Text]]) -> None:
    """Print pages with an empty line between them."""
    out = console()
    for number, page in enumerate(pages):
        if number:
            out.print()
        for line in page:
            out.print(line)


def say(line: str, style: str = "") -> None:
    """Print one line; a terminal gets it broken between words, a pipe or a file as it is."""
    from rich.text import Text

    from recoup.sync.report.layout import Column, Fit, Row, lay_out

    if not sys.stdout.isatty():
        print_pages([[Text(line)]])
        return
    print_pages([lay_out([Column(fit=Fit.WRAP)], [Row((line,), style)], page_width())])
