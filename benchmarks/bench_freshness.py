"""What keeping 300 companies fresh costs in API calls a day, and that no limit is ever exceeded.

Demo companies of each ledger live through three simulated days behind their stand-in with its
limits on, on one clock that the store's gate shares: polled every 15 minutes, every hour, and
where the platform has webhooks a minute after each hint and every six hours besides. Somebody
works in the books meanwhile. Then one company is synced again and again within the minute: the
gate has to hold back, for the stand-in must not refuse one call. The calls of a day are those
that the stand-in counted, for 300 companies those of the few a hundred times over.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.printing import Check, Table, finish
from benchmarks.stages import MIDNIGHT, Stage, stages
from recoup.connector.protocols import Budget
from recoup.sync.budget import allowance
from recoup.sync.pull.intervals import Poll, daily_allowance, spread
from recoup.sync.store.companies import CompanyRow

SEED = 20261123
MANY = 300
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MOST_EMPTY = {"quickbooks": 1, "xero": 8, "sage": 18}
POLICIES = {
    "every 15 minutes": timedelta(minutes=15),
    "every hour": timedelta(hours=1),
    "on webhooks": timedelta(hours=6),
}
STORM = 12  # syncs of one company at one instant
# Calls are counted here and not seconds, so nobody need wait for a disk where that can be had.
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None

Moment = tuple[datetime, Callable[[], None]]


class Day:
    """One simulated day of a stage under one policy."""

    def __init__(self, stage: Stage, number: int, policy: str, acts: int) -> None:
        self.stage, self.policy = stage, policy
        self.start = MIDNIGHT + number * DAY
        self.hooked = policy == "on webhooks"
        self.polls = self.changed = self.acted = 0
        self.dirty: dict[str, datetime] = {}
        moments: list[Moment] = []
        every = POLICIES[policy]
        for at in range(DAY // every):
            moments.append((self.start + at * every, self._poll_all))
        for books in stage.books:
            for _ in range(acts):
                at = self.start + timedelta(hours=8, seconds=stage.rng.randrange(36_000))
                moments.append((at, self._acting(books)))
        self.moments = sorted(moments, key=lambda moment: moment[0])

    def run(self) -> int:
        """Live through it; returns the API calls that the stand-in answered."""
        before = self.stage.calls
        for at, do in self.moments:
            self._settle_until(at)
            self._turn_to(at)
            do()
        self._settle_until(self.start + DAY)
        return self.stage.calls - before

    def _turn_to(self, at: datetime) -> None:
        """Move on to *at*, unless waiting has moved the clock there already."""
        if at > self.stage.clock.now():
            self.stage.clock.freeze(at)

    def _acting(self, books: object) -> Callable[[], None]:
        def act() -> None:
            self.stage.act(books)
            self.acted += 1
            if self.hooked:
                for named in self.stage.hinted():
                    self.dirty.setdefault(named, self.stage.clock.now() + MINUTE)

        return act

    def _settle_until(self, at: datetime) -> None:
        """Pull what webhooks have named, a minute after the first hint."""
        due = sorted((when, named) for named, when in self.dirty.items() if when <= at)
        for when, named in due:
            self._turn_to(when)
            del self.dirty[named]
            self._poll(row for row in self.stage.companies if row.ledger_id == named)

    def _poll_all(self) -> None:
        self._poll(self.stage.companies)

    def _poll(self, companies: Iterable[CompanyRow]) -> None:
        for company in companies:
            pulled = self.stage.sync(company)
            assert pulled.result is not None
            self.polls += 1
            self.changed += pulled.result.stored.changed
            self.stage.peaks()


def storm(stage: Stage) -> tuple[int, timedelta]:
    """Sync one company again and again at one instant; calls made, and how long it had to wait."""
    before, began = stage.calls, stage.clock.now()
    for _ in range(STORM):
        stage.sync(stage.companies[0])
        stage.peaks()
    return stage.calls - before, stage.clock.now() - began


def interval_lines(stage: Stage, empty: int, budget: Budget | None) -> list[str]:
    """Say where the policy of intervals would poll more rarely than every 15 minutes."""
    if budget is None:
        return []
    share = daily_allowance(budget, 0, MIDNIGHT.replace(day=1))
    wanted = POLICIES["every 15 minutes"]
    shared = "tenant" not in budget.key
    polls = [
        Poll(
            company_id=number,
            budget=budget.key if shared else f"{budget.key}{number}",
            wanted=wanted,
            interval=wanted,
            calls=empty,
        )
        for number in range(MANY)
    ]
    planned = spread(polls, {poll.budget: share for poll in polls if poll.budget})
    minutes = planned[0].interval / MINUTE
    whose = "shared by all" if shared else "of each company"
    text = f"allowance {whose}: {share:,.0f} calls a day"
    stretched = f"polled every {minutes:.0f} minutes instead of 15" if minutes > 15 else "enough"
    return [f"{text}; {MANY} companies: {stretched}"]


def measure(stage: Stage, table: Table, checks: list[Check], acts: int) -> None:
    name = stage.workspace.platform(stage.ledger).title
    count = len(stage.companies)
    first = [stage.sync(company) for company in stage.companies]
    before = stage.calls
    stage.sync(stage.companies[0])
    empty = stage.calls - before
    held = sum(each.result.stored.seen for each in first if each.result)
    table.lines.append(f"{name}: {count} demo companies, {held:,} documents")
    table.row("  a sync that finds nothing", calls=empty)
    for number, policy in enumerate(POLICIES, 1):
        if policy == "on webhooks":
            if not stage.webhooks:
                table.lines.append("  on webhooks: the platform has none; polling it is")
                continue
            stage.subscribe()
        tokens = stage.refreshes
        day = Day(stage, number, policy, acts)
        calls = day.run()
        table.row(
            f"  {policy}",
            syncs=day.polls / count,
            calls_a_company_and_day=calls / count,
            calls_a_day_for_300=calls / count * MANY,
            token_refreshes=stage.refreshes - tokens,
        )
        stored = day.changed / day.acted
        checks.append(Check(f"{name}, {policy}: documents stored for each change made", stored, 1))
    calls, waited = storm(stage)
    table.lines.append(
        f"  {STORM} syncs at one instant: {calls} calls, held back for {waited.seconds} s"
    )
    table.lines += [
        f"  {line}"
        for line in interval_lines(stage, empty, allowance(stage.workspace, stage.companies[0]))
    ]
    checks.append(Check(f"{name}: calls of an empty sync", empty, at_most=MOST_EMPTY[stage.ledger]))
    checks.append(Check(f"{name}: calls that were refused", stage.refused(), at_most=0))
    for limit, (used, most) in stage.peaks().items():
        checks.append(Check(f"{name}: most used of the limit {limit}", used, at_most=most))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=2, help="of each ledger")
    parser.add_argument("--acts", type=int, default=20, help="bills and payments a company and day")
    asked = parser.parse_args()
    table = Table(
        f"A day of {MANY} companies: measured on {asked.companies} demo companies of each ledger, "
        f"{asked.acts} changes a day in each, seed {SEED}"
    )
    checks: list[Check] = []
    for make in stages():
        with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
            stage = make(Path(folder), asked.companies, SEED)
            try:
                measure(stage, table, checks, asked.acts)
            finally:
                stage.close()
    finish(table, checks)


if __name__ == "__main__":
    main()
