"""Xero's limits as shared budgets, and what its headers say about them.

For each app and organisation: 60 calls a minute, 5,000 a day (1,000 on the Starter tier), 5 at
once; for each app 10,000 a minute. The windows are fixed and begin when they like, so ours are
only an estimate: the headers on every answer put them right.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from recoup.connector.protocols import Budget, Connection

__all__ = [
    "SLOTS",
    "app_key",
    "budgets_for",
    "day_budget",
    "learn",
    "tenant_key",
]

DAILY = 5000
RESERVE_SHARE = 10  # a tenth of the day is kept for live re-reads and writes
SLOTS = 4  # of the five that Xero allows: one stays free for a person's own tools
MINUTE = timedelta(minutes=1)


def tenant_key(connection: Connection) -> str:
    """The prefix of everything that one organisation's limits concern."""
    return f"{app_key(connection)}:tenant:{connection.company_id}"


def app_key(connection: Connection) -> str:
    """The prefix of everything that the app's own limit concerns: all its organisations."""
    return f"xero:{connection.app.client_id}"


def day_budget(connection: Connection) -> Budget:
    """The organisation's daily allowance, a tenth of it kept for urgent calls."""
    daily = connection.settings.get("daily_calls", DAILY)
    return Budget(
        key=f"{tenant_key(connection)}:day",
        limit=daily,
        per=timedelta(days=1),
        reserve=daily // RESERVE_SHARE,
        paced=False,
    )


def budgets_for(connection: Connection) -> tuple[Budget, ...]:
    """The allowances that every call draws on."""
    return _minute(connection), day_budget(connection), _app(connection)


def learn(connection: Connection, headers: Mapping[str, str]) -> None:
    """Tell the gate what Xero says is left."""
    stated = (
        ("X-MinLimit-Remaining", _minute(connection)),
        ("X-DayLimit-Remaining", day_budget(connection)),
        ("X-AppMinLimit-Remaining", _app(connection)),
    )
    for name, budget in stated:
        text = headers.get(name, "").strip()
        if text.isdecimal():
            connection.gate.correct(budget, int(text))


def _minute(connection: Connection) -> Budget:
    """Five of the sixty are left out: so many may be in flight when Xero's window begins."""
    return Budget(key=f"{tenant_key(connection)}:minute", limit=55, per=MINUTE, burst=55, reserve=2)


def _app(connection: Connection) -> Budget:
    return Budget(key=f"{app_key(connection)}:minute", limit=10_000, per=MINUTE, burst=100)
