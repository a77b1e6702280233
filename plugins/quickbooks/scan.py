"""Paging that survives deletions: the last ids of a page must come again on the next one.

Offsets shift when somebody deletes rows between two pages; rows would be skipped without a
trace. So pages overlap by a few rows, the fence. When none of them comes again, the scan steps
back until one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from recoup.connector.pages import Payload
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.entities import page_statement

__all__ = ["Step", "scan"]

FENCE_ROWS = 5
FIRST_STEP_BACK = 50


class Step(NamedTuple):
    """One page of a scan: rows not seen before, and where the next page starts."""

    payloads: list[Payload]
    created: Mapping[str, object]  # when, as sent, by id
    position: int
    fence: tuple[str, ...]
    last: bool


def scan(
    client: Client,
    entity: str,
    conditions: Sequence[str] = (),
    *,
    position: int = 1,
    fence: tuple[str, ...] = (),
) -> Iterator[Step]:
    """Yield the objects of *entity* page by page, in the order of their ids.

    position and fence continue a scan that was cut off. Rows that are created, changed or
    deleted meanwhile may be missing or old; change data capture brings them.
    """
    rows = client.page_rows
    back = FIRST_STEP_BACK
    while True:
        statement = page_statement(entity, conditions, start=position, rows=rows)
        page, _, created = client.query(statement, entity)
        seen = _fence_at(page, fence)
        if fence and seen is None and position > 1:
            position = max(1, position - back)
            back *= 2
            continue
        back = FIRST_STEP_BACK
        last = len(page) < rows
        overlap = min(FENCE_ROWS, len(page), rows - 1)
        position += len(page) - overlap
        fence = tuple(row.ledger_id for row in page[len(page) - overlap :])
        new = page[0 if seen is None else seen + 1 :]
        yield Step(new, created, position, fence, last)
        if last:
            return


def _fence_at(page: Sequence[Payload], fence: tuple[str, ...]) -> int | None:
    """Where the last row of the fence stands on the page."""
    wanted = set(fence)
    found = [at for at, row in enumerate(page) if row.ledger_id in wanted]
    return found[-1] if found else None
