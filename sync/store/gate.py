"""The rate gate: budgets, pauses and slots that all processes of a workspace share.

A paced window is a GCRA: a small burst, then one call per step, so that no rolling window ever
sees more than its limit. A rolling window, whose burst is its limit, remembers each call. A month,
and a window that is not paced, are counted from their first instant in UTC. Each granted call is
one durable commit, about a millisecond beside a call that takes a hundred: the count is right even
after a kill.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from recoup.connector.errors import BudgetSpent, Busy
from recoup.connector.protocols import Budget
from recoup.sync.store import rolling
from recoup.sync.store.columns import from_micros, to_micros
from recoup.sync.store.control_schema import budgets as table
from recoup.sync.store.control_schema import pauses
from recoup.sync.store.engine import Store
from recoup.sync.store.leases import acquire, new_holder, release
from recoup.sync.store.locks import serialise
from recoup.sync.store.windows import is_counted, next_window, window_of

__all__ = ["StoreGate", "step_of"]

_NOTHING = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Spent:
    """What a budget's row says: calls counted, and when the paced next call is due.

    recent: of a rolling window, when its calls were, in microseconds, oldest first.
    """

    calls: int
    next_at: datetime
    recent: tuple[int, ...] = ()


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
        """Calls counted in this month or window; of a paced one, those that still weigh on it."""
        now = self._clock.now()
        with self._database.read() as conn:
            [row] = _read(conn, [budget], now)
        if row is None:
            return 0
        if is_counted(budget):
            return row.calls
        if _is_rolling(budget):
            return len(rolling.within(row.recent, _span(budget), to_micros(now)))
        return max(-((now - row.next_at) // step_of(budget)), 0)

    def correct(self, budget: Budget, remaining: int) -> None:
        """Believe the platform when it has fewer calls left than we count; see protocols.

        What is counted is raised to what the platform counts. A paced budget loses as much of
        its burst as the platform lacks. With nothing left although our own pace does not
        explain it, the next call waits for a whole window: another program is spending.
        """
        if self._agrees(budget, remaining):  # as nearly always, and a look costs no commit
            return
        with self._database.write(durable=True) as conn:
            serialise(conn, f"budget:{budget.key}")
            now = self._clock.now()
            [row] = _read(conn, [budget], now)
            told = _corrected(budget, row, remaining, now)
            if told is not None and told != row:
                _write(conn, budget, told, now)

    def _agrees(self, budget: Budget, remaining: int) -> bool:
        now = self._clock.now()
        with self._database.read() as conn:
            [row] = _read(conn, [budget], now)
        return _corrected(budget, row, remaining, now) == row

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


def _burst(budget: Budget) -> int:
    """Half the limit at most: a larger burst would leave the pace behind it next to nothing."""
    return max(min(budget.burst, budget.limit // 2), 1)


def _wait_for(budget: Budget, spent: _Spent | None, now: datetime, *, urgent: bool) -> timedelta:
    """How long until the budget grants a call; zero is now. Raises BudgetSpent where counted."""
    if is_counted(budget):
        kept = 0 if urgent else budget.reserve
        if (spent.calls if spent else 0) < budget.limit - kept:
            return _NOTHING
        raise BudgetSpent(
            f"the allowance of {budget.limit:,} calls for {window_of(budget, now)} is spent "
            f"({budget.key}; {budget.reserve:,} are kept for re-reads and writes)",
            retry_after=next_window(budget, now) - now,
        )
    if spent is None:
        return _NOTHING
    if _is_rolling(budget):
        room = budget.limit if urgent else max(budget.limit - budget.reserve, 1)
        due = rolling.due(spent.recent, room, _span(budget), to_micros(now))
        return from_micros(due) - now
    # a reserve holds back that many of the burst, so that an urgent call need not queue
    kept = 0 if urgent else min(budget.reserve, _burst(budget) - 1)
    ahead = (_burst(budget) - 1 - kept) * step_of(budget)
    return max(spent.next_at - ahead - now, _NOTHING)


def _after_one(budget: Budget, spent: _Spent | None, now: datetime) -> _Spent:
    if is_counted(budget):
        return _Spent((spent.calls if spent else 0) + 1, now)
    if _is_rolling(budget):
        at, recent = to_micros(now), spent.recent if spent else ()
        kept = (*rolling.within(recent, _span(budget), at), at)
        return _Spent((spent.calls if spent else 0) + 1, now, kept)
    base = max(spent.next_at, now) if spent else now
    return _Spent((spent.calls if spent else 0) + 1, base + step_of(budget))


def _corrected(
    budget: Budget, spent: _Spent | None, remaining: int, now: datetime
) -> _Spent | None:
    """What the row must say once the platform has said what is left; None: still no row."""
    if is_counted(budget):
        used = budget.limit - max(remaining, 0)
        if used <= (spent.calls if spent else 0):
            return spent
        return _Spent(used, now)
    if _is_rolling(budget):
        at, recent = to_micros(now), spent.recent if spent else ()
        kept = rolling.within(recent, _span(budget), at)
        unknown = budget.limit - max(remaining, 0) - len(kept)
        if unknown <= 0:
            return spent
        return _Spent(spent.calls if spent else 0, now, (*kept, *([at] * unknown)))
    step, burst = step_of(budget), _burst(budget)
    if remaining >= burst:
        return spent
    due = max(spent.next_at, now) if spent else now
    floor = now + (burst - max(remaining, 0)) * step
    ours = due - now > (burst - 1) * step / 2  # our own pace has used the burst up
    if remaining <= 0 and not ours and budget.per is not None:
        floor = now + budget.per + (burst - 1) * step
    return spent if floor <= due else _Spent(spent.calls if spent else 0, floor)


def _is_rolling(budget: Budget) -> bool:
    return not is_counted(budget) and budget.burst >= budget.limit


def _span(budget: Budget) -> int:
    assert budget.per is not None
    return budget.per // _MICROSECOND


def _read(conn: Connection, budgets: Sequence[Budget], now: datetime) -> list[_Spent | None]:
    wanted = [(budget.key, window_of(budget, now)) for budget in budgets]
    rows = conn.execute(select(table).where(tuple_(table.c.key, table.c.window).in_(wanted)))
    found = {
        (row.key, row.window): _Spent(row.spent, row.next_at, rolling.unpack(row.recent))
        for row in rows
    }
    return [found.get(place) for place in wanted]


def _write(conn: Connection, budget: Budget, spent: _Spent, now: datetime) -> None:
    values = {
        "spent": spent.calls,
        "next_at": spent.next_at,
        "recent": rolling.pack(spent.recent) if spent.recent else None,
    }
    place = {"key": budget.key, "window": window_of(budget, now)}
    same = (table.c.key == place["key"]) & (table.c.window == place["window"])
    if conn.execute(update(table).where(same).values(**values)).rowcount:
        return
    if budget.per is not None:  # a company's days would pile up; the few months may stay
        conn.execute(delete(table).where(table.c.key == budget.key))
    conn.execute(insert(table).values(**place, **values))


def _paused_for(conn: Connection, budgets: Sequence[Budget], now: datetime) -> timedelta:
    rows = conn.execute(select(pauses).where(pauses.c.until > now)).all()
    waits = [row.until - now for row in rows if any(_covers(row.key, b.key) for b in budgets)]
    return max(waits, default=_NOTHING)


def _covers(paused: str, key: str) -> bool:
    return key == paused or key.startswith(paused if paused.endswith(":") else f"{paused}:")
