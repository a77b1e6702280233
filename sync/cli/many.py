"""``recoup sync`` of many companies: a line for each as it ends, a summary, one exit code."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from recoup.connector.errors import Retriable
from recoup.sync.budget import fullest_budgets
from recoup.sync.cli.faults import DONE, FINDING, LATER, RECONNECT, WRONG_USE, exit_code, one_line
from recoup.sync.cli.progress import follow_many
from recoup.sync.cli.pulling import checked, spare_the_collector
from recoup.sync.cli.shell import local, say
from recoup.sync.cli.sync import result_line
from recoup.sync.pull.attempt import Pulled
from recoup.sync.pull.many import Overview, pull_many
from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["sync_many"]

# The first of these that any company came to is the exit code of the whole.
_WORST_FIRST = (RECONNECT, FINDING, LATER, DONE)


def sync_many(
    workspace: Workspace,
    companies: Sequence[CompanyRow],
    wait: timedelta,
    *,
    parked_too: bool = False,
) -> int:
    """Sync *companies* and tell about each; returns the exit code.

    0 all done, 1 something that a person must look at, 3 a company needs reconnecting, 4 a
    company waits for later.
    """
    spare_the_collector()
    tally = _Tally(len(companies))
    with follow_many(len(companies)) as live:

        def ended(pulled: Pulled) -> None:
            live.ended(pulled)
            tally.ended(checked(pulled))

        overview = pull_many(
            workspace,
            companies,
            on_progress=live.progressed,
            on_wait=live.waits,
            on_end=ended,
            wait=wait,
            parked_too=parked_too,
        )
    tally.left_out(overview)
    say(tally.summary())
    for line in fullest_budgets(workspace, companies):
        say(line)
    return next(code for code in _WORST_FIRST if tally.codes[code] or code == DONE)


class _Tally:
    """Counts while companies end, in whichever thread; keeps nothing of any of them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.codes: Counter[int] = Counter()
        self._documents = self._calls = self._parked = self._elsewhere = 0
        self._lock = threading.Lock()
        self._started = time.monotonic()

    def ended(self, pulled: Pulled) -> None:
        with self._lock:
            if pulled.result is not None:
                self.codes[DONE] += 1
                self._documents += pulled.result.stored.seen
                self._calls += pulled.result.calls
                say(result_line(pulled))
                return
            assert pulled.error is not None
            code = exit_code(pulled.error)
            self.codes[FINDING if code == WRONG_USE else code] += 1
            self._parked += pulled.again_at is not None
            _complain(pulled.company, pulled.error, pulled.again_at)

    def left_out(self, overview: Overview) -> None:
        """Tell about those that this run did not touch."""
        for company, row in overview.parked:
            self.codes[LATER] += 1
            self._parked += 1
            until = _clock(row.run_at, company)
            click.echo(f"recoup: {company.slug}: parked until {until}: {row.reason}", err=True)
        self._elsewhere = len(overview.elsewhere)
        for company in overview.elsewhere:
            say(f"{company.slug}: left to another process that syncs it")

    def summary(self) -> str:
        parts = [f"{self.codes[DONE]:,} synced"]
        for count, words in (
            (self._parked, "parked"),
            (self.codes[LATER] - self._parked, "to be tried again"),
            (self.codes[RECONNECT], "to be reconnected"),
            (self.codes[FINDING], "failed"),
            (self._elsewhere, "left to another process"),
        ):
            if count:
                parts.append(f"{count:,} {words}")
        seconds = time.monotonic() - self._started
        rate = self._documents / seconds if seconds else 0.0
        noun = "company" if self.count == 1 else "companies"
        return (
            f"{self.count:,} {noun}: {', '.join(parts)}; {self._documents:,} documents in "
            f"{self._calls:,} calls, {seconds:.1f} s ({rate:,.0f} documents a second)"
        )


def _complain(company: CompanyRow, error: Exception, again_at: datetime | None) -> None:
    if again_at is not None and isinstance(error, Retriable):
        words = " ".join(str(error).split())
        click.echo(
            f"recoup: {company.slug}: parked until {_clock(again_at, company)}: {words}", err=True
        )
    else:
        click.echo(f"recoup: {company.slug}: {one_line(error)}", err=True)


def _clock(at: datetime, company: CompanyRow) -> str:
    """The time of day at the company, to the second where it is soon."""
    there = local(at, company.time_zone)
    return f"{there:%Y-%m-%d %H:%M:%S %Z}"
