"""How much of the month's reads is used up: what every sync and the doctor print."""

from __future__ import annotations

from dataclasses import dataclass

from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["ReadBudget", "read_budget"]


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """One application's reads at its platform in this calendar month (UTC)."""

    spent: int
    limit: int

    @property
    def left(self) -> int:
        return max(self.limit - self.spent, 0)

    def __str__(self) -> str:
        return f"{self.spent:,} of {self.limit:,} reads used this month"


def read_budget(workspace: Workspace, company: CompanyRow) -> ReadBudget | None:
    """Return the budget that *company* shares with all companies of the same application.

    None where the platform meters no reads. Raises UsageError where the platform's extra, the
    application or the vault's key is missing.
    """
    platform = workspace.platform(company.ledger)
    if platform.reads_budget is None:
        return None
    budget = platform.reads_budget(
        workspace.connection(
            ledger=company.ledger,
            ledger_id=company.ledger_id,
            grant_id=company.grant_id,
            base_url=company.base_url,
        )
    )
    return ReadBudget(workspace.gate.spent(budget), budget.limit)
