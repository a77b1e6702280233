"""Allocations in the store: replaced with their owner, dated by the later of two documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from recoup.sync.store import schema
from recoup.sync.store.bulk import (
    delete_keys,
    fetch_plain,
    insert_rows,
    mark,
    select_in,
    upsert_rows,
)

__all__ = ["Owner", "redate", "redate_arrived", "replace_allocations", "retire_allocations"]

Row = tuple[Any, ...]
Key = tuple[str, str]  # kind, ledger id
_POSTED_ELSEWHERE = ("journal", "deposit")


class Owner(NamedTuple):
    """A document that carries allocations, as just written."""

    key: Key
    issued: int  # ordinal
    known_at: int  # micros: when this version became known
    parts: Sequence[Row]  # as rows.to_rows makes them
    is_new: bool


def replace_allocations(conn: Connection, company_id: int, owners: Sequence[Owner]) -> None:
    """Write the allocations of *owners*; what they carried before goes to the past."""
    before = _current(conn, company_id, [o.key for o in owners if not o.is_new])
    ends = _ends(owners)
    dates = _issue_days(conn, company_id, ends)
    missing = ends - dates.keys()
    upsert_rows(conn, schema.awaited, [(company_id, *end) for end in missing])
    fresh: list[Row] = []
    past: list[Row] = []
    dropped: list[Row] = []
    for owner in owners:
        old = before.get(owner.key, {})
        for part in owner.parts:
            name, effective = part[0], part[8]
            if effective is None:
                issued = dates.get(part[1:3], 0), dates.get(part[3:5], 0)
                effective = max(owner.issued, *issued)
            held = old.pop(name, None) if old else None
            if held is not None:
                if held[:9] == (*part[1:9], effective):
                    continue
                past.append(_past(company_id, owner, name, held))
            fresh.append((company_id, *owner.key, *part, effective, owner.known_at))
        for name, held in old.items():
            past.append(_past(company_id, owner, name, held))
            dropped.append((company_id, *owner.key, name))
    upsert_rows(conn, schema.past_allocations, past)
    delete_keys(conn, schema.allocations, dropped)
    if before:
        upsert_rows(conn, schema.allocations, fresh)
    else:
        insert_rows(conn, schema.allocations, fresh)


def retire_allocations(
    conn: Connection, company_id: int, owners: Iterable[Key], known_at: int
) -> None:
    """Move all allocations of deleted or voided *owners* to the past."""
    gone = [Owner(key, 0, known_at, (), is_new=False) for key in owners]
    if gone:
        replace_allocations(conn, company_id, gone)


def redate(
    conn: Connection,
    company_id: int,
    moved: Sequence[Key],
    known_at: Mapping[Key, int] | None = None,
) -> None:
    """Date anew what other documents allocate to or from one of *moved*.

    They may have arrived before the document did, or its issue date was edited: *known_at* says
    when that became known, and what was dated before goes to the past. Its own allocations were
    dated when they were written.
    """
    touched: dict[Row, Row] = {}
    for side in ("target", "source"):
        for kind, ids in _by_kind(moved).items():
            for row in _touching(conn, company_id, side, kind, ids):
                touched[row[:3]] = row
    rows = [row for row in touched.values() if row[10] is None]
    if not rows:
        return
    wanted = {(row[3], row[4]) for row in rows} | {(row[5], row[6]) for row in rows}
    wanted |= {(row[0], row[1]) for row in rows}
    dates = _issue_days(conn, company_id, wanted)
    edits = known_at or {}
    fresh: list[Row] = []
    past: list[Row] = []
    for row in rows:
        ends = ((row[0], row[1]), (row[3], row[4]), (row[5], row[6]))
        effective = max((dates[end] for end in ends if end in dates), default=row[11])
        if effective == row[11]:
            continue
        known_from = max(row[12], *(edits.get(end, row[12]) for end in ends))
        if known_from > row[12]:
            past.append((company_id, *row[:3], known_from, row[12], *row[3:12]))
        fresh.append((company_id, *row[:11], effective, known_from))
    upsert_rows(conn, schema.past_allocations, past)
    upsert_rows(conn, schema.allocations, fresh)


def redate_arrived(conn: Connection, company_id: int, arrived: Sequence[Key]) -> None:
    """Date anew the allocations that waited for one of the documents just written."""
    waiting: set[Key] = set()
    for kind, ids in _by_kind(arrived).items():
        if _awaits_any(conn, company_id, kind):
            rows = select_in(conn, schema.awaited, "kind, ledger_id", (company_id, kind), ids)
            waiting.update((row[0], row[1]) for row in rows)
    redate(conn, company_id, sorted(waiting))
    delete_keys(conn, schema.awaited, [(company_id, *key) for key in waiting])


def _awaits_any(conn: Connection, company_id: int, kind: str) -> bool:
    sign = mark(conn)
    sql = f"SELECT 1 FROM awaited WHERE company_id = {sign} AND kind = {sign} LIMIT 1"
    return bool(fetch_plain(conn, sql, (company_id, kind)))


def _issue_days(conn: Connection, company_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    """Issue dates, as ordinals, of those documents and postings that the store knows."""
    days: dict[Key, int] = {}
    for kind, ids in _by_kind(keys).items():
        table = schema.postings if kind in _POSTED_ELSEWHERE else schema.documents
        for ledger_id, day in select_in(
            conn, table, "ledger_id, issued_on", (company_id, kind), ids
        ):
            days[kind, ledger_id] = day
    return days


def _ends(owners: Sequence[Owner]) -> set[Key]:
    """The other documents of undated allocations."""
    ends: set[Key] = set()
    for key, _, _, parts, _ in owners:
        for part in parts:
            if part[8] is None:
                if (source := part[1:3]) != key:
                    ends.add(source)
                if (target := part[3:5]) != key:
                    ends.add(target)
    return ends


def _by_kind(keys: Iterable[Key]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = defaultdict(list)
    for kind, ledger_id in keys:
        kinds[kind].append(ledger_id)
    return kinds


_COLUMNS = (
    "owner_kind, owner_id, part, source_kind, source_id, target_kind, target_id, currency,"
    " amount_minor, kind, made_on, effective_on, known_from"
)


def _current(
    conn: Connection, company_id: int, keys: Sequence[Key]
) -> dict[Key, dict[str, tuple[Any, ...]]]:
    held: dict[Key, dict[str, tuple[Any, ...]]] = defaultdict(dict)
    for kind, ids in _by_kind(keys).items():
        for row in select_in(conn, schema.allocations, _COLUMNS, (company_id, kind), ids):
            held[row[0], row[1]][row[2]] = row[3:]
    return held


def _touching(
    conn: Connection, company_id: int, side: str, kind: str, ids: Sequence[str]
) -> list[Row]:
    sign = mark(conn)
    rows: list[Row] = []
    for start in range(0, len(ids), 500):
        chunk = ids[start : start + 500]
        marks = ",".join([sign] * len(chunk))
        sql = (
            f"SELECT {_COLUMNS} FROM allocations WHERE company_id = {sign}"
            f" AND {side}_kind = {sign} AND {side}_id IN ({marks})"
            f" AND NOT (owner_kind = {side}_kind AND owner_id = {side}_id)"
        )
        rows.extend(fetch_plain(conn, sql, (company_id, kind, *chunk)))
    return rows


def _past(company_id: int, owner: Owner, part: str, held: Row) -> Row:
    until = max(owner.known_at, held[9])
    return (company_id, *owner.key, part, until, held[9], *held[:9])
