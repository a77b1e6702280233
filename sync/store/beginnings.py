"""When a company's documents came to be known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from recoup.sync.store.schema import documents, objects

__all__ = ["first_seen_uncreated"]


def first_seen_uncreated(conn: Connection, company_id: int) -> datetime | None:
    """When a document without a creation time of the ledger's was first seen; None: there is none.

    Such a document counts as known from then on, whatever day it is dated to.
    """
    kinds = select(documents.c.kind).where(documents.c.company_id == company_id).distinct()
    found: datetime | None = conn.scalar(
        select(func.min(objects.c.seen_at)).where(
            objects.c.company_id == company_id,
            objects.c.created_at.is_(None),
            objects.c.record.in_(kinds),
        )
    )
    return found
