"""One attempt to sync one company, and what it came to: never an exception for a foreseen fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from recoup.connector.errors import NeedsReconnect, RecoupError
from recoup.connector.events import Event, EventKind
from recoup.sync.connections import look_again, lost, works
from recoup.sync.pull.run import Progress, PullResult, pull_company
from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["Pulled", "Report", "attempt"]

Report = Callable[[CompanyRow, Progress], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """How one company's sync ended: exactly one of result and error is set."""

    company: CompanyRow
    result: PullResult | None
    error: Exception | None
    seconds: float
    again_at: datetime | None = None  # parked: nothing is asked of its ledger before


def attempt(
    workspace: Workspace, company: CompanyRow, report: Report, *, wait: timedelta
) -> Pulled:
    """Sync *company* as far as it goes. *report* hears of every stored page and may raise.

    wait: how long another sync of the same company is waited for.
    """
    started = time.monotonic()
    try:
        ledger = workspace.ledger(company)
        company = look_again(workspace.store, company, ledger, workspace.clock.now())
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
        if isinstance(error, RecoupError):
            _let_go(error)
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


def _let_go(error: RecoupError) -> None:
    """Drop what a foreseen error drags along: through its frames a whole page stays alive."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
