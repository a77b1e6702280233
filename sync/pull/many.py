"""Syncing many companies over the job queue: in parallel, each by itself, whatever happens.

A company that must wait a moment gives its thread to another one. One that must wait for longer
is parked in the queue with its reason: the next run skips it until its time has come.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recoup.connector.errors import BudgetSpent, Busy, NeedsReconnect, RecoupError, Retriable
from recoup.sync.connections import lost_for_all
from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.jobs.runner import Runner, Stopped
from recoup.sync.jobs.seam import Defer, Done, Failed, Job, JobQueue, Outcome, Waiting
from recoup.sync.pull.attempt import Pulled, Report, attempt
from recoup.sync.pull.run import Progress, PullResult
from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["PULL", "Overview", "note_failure", "parked_companies", "pull_many"]

PULL = "pull"
SHORT = timedelta(minutes=1)  # a wait up to this is waited for within the run
_PATIENCE = timedelta(minutes=5)  # as long as short waits may follow one another without a page
_NAP = timedelta(seconds=1)  # the shortest wait
_TRIES = 5  # calls on a ledger in a row that bring nothing
_TIDY_EVERY = 8  # companies


@dataclass(frozen=True, slots=True)
class Overview:
    """What became of the companies that were not synced in this run."""

    parked: Sequence[tuple[CompanyRow, Waiting]]  # since an earlier run; skipped
    elsewhere: Sequence[CompanyRow]  # another process syncs them


@dataclass(slots=True)
class _Effort:
    """What was spent on a company in this run before the attempt at hand."""

    since: datetime  # of its first attempt, or of the last one that brought something
    seen: int = 0
    changed: int = 0
    calls: int = 0
    fruitless: int = 0  # attempts since then that the ledger, not our own allowance, cut short


def parked_companies(queue: JobQueue, now: datetime) -> dict[int, Waiting]:
    """Return what is parked until later than *now*, by company id."""
    rows = (row for row in queue.waiting(PULL) if row.state == "queued" and row.run_at > now)
    return {int(row.key): row for row in rows}


def pull_many(
    workspace: Workspace,
    companies: Sequence[CompanyRow],
    *,
    on_progress: Report,
    on_wait: Callable[[CompanyRow, datetime], None],
    on_end: Callable[[Pulled], None],
    wait: timedelta,
    parked_too: bool = False,
) -> Overview:
    """Sync *companies*, at most ``sync.parallel`` at a time; *on_end* hears of each once.

    The callbacks come from several threads. wait: how long a company is waited for that another
    process syncs. parked_too: do not skip what an earlier run has parked. Ctrl-C lets each worker
    store the page that it holds, then raises KeyboardInterrupt. A defect of ours is raised when
    all others have ended.
    """
    _ = workspace.vault, workspace.gate, workspace.plugins  # opened once, before the threads
    queue: JobQueue = EmbeddedQueue(workspace.store)
    queue.sweep()
    if parked_too:
        for company_id in parked_companies(queue, workspace.clock.now()):
            if any(row.company_id == company_id for row in companies):
                queue.withdraw(PULL, str(company_id))
    known = {row.key: row for row in queue.waiting(PULL) if row.state != "failed"}
    running = {key for key, row in known.items() if row.state == "running"}
    parked = parked_companies(queue, workspace.clock.now())
    mine = {
        str(company.company_id): company
        for company in companies
        if company.company_id not in parked and str(company.company_id) not in running
    }
    queue.enqueue_many(PULL, list(mine))
    _load_adapters(workspace, mine.values())
    many = _Many(workspace, mine, on_progress, on_wait, on_end, wait)
    runner = Runner(
        queue,
        {PULL: many.work},
        workers=min(workspace.settings.sync.parallel, max(len(mine), 1)),
        clock=workspace.clock,
        keys=mine,
    )
    many.runner = runner
    runner.run()
    lost_for_all(workspace.store, many.refused)
    return Overview(
        parked=[(row, parked[row.company_id]) for row in companies if row.company_id in parked],
        elsewhere=[row for row in companies if many.is_elsewhere(row) and _is_not(row, parked)],
    )


def _load_adapters(workspace: Workspace, companies: Iterable[CompanyRow]) -> None:
    """Import each SDK before the threads start: two that import it at once may see half of it."""
    for company in {company.ledger: company for company in companies}.values():
        with suppress(RecoupError):  # raised again, and told, when the company's turn comes
            workspace.ledger(company)


def _is_not(row: CompanyRow, parked: dict[int, Waiting]) -> bool:
    return row.company_id not in parked


class _Many:
    """The work of one run. Each company is with one thread at a time."""

    def __init__(
        self,
        workspace: Workspace,
        companies: dict[str, CompanyRow],
        on_progress: Report,
        on_wait: Callable[[CompanyRow, datetime], None],
        on_end: Callable[[Pulled], None],
        wait: timedelta,
    ) -> None:
        self._workspace, self._companies = workspace, companies
        self._on_progress, self._on_wait, self._on_end = on_progress, on_wait, on_end
        self._wait = wait
        self._efforts: dict[str, _Effort] = {}
        self._ended: set[int] = set()
        self.refused: dict[int, str] = {}  # company id → why a person must reconnect it
        self.runner: Runner | None = None

    def is_elsewhere(self, row: CompanyRow) -> bool:
        return row.company_id not in self._ended

    def work(self, job: Job) -> Outcome:
        company = self._companies[job.key]
        effort = self._efforts.setdefault(job.key, _Effort(self._workspace.clock.now()))
        seen = Progress(seen=0, changed=0, calls=0, expected=None, source_type=None)

        def report(row: CompanyRow, progress: Progress) -> None:
            nonlocal seen
            seen = progress
            self._on_progress(row, progress)
            if self.runner is not None and self.runner.stopping.is_set():
                raise Stopped

        pulled = attempt(self._workspace, company, report, wait=timedelta(0))
        if pulled.result is not None:
            _add(pulled.result, effort)
            return self._end(job, pulled, Done())
        return self._judge(job, pulled, effort, seen)

    def _judge(self, job: Job, pulled: Pulled, effort: _Effort, seen: Progress) -> Outcome:
        """What an error means for the company: wait here, park it, or give it up for now."""
        error, now = pulled.error, self._workspace.clock.now()
        assert error is not None
        if isinstance(error, NeedsReconnect):
            self.refused[pulled.company.company_id] = str(error)
        if not isinstance(error, Retriable):
            return self._end(job, pulled, _failed(error))
        got_on = bool(seen.calls or seen.seen)
        if got_on:
            effort.since, effort.fruitless = now, 0
            effort.seen, effort.changed = effort.seen + seen.seen, effort.changed + seen.changed
            effort.calls += seen.calls
        if isinstance(error, Busy):  # another process has the company, or the slot that it needs
            if now - effort.since >= self._wait:
                return self._end(job, pulled, Done())
            return self._pause(job, pulled, _NAP)
        # Limits renew within the minute. A whole minute is what a fault asks for that may last:
        # it is worth waiting for only where the last attempt still got somewhere.
        passes = error.retry_after < SHORT and now - effort.since < _PATIENCE
        if not got_on and not isinstance(error, BudgetSpent):  # which asks no ledger
            effort.fruitless += 1
            passes = passes and effort.fruitless < _TRIES
        if passes or (got_on and error.retry_after <= SHORT):
            span = max(error.retry_after, _NAP * 2**effort.fruitless)
            return self._pause(job, pulled, span)
        parked = _parked(error, now)
        return self._end(job, replace(pulled, again_at=parked.until), parked)

    def _pause(self, job: Job, pulled: Pulled, span: timedelta) -> Outcome:
        until = self._workspace.clock.now() + span
        self._on_wait(pulled.company, until)
        return Defer(until, str(pulled.error), type(pulled.error).__name__, soon=True)

    def _end(self, job: Job, pulled: Pulled, outcome: Outcome) -> Outcome:
        self._efforts.pop(job.key, None)
        self._ended.add(pulled.company.company_id)
        if len(self._ended) % _TIDY_EVERY == 0:
            gc.collect()  # an SDK's client is a cycle, and the collector is told to look seldom
        self._on_end(pulled)
        return outcome


def _add(result: PullResult, effort: _Effort) -> None:
    result.calls += effort.calls
    result.stored.seen += effort.seen
    result.stored.changed += effort.changed


def note_failure(workspace: Workspace, pulled: Pulled) -> Pulled:
    """Leave in the queue what ended a sync outside a run of many; returns *pulled* as it is now.

    A wait of a minute at most leaves no trace, nor does a company that another process syncs.
    """
    error, now = pulled.error, workspace.clock.now()
    assert error is not None
    outcome: Failed | Defer = _failed(error)
    if isinstance(error, Retriable):
        if isinstance(error, Busy) or error.retry_after <= SHORT:
            return pulled
        outcome = _parked(error, now)
    queue: JobQueue = EmbeddedQueue(workspace.store)
    key = str(pulled.company.company_id)
    queue.withdraw(PULL, key)
    queue.enqueue(PULL, key)
    job = queue.claim([PULL], [key])
    if job is None:  # another process has begun with it and will say how that ends
        return pulled
    queue.end(job, outcome)
    return replace(pulled, again_at=outcome.until) if isinstance(outcome, Defer) else pulled


def _failed(error: Exception) -> Failed:
    # By the name of what a person must do: lists go by it, whatever the adapter's own class.
    refused = isinstance(error, NeedsReconnect)
    return Failed(_words(error), "NeedsReconnect" if refused else type(error).__name__)


def _parked(error: Retriable, now: datetime) -> Defer:
    return Defer(now + max(error.retry_after, SHORT), str(error), type(error).__name__)


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, RecoupError) else type(error).__name__
