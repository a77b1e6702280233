"""Consents: one row per grant. Its tokens are in the vault, its companies name it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, insert, select, update

from recoup.connector.errors import UsageError
from recoup.sync.store.control_schema import tokens
from recoup.sync.store.schema import companies, grants

__all__ = [
    "Expiry",
    "Grant",
    "GrantState",
    "add_grant",
    "find_grant",
    "grants_of_companies",
    "list_expiries",
    "list_grants",
    "mark_grant",
]


class GrantState(StrEnum):
    CONNECTED = "connected"
    NEEDS_RECONNECT = "needs_reconnect"  # the platform refused its tokens; a person must act
    REVOKED = "revoked"  # taken back on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A consent as the store knows it."""

    grant_id: str
    ledger: str
    base_url: str | None  # None is the platform itself
    created_at: datetime
    state: GrantState
    reason: str | None  # why it is not connected


@dataclass(frozen=True, slots=True)
class Expiry:
    """When the tokens of a grant end; None is never, or not told."""

    refresh_expires_at: datetime | None  # slides with every refresh
    hard_expires_at: datetime | None  # does not slide


def add_grant(
    conn: Connection, grant_id: str, *, ledger: str, base_url: str | None, at: datetime
) -> Grant:
    """Store a consent; one given anew under a known id is connected again."""
    if conn.execute(select(grants).where(grants.c.grant_id == grant_id)).one_or_none():
        mark_grant(conn, grant_id, state=GrantState.CONNECTED)
    else:
        values = {"ledger": ledger, "base_url": base_url, "created_at": at}
        conn.execute(insert(grants).values(grant_id=grant_id, state=GrantState.CONNECTED, **values))
    return find_grant(conn, grant_id)


def find_grant(conn: Connection, grant_id: str) -> Grant:
    """Return the grant. Raises UsageError when there is none of that id."""
    row = conn.execute(select(grants).where(grants.c.grant_id == grant_id)).one_or_none()
    if row is None:
        raise UsageError(f"there is no grant {grant_id}: run recoup connect")
    return _to_row(row)


def list_grants(conn: Connection) -> list[Grant]:
    """Return the grants, oldest first."""
    ordered = select(grants).order_by(grants.c.created_at, grants.c.grant_id)
    return [_to_row(row) for row in conn.execute(ordered)]


def grants_of_companies(
    conn: Connection, ledger: str, base_url: str | None, ledger_ids: Collection[str]
) -> set[str]:
    """Return the grants that reach those companies now, as far as they are connected."""
    wanted = (companies.c.ledger == ledger) & (companies.c.base_url == (base_url or ""))
    reached = select(companies.c.grant_id).where(wanted, companies.c.ledger_id.in_(ledger_ids))
    return set(conn.execute(reached).scalars())


def list_expiries(control: Connection) -> dict[str, Expiry]:
    """Return when the tokens of each grant end. *control*: a control connection."""
    ends = select(tokens.c.grant_id, tokens.c.refresh_expires_at, tokens.c.hard_expires_at)
    return {
        row.grant_id: Expiry(row.refresh_expires_at, row.hard_expires_at)
        for row in control.execute(ends)
    }


def mark_grant(conn: Connection, grant_id: str, *, state: str, reason: str | None = None) -> None:
    """Store what became of the grant, a GrantState; connecting clears the reason."""
    mine = grants.c.grant_id == grant_id
    conn.execute(update(grants).where(mine).values(state=GrantState(state), reason=reason))


def _to_row(row: Row[tuple[object, ...]]) -> Grant:
    return Grant(
        grant_id=row.grant_id,
        ledger=row.ledger,
        base_url=row.base_url,
        created_at=row.created_at,
        state=GrantState(row.state),
        reason=row.reason,
    )
