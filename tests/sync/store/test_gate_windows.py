"""What is counted, and what the platform says is left: a day, a month, a correction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from recoup.connector.errors import BudgetSpent
from recoup.connector.protocols import Budget
from recoup.sync.store.control_schema import budgets
from recoup.sync.store.engine import Store
from recoup.sync.store.gate import step_of
from recoup.sync.store.windows import next_month

MINUTE = timedelta(minutes=1)


def per_minute(limit: int, burst: int = 1) -> Budget:
    return Budget(key="qb:46:minute", limit=limit, per=MINUTE, burst=burst)


def per_month(limit: int) -> Budget:
    return Budget(key="qb:46:month", limit=limit, per=None)


def per_day(limit: int, reserve: int = 0) -> Budget:
    day = timedelta(days=1)
    return Budget(key="xero:a:day", limit=limit, per=day, reserve=reserve, paced=False)


def test_a_day_is_counted_from_midnight_utc_and_not_paced(store: Store, clock: Any) -> None:
    gate, day = store.gate(), per_day(3)
    assert [gate.take([day]) for _ in range(3)] == [timedelta(0)] * 3
    with pytest.raises(BudgetSpent, match=rf"3 calls for {clock.now():%Y-%m-%d} is spent") as stop:
        gate.take([day])
    opens_at = clock.now() + stop.value.retry_after
    assert opens_at.time() == datetime.min.time() and stop.value.retry_after <= timedelta(days=1)
    clock.move(seconds=stop.value.retry_after.total_seconds())
    assert gate.spent(day) == 0 and gate.take([day]) == timedelta(0) and gate.spent(day) == 1


def test_the_reserve_of_a_day_is_for_urgent_calls(store: Store) -> None:
    gate, day = store.gate(), per_day(2, reserve=1)
    gate.take([day])
    with pytest.raises(BudgetSpent):
        gate.take([day])
    assert gate.take([day], urgent=True) == timedelta(0)


def test_days_that_are_over_leave_no_rows_behind(store: Store, clock: Any) -> None:
    gate, day = store.gate(), per_day(5)
    for _ in range(4):
        gate.take([day])
        clock.move(days=1)
    with store.read_control() as conn:
        assert conn.execute(select(func.count()).select_from(budgets)).scalar() == 1


@pytest.mark.parametrize("budget", [per_day(10), per_month(10)])
def test_the_platform_may_say_that_less_is_left_than_we_count(store: Store, budget: Budget) -> None:
    gate = store.gate()
    gate.take([budget])
    gate.correct(budget, 2)
    assert gate.spent(budget) == 8
    gate.correct(budget, 7)  # an answer that was overtaken by another one
    assert gate.spent(budget) == 8
    gate.take([budget]), gate.take([budget])
    with pytest.raises(BudgetSpent):
        gate.take([budget])


def test_a_correction_may_come_before_the_first_call(store: Store) -> None:
    store.gate().correct(per_day(10), 0)
    with pytest.raises(BudgetSpent):
        store.gate().take([per_day(10)])


def test_the_burst_is_never_more_than_the_platform_has_left(store: Store) -> None:
    gate, budget = store.gate(), per_minute(60, burst=5)
    gate.correct(budget, 2)
    assert [bool(gate.take([budget])) for _ in range(3)] == [False, False, True]


def test_plenty_left_changes_nothing(store: Store) -> None:
    gate, budget = store.gate(), per_minute(60, burst=3)
    gate.correct(budget, 50)
    assert [bool(gate.take([budget])) for _ in range(4)] == [False, False, False, True]


def test_when_others_have_spent_the_window_the_next_call_waits_for_a_new_one(
    store: Store, clock: Any
) -> None:
    gate, budget = store.gate(), per_minute(60, burst=5)
    gate.correct(budget, 0)
    assert gate.take([budget]) == MINUTE
    clock.move(minutes=1)
    assert gate.take([budget]) == timedelta(0)


def test_our_own_full_pace_is_not_slowed_down_by_what_it_has_used_itself(store: Store) -> None:
    gate, budget = store.gate(), per_minute(60, burst=5)
    for _ in range(5):
        gate.take([budget])
    gate.correct(budget, 0)
    assert gate.take([budget]) <= step_of(budget)


def test_a_counted_window_divides_the_day(store: Store) -> None:
    odd = Budget(key="odd", limit=5, per=timedelta(hours=7), paced=False)
    with pytest.raises(ValueError, match="divide the day evenly"):
        store.gate().take([odd])


def test_a_counted_hour_starts_on_the_hour(store: Store, clock: Any) -> None:
    hour = Budget(key="hour", limit=1, per=timedelta(hours=1), paced=False)
    store.gate().take([hour])
    with pytest.raises(BudgetSpent) as stop:
        store.gate().take([hour])
    opens_at = clock.now() + stop.value.retry_after
    assert (opens_at.minute, opens_at.second) == (0, 0)


def test_december_is_followed_by_january() -> None:
    assert next_month(datetime(2026, 12, 31, 23, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
