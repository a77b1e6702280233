"""The rate gate: budgets, pauses and slots that all processes of a workspace share.

A window is paced (GCRA): a small burst, then one call per step, so that no rolling window ever
sees more than its limit. A month is counted. Each granted call is one durable commit, about a
millisecond beside a call that takes a hundred: the count is right even after a kill.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from recoup.connector.errors import BudgetSpent, Busy
from recoup.connector.protocols import Budget
from recoup.sync.store.control_schema import budgets as table
from recoup.sync.store.control_schema import pauses
from recoup.sync.store.engine import Store
from recoup.sync.store.leases import acquire, new_holder, release
from recoup.sync.store.locks import serialise

__all__ = ["StoreGate", "month_of", "next_month", "step_of"]

_NOTHING = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Spent:
    """What a budget's row says: calls counted, and when the paced next call is due."""

    calls: int
    next_at: datetime


class StoreGate:
    """Implements connector.protocols.RateGate over the control database."""

    def __init__(self, store: Store) -> None:
        self._clock = store.clock
        self._database = store.control_database

    def take(self, budgets: Sequence[Budget], *, urgent: bool = False) -> timedelta:
        """Take one call from all of *budgets* or from none; see protocols.RateGate."""
        with self._database.write(durable=True) as conn:
            serialise(conn, *(f"budget:{budget.key}" for budget in budgets))
            now = self._clock.now()
            wait = _paused_for(conn, budgets, now)
            rows = _read(conn, budgets, now)
            for budget, spent in zip(budgets, rows, strict=True):
                wait = max(wait, _wait_for(budget, spent, now, urgent=urgent))
            if wait == _NOTHING:
                for budget, spent in zip(budgets, rows, strict=True):
                    _write(conn, budget, _after_one(budget, spent, now), now)
            return wait

    def spent(self, budget: Budget) -> int:
        """Calls taken this month; for a paced window, those that still weigh on its pace."""
        now = self._clock.now()
        with self._database.read() as conn:
            [row] = _read(conn, [budget], now)
        if row is None:
            return 0
        if budget.per is None:
            return row.calls
        return max(-((now - row.next_at) // step_of(budget)), 0)

    def pause(self, key: str, until: datetime) -> None:
        """Grant nothing for budgets of *key* and below before *until*.

        ``quickbooks:46`` stops ``quickbooks:46:minute`` but not ``quickbooks:461:minute``.
        """
        with self._database.write(durable=True) as conn:
            serialise(conn, f"pause:{key}")
            conn.execute(delete(pauses).where(pauses.c.until <= self._clock.now()))
            known = conn.execute(select(pauses.c.until).where(pauses.c.key == key)).scalar()
            if known is None:
                conn.execute(insert(pauses).values(key=key, until=until))
            elif until > known:
                conn.execute(update(pauses).where(pauses.c.key == key).values(until=until))

    @contextmanager
    def slot(self, key: str, limit: int, lease: timedelta) -> Iterator[None]:
        """Hold one of *limit* concurrent slots. Raises Busy when none is free."""
        holder, names = new_holder(), [f"slot:{key}:{number}" for number in range(limit)]
        with self._database.write(durable=True) as conn:
            serialise(conn, f"slot:{key}")
            now = self._clock.now()
            taken = next((n for n in names if acquire(conn, n, holder, now, now + lease)), None)
        if taken is None:
            raise Busy(f"all {limit} slots of {key} are taken")
        try:
            yield
        finally:
            with self._database.write(durable=True) as conn:
                release(conn, taken, holder)


def step_of(budget: Budget) -> timedelta:
    """Return the span between paced calls: after a burst, the rest of the limit spread evenly.

    A rolling window sees at most burst + window // step calls, which is the limit or less.
    """
    if budget.per is None or budget.limit < 1:
        raise ValueError(f"{budget.key}: a paced budget needs a window and a limit of 1 or more")
    return budget.per // max(budget.limit - _burst(budget), 1) + _MICROSECOND


def month_of(now: datetime) -> str:
    """Name the calendar month in UTC: "2026-11"."""
    return now.astimezone(UTC).strftime("%Y-%m")


def next_month(now: datetime) -> datetime:
    """Return the first instant of the next calendar month in UTC."""
    utc = now.astimezone(UTC)
    return datetime(utc.year + utc.month // 12, utc.month % 12 + 1, 1, tzinfo=UTC)


def _burst(budget: Budget) -> int:
    """Half the limit at most: a larger burst would leave the pace behind it next to nothing."""
    return max(min(budget.burst, budget.limit // 2), 1)


def _wait_for(budget: Budget, spent: _Spent | None, now: datetime, *, urgent: bool) -> timedelta:
    """How long until the budget grants a call; zero is now. Raises BudgetSpent for a month."""
    if budget.per is None:
        kept = 0 if urgent else budget.reserve
        if (spent.calls if spent else 0) < budget.limit - kept:
            return _NOTHING
        raise BudgetSpent(
            f"the allowance of {budget.limit:,} calls for {month_of(now)} is spent "
            f"({budget.key}; {budget.reserve:,} are kept for re-reads and writes)",
            retry_after=next_month(now) - now,
        )
    if spent is None:
        return _NOTHING
    # a reserve holds back that many of the burst, so that an urgent call need not queue
    kept = 0 if urgent else min(budget.reserve, _burst(budget) - 1)
    ahead = (_burst(budget) - 1 - kept) * step_of(budget)
    return max(spent.next_at - ahead - now, _NOTHING)


def _after_one(budget: Budget, spent: _Spent | None, now: datetime) -> _Spent:
    if budget.per is None:
        return _Spent((spent.calls if spent else 0) + 1, now)
    base = max(spent.next_at, now) if spent else now
    return _Spent((spent.calls if spent else 0) + 1, base + step_of(budget))


def _window(budget: Budget, now: datetime) -> str:
    return month_of(now) if budget.per is None else ""


def _read(conn: Connection, budgets: Sequence[Budget], now: datetime) -> list[_Spent | None]:
    wanted = [(budget.key, _window(budget, now)) for budget in budgets]
    rows = conn.execute(select(table).where(tuple_(table.c.key, table.c.window).in_(wanted)))
    found = {(row.key, row.window): _Spent(row.spent, row.next_at) for row in rows}
    return [found.get(place) for place in wanted]


def _write(conn: Connection, budget: Budget, spent: _Spent, now: datetime) -> None:
    values = {"spent": spent.calls, "next_at": spent.next_at}
    place = {"key": budget.key, "window": _window(budget, now)}
    same = (table.c.key == place["key"]) & (table.c.window == place["window"])
    if conn.execute(update(table).where(same).values(**values)).rowcount == 0:
        conn.execute(insert(table).values(**place, **values))


def _paused_for(conn: Connection, budgets: Sequence[Budget], now: datetime) -> timedelta:
    rows = conn.execute(select(pauses).where(pauses.c.until > now)).all()
    waits = [row.until - now for row in rows if any(_covers(row.key, b.key) for b in budgets)]
    return max(waits, default=_NOTHING)


def _covers(paused: str, key: str) -> bool:
    return key == paused or key.startswith(paused if paused.endswith(":") else f"{paused}:")
