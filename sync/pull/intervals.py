"""When a company is due: its polling interval, stretched where the allowance would not last.

An allowance of a day is spread over the day, one of a month over what is left of the month. When
all companies that share it would spend more at the intervals that were asked for, every interval
of theirs grows by the same factor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from recoup.config.settings import SyncSettings, span_of
from recoup.connector.protocols import Budget
from recoup.sync.store.windows import next_month

__all__ = ["Poll", "daily_allowance", "interval_of", "is_due", "spread"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What keeping one company fresh costs, before and after the allowance was looked at."""

    company_id: int
    budget: str | None  # the key of the allowance that it draws on; None is none
    wanted: timedelta  # the interval that was asked for
    interval: timedelta  # the one that the allowance lasts for
    calls: float  # API calls of a poll that finds nothing
    daily_calls: float = 0.0  # API calls that come once a day on top

    def per_day(self, interval: timedelta | None = None) -> float:
        """API calls in a day of polls that find nothing."""
        return self.calls * (_DAY / (interval or self.interval)) + self.daily_calls


def interval_of(settings: SyncSettings, slug: str, tags: Iterable[str]) -> timedelta:
    """Return the interval asked for: the company's own, its tags' shortest, else everybody's."""
    named = settings.intervals
    if slug in named:
        return span_of(named[slug])
    tagged = [span_of(named[tag]) for tag in tags if tag in named]
    return min(tagged, default=span_of(settings.every))


def daily_allowance(budget: Budget, spent: int, now: datetime) -> float:
    """Calls that the budget allows a day from *now* on, its reserve left alone.

    spent: in its current window. Of a day the whole is meant, whatever is spent of today.
    """
    usable = budget.limit - budget.reserve
    if budget.per is not None:
        return usable * (_DAY / budget.per)
    left = max(usable - spent, 0)
    return left / ((next_month(now) - now.astimezone(UTC)) / _DAY)


def spread(polls: Sequence[Poll], allowances: Mapping[str, float]) -> list[Poll]:
    """Stretch the intervals of companies that share an allowance which they would overspend.

    allowances: calls a day by the key of the budget. An allowance that is spent stretches to a
    month; what comes once a day is not stretched.
    """
    polled: dict[str, float] = {}
    fixed: dict[str, float] = {}
    for poll in polls:
        key = poll.budget
        if key is not None and key in allowances:
            daily = poll.daily_calls
            polled[key] = polled.get(key, 0.0) + poll.per_day(poll.wanted) - daily
            fixed[key] = fixed.get(key, 0.0) + daily
    return [_stretched(poll, polled, fixed, allowances) for poll in polls]


def is_due(synced_at: datetime | None, interval: timedelta, now: datetime) -> bool:
    """Whether books last synced at *synced_at* are as old as they may be; never is due."""
    return synced_at is None or now - synced_at >= interval


def _stretched(
    poll: Poll,
    polled: Mapping[str, float],
    fixed: Mapping[str, float],
    allowances: Mapping[str, float],
) -> Poll:
    key = poll.budget
    interval = poll.wanted
    if key is not None and key in polled:
        left = allowances[key] - fixed[key]
        factor = polled[key] / left if left > 0 else float("inf")
        if factor > 1:
            interval = min(interval * min(factor, 1e6), 31 * _DAY)
    return Poll(
        company_id=poll.company_id,
        budget=key,
        wanted=poll.wanted,
        interval=interval,
        calls=poll.calls,
        daily_calls=poll.daily_calls,
    )
