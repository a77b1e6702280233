"""The audit trail: who did what and when, each row sealed into the next by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from recoup.sync.store.columns import to_micros
from recoup.sync.store.locks import serialise
from recoup.sync.store.schema import audit

__all__ = ["WORKSPACE", "append", "company_scope", "head", "verify"]

WORKSPACE = "workspace"
_START = ""  # what stands before the first row


def company_scope(company_id: int) -> str:
    """Name the chain of one company."""
    return f"company:{company_id}"


def append(
    conn: Connection,
    scope: str,
    *,
    actor: str,
    action: str,
    facts: Mapping[str, Any],
    at: datetime,
) -> str:
    """Add a row to the chain *scope* within the caller's transaction; returns its digest.

    facts: JSON values without personal text, which has to stay erasable. Amounts are decimal
    strings: a float raises TypeError.
    """
    serialise(conn, f"audit:{scope}")
    seq, before = head(conn, scope)
    text = _canonical(facts)
    digest = _digest(before, scope, seq + 1, to_micros(at), actor, action, text)
    row = {"scope": scope, "seq": seq + 1, "at": at, "actor": actor, "action": action}
    conn.execute(insert(audit).values(**row, facts=text, digest=digest))
    return digest


def head(conn: Connection, scope: str) -> tuple[int, str]:
    """Return the number and digest of the last row; (0, "") before the first.

    Kept elsewhere and given to verify(), it also shows that rows at the end were cut off.
    """
    last = (
        select(audit.c.seq, audit.c.digest)
        .where(audit.c.scope == scope)
        .order_by(audit.c.seq.desc())
        .limit(1)
    )
    row = conn.execute(last).one_or_none()
    return (0, _START) if row is None else (row.seq, row.digest)


def verify(conn: Connection, scope: str, *, until: tuple[int, str] | None = None) -> str | None:
    """Return what is wrong with the chain, as one line; None when every row is as written.

    until: a head() noted earlier, which the chain must still contain.
    """
    rows = conn.execute(select(audit).where(audit.c.scope == scope).order_by(audit.c.seq))
    seq, before = 0, _START
    for row in rows:
        seq += 1
        if row.seq != seq:
            return f"audit {scope}: row {seq} is missing"
        at = to_micros(row.at)
        if row.digest != _digest(before, scope, seq, at, row.actor, row.action, row.facts):
            return f"audit {scope}: row {seq} is not what was written ({row.at:%Y-%m-%d})"
        before = row.digest
        if until is not None and seq == until[0] and before != until[1]:
            return f"audit {scope}: row {seq} is not the one that was noted"
    if until is not None and seq < until[0]:
        return f"audit {scope}: rows {seq + 1} to {until[0]} are missing"
    return None


def _digest(before: str, *row: str | int) -> str:
    return hashlib.blake2b((before + _canonical(row)).encode(), digest_size=32).hexdigest()


def _canonical(value: object) -> str:
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError(f"refusing inexact {value!r} in the audit trail")
    if isinstance(value, Mapping):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)
