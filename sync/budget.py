"""How much of a platform's allowance is used up: what every sync and the doctor print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recoup.connector.errors import UsageError
from recoup.connector.protocols import Budget
from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["ReadBudget", "allowance", "fullest_budgets", "read_budget"]


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """Calls in the current window (UTC) of an application or, where the platform counts so, of
    one company."""

    spent: int
    limit: int
    window: str = "this month"
    word: str = "reads"

    @property
    def left(self) -> int:
        return max(self.limit - self.spent, 0)

    def __str__(self) -> str:
        return f"{self.spent:,} of {self.limit:,} {self.word} used {self.window}"


def read_budget(workspace: Workspace, company: CompanyRow) -> ReadBudget | None:
    """Return the allowance that *company* draws on; others may share it.

    None where the platform sets none. Raises UsageError where the platform's extra, the
    application or the vault's key is missing.
    """
    budget = allowance(workspace, company)
    return None if budget is None else _read(workspace, budget)


def allowance(workspace: Workspace, company: CompanyRow) -> Budget | None:
    """Return the budget behind ``read_budget``; its key says with whom it is shared."""
    platform = workspace.platform(company.ledger)
    if platform.reads_budget is None:
        return None
    return platform.reads_budget(
        workspace.connection(
            ledger=company.ledger,
            ledger_id=company.ledger_id,
            grant_id=company.grant_id,
            base_url=company.base_url,
        )
    )


def fullest_budgets(workspace: Workspace, companies: Sequence[CompanyRow]) -> list[str]:
    """Say for each platform how full its allowance is, of the company where it is fullest."""
    fullest: dict[str, tuple[float, str, ReadBudget]] = {}
    keys: dict[str, dict[str, Budget]] = {}
    slugs: dict[str, str] = {}
    for company in companies:
        try:
            budget = allowance(workspace, company)
        except UsageError:  # the company's own line has said what is missing
            continue
        if budget is not None:
            keys.setdefault(company.ledger, {})[budget.key] = budget
            slugs[budget.key] = company.slug
    for ledger, budgets in keys.items():
        for key, budget in budgets.items():
            seen = _read(workspace, budget)
            share = seen.spent / seen.limit if seen.limit else 1.0
            if ledger not in fullest or share > fullest[ledger][0]:
                whose = f" by {slugs[key]}, the most of any company" if len(budgets) > 1 else ""
                fullest[ledger] = (share, whose, seen)
    return [
        f"{workspace.platform(ledger).title}: {seen}{whose}."
        for ledger, (_, whose, seen) in fullest.items()
    ]


def _read(workspace: Workspace, budget: Budget) -> ReadBudget:
    spent = workspace.gate.spent(budget)
    if budget.per is None:
        return ReadBudget(spent, budget.limit)
    return ReadBudget(spent, budget.limit, "today", "calls")
