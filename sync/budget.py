"""How much of the month's reads is used up: what every sync and the doctor print."""

from __future__ import annotations

from dataclasses import dataclass

from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.condition import spent_reads
from recoup.sync.store.gate import month_of
from recoup.sync.workspace import Workspace

__all__ = ["ReadBudget", "read_budget"]


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """One application's reads at its platform in this calendar month (UTC)."""

    spent: int
    limit: int | None  # None: the plan is not known

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.spent, 0)

    def __str__(self) -> str:
        of = "" if self.limit is None else f" of {self.limit:,}"
        return f"{self.spent:,}{of} reads used this month"


def read_budget(workspace: Workspace, company: CompanyRow) -> ReadBudget:
    """Return the budget that *company* shares with all companies of the same application."""
    app = workspace.app(company.ledger, company.base_url)
    with workspace.store.read_control() as control:
        # Monthly budgets are named platform:application:…; only reads are counted by the month.
        spent = spent_reads(
            control, f"{company.ledger}:{app.client_id}:", month_of(workspace.clock.now())
        )
    return ReadBudget(spent, workspace.settings.ledger(company.ledger).monthly_reads)
