"""Pages that are stored exactly as they came: the same page once more brings nothing.

A long pull that reads everything again is mostly pages that were seen before. One digest and one
look-up then stand for a thousand objects. A page is forgotten as soon as one of its objects
changes; new objects beside it take nothing from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from recoup.sync.store import schema
from recoup.sync.store.bulk import delete_keys, fetch_plain, mark, upsert_rows

__all__ = ["LEAST", "digest_page", "forget_pages", "is_answered", "remember_page"]

LEAST = 100  # smaller pages are looked up object by object


def digest_page(ids: Sequence[str], hashes: Iterable[bytes]) -> bytes:
    """Digest of a page: its objects' ids and payload hashes, in order."""
    named = "\n".join(ids).encode()
    return hashlib.sha256(b"".join(hashes) + named).digest()[:16]


def is_answered(conn: Connection, company_id: int, source_type: str, digest: bytes) -> bool:
    """Whether the page is stored and nothing on it has changed since."""
    sign = mark(conn)
    sql = (
        f"SELECT 1 FROM answered WHERE company_id = {sign} AND source_type = {sign}"
        f" AND digest = {sign}"
    )
    return bool(fetch_plain(conn, sql, (company_id, source_type, digest)))


def remember_page(
    conn: Connection, company_id: int, source_type: str, digest: bytes, ids: Sequence[str]
) -> None:
    """Note a page of which every object is now stored with the very bytes it came with."""
    row = (company_id, source_type, digest, min(ids), max(ids))
    upsert_rows(conn, schema.answered, [row])


def forget_pages(
    conn: Connection, company_id: int, source_type: str, changed: Sequence[str]
) -> None:
    """Forget the pages that may hold one of the objects *changed*.

    Compared here, not in SQL: databases order text by locales.
    """
    sign = mark(conn)
    sql = (
        f"SELECT digest, low, high FROM answered WHERE company_id = {sign} AND source_type = {sign}"
    )
    touched = [
        (company_id, source_type, digest)
        for digest, low, high in fetch_plain(conn, sql, (company_id, source_type))
        if any(low <= ledger_id <= high for ledger_id in changed)
    ]
    delete_keys(conn, schema.answered, touched)
