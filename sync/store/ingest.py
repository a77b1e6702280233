"""From payloads to rows, one transaction a page.

Bytes that were seen before are not decoded again. A record whose facts are as they were is
not observed again. Everything else is appended to the observations and replaces the current
row; what a document said before goes to the past tables, so that any past day can be answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from recoup.connector.errors import Skippable, Unreadable
from recoup.connector.model import Record
from recoup.connector.pages import Payload, Tombstone
from recoup.sync.store import schema
from recoup.sync.store.answered import (
    LEAST,
    digest_page,
    forget_pages,
    is_answered,
    remember_page,
)
from recoup.sync.store.bulk import fetch_plain, insert_rows, mark, select_in, upsert_rows
from recoup.sync.store.columns import to_micros
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.payloads import BLOCK, NO_DICTIONARY, pack
from recoup.sync.store.rows import (
    content_hash,
    instant,
    payload_hash,
    to_rows,
)
from recoup.sync.store.writing import Change, bury, write_changes

__all__ = ["Stored", "store_payloads", "store_tombstones"]

_encode = msgspec.json.Encoder().encode
Mapper = Callable[[Sequence[Payload]], Sequence["Record | Exception"]]
_KNOWN = (
    "ledger_id, payload_hash, content_hash, version, changed_at, seen_at, observation,"
    " record, gone_at, parked_because, created_at, parked_customer"
)


@dataclass(slots=True)
class Stored:
    """What a page came to."""

    seen: int = 0
    changed: int = 0  # new or with new facts
    parked: int = 0

    def add(self, other: Stored) -> None:
        self.seen += other.seen
        self.changed += other.changed
        self.parked += other.parked


def store_payloads(
    conn: Connection,
    company: CompanyRow,
    payloads: Sequence[Payload],
    mapper: Mapper,
    at: datetime,
) -> Stored:
    """Store *payloads*; the caller's transaction also holds the cursor that covers them."""
    result = Stored(seen=len(payloads))
    types = dict.fromkeys(payload.source_type for payload in payloads)
    for name in types:
        page = payloads if len(types) == 1 else [p for p in payloads if p.source_type == name]
        result.add(_store_type(conn, company, name, page, mapper, to_micros(at)))
    return result


def _store_type(
    conn: Connection,
    company: CompanyRow,
    source_type: str,
    payloads: Sequence[Payload],
    mapper: Mapper,
    now: int,
) -> Stored:
    company_id, result, is_whole = company.company_id, Stored(), True
    latest = {payload.ledger_id: payload for payload in payloads}
    hashes = {ledger_id: payload_hash(payload.raw) for ledger_id, payload in latest.items()}
    ids = list(latest)
    page = digest_page(ids, hashes.values()) if len(ids) >= LEAST else None
    if page is not None and is_answered(conn, company_id, source_type, page):
        return result
    seen = _seen(conn, company_id, source_type, ids)
    fresh = [payload for i, payload in latest.items() if seen.get(i) != hashes[i]]
    if fresh:
        known = _known(conn, company_id, source_type, [p.ledger_id for p in fresh]) if seen else {}
        writer = _Page(conn, company, source_type, known, hashes, now)
        result = writer.store(fresh, mapper(fresh))
        is_whole = not writer.passed_over
    if page is not None and is_whole:
        remember_page(conn, company_id, source_type, page, ids)
    return result


def store_tombstones(
    conn: Connection, company_id: int, tombstones: Iterable[Tombstone], at: datetime
) -> int:
    """Mark confirmed deletions; returns how many were news."""
    news = 0
    now = to_micros(at)
    grouped: dict[str, dict[str, Tombstone]] = defaultdict(dict)
    for tombstone in tombstones:
        grouped[tombstone.source_type][tombstone.ledger_id] = tombstone
    for source_type, by_id in grouped.items():
        known = _known(conn, company_id, source_type, by_id)
        buried = [row for row in known.values() if row[8] is None]
        if not buried:
            continue
        news += len(buried)
        first = _next_observation(conn, company_id)
        objects = []
        for offset, row in enumerate(buried):
            merged = by_id[row[0]].merged_into
            head = (company_id, source_type, row[0], row[7], row[3], row[10], row[4], row[5])
            tail = (row[1], row[2], first + offset, now, merged, None, None)
            objects.append((*head, *tail))
        upsert_rows(conn, schema.objects, objects)
        forget_pages(conn, company_id, source_type, [row[0] for row in buried])
        ids = _encode([row[0] for row in buried]).decode()
        block = (company_id, first, len(buried), source_type, ids, now, NO_DICTIONARY, None)
        insert_rows(conn, schema.observations, [block])
        bury(conn, company_id, [(row[7], row[0], by_id[row[0]].merged_into) for row in buried], now)
    return news


def _seen(
    conn: Connection, company_id: int, source_type: str, ids: Iterable[str]
) -> dict[str, bytes | None]:
    """The payload hashes of stored objects, None of gone ones: all that most pages need."""
    columns, where = "ledger_id, payload_hash, gone_at", (company_id, source_type)
    rows = select_in(conn, schema.objects, columns, where, ids)
    return {i: digest if gone_at is None else None for i, digest, gone_at in rows}


def _known(
    conn: Connection, company_id: int, source_type: str, ids: Iterable[str]
) -> dict[str, tuple[Any, ...]]:
    rows = select_in(conn, schema.objects, _KNOWN, (company_id, source_type), ids)
    return {row[0]: row for row in rows}


def _next_observation(conn: Connection, company_id: int) -> int:
    sql = (
        f"SELECT observation + count FROM observations WHERE company_id = {mark(conn)}"
        " ORDER BY observation DESC LIMIT 1"
    )
    rows = fetch_plain(conn, sql, (company_id,))
    return rows[0][0] if rows else 1


class _Page:
    """The payloads of one type that were not known byte for byte."""

    def __init__(
        self,
        conn: Connection,
        company: CompanyRow,
        source_type: str,
        known: dict[str, tuple[Any, ...]],
        hashes: dict[str, bytes],
        now: int,
    ) -> None:
        self.conn, self.company_id, self.ledger = conn, company.company_id, company.ledger
        self.source_type, self.known, self.hashes, self.now = source_type, known, hashes, now
        self.passed_over = 0  # payloads older than what is stored

    def store(self, payloads: Sequence[Payload], records: Sequence[Record | Exception]) -> Stored:
        objects: list[tuple[Any, ...]] = []
        observed: list[Payload] = []
        changes: list[Change] = []
        outgrown: list[tuple[str, str, None]] = []  # an account that is no control account now
        result, place = Stored(), (self.company_id, self.source_type)
        number = _next_observation(self.conn, self.company_id)
        for payload, record in zip(payloads, records, strict=True):
            before = self.known.get(payload.ledger_id)
            try:
                if isinstance(record, Exception):
                    raise record
                rows = to_rows(record)
            except Skippable as error:
                error.__traceback__ = None  # it would keep the whole page alive
                objects.append(self._parked(payload, error, before, number + len(observed)))
                observed.append(payload)
                result.parked += 1
                continue
            digest = content_hash(record, rows)
            created_at, changed_at = instant(record.created_at), instant(record.changed_at)
            seen_at, observation = self.now, number + len(observed)
            same = False
            if before is not None:
                if self._is_older(changed_at, before):
                    self.passed_over += 1
                    continue
                seen_at = before[5]
                same = before[2] == digest and _is_live(before)
                observation = before[6] if same else observation
                if not same and before[7] != rows.record:
                    outgrown.append((before[7], payload.ledger_id, None))
            told = (payload.ledger_id, rows.record, record.version, created_at, changed_at)
            kept = (seen_at, self.hashes[payload.ledger_id], digest, observation)
            objects.append((*place, *told, *kept, None, None, None, None))
            if not same:
                observed.append(payload)
                changes.append(Change(rows, created_at, changed_at, before is None))
        if self.known:
            upsert_rows(self.conn, schema.objects, objects)
            forget_pages(self.conn, self.company_id, self.source_type, list(self.known))
        else:
            insert_rows(self.conn, schema.objects, objects)
        self._observe(observed, number)
        bury(self.conn, self.company_id, outgrown, self.now)
        write_changes(self.conn, self.company_id, changes, self.now)
        result.changed = len(observed)
        return result

    def _is_older(self, changed_at: int | None, before: tuple[Any, ...]) -> bool:
        """Whether a newer version is stored: pages overlap and may come late."""
        if before[4] is None or changed_at is None:
            return False
        return changed_at < before[4] and _is_live(before)

    def _parked(
        self, payload: Payload, error: Skippable, before: tuple[Any, ...] | None, number: int
    ) -> tuple[Any, ...]:
        """The object of a payload that is no record: what was known of it before stays."""
        known = before or (None, b"", b"", None, None, self.now, 0, "unmapped", None, None, None)
        customer = error.customer_id if isinstance(error, Unreadable) else None
        return (
            self.company_id,
            self.source_type,
            payload.ledger_id,
            known[7],
            known[3],
            known[10],
            known[4],
            known[5],
            self.hashes[payload.ledger_id],
            b"",
            number,
            None,
            None,
            str(error),
            customer,
        )

    def _observe(self, payloads: Sequence[Payload], number: int) -> None:
        if not payloads:
            return
        raws = [payload.raw for payload in payloads]
        dictionary, blocks = pack(self.conn, self.ledger, self.source_type, raws)
        rows = []
        for start, block in zip(range(0, len(raws), BLOCK), blocks, strict=True):
            ids = [payload.ledger_id for payload in payloads[start : start + BLOCK]]
            named = (self.source_type, _encode(ids).decode(), self.now)
            first = (self.company_id, number + start, len(ids))
            rows.append((*first, *named, dictionary, block))
        insert_rows(self.conn, schema.observations, rows)


def _is_live(before: tuple[Any, ...]) -> bool:
    return before[8] is None and before[9] is None
