"""What changed since the last pull: change data capture, and windows of queries where it fails.

Capture answers one call for all entities, with at most 1,000 objects and no word when it cut the
rest. It goes back 30 days. It has been seen to report living objects as deleted and to fail
whole because of one bad record. So: a saturated or failed answer is asked again per entity; an
entity that still does not fit is read by its time of change in ever smaller windows and then
listed, because its deletions may be among what was cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from recoup.connector.errors import Skippable
from recoup.connector.pages import Page, Payload, Swept, Tombstone, Window
from recoup.plugins.quickbooks import bootstrap
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.confirm import confirm
from recoup.plugins.quickbooks.cursor import State
from recoup.plugins.quickbooks.decode import Changes
from recoup.plugins.quickbooks.entities import (
    ENTITIES,
    changed_conditions,
    page_statement,
)
from recoup.plugins.quickbooks.faults import RangeRefused, RequestRefused, SystemFault
from recoup.plugins.quickbooks.metered import Metered
from recoup.plugins.quickbooks.scan import scan

__all__ = ["catch_up", "run"]

OVERLAP = timedelta(minutes=10)
LONGEST_GAP = timedelta(days=29)
CAPTURE_ROWS = 1000
SECOND = timedelta(seconds=1)

CAPTURE_FAULTS = (RequestRefused, SystemFault, Skippable)


def run(client: Client, state: State, meter: Metered) -> Iterator[Page]:
    """Yield what changed since ``state.high_water``. Nothing new is one call and one page."""
    since = (state.high_water - OVERLAP).replace(microsecond=0)
    client.session.refused_at = None
    changes: Changes | None = None
    at: datetime | None = None
    try:
        changes = client.changes(ENTITIES, since)
        at = changes.time
    except RangeRefused:
        yield from _full_pass(client, state, meter)
        return
    except CAPTURE_FAULTS:
        at = client.session.refused_at or client.company_info()[1]
        if at is None:
            raise
    if at - since > LONGEST_GAP:
        yield from _full_pass(client, state, meter)
        return
    if changes is None or _is_saturated(changes):
        behind = replace(state, phase="catchup", high_water=at, since=since, queue=ENTITIES)
        yield from catch_up(client, behind, meter)
        return
    payloads, tombstones = _settle(client, changes, state.confirmed)
    known = tuple(f"{entity} {ledger_id}" for entity, ledger_id in changes.deleted)
    living = {f"{row.source_type} {row.ledger_id}" for row in payloads}
    after = replace(
        state,
        high_water=changes.time,
        confirmed=tuple(name for name in known if name not in living),
    )
    yield Page(
        payloads=payloads,
        tombstones=tombstones,
        cursor=after.dump(),
        calls=meter.take(),
        total=len(payloads),
    )


def catch_up(client: Client, state: State, meter: Metered) -> Iterator[Page]:
    """Work through the entities of the queue; each page's cursor knows what is left."""
    while state.queue:
        entity, *rest = state.queue
        left = replace(state, queue=tuple(rest), window_from=None)
        yield from _one_entity(client, state, left, entity, meter)
        state = left
    done = State(phase="delta", home=state.home, high_water=state.high_water)
    yield Page(cursor=done.dump(), calls=meter.take())


def _one_entity(
    client: Client, state: State, left: State, entity: str, meter: Metered
) -> Iterator[Page]:
    since = state.since or state.high_water - OVERLAP
    changes: Changes | None = None
    if state.window_from is None:
        try:
            changes = client.changes([entity], since)
        except CAPTURE_FAULTS:
            changes = None  # the windows below do without it
    if changes is not None and not _is_saturated(changes):
        payloads, tombstones = _settle(client, changes, ())
        yield Page(payloads=payloads, tombstones=tombstones, cursor=left.dump(), calls=meter.take())
        return
    start = state.window_from or since
    for rows, read_to in _windows(client, entity, start, state.high_water + SECOND):
        cursor = replace(state, window_from=read_to).dump()
        yield Page(payloads=rows, cursor=cursor, calls=meter.take())
    # Its deletions may be among what was cut off. A count would not do: a document from before
    # the mark that was edited meanwhile is not stored yet and would stand in for a lost one.
    ids = frozenset(row.ledger_id for step in scan(client, entity) for row in step.payloads)
    swept = Swept(source_type=entity, window=Window(), count=len(ids), ids=ids)
    yield Page(swept=[swept], cursor=left.dump(), calls=meter.take())


def _windows(
    client: Client, entity: str, start: datetime, end: datetime
) -> Iterator[tuple[Sequence[Payload], datetime]]:
    """Yield objects by time of change, window by window, with the end of each window.

    A window that fills a whole page is halved; one second that does so is paged by id.
    """
    start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    width = end - start
    while start < end:
        stop = min(start + width, end)
        conditions = changed_conditions(start, stop)
        order = "MetaData.LastUpdatedTime"
        statement = page_statement(entity, conditions, order=order, rows=client.page_rows)
        rows = client.query(statement, entity).payloads
        if len(rows) < client.page_rows:
            yield rows, stop
            start, width = stop, width * 2
        elif stop - start > SECOND:
            width = max(SECOND, timedelta(seconds=(stop - start) // SECOND // 2))
        else:
            for step in scan(client, entity, conditions):
                yield step.payloads, stop if step.last else start
            start = stop


def _settle(
    client: Client, changes: Changes, confirmed: Sequence[str]
) -> tuple[list[Payload], list[Tombstone]]:
    """Confirm what is said to be deleted, but not what the pull before has confirmed already."""
    known = set(confirmed)
    claimed = [pair for pair in changes.deleted if f"{pair[0]} {pair[1]}" not in known]
    if not claimed:
        return changes.payloads, []
    found = confirm(client, claimed)
    return [*changes.payloads, *found.payloads], list(found.tombstones)


def _is_saturated(changes: Changes) -> bool:
    return changes.rows >= CAPTURE_ROWS or bool(changes.partial)


def _full_pass(client: Client, state: State, meter: Metered) -> Iterator[Page]:
    opened = bootstrap.begin(client, before=state)
    yield Page(cursor=opened.dump(), calls=meter.take(), total=opened.total)
    yield from bootstrap.run(client, opened, meter)
