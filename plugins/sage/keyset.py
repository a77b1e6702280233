"""Reading a list in the order of its changes without losing a row that changes meanwhile.

Always page 1 from the last time of change on, inclusive: an edit moves a row to the end, where it
comes again, and moves nothing past us. Walking page 1, 2, 3 over the same order loses rows. When
more rows share one second than fit on a page, that second is paged to its end again and again
until a round brings nothing new.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from recoup.plugins.sage.client import stamp
from recoup.plugins.sage.decode import ListPage, Row
from recoup.plugins.sage.listing import Lister, walk_pages

__all__ = ["SORT", "Step", "walk_changes"]

SORT = {"sort": "updated_at"}
SINCE = "updated_or_created_since"
SECOND = timedelta(seconds=1)
MOST_ROUNDS = 20

Seen = dict[str, datetime | None]


class Step(NamedTuple):
    """Rows not seen before, and from where a walk that was cut off goes on."""

    rows: list[Row]
    position: datetime | None


def walk_changes(lister: Lister, since: datetime | None) -> Iterator[Step]:
    """Yield what changed at or after *since*, oldest first; None means everything.

    lister must sort by updated_at. The last step has the position to rest at.
    """
    position = since.replace(microsecond=0) if since is not None else None
    seen: Seen = {}
    while True:
        page = lister.page(1, _from(position))
        times = [row.updated_at for row in page.rows if row.updated_at is not None]
        if page.rows and not times:  # nothing to order by: the filter alone has to do
            for rows in walk_pages(lister):
                yield Step(rows, position)
            return
        last = max(times) if times else None
        fresh = _fresh(page.rows, seen)
        if last is None or not _goes_on(page, lister):
            yield Step(fresh, last or position)
            return
        second = last.replace(microsecond=0)
        if position is None or second > position:
            position = second
            seen = {row.ledger_id: row.updated_at for row in page.rows if _in(row, second)}
            yield Step(fresh, position)
            continue
        if fresh:
            yield Step(fresh, position)
        yield from _tied(lister, position, seen)
        position += SECOND
        seen = {}


def _tied(lister: Lister, second: datetime, seen: Seen) -> Iterator[Step]:
    """Read the rows of one second until a whole round brings nothing new."""
    for _ in range(MOST_ROUNDS):
        number, found, listed = 1, False, set[str]()
        while True:
            page = lister.page(number, _from(second))
            # A row that does not say when it changed may stand anywhere: it is never left out.
            here = [row for row in page.rows if row.updated_at is None or _in(row, second)]
            fresh = _fresh(here, seen)
            ids = {row.ledger_id for row in page.rows}
            if fresh:
                found = True
                yield Step(fresh, second)
            beyond = any(row.updated_at and row.updated_at >= second + SECOND for row in page.rows)
            if beyond or not ids - listed or page.shown < lister.rows:
                break
            listed |= ids
            number += 1
        if not found:
            return


def _fresh(rows: list[Row], seen: Seen) -> list[Row]:
    """Rows that were not seen as they are now; they are noted."""
    fresh = []
    for row in rows:
        if row.ledger_id in seen and seen[row.ledger_id] == row.updated_at:
            continue
        seen[row.ledger_id] = row.updated_at
        fresh.append(row)
    return fresh


def _goes_on(page: ListPage, lister: Lister) -> bool:
    if page.total is not None and page.total > page.shown:
        return True
    return page.shown >= lister.rows


def _in(row: Row, second: datetime) -> bool:
    return row.updated_at is not None and second <= row.updated_at < second + SECOND


def _from(position: datetime | None) -> dict[str, str]:
    return {} if position is None else {SINCE: stamp(position)}
