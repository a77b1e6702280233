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

from sqlalchemy import Connection, select

from recoup.connector.errors import Skippable, Unreadable
from recoup.connector.model import Record
from recoup.connector.pages import Payload, Tombstone
from recoup.sync.store import schema
from recoup.sync.store.bulk import fetch_plain, insert_rows, mark, select_in, upsert_rows
from recoup.sync.store.columns import to_micros
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.payloads import compress
from recoup.sync.store.rows import (
    content_hash,
    instant,
    payload_hash,
    record_name,
    to_rows,
)
from recoup.sync.store.writing import Change, bury, write_changes

__all__ = ["Stored", "store_payloads", "store_tombstones"]

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
    latest: dict[str, dict[str, Payload]] = defaultdict(dict)
    for payload in payloads:
        latest[payload.source_type][payload.ledger_id] = payload
    for source_type, by_id in latest.items():
        seen = _seen(conn, company.company_id, source_type, by_id)
        fresh = []
        hashes: dict[str, bytes] = {}
        for ledger_id, payload in by_id.items():
            digest = hashes[ledger_id] = payload_hash(payload.raw)
            if seen.get(ledger_id) != digest:
                fresh.append(payload)
        if fresh:
            known = _known(conn, company.company_id, source_type, (p.ledger_id for p in fresh))
            page = _Page(conn, company, source_type, known, hashes, to_micros(at))
            result.add(page.store(fresh, mapper(fresh)))
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
        objects, observations = [], []
        for offset, row in enumerate(buried):
            merged = by_id[row[0]].merged_into
            head = (company_id, source_type, row[0], row[7], row[3], row[10], row[4], row[5])
            tail = (row[1], row[2], first + offset, now, merged, None, None)
            objects.append((*head, *tail))
            observations.append((company_id, first + offset, source_type, row[0], now, 0, None))
        upsert_rows(conn, schema.objects, objects)
        insert_rows(conn, schema.observations, observations)
        bury(conn, company_id, [(row[7], row[0], by_id[row[0]].merged_into) for row in buried], now)
    return news


def _seen(
    conn: Connection, company_id: int, source_type: str, ids: Iterable[str]
) -> dict[str, bytes]:
    """The payload hashes of those objects that are not gone: all that most pages need."""
    wanted = sorted(ids)
    if _is_unknown_range(conn, company_id, source_type, wanted[0], wanted[-1]):
        return {}
    columns, where = "ledger_id, payload_hash, gone_at", (company_id, source_type)
    rows = select_in(conn, schema.objects, columns, where, wanted)
    return {ledger_id: digest for ledger_id, digest, gone_at in rows if gone_at is None}


def _known(
    conn: Connection, company_id: int, source_type: str, ids: Iterable[str]
) -> dict[str, tuple[Any, ...]]:
    wanted = sorted(ids)
    if _is_unknown_range(conn, company_id, source_type, wanted[0], wanted[-1]):
        return {}
    rows = select_in(conn, schema.objects, _KNOWN, (company_id, source_type), wanted)
    return {row[0]: row for row in rows}


def _is_unknown_range(
    conn: Connection, company_id: int, source_type: str, first: str, last: str
) -> bool:
    """Whether no id from *first* to *last* is stored, as on the pages of a first pull.

    SQLite alone is asked: PostgreSQL orders text by its locale, where a range means another.
    """
    if conn.dialect.name != "sqlite":
        return False
    sign = mark(conn)
    sql = (
        f"SELECT 1 FROM objects WHERE company_id = {sign} AND source_type = {sign}"
        f" AND ledger_id >= {sign} AND ledger_id <= {sign} LIMIT 1"
    )
    return not fetch_plain(conn, sql, (company_id, source_type, first, last))


def _next_observation(conn: Connection, company_id: int) -> int:
    observations = schema.observations.c
    last = conn.scalar(
        select(observations.observation)
        .where(observations.company_id == company_id)
        .order_by(observations.observation.desc())
        .limit(1)
    )
    return 1 if last is None else last + 1


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

    def store(self, payloads: Sequence[Payload], records: Sequence[Record | Exception]) -> Stored:
        objects: list[tuple[Any, ...]] = []
        observed: list[Payload] = []
        changes: list[Change] = []
        outgrown: list[tuple[str, str, None]] = []  # an account that is no control account now
        result = Stored()
        number = _next_observation(self.conn, self.company_id)
        for payload, record in zip(payloads, records, strict=True):
            before = self.known.get(payload.ledger_id)
            if not isinstance(record, Exception):
                try:
                    rows = to_rows(record)
                except Unreadable as error:
                    record = error
            if isinstance(record, Exception):
                objects.append(self._parked(payload, record, before, number + len(observed)))
                observed.append(payload)
                result.parked += 1
                continue
            if self._is_older(record, before):
                continue
            digest = content_hash(record, rows)
            same = before is not None and before[2] == digest and _is_live(before)
            objects.append(self._object(payload, record, before, digest, same, number, observed))
            if not same:
                observed.append(payload)
                changes.append(Change(record, rows, is_new=before is None))
                if before is not None and before[7] != record_name(record):
                    outgrown.append((before[7], payload.ledger_id, None))
        (upsert_rows if self.known else insert_rows)(self.conn, schema.objects, objects)
        self._observe(observed, number)
        bury(self.conn, self.company_id, outgrown, self.now)
        write_changes(self.conn, self.company_id, changes, self.now)
        result.changed = len(observed)
        return result

    def _is_older(self, record: Record, before: tuple[Any, ...] | None) -> bool:
        """Whether a newer version is stored: pages overlap and may come late."""
        if before is None or before[4] is None or record.changed_at is None:
            return False
        return to_micros(record.changed_at) < before[4] and _is_live(before)

    def _object(
        self,
        payload: Payload,
        record: Record,
        before: tuple[Any, ...] | None,
        digest: bytes,
        same: bool,
        number: int,
        observed: Sequence[Payload],
    ) -> tuple[Any, ...]:
        return (
            self.company_id,
            self.source_type,
            payload.ledger_id,
            record_name(record),
            record.version,
            instant(record.created_at),
            instant(record.changed_at),
            self.now if before is None else before[5],
            self.hashes[payload.ledger_id],
            digest,
            before[6] if same and before is not None else number + len(observed),
            None,
            None,
            None,
            None,
        )

    def _parked(
        self, payload: Payload, error: Exception, before: tuple[Any, ...] | None, number: int
    ) -> tuple[Any, ...]:
        """The object of a payload that is no record: what was known of it before stays."""
        if not isinstance(error, Skippable):
            raise error
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
        raws = [payload.raw for payload in payloads]
        dictionary, packed = compress(self.conn, self.ledger, self.source_type, raws)
        head, now = self.company_id, self.now
        rows = [
            (head, number + n, self.source_type, payload.ledger_id, now, dictionary, frame)
            for n, (payload, frame) in enumerate(zip(payloads, packed, strict=True))
        ]
        insert_rows(self.conn, schema.observations, rows)


def _is_live(before: tuple[Any, ...]) -> bool:
    return before[8] is None and before[9] is None
