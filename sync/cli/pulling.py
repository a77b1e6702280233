"""Syncing several companies at once: a thread each, and one company's fault stops no other."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue

from recoup.connector.errors import NeedsReconnect
from recoup.connector.events import Event, EventKind
from recoup.sync.cli.faults import one_line
from recoup.sync.connections import look_again, lost, works
from recoup.sync.pull.run import Progress, PullResult, pull_company
from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["Pulled", "pull_all", "spare_the_collector"]

_GRACE = 10.0  # seconds that workers get to finish their page after Ctrl-C


@dataclass(frozen=True, slots=True)
class Pulled:
    """How one company's sync ended: exactly one of the two is set."""

    company: CompanyRow
    result: PullResult | None
    error: Exception | None
    seconds: float


def spare_the_collector() -> None:
    """Have Python's cycle collector look less often while pages pass through.

    What is loaded by now stays loaded, and a page makes no cycles. Without this a fifth of the
    time goes into walking what is known to live.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class _Stopped(BaseException):
    """Ends a worker after the page that it has just stored."""


def pull_all(
    workspace: Workspace,
    companies: Sequence[CompanyRow],
    *,
    on_progress: Callable[[CompanyRow, Progress], None],
    on_end: Callable[[Pulled], None],
    wait: timedelta,
) -> list[Pulled]:
    """Sync *companies*, at most ``sync.parallel`` at a time; returns in their order.

    Ctrl-C lets each worker store the page that it holds, then raises KeyboardInterrupt.
    Defects of ours are raised after all have ended.
    """
    stop = threading.Event()
    spare_the_collector()

    def report(company: CompanyRow, progress: Progress) -> None:
        on_progress(company, progress)
        if stop.is_set():
            raise _Stopped

    if len(companies) == 1:
        ended = [_pull(workspace, companies[0], report, wait)]
        on_end(ended[0])
        return _checked(ended)
    _ = workspace.vault, workspace.gate, workspace.plugins  # opened once, before the threads
    waiting: SimpleQueue[CompanyRow] = SimpleQueue()
    for company in companies:
        waiting.put(company)
    done: dict[int, Pulled] = {}

    def work() -> None:
        while not stop.is_set():
            try:
                company = waiting.get_nowait()
            except Empty:
                return
            try:
                pulled = _pull(workspace, company, report, wait)
            except _Stopped:
                return
            done[company.company_id] = pulled
            on_end(pulled)

    count = min(workspace.settings.sync.parallel, len(companies))
    # Daemons, so that a worker that hangs in a call cannot keep a stopped command alive.
    workers = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    except KeyboardInterrupt:
        stop.set()
        deadline = time.monotonic() + _GRACE
        for worker in workers:
            if worker.ident is not None:
                worker.join(max(0.0, deadline - time.monotonic()))
        raise
    return _checked([done[company.company_id] for company in companies])


def _pull(
    workspace: Workspace,
    company: CompanyRow,
    report: Callable[[CompanyRow, Progress], None],
    wait: timedelta,
) -> Pulled:
    started = time.monotonic()
    try:
        ledger = workspace.ledger(company)
        look_again(workspace.store, company, ledger, workspace.clock.now())
        result = pull_company(
            workspace.store,
            company,
            ledger,
            clock=workspace.clock,
            on_progress=lambda progress: report(company, progress),
            wait=wait,
        )
    except Exception as error:  # noqa: BLE001 - reported per company; defects are raised later
        if isinstance(error, NeedsReconnect):
            lost(workspace.store, company, str(error))
        return Pulled(company, None, error, time.monotonic() - started)
    works(workspace.store, company)
    workspace.plugins.on_event(
        Event(
            kind=EventKind.SYNC_FINISHED,
            company=company.slug,
            at=workspace.clock.now(),
            facts={"calls": result.calls, "changed": result.stored.changed},
        )
    )
    return Pulled(company, result, None, time.monotonic() - started)


def _checked(ended: list[Pulled]) -> list[Pulled]:
    for pulled in ended:
        if pulled.error is not None and one_line(pulled.error) is None:
            raise pulled.error
    return ended
