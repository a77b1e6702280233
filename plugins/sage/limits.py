"""How often Sage may be asked: a day of the whole app, a minute of each business, calls at once.

Source: Sage's best practices name 1,296,000 requests a day and 150 at once for an app. A limit
per business and minute is not in them; 100 is what others report, so it can be changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from recoup.connector.protocols import Budget, Connection

__all__ = ["Limits", "app_key", "business_key", "day_budget", "minute_budget"]

DAY_CALLS = 1_296_000
MINUTE_CALLS, AT_ONCE = 100, 20
RESERVE_SHARE = 100  # one hundredth of the day is kept for live re-reads and writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one process keeps to; the gate shares it with all others."""

    minute_calls: int = MINUTE_CALLS  # per business
    at_once: int = AT_ONCE  # calls in flight, over all businesses of the app
    slot_lease: timedelta = timedelta(minutes=3)  # longer than any one call may take
    write_lease: timedelta = timedelta(minutes=10)

    @classmethod
    def of(cls, connection: Connection) -> Limits:
        """What the firm set in recoup.toml, and the above for the rest."""
        return cls(
            minute_calls=connection.settings.get("minute_calls", MINUTE_CALLS),
            at_once=connection.settings.get("at_once", AT_ONCE),
        )


def app_key(connection: Connection) -> str:
    """The prefix of every budget of the app."""
    return f"sage:{connection.app.client_id}:"


def business_key(connection: Connection) -> str:
    """The prefix of every budget that one business' own limits concern."""
    return f"{app_key(connection)}business:{connection.company_id}:"


def day_budget(connection: Connection) -> Budget:
    return Budget(
        key=f"{app_key(connection)}day",
        limit=DAY_CALLS,
        per=timedelta(days=1),
        reserve=DAY_CALLS // RESERVE_SHARE,
        paced=False,
    )


def minute_budget(connection: Connection, limits: Limits) -> Budget:
    """A tenth is left out: so many may be on their way when a window of Sage's begins."""
    limit = max(1, limits.minute_calls - limits.minute_calls // 10)
    return Budget(
        key=f"{business_key(connection)}minute",
        limit=limit,
        per=timedelta(minutes=1),
        burst=limit,
    )
