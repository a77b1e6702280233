"""How far each company has been pulled, and how many changes that brought."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select, update

from recoup.connector.pages import Cursor
from recoup.sync.store import schema
from recoup.sync.store.bulk import fetch_plain, mark, upsert_rows
from recoup.sync.store.columns import to_micros
from recoup.sync.store.indexes import put_back

__all__ = ["changes_so_far", "count_changes", "finish", "read_cursor", "write_cursor"]

_cursors = schema.cursors.c


def read_cursor(conn: Connection, company_id: int) -> Cursor | None:
    """The adapter's cursor after the last stored page; None before the first."""
    text = conn.scalar(select(_cursors.cursor).where(_cursors.company_id == company_id))
    return None if not text else dict(json.loads(text))


def write_cursor(
    conn: Connection, company_id: int, cursor: str, changed: int, at: datetime
) -> None:
    """Store the cursor in the page's own transaction."""
    before = _row(conn, company_id)
    changes, finished = (before[2], before[3]) if before else (0, None)
    row = (company_id, cursor, to_micros(at), changes + changed, finished)
    upsert_rows(conn, schema.cursors, [row])


def count_changes(conn: Connection, company_id: int, changed: int, at: datetime) -> None:
    """Note changes that came outside a pull: dated control totals are stale from here on."""
    before = _row(conn, company_id)
    cursor, stored_at, changes, finished = before or ("", to_micros(at), 0, None)
    row = (company_id, cursor, stored_at, changes + changed, finished)
    upsert_rows(conn, schema.cursors, [row])


def finish(conn: Connection, company_id: int, at: datetime) -> None:
    """Note that a pull ran to its end."""
    put_back(conn)
    conn.execute(
        update(schema.cursors).where(_cursors.company_id == company_id).values(finished_at=at)
    )


def changes_so_far(conn: Connection, company_id: int) -> int:
    """A counter that moves with every stored change: what was concluded before is older."""
    return conn.scalar(select(_cursors.changes).where(_cursors.company_id == company_id)) or 0


def _row(conn: Connection, company_id: int) -> tuple[str, int, int, int | None] | None:
    columns = "cursor, stored_at, changes, finished_at"
    rows = fetch_plain(
        conn, f"SELECT {columns} FROM cursors WHERE company_id = {mark(conn)}", (company_id,)
    )
    return (rows[0][0], rows[0][1], rows[0][2], rows[0][3]) if rows else None
