"""Syncing from the command line: one company directly, several over the job queue."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from datetime import timedelta

from recoup.connector.errors import AdapterFault
from recoup.sync.cli.faults import one_line
from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.pull.attempt import Pulled, Report, attempt
from recoup.sync.pull.many import PULL, note_failure, pull_many
from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["Pulled", "checked", "pull_all", "spare_the_collector"]


def spare_the_collector() -> None:
    """Have Python's cycle collector look less often while pages pass through.

    What is loaded by now stays loaded, and a page makes no cycles. Without this a fifth of the
    time goes into walking what is known to live.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pull_all(
    workspace: Workspace,
    companies: Sequence[CompanyRow],
    *,
    on_progress: Report,
    on_end: Callable[[Pulled], None],
    wait: timedelta,
) -> list[Pulled]:
    """Sync *companies* and return how each ended, in their order.

    What another process syncs meanwhile, or what an earlier run has parked, is missing from the
    answer. Ctrl-C lets the page at hand be stored, then raises KeyboardInterrupt. Defects of ours
    are raised.
    """
    spare_the_collector()
    if len(companies) == 1:
        return [_pull_one(workspace, companies[0], on_progress, on_end, wait)]
    done: dict[int, Pulled] = {}

    def ended(pulled: Pulled) -> None:
        done[pulled.company.company_id] = checked(pulled)
        on_end(pulled)

    pull_many(
        workspace,
        companies,
        on_progress=on_progress,
        on_wait=lambda company, until: None,
        on_end=ended,
        wait=wait,
    )
    return [done[row.company_id] for row in companies if row.company_id in done]


def _pull_one(
    workspace: Workspace,
    company: CompanyRow,
    on_progress: Report,
    on_end: Callable[[Pulled], None],
    wait: timedelta,
) -> Pulled:
    pulled = checked(attempt(workspace, company, on_progress, wait=wait))
    if pulled.error is None:  # it works: nothing that an earlier run noted holds any longer
        EmbeddedQueue(workspace.store).withdraw(PULL, str(company.company_id))
    else:
        pulled = note_failure(workspace, pulled)
    on_end(pulled)
    return pulled


def checked(pulled: Pulled) -> Pulled:
    """Return *pulled* again. Raises the defect of ours that ended it.

    With RECOUP_DEBUG set, what an adapter raised unforeseen is raised too, as it was.
    """
    if isinstance(pulled.error, AdapterFault) and os.environ.get("RECOUP_DEBUG"):
        raise pulled.error.cause
    if pulled.error is not None and one_line(pulled.error) is None:
        raise pulled.error
    return pulled
