"""The progress of a sync: bars on a terminal, plain lines into a file or a pipe.

Of many companies those that are at work have a line each, below one for all of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

import click
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from recoup.sync.budget import ReadBudget, read_budget
from recoup.sync.cli.pulling import Pulled
from recoup.sync.cli.shell import console
from recoup.sync.pull.run import Progress as PullProgress
from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["Live", "follow", "follow_many"]

_EVERY = 10.0  # seconds between plain lines of one company

OnProgress = Callable[[CompanyRow, PullProgress], None]
OnEnd = Callable[[Pulled], None]


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        elapsed = task.finished_time if task.finished else task.elapsed
        rate = task.completed / elapsed if elapsed else 0.0
        return Text(f"{rate:,.0f}/s", style="dim")


@contextmanager
def follow(
    workspace: Workspace, companies: Sequence[CompanyRow]
) -> Iterator[tuple[OnProgress, OnEnd]]:
    """Show how far each company is; yields what to call after each page and at each end."""
    if sys.stderr.isatty() and sys.stdout.isatty():
        with _bars(workspace, companies) as callbacks:
            yield callbacks
    else:
        yield _lines()


@contextmanager
def _bars(
    workspace: Workspace, companies: Sequence[CompanyRow]
) -> Iterator[tuple[OnProgress, OnEnd]]:
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,.0f} documents"),
        _Rate(),
        TextColumn("{task.fields[left]}", style="dim"),
        console=console(err=True),
        transient=True,
    )
    tasks = {
        company.company_id: shown.add_task(
            company.slug, total=None, left=_left(read_budget(workspace, company))
        )
        for company in companies
    }

    def on_progress(company: CompanyRow, progress: PullProgress) -> None:
        shown.update(
            tasks[company.company_id],
            completed=progress.seen,
            total=progress.expected,
            left=_left(read_budget(workspace, company)),
        )

    def on_end(pulled: Pulled) -> None:
        seen = pulled.result.stored.seen if pulled.result else 0
        shown.update(tasks[pulled.company.company_id], completed=seen, total=max(seen, 1))

    with shown:
        yield on_progress, on_end


def _left(budget: ReadBudget | None) -> str:
    return "" if budget is None else f"{budget.left:,} reads left"


def _lines() -> tuple[OnProgress, OnEnd]:
    said: dict[int, float] = {}

    def on_progress(company: CompanyRow, progress: PullProgress) -> None:
        now = time.monotonic()
        if now - said.setdefault(company.company_id, now) >= _EVERY:
            said[company.company_id] = now
            of = f" of {progress.expected:,}" if progress.expected else ""
            click.echo(f"{company.slug}: {progress.seen:,}{of} read so far", err=True)

    def on_end(pulled: Pulled) -> None:
        """The command prints the result itself."""

    return on_progress, on_end


class Live(Protocol):
    """What is told of many companies while they are synced, from several threads."""

    def progressed(self, company: CompanyRow, progress: PullProgress) -> None: ...

    def waits(self, company: CompanyRow, until: datetime) -> None: ...

    def ended(self, pulled: Pulled) -> None: ...


@contextmanager
def follow_many(count: int) -> Iterator[Live]:
    """Show which of *count* companies are at work and how far each is."""
    if not (sys.stderr.isatty() and sys.stdout.isatty()):
        yield _Quiet()
        return
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,.0f} {task.fields[unit]}"),
        TextColumn("{task.fields[left]}", style="dim"),
        console=console(err=True),
        transient=True,
    )
    with shown:
        yield _Moving(shown, count)


class _Moving:
    """A line for each company at work, gone when it has ended: 300 lines fit no screen."""

    def __init__(self, shown: Progress, count: int) -> None:
        self._shown = shown
        self._all = shown.add_task("all", total=count, unit=f"of {count:,} companies", left="")
        self._tasks: dict[int, TaskID] = {}

    def progressed(self, company: CompanyRow, progress: PullProgress) -> None:
        self._shown.update(
            self._task(company), completed=progress.seen, total=progress.expected, left=""
        )

    def waits(self, company: CompanyRow, until: datetime) -> None:
        self._shown.update(self._task(company), left=f"waits until {until.astimezone():%H:%M:%S}")

    def ended(self, pulled: Pulled) -> None:
        task = self._tasks.pop(pulled.company.company_id, None)
        if task is not None:
            self._shown.remove_task(task)
        self._shown.advance(self._all)

    def _task(self, company: CompanyRow) -> TaskID:
        if company.company_id not in self._tasks:
            self._tasks[company.company_id] = self._shown.add_task(
                company.slug, total=None, unit="documents", left=""
            )
        return self._tasks[company.company_id]


class _Quiet:
    """Nothing moves in a file; a company that takes long says so now and then."""

    def __init__(self) -> None:
        self._on_progress, _ = _lines()

    def progressed(self, company: CompanyRow, progress: PullProgress) -> None:
        self._on_progress(company, progress)

    def waits(self, company: CompanyRow, until: datetime) -> None:
        """Nothing to say: the wait is short."""

    def ended(self, pulled: Pulled) -> None:
        """The command prints the result itself."""
