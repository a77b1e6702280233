"""Intervals: a company's own, its tags', everybody's, and what an allowance makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from recoup.config.settings import SyncSettings
from recoup.connector.protocols import Budget
from recoup.sync.pull.intervals import Poll, daily_allowance, interval_of, is_due, spread

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 6, 16, 12, tzinfo=UTC)  # 14.5 days of June are left


def poll(company_id=1, *, every=HOUR, calls=1.0, budget="app", daily=0.0):
    return Poll(
        company_id=company_id,
        budget=budget,
        wanted=every,
        interval=every,
        calls=calls,
        daily_calls=daily,
    )


@pytest.mark.parametrize(
    ("slug", "tags", "expected"),
    [
        ("acme", (), timedelta(minutes=15)),
        ("acme", ("slow",), timedelta(minutes=15)),
        ("beta", ("slow", "fast"), timedelta(minutes=30)),
        ("beta", ("slow",), DAY),
        ("beta", ("other",), 2 * HOUR),
    ],
)
def test_a_company_stands_above_its_tags_of_which_the_shortest_holds(slug, tags, expected):
    settings = SyncSettings(every="2h", intervals={"acme": "15m", "slow": "1d", "fast": "30m"})
    assert interval_of(settings, slug, tags) == expected


def test_a_day_costs_its_polls_and_what_comes_daily():
    assert poll(every=timedelta(minutes=15), calls=8, daily=30).per_day() == 96 * 8 + 30


def test_an_allowance_of_a_day_is_a_day_whatever_is_spent_of_it():
    budget = Budget(key="k", limit=5000, per=DAY, reserve=200, paced=False)
    assert daily_allowance(budget, 4000, NOON) == 4800


def test_an_allowance_of_a_month_is_spread_over_what_is_left_of_it():
    budget = Budget(key="k", limit=3000, per=None, reserve=100)
    assert daily_allowance(budget, 1450, NOON) == pytest.approx(100)
    assert daily_allowance(budget, 9999, NOON) == 0


def test_an_allowance_that_lasts_changes_nothing():
    polls = [poll(1), poll(2, every=DAY)]
    assert spread(polls, {"app": 25}) == polls


def test_an_allowance_that_would_not_last_stretches_all_that_share_it():
    stretched = spread([poll(1), poll(2), poll(3, budget="other")], {"app": 12, "other": 24})
    assert [p.interval for p in stretched] == [4 * HOUR, 4 * HOUR, HOUR]
    assert sum(p.per_day() for p in stretched[:2]) == pytest.approx(12)


def test_what_comes_once_a_day_is_paid_first():
    [stretched] = spread([poll(calls=1, daily=12)], {"app": 18})
    assert stretched.interval == 4 * HOUR and stretched.per_day() == pytest.approx(18)


def test_a_spent_allowance_stretches_to_a_month():
    [stretched] = spread([poll()], {"app": 0})
    assert stretched.interval == timedelta(days=31)


def test_a_company_without_an_allowance_keeps_its_interval():
    assert spread([poll(budget=None)], {"app": 0})[0].interval == HOUR


def test_books_are_due_when_they_are_as_old_as_they_may_be():
    assert is_due(None, HOUR, NOON)
    assert is_due(NOON - HOUR, HOUR, NOON)
    assert not is_due(NOON - HOUR + timedelta(seconds=1), HOUR, NOON)
