"""What Sage holds: counts, lists by time of creation, and what is open."""

from __future__ import annotations

from collections.abc import Iterator

from recoup.connector.pages import Fetched, Page, Swept, Window
from recoup.plugins.sage.client import Client, stamp
from recoup.plugins.sage.confirm import is_gone
from recoup.plugins.sage.decode import Row
from recoup.plugins.sage.enrich import EDGED, Enricher
from recoup.plugins.sage.entities import ALLOCATIONS, OPENING_BALANCES, RESOURCES
from recoup.plugins.sage.faults import RoleRefused
from recoup.plugins.sage.keyset import SINCE, SORT, walk_changes
from recoup.plugins.sage.listing import Lister, walk_pages
from recoup.plugins.sage.metered import Metered
from recoup.plugins.sage.touching import OPEN_STATUSES

__all__ = ["count_all", "sweep", "sweep_open"]


def count_all(client: Client, *, reduced: bool) -> list[Swept]:
    """Count every resource that a pull covers; each is a call, payments are two."""
    counted: list[Swept] = []
    for path in RESOURCES:
        if reduced and path == ALLOCATIONS:
            continue
        try:
            count = _count(client, path)
        except RoleRefused:
            if path != OPENING_BALANCES:
                raise
            continue
        counted.append(Swept(source_type=path, window=Window(), count=count))
    return counted


def sweep(
    client: Client, enricher: Enricher, source_type: str, window: Window, listed: bool
) -> tuple[Swept, Fetched]:
    """Count or list what was created in *window*.

    Sage filters by the time of change alone. What was created from a time on has changed since,
    so the list begins there; its end is looked for in the rows.
    """
    if source_type not in RESOURCES:  # of our own making: nothing of it is Sage's to count
        ids = frozenset[str]() if listed else None
        return Swept(source_type=source_type, window=window, count=0, ids=ids), Fetched()
    if not listed and window == Window():
        count = _count(client, source_type)
        return Swept(source_type=source_type, window=window, count=count), Fetched()
    rows = {row.ledger_id: row for row in _within(client, source_type, window)}
    if not listed:
        return Swept(source_type=source_type, window=window, count=len(rows)), Fetched()
    swept = Swept(source_type=source_type, window=window, count=len(rows), ids=frozenset(rows))
    return swept, Fetched(payloads=enricher.payloads(source_type, rows.values()))


def sweep_open(client: Client, enricher: Enricher) -> Iterator[Page]:
    """Yield the documents that are UNPAID or PART_PAID; opening balances have no status."""
    meter = Metered(client)
    for path, resource in RESOURCES.items():
        if not resource.by_status:
            continue
        ids: set[str] = set()
        for status in OPEN_STATUSES:
            params = {**resource.listed, **SORT, "status_id": status}
            if enricher.reduced and path in EDGED:
                params["show_payments_allocations"] = "true"
            for step in walk_changes(Lister(client, path, params), None):
                rows = [row for row in step.rows if not is_gone(row)]
                ids.update(row.ledger_id for row in rows)
                payloads = enricher.payloads(path, rows)
                yield Page(payloads=payloads, cursor={}, calls=meter.take())
        whole = Swept(
            source_type=path, window=Window(), count=len(ids), ids=frozenset(ids), open_only=True
        )
        yield Page(swept=[whole], cursor={}, calls=meter.take())


def _count(client: Client, path: str) -> int:
    resource = RESOURCES[path]
    count = 0
    for chosen in resource.counted:
        page = client.page(path, {**resource.listed, **chosen}, rows=1)
        count += page.total if page.total is not None else page.shown
    return count


def _within(client: Client, path: str, window: Window) -> Iterator[Row]:
    resource = RESOURCES[path]
    for chosen in resource.counted:
        params = {**resource.listed, **chosen}
        if window.start is not None:
            params[SINCE] = stamp(window.start)
        lister = Lister(client, path, params)
        for rows in walk_pages(lister):
            for row in rows:
                if not is_gone(row) and _is_inside(row, window):
                    yield row


def _is_inside(row: Row, window: Window) -> bool:
    """Without a time of creation an object is in every window."""
    if row.created_at is None:
        return True
    start, end = window
    return (start is None or start <= row.created_at) and (end is None or row.created_at < end)
