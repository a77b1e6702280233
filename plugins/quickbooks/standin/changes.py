"""Change data capture: what moved since an instant, within thirty days and a thousand objects."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime, timedelta

from recoup.connector.standin.wire import dumps
from recoup.plugins.quickbooks.standin.entities import BY_LOWER, COUNTED, HIDDEN, NOT_IN_CDC
from recoup.plugins.quickbooks.standin.fault import Fault, query_invalid
from recoup.plugins.quickbooks.standin.shelf import Shelf

LOOK_BACK = timedelta(days=30)
MOST_OBJECTS = 1000


def capture(
    shelf: Shelf,
    entities: str,
    changed_since: str,
    *,
    false_deleted: list[str] | None = None,
    poisoned: Set[tuple[str, str]] = frozenset(),
) -> str:
    """Return the text of ``CDCResponse``; the cap is shared by all entities and silent.

    false_deleted: ids that are reported Deleted although they live; an empty list means the
    first object of the answer. poisoned: (entity, id) of records that make the whole call fail
    with code 4002 as long as it would show them.
    """
    since = _since(shelf, changed_since)
    names = []
    for name in entities.split(","):
        entity = BY_LOWER.get(name.strip().lower(), name.strip())
        if (
            entity in NOT_IN_CDC
            or entity == HIDDEN
            or (entity not in BY_LOWER.values() and not shelf.table(entity))
        ):
            raise query_invalid(f"invalid context declaration: {name.strip()}")
        names.append(entity)
    left = MOST_OBJECTS
    parts = []
    for entity in names:
        found = _changed(shelf, entity, since)[:left]
        left -= len(found)
        rows = []
        for at, id, gone in found:
            if (entity, id) in poisoned and not gone:
                detail = f"QueryValidationError: {entity} {id} holds an invalid email address"
                raise Fault("4002", "Invalid query", detail)
            lie = false_deleted is not None and (id in false_deleted or not false_deleted)
            if lie and false_deleted is not None and not false_deleted:
                false_deleted = [id]
            rows.append(_stub(id, at) if gone or lie else shelf.text(entity, id))
        parts.append(_part(entity, rows))
    return '[{"QueryResponse":[' + ",".join(parts) + "]}]"


def _since(shelf: Shelf, text: str) -> datetime:
    try:
        since = shelf.read_time(text.replace(" ", "+"))  # a plus sign sent unescaped is a space
    except ValueError:
        detail = f"Date format is invalid for changedSince: {text}"
        raise Fault("2090", "Invalid Date Format", detail) from None
    if since < shelf.clock.now() - LOOK_BACK:
        detail = "changedSince must not lie more than 30 days in the past"
        raise Fault("2090", "Invalid changedSince", detail)
    return since


def _changed(shelf: Shelf, entity: str, since: datetime) -> list[tuple[str, str, bool]]:
    """Return (last updated, id, deleted) of what changed at or after *since*, oldest first."""
    found = []
    day = since.date().isoformat()
    for id, doc in shelf.table(entity).items():
        at = str((doc.get("MetaData") or {}).get("LastUpdatedTime") or "")
        # Local dates differ from UTC by a day at most: the rest is decided without parsing.
        if at and at[:10] >= _day_before(day) and shelf.read_time(at) >= since:
            found.append((shelf.read_time(at), id, at, False))
    for id, gone_at in shelf.tombstones(entity):
        if gone_at >= since:
            found.append((gone_at, id, shelf.local(gone_at), True))
    found.sort(key=lambda change: (change[0], len(change[1]), change[1]))
    return [(at, id, gone) for _, id, at, gone in found]


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _stub(id: str, at: str) -> str:
    meta = {"LastUpdatedTime": at}
    return dumps({"domain": "QBO", "status": "Deleted", "Id": id, "MetaData": meta})


def _part(entity: str, rows: list[str]) -> str:
    if not rows:
        return "{}"
    counted = f',"totalCount":{len(rows)}' if entity in COUNTED else ""
    return f'{{"{entity}":[{",".join(rows)}],"startPosition":1,"maxResults":{len(rows)}{counted}}}'
