"""The rate gate: no rolling window over its limit, no call uncounted, no slot lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recoup.connector.errors import BudgetSpent, Busy
from recoup.connector.protocols import Budget, RateGate
from recoup.sync.store.engine import Store
from recoup.sync.store.gate import step_of

MINUTE = timedelta(minutes=1)


def per_minute(limit: int, burst: int = 1, reserve: int = 0, key: str = "qb:46:minute") -> Budget:
    return Budget(key=key, limit=limit, per=MINUTE, burst=burst, reserve=reserve)


def per_month(limit: int, reserve: int = 0) -> Budget:
    return Budget(key="qb:46:month", limit=limit, per=None, reserve=reserve)


def take_many(gate: RateGate, clock: Any, count: int, *budgets: Budget) -> list[datetime]:
    """Take *count* calls, waiting as told; returns when each was granted."""
    granted: list[datetime] = []
    while len(granted) < count:
        wait = gate.take(budgets)
        if wait:
            clock.sleep(wait.total_seconds())
        else:
            granted.append(clock.now())
    return granted


@pytest.mark.parametrize(("limit", "burst"), [(30, 5), (10, 10), (60, 60), (7, 3), (2, 1), (1, 1)])
def test_no_rolling_window_sees_more_than_its_limit(
    store: Store, clock: Any, limit: int, burst: int
) -> None:
    times = take_many(store.gate(), clock, 2 * limit + burst, per_minute(limit, burst))
    busiest = max(sum(at <= other <= at + MINUTE for other in times) for at in times)
    assert busiest <= limit


def test_the_pace_uses_nine_tenths_of_a_large_budget(store: Store, clock: Any) -> None:
    times = take_many(store.gate(), clock, 120, per_minute(60, 5))
    assert times[-1] - times[0] <= MINUTE * 2 / 0.9


def test_a_rolling_window_grants_its_whole_limit_at_once(store: Store, clock: Any) -> None:
    gate, budget = store.gate(), per_minute(55, burst=55)
    begun = clock.now()
    times = take_many(gate, clock, 110, budget)
    assert times[54] == begun  # and then again, a window later
    assert times[55] == times[109] == begun + MINUTE + timedelta(microseconds=1)
    assert gate.spent(budget) == 55


def test_a_rolling_window_keeps_its_reserve_for_urgent_calls(store: Store) -> None:
    gate, budget = store.gate(), per_minute(4, burst=4, reserve=2)
    assert [bool(gate.take([budget])) for _ in range(3)] == [False, False, True]
    assert [bool(gate.take([budget], urgent=True)) for _ in range(3)] == [False, False, True]


def test_a_rolling_window_believes_a_platform_that_has_less_left(store: Store, clock: Any) -> None:
    gate, budget = store.gate(), per_minute(5, burst=5)
    gate.take([budget])
    gate.correct(budget, 1)
    assert gate.spent(budget) == 4
    assert [bool(gate.take([budget])) for _ in range(2)] == [False, True]
    gate.correct(budget, 4)  # never raises what we grant
    assert gate.take([budget]) == MINUTE + timedelta(microseconds=1)


def test_what_waits_is_told_exactly_how_long(store: Store, clock: Any) -> None:
    gate, budget = store.gate(), per_minute(61)
    assert gate.take([budget]) == timedelta(0)
    wait = gate.take([budget])
    assert wait == step_of(budget) == timedelta(seconds=1, microseconds=1)
    clock.move(seconds=wait.total_seconds())
    assert gate.take([budget]) == timedelta(0)


def test_one_exhausted_budget_leaves_the_others_untouched(store: Store) -> None:
    gate, minute, month = store.gate(), per_minute(10), per_month(5)
    assert gate.take([minute, month]) == timedelta(0)
    assert gate.take([minute, month]) > timedelta(0)
    assert gate.spent(month) == 1


def test_a_spent_month_says_when_the_next_begins(store: Store, clock: Any) -> None:
    gate, month = store.gate(), per_month(2)
    gate.take([month]), gate.take([month])
    with pytest.raises(BudgetSpent, match=r"allowance of 2 calls for 2026-03") as raised:
        gate.take([month])
    assert clock.now() + raised.value.retry_after == datetime(2026, 4, 1, tzinfo=UTC)
    clock.move(days=31)
    assert gate.take([month]) == timedelta(0) and gate.spent(month) == 1


def test_a_spent_month_takes_nothing_from_the_minute(store: Store) -> None:
    gate, minute = store.gate(), per_minute(2)
    with pytest.raises(BudgetSpent):
        gate.take([minute, per_month(0)])
    assert gate.take([minute]) == timedelta(0)


def test_the_reserve_is_for_urgent_calls(store: Store) -> None:
    gate, month = store.gate(), per_month(3, reserve=1)
    gate.take([month]), gate.take([month])
    with pytest.raises(BudgetSpent):
        gate.take([month])
    assert gate.take([month], urgent=True) == timedelta(0)
    with pytest.raises(BudgetSpent):
        gate.take([month], urgent=True)


def test_an_urgent_call_need_not_queue_behind_the_others(store: Store) -> None:
    gate, budget = store.gate(), per_minute(60, burst=3, reserve=1)
    assert [bool(gate.take([budget])) for _ in range(3)] == [False, False, True]
    assert gate.take([budget], urgent=True) == timedelta(0)
    assert gate.take([budget], urgent=True) > timedelta(0)


def test_a_pause_stops_what_is_below_its_key_and_nothing_beside_it(
    store: Store, clock: Any
) -> None:
    gate = store.gate()
    gate.pause("qb:46", clock.now() + timedelta(seconds=30))
    assert gate.take([per_minute(10)]) == timedelta(seconds=30)
    assert gate.take([per_minute(10, key="qb:461:minute")]) == timedelta(0)
    clock.move(seconds=30)
    assert gate.take([per_minute(10)]) == timedelta(0)


def test_a_shorter_pause_does_not_shorten_a_longer_one(store: Store, clock: Any) -> None:
    gate = store.gate()
    gate.pause("qb", clock.now() + timedelta(seconds=30))
    gate.pause("qb", clock.now() + timedelta(seconds=5))
    assert gate.take([per_minute(10)]) == timedelta(seconds=30)


def test_two_gates_of_one_store_count_every_call_once(store: Store) -> None:
    granted: list[bool] = []

    def use_up() -> None:
        gate = store.gate()
        try:
            while True:
                granted.append(not gate.take([per_month(60)]))
        except BudgetSpent:
            return

    threads = [threading.Thread(target=use_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted == [True] * 60 and store.gate().spent(per_month(60)) == 60


def test_slots_are_given_up_to_their_number(store: Store) -> None:
    gate = store.gate()
    with gate.slot("qb:46", 2, MINUTE), gate.slot("qb:46", 2, MINUTE):
        with pytest.raises(Busy, match="all 2 slots"):
            gate.slot("qb:46", 2, MINUTE).__enter__()
        with gate.slot("qb:47", 1, MINUTE):
            pass
    with gate.slot("qb:46", 1, MINUTE):
        pass


def test_a_slot_nobody_gave_back_returns_after_its_lease(store: Store, clock: Any) -> None:
    gate = store.gate()
    gate.slot("qb:46", 1, MINUTE).__enter__()
    clock.move(seconds=61)
    with gate.slot("qb:46", 1, MINUTE):
        pass


def test_a_window_weighs_less_as_time_passes(store: Store, clock: Any) -> None:
    gate, budget = store.gate(), per_minute(60, burst=4)
    take_many(gate, clock, 4, budget)
    assert gate.spent(budget) == 4
    clock.move(minutes=1)
    assert gate.spent(budget) == 0


@pytest.mark.parametrize("budget", [per_month(5), per_minute(0)])
def test_a_pace_needs_a_window_and_a_limit(budget: Budget) -> None:
    with pytest.raises(ValueError, match="needs a window"):
        step_of(budget)
