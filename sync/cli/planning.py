"""``recoup sync --plan``: what the next run and a day will cost, by company and by platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from recoup.connector.protocols import Budget
from recoup.sync.cli.faults import DONE, FINDING
from recoup.sync.cli.shell import local, page_width, print_pages, say
from recoup.sync.planning import Plan, PlannedCompany, make_plan
from recoup.sync.report.layout import Column, Fit, Row, lay_out
from recoup.sync.store.companies import CompanyRow
from recoup.sync.workspace import Workspace

__all__ = ["print_plan"]


def print_plan(workspace: Workspace, companies: Sequence[CompanyRow]) -> int:
    """Print the plan; 1 when an allowance does not last for the intervals asked for."""
    plan = make_plan(workspace, companies)
    now = workspace.clock.now()
    columns = [
        Column("company"),
        Column("ledger"),
        Column("every", right=True),
        Column("next run", right=True),
        Column("a day", right=True),
        Column("", fit=Fit.WRAP),
    ]
    rows = []
    for row in plan.rows:
        cells = (
            row.company.slug,
            row.company.ledger,
            _span(row.poll.interval),
            f"{'≥ ' if row.is_first else ''}{row.next_run():,.0f}",
            f"{row.poll.per_day():,.0f}",
            _remark(row, due=plan.is_due(row, now)),
        )
        rows.append(Row(cells))
    print_pages([lay_out(columns, rows, page_width())])
    say("")
    say("API calls, had nothing changed; a first sync (≥) costs more, the longer the books are.")
    for ledger in sorted({row.company.ledger for row in plan.rows}):
        say(_platform_line(workspace, plan, ledger))
    for key in sorted({row.poll.budget for row in plan.rows if row.poll.budget is not None}):
        if (line := _stretch_line(plan, key)) is not None:
            say(line)
    return FINDING if any(row.poll.interval > row.poll.wanted for row in plan.rows) else DONE


def _remark(row: PlannedCompany, *, due: bool) -> str:
    if row.parked_until is not None:
        return f"parked until {local(row.parked_until, row.company.time_zone):%Y-%m-%d %H:%M}"
    words = ["first sync"] if row.is_first else ["due"] if due else []
    if row.poll.interval > row.poll.wanted:
        words.append(f"asked for every {_span(row.poll.wanted)}")
    if row.measured:
        words.append("measured")
    return ", ".join(words)


def _platform_line(workspace: Workspace, plan: Plan, ledger: str) -> str:
    rows = [row for row in plan.rows if row.company.ledger == ledger]
    run = sum(row.next_run() for row in rows)
    day = sum(row.poll.per_day() for row in rows)
    keys = {row.poll.budget for row in rows if row.poll.budget is not None}
    first = sum(row.is_first for row in rows)
    calls = f"{run:,.0f} calls in the next run"
    if first:
        calls = f"at least {calls} ({first:,} first sync{'' if first == 1 else 's'})"
    line = f"{workspace.platform(ledger).title}: {calls}, {day:,.0f} a day"
    if not keys:
        return f"{line}."
    if len(keys) == 1:
        budget, spent, share = plan.budgets[keys.pop()]
        return f"{line}, of {share:,.0f} a day that {_name(budget, spent)} allows."
    share = min(plan.budgets[key][2] for key in keys)
    return f"{line}; each company may make {share:,.0f} a day."


def _name(budget: Budget, spent: int) -> str:
    if budget.per is None:
        return f"the rest of the month ({spent:,} of {budget.limit:,} used)"
    return "the day"


def _stretch_line(plan: Plan, key: str) -> str | None:
    rows = [row for row in plan.rows if row.poll.budget == key]
    stretched = [row for row in rows if row.poll.interval > row.poll.wanted]
    if not stretched:
        return None
    factor = stretched[0].poll.interval / stretched[0].poll.wanted
    return (
        f"{stretched[0].company.ledger}: the allowance does not last for what was asked for; "
        f"{len(stretched):,} companies are read {factor:.1f} times less often."
    )


def _span(span: timedelta) -> str:
    minutes = round(span / timedelta(minutes=1))
    for unit, length in (("d", 1440), ("h", 60)):
        if minutes >= length:
            whole, rest = divmod(minutes, length)
            return f"{whole}{unit}" if not rest else f"{minutes / length:.1f}{unit}"
    return f"{minutes}m"
