"""The windows in which calls are counted: calendar months, UTC days, and even parts of a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from recoup.connector.protocols import Budget

__all__ = ["is_counted", "month_of", "next_month", "next_window", "window_of"]

_DAY = timedelta(days=1)


def month_of(now: datetime) -> str:
    """Name the calendar month in UTC: "2026-11"."""
    return now.astimezone(UTC).strftime("%Y-%m")


def next_month(now: datetime) -> datetime:
    """Return the first instant of the next calendar month in UTC."""
    utc = now.astimezone(UTC)
    return datetime(utc.year + utc.month // 12, utc.month % 12 + 1, 1, tzinfo=UTC)


def is_counted(budget: Budget) -> bool:
    """Whether calls are counted within a window that begins at a fixed instant."""
    return budget.per is None or not budget.paced


def window_of(budget: Budget, now: datetime) -> str:
    """Name the window that *now* is in: a month, a UTC day, a part of one, "" where paced."""
    if not is_counted(budget):
        return ""
    if budget.per is None:
        return month_of(now)
    begins = next_window(budget, now) - budget.per if budget.per < _DAY else now
    return begins.astimezone(UTC).strftime(
        "%Y-%m-%d" if budget.per == _DAY else "%Y-%m-%d %H:%M:%S"
    )


def next_window(budget: Budget, now: datetime) -> datetime:
    """When the counted window that *now* is in ends. Raises ValueError for an odd one."""
    if budget.per is None:
        return next_month(now)
    if budget.per <= timedelta(0) or _DAY % budget.per:
        raise ValueError(f"{budget.key}: a window that is counted must divide the day evenly")
    utc = now.astimezone(UTC)
    midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ((utc - midnight) // budget.per + 1) * budget.per
