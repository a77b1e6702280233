"""The first pass over a company, and the full pass when changes can no longer be followed.

The high-water mark is the server's clock before the first page, so that whatever changes during
the pass is brought by the delta that follows at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from recoup.connector.errors import Fatal, Retriable
from recoup.connector.pages import Page, Swept, Window
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.cursor import State
from recoup.plugins.quickbooks.decode import count_created_before
from recoup.plugins.quickbooks.entities import ENTITIES
from recoup.plugins.quickbooks.metered import Metered
from recoup.plugins.quickbooks.scan import scan
from recoup.plugins.quickbooks.structs import PreferencesObject
from recoup.plugins.quickbooks.sweep import count_entities

__all__ = ["begin", "read_home_currency", "run"]

MOST_ATTEMPTS = 3


def begin(client: Client, *, before: State | None = None) -> State:
    """Open a pass. *before* is the state of an earlier pull, whose home currency must still hold.

    Raises Fatal when the home currency has changed: amounts of both could not be told apart.
    """
    _, at = client.company_info()
    if at is None:
        raise Retriable("QuickBooks did not say what time it is")
    home = read_home_currency(client)
    if before is not None and before.home != home:
        raise Fatal(
            f"the company's home currency changed from {before.home} to {home}: "
            "connect it as a new company in a new workspace"
        )
    counts = count_entities(client, ENTITIES)
    full = before is not None
    queue = tuple(entity for entity in ENTITIES if full or counts[entity])
    return State(
        phase="bootstrap",
        home=home,
        high_water=at,
        queue=queue,
        full=full,
        total=sum(counts.values()),
    )


def read_home_currency(client: Client) -> str:
    """Return the ISO code of the home currency, from Preferences."""
    prefs = msgspec.json.decode(client.preferences(), type=PreferencesObject).currency_prefs
    home = prefs.home_currency.value if prefs is not None and prefs.home_currency else None
    if not home:
        raise Fatal("QuickBooks names no home currency: set it in the company's settings")
    return home


def run(client: Client, state: State, meter: Metered) -> Iterator[Page]:
    """Yield the pages of a pass; the last page's cursor is that of a delta."""
    while True:
        while state.queue:
            for page_state, page in _read_entity(client, state, meter):
                state = page_state
                yield page
        short = _short(client, state) if state.attempt < MOST_ATTEMPTS else ()
        if not short:
            break
        state = replace(state, queue=short, attempt=state.attempt + 1)
    done = State(phase="delta", home=state.home, high_water=state.high_water)
    yield Page(cursor=done.dump(), calls=meter.take(), total=state.total)


def _read_entity(client: Client, state: State, meter: Metered) -> Iterator[tuple[State, Page]]:
    """Read the first entity of the queue. The ids of a listing pass are kept in memory, so a
    listing that was cut off starts again with its entity."""
    entity, *rest = state.queue
    listing = state.full or state.attempt == MOST_ATTEMPTS
    if listing and state.position > 1:
        state = replace(state, position=1, fence=(), found={**state.found, entity: 0})
    if state.position == 1:
        state = replace(state, found={**state.found, entity: 0})
    ids: set[str] = set()
    before = state.high_water.replace(microsecond=0)
    for step in scan(client, entity, position=state.position, fence=state.fence):
        older = count_created_before(step.payloads, step.created, before)
        found = {**state.found, entity: state.found[entity] + older}
        state = replace(state, position=step.position, fence=step.fence, found=found)
        if listing:
            ids.update(row.ledger_id for row in step.payloads)
        if step.last:
            state = replace(state, queue=tuple(rest), position=1, fence=())
        swept = (
            [Swept(source_type=entity, window=Window(), count=len(ids), ids=frozenset(ids))]
            if listing and step.last
            else []
        )
        page = Page(
            payloads=step.payloads,
            swept=swept,
            cursor=state.dump(),
            calls=meter.take(),
            total=state.total,
        )
        yield state, page


def _short(client: Client, state: State) -> tuple[str, ...]:
    """Return the entities of which fewer were read than the ledger counts.

    Only what is older than the high-water mark is compared: the rest comes with the delta, and
    so do deletions, which make the ledger's count the smaller one.
    """
    counted = count_entities(client, tuple(state.found), state.high_water)
    return tuple(entity for entity, count in counted.items() if state.found[entity] < count)
