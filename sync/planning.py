"""What syncing will cost in API calls, said before it is done, and which companies are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recoup.connector.capabilities import Capability
from recoup.connector.protocols import Budget
from recoup.sync.budget import allowance
from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.pull.intervals import Poll, daily_allowance, interval_of, is_due, spread
from recoup.sync.pull.many import parked_companies
from recoup.sync.store.companies import CompanyRow, list_companies
from recoup.sync.store.pulls import empty_poll_calls
from recoup.sync.store.standing import Progressed, progress_of_all
from recoup.sync.store.tags import list_tags
from recoup.sync.workspace import Workspace

__all__ = ["Plan", "PlannedCompany", "due_companies", "make_plan"]

# API calls of a first sync of the shortest books, 16 to 40 by platform: a fixed part, and more
# where more kinds of objects are asked for.
_FIRST, _FIRST_PER_POLL_CALL = 14.5, 1.5
_WHO_IS_IT = 2.0  # API calls: once a day a company is asked who it is


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCompany:
    """One company's part of the plan."""

    company: CompanyRow
    poll: Poll
    measured: bool  # its calls are those of its own past polls, not the platform's word
    synced_at: datetime | None
    parked_until: datetime | None
    first_calls: float  # API calls of a first sync at the least; long books take more

    @property
    def is_first(self) -> bool:
        """Whether the next run brings over everything: nobody can say what that costs."""
        return self.synced_at is None and self.parked_until is None

    def next_run(self) -> float:
        """API calls of the next run, had nothing changed; 0 while it is parked, and of a first
        sync the least that it can be."""
        if self.parked_until is not None:
            return 0.0
        return self.first_calls if self.is_first else self.poll.calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the next run and a day cost, for the chosen companies."""

    rows: tuple[PlannedCompany, ...]
    budgets: dict[str, tuple[Budget, int, float]]  # by key: with calls spent and a day's share

    def is_due(self, row: PlannedCompany, now: datetime) -> bool:
        return is_due(row.synced_at, row.poll.interval, now)


def make_plan(workspace: Workspace, companies: Sequence[CompanyRow]) -> Plan:
    """Plan for *companies*. Allowances are shared with the rest of the workspace, which counts."""
    now = workspace.clock.now()
    chosen = {row.company_id for row in companies}
    with workspace.store.read() as conn:
        everybody = list_companies(conn)
        progress = progress_of_all(conn)
        measured = {row.company_id: empty_poll_calls(conn, row.company_id) for row in everybody}
    with workspace.store.read_control() as control:
        tags = list_tags(control)
    parked = parked_companies(EmbeddedQueue(workspace.store), now)
    budgets: dict[str, tuple[Budget, int, float]] = {}
    polls = []
    for row in everybody:
        budget = allowance(workspace, row)
        if budget is not None and budget.key not in budgets:
            spent = workspace.gate.spent(budget)
            budgets[budget.key] = (budget, spent, daily_allowance(budget, spent, now))
        polls.append(_poll(workspace, row, tags.get(row.company_id, ()), measured, budget))
    spread_polls = spread(polls, {key: share for key, (_, _, share) in budgets.items()})
    rows = [
        PlannedCompany(
            company=row,
            poll=poll,
            measured=measured[row.company_id] is not None,
            synced_at=progress.get(row.company_id, Progressed(None, 0)).finished_at,
            parked_until=parked[row.company_id].run_at if row.company_id in parked else None,
            first_calls=_first_calls(workspace, row),
        )
        for row, poll in zip(everybody, spread_polls, strict=True)
        if row.company_id in chosen
    ]
    return Plan(rows=tuple(rows), budgets=budgets)


def _first_calls(workspace: Workspace, row: CompanyRow) -> float:
    return _FIRST + _FIRST_PER_POLL_CALL * workspace.platform(row.ledger).poll_calls


def due_companies(workspace: Workspace, companies: Sequence[CompanyRow]) -> list[CompanyRow]:
    """Return those of *companies* whose interval has passed, the longest overdue first."""
    now = workspace.clock.now()
    plan = make_plan(workspace, companies)
    due = [row for row in plan.rows if plan.is_due(row, now)]
    due.sort(key=lambda row: _overdue(row, now), reverse=True)
    return [row.company for row in due]


def _overdue(row: PlannedCompany, now: datetime) -> float:
    """Age in intervals; what was never synced is the oldest."""
    return float("inf") if row.synced_at is None else (now - row.synced_at) / row.poll.interval


def _poll(
    workspace: Workspace,
    row: CompanyRow,
    tags: Sequence[str],
    measured: dict[int, float | None],
    budget: Budget | None,
) -> Poll:
    platform = workspace.platform(row.ledger)
    wanted: timedelta = interval_of(workspace.settings.sync, row.slug, tags)
    told = measured[row.company_id]
    sweeps = Capability.OPEN_SWEEP in platform.capabilities
    return Poll(
        company_id=row.company_id,
        budget=None if budget is None else budget.key,
        wanted=wanted,
        interval=wanted,
        calls=float(platform.poll_calls) if told is None else told,
        daily_calls=_WHO_IS_IT + (float(platform.poll_calls) if sweeps else 0.0),
    )
