"""Each company at a glance: how it stands and what a person should do next about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recoup.connector.errors import RecoupError
from recoup.sync.budget import ReadBudget, read_budget
from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.jobs.seam import Waiting
from recoup.sync.pull.many import PULL
from recoup.sync.report.exporting import safe_text
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.grants import Grant, GrantState, list_grants
from recoup.sync.store.standing import LastTieOut, Progressed, last_tieouts, progress_of_all
from recoup.sync.store.tags import list_tags
from recoup.sync.workspace import Workspace

__all__ = ["CSV_HEAD", "Standing", "csv_rows", "next_step", "standings"]

CSV_HEAD = (
    *("company", "name", "ledger", "platform", "ledger_id", "base_url", "home_currency", "tags"),
    *("state", "synced_at", "tied_out_at", "proven", "budget_left", "parked_until", "next_step"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One company as a list shows it."""

    company: CompanyRow
    platform: str  # as a person calls it
    tags: tuple[str, ...]
    grant: GrantState
    synced_at: datetime | None
    tie_out: LastTieOut | None
    stale: bool  # something was stored since the tie-out
    budget: ReadBudget | None
    job: Waiting | None  # its sync, as far as one waits, runs or failed last; no wait that is over
    next_step: str  # a command or a sentence; "" is nothing

    @property
    def state(self) -> str:
        """The consent as this company sees it."""
        refused = self.job is not None and _is_refused(self.job)
        return str(GrantState.NEEDS_RECONNECT if refused else self.grant)

    @property
    def parked_until(self) -> datetime | None:
        waits = self.job is not None and self.job.state == "queued" and self.job.reason is not None
        return self.job.run_at if waits and self.job is not None else None

    @property
    def budget_left(self) -> int | None:
        """Calls left now: none while it is parked. None where the platform sets no limit."""
        if self.budget is None:
            return None
        return 0 if self.parked_until is not None else self.budget.left

    def as_json(self) -> dict[str, Any]:
        row, tied = self.company, self.tie_out
        return {
            "company": row.slug,
            "name": row.name,
            "ledger": row.ledger,
            "platform": self.platform,
            "ledger_id": row.ledger_id,
            "base_url": row.base_url,
            "home_currency": row.home_currency,
            "tags": list(self.tags),
            "state": self.state,
            "synced_at": _text(self.synced_at),
            "tied_out_at": None if tied is None else _text(tied.at),
            "proven": None if tied is None or self.stale else tied.proven,
            "budget_left": self.budget_left,
            "parked_until": _text(self.parked_until),
            "next_step": self.next_step,
        }


def standings(workspace: Workspace, companies: Collection[CompanyRow]) -> list[Standing]:
    """Look up how *companies* stand; no ledger is asked."""
    with workspace.store.read_control() as control:
        tags = list_tags(control)
    jobs = {int(row.key): row for row in EmbeddedQueue(workspace.store).waiting(PULL)}
    with workspace.store.read() as conn:
        grants = {grant.grant_id: grant for grant in list_grants(conn)}
        progress, tied = progress_of_all(conn), last_tieouts(conn)
    now, found = workspace.clock.now(), []
    for row in companies:
        job, grant = jobs.get(row.company_id), grants[row.grant_id]
        over = job is not None and _is_over(job, now)
        job = None if over else job
        done = progress.get(row.company_id, Progressed(None, 0))
        proof = tied.get(row.company_id)
        stale = proof is not None and proof.changes != done.changes
        found.append(
            Standing(
                company=row,
                platform=_title(workspace, row.ledger),
                tags=tags.get(row.company_id, ()),
                grant=grant.state,
                synced_at=done.finished_at,
                tie_out=proof,
                stale=stale,
                budget=_budget(workspace, row),
                job=job,
                next_step=next_step(
                    row, grant, job, None if over else done.finished_at, proof, stale=stale
                ),
            )
        )
    return found


def next_step(
    company: CompanyRow,
    grant: Grant,
    job: Waiting | None,
    synced_at: datetime | None,
    tied: LastTieOut | None,
    *,
    stale: bool,
) -> str:
    """The first thing in the way of figures that are fresh and proven; "" when nothing is."""
    if grant.state is not GrantState.CONNECTED or (job is not None and _is_refused(job)):
        at = f" --base-url {company.base_url}" if company.base_url else ""
        return f"recoup connect {company.ledger}{at}"
    if job is not None and job.state == "failed":
        return f"its last sync failed: {job.reason}"
    if job is not None and job.state == "queued" and job.reason is not None:
        return f"wait: {job.reason}"
    if synced_at is None:
        return f"recoup sync {company.slug}"
    if tied is None or stale or tied.proven is False or tied.held_count:
        return f"recoup tieout {company.slug}"
    return ""


def _is_over(job: Waiting, now: datetime) -> bool:
    """Whether it was parked and may go on: nothing but another sync is in the way."""
    return job.state == "queued" and job.reason is not None and job.run_at <= now


def _is_refused(job: Waiting) -> bool:
    return job.state == "failed" and job.cause == "NeedsReconnect"


def _title(workspace: Workspace, ledger: str) -> str:
    try:
        return workspace.platform(ledger).title
    except RecoupError:  # its plugin is gone; the list must not be
        return ledger


def _budget(workspace: Workspace, row: CompanyRow) -> ReadBudget | None:
    try:
        return read_budget(workspace, row)
    except RecoupError:  # no client secret here, say: the list is no place to ask for it
        return None


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def csv_rows(found: Sequence[Standing]) -> list[list[str]]:
    """The cells of ``as_json`` as text under CSV_HEAD, tags with spaces between."""
    lines = []
    for standing in found:
        cells = standing.as_json() | {"tags": " ".join(standing.tags)}
        lines.append([safe_text(_cell(cells[name])) for name in CSV_HEAD])
    return lines


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
