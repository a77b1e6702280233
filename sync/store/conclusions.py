"""What tie-outs concluded: their results, the ledger's control totals, customers on hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from recoup.connector.money import Money
from recoup.sync.store import schema
from recoup.sync.store.bulk import delete_keys, upsert_rows
from recoup.sync.store.columns import to_micros

__all__ = [
    "add_tieout",
    "holds",
    "last_result",
    "release",
    "save_control",
    "save_holds",
    "standing_verdict",
]

_NOW = 0  # control_totals.as_of of the state now


def add_tieout(
    conn: Connection,
    company_id: int,
    *,
    at: datetime,
    as_of: date | None,
    proven: bool | None,
    changes: int,
    result: Mapping[str, Any],
) -> int:
    """Append a tie-out; returns its number within the company, from 1."""
    tieouts = schema.tieouts
    last = conn.scalar(select(func.max(tieouts.c.seq)).where(tieouts.c.company_id == company_id))
    seq = (last or 0) + 1
    conn.execute(
        insert(tieouts).values(
            company_id=company_id,
            seq=seq,
            at=at,
            as_of=as_of,
            proven=proven,
            changes=changes,
            result=json.dumps(result, ensure_ascii=False, sort_keys=True),
        )
    )
    return seq


def last_result(conn: Connection, company_id: int, changes: int) -> dict[str, Any] | None:
    """The newest undated result, unless something was stored since."""
    tieouts = schema.tieouts.c
    row = conn.execute(
        select(tieouts.changes, tieouts.result)
        .where(tieouts.company_id == company_id, tieouts.as_of.is_(None))
        .order_by(tieouts.seq.desc())
        .limit(1)
    ).first()
    if row is None or row[0] != changes:
        return None
    return dict(json.loads(row[1]))


def save_control(
    conn: Connection,
    company_id: int,
    as_of: date | None,
    totals: Iterable[Money],
    *,
    read_at: datetime,
    changes: int,
) -> None:
    """Keep what the ledger states; it holds until something else is stored."""
    ordinal = _NOW if as_of is None else as_of.toordinal()
    control = schema.control_totals
    conn.execute(
        delete(control).where(control.c.company_id == company_id, control.c.as_of == ordinal)
    )
    rows = [
        (company_id, total.currency, ordinal, total.minor, to_micros(read_at), changes)
        for total in totals
    ]
    upsert_rows(conn, control, rows)


def holds(conn: Connection, company_id: int) -> dict[str, str]:
    """Customers on hold, with the reason."""
    held = schema.holds.c
    rows = conn.execute(
        select(held.customer_id, held.reason)
        .where(held.company_id == company_id)
        .order_by(held.customer_id)
    )
    return {row.customer_id: row.reason for row in rows}


def save_holds(
    conn: Connection, company_id: int, reasons: Mapping[str, str], at: datetime
) -> list[str]:
    """Hold these customers; since_at of one that is held already stays. Returns the new ones."""
    held = schema.holds
    known = holds(conn, company_id)
    for customer, reason in reasons.items():
        if customer in known and known[customer] != reason:
            conn.execute(
                held.update()
                .where(held.c.company_id == company_id, held.c.customer_id == customer)
                .values(reason=reason)
            )
    news = [customer for customer in reasons if customer not in known]
    upsert_rows(conn, held, [(company_id, c, to_micros(at), reasons[c]) for c in news])
    return news


def release(conn: Connection, company_id: int, customers: Iterable[str]) -> None:
    delete_keys(conn, schema.holds, [(company_id, customer) for customer in customers])


def standing_verdict(conn: Connection, company_id: int, changes: int) -> bool | None:
    """What the newest tie-out of now said; None while never, or when something came since."""
    tieouts = schema.tieouts.c
    row = conn.execute(
        select(tieouts.proven, tieouts.changes)
        .where(tieouts.company_id == company_id, tieouts.as_of.is_(None))
        .order_by(tieouts.seq.desc())
        .limit(1)
    ).first()
    return row.proven if row is not None and row.changes == changes else None
