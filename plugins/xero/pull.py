"""A pull: the lists in the order of their ids, within windows that Xero's own clock closes.

Pages in the order of ids lose nothing: an edit never moves a row, and a window by
If-Modified-Since only grows while it is read. The next window begins two minutes before the first
page of this one was answered, whatever our clock says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from recoup.connector.errors import Retriable
from recoup.connector.pages import Cursor, Page, Payload, Tombstone
from recoup.plugins.xero.chores import do_chore
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.company import accounts, debtors_account, identify
from recoup.plugins.xero.confirm import chunks, read_listed
from recoup.plugins.xero.control import read_control
from recoup.plugins.xero.cursor import State
from recoup.plugins.xero.entities import BY_TYPE, IDS_PER_CALL, LISTINGS
from recoup.plugins.xero.faults import TooMany
from recoup.plugins.xero.metered import Metered
from recoup.plugins.xero.related import names_in
from recoup.plugins.xero.slices import condition, narrower
from recoup.plugins.xero.sweep import is_last

__all__ = ["pull"]

OVERLAP = timedelta(seconds=120)
MOST_RELATED = 10 * IDS_PER_CALL  # beyond that all contacts are read, a thousand a call

LISTS = tuple(listing.source_type for listing in LISTINGS)
BATCHES = "BatchPayment"
RELATED, CONTROL, CHORE = "related", "control", "chore"
PASS = (*LISTS, RELATED, CONTROL, CHORE)


def pull(
    client: Client, cursor: Cursor | None, *, on_home: Callable[[str], None]
) -> Iterator[Page]:
    """Yield everything that changed since *cursor*; None means all.

    on_home is told the base currency before the first page that needs it.
    """
    meter = Metered(client)
    if cursor is None:
        state = _begin(client)
        on_home(state.home)
        yield Page(cursor=state.dump(), calls=meter.take())
        again = True
    else:
        state = State.load(cursor)
        on_home(state.home)
        again = bool(state.queue)  # it was cut off: what came meanwhile comes with another pass
        state = state if again else replace(state, queue=PASS)
    seen: set[str] = set()  # invoices of this pass; after a crash a few are read once more
    while state.queue:
        state, payloads, stones = _step(client, state, seen)
        if not state.queue and again:
            state = replace(state, first=False, queue=PASS)
            again = False
            seen.clear()
        elif state.queue and not payloads and not stones:
            continue  # nothing to store: where it is cut off here, a few calls are made again
        calls = meter.take()
        yield Page(payloads=payloads, tombstones=stones, cursor=state.dump(), calls=calls)


Step = tuple[State, list[Payload], list[Tombstone]]


def _begin(client: Client) -> State:
    """Open the first pass: what the organisation is, and which account its debtors stand on."""
    found = identify(client)
    return State(
        organisation=found.organisation,
        demo=found.demo,
        home=found.home,
        debtors=debtors_account(accounts(client)),
        queue=LISTS,
        first=True,
        news=True,
    )


def _step(client: Client, state: State, seen: set[str]) -> Step:
    """Do the first thing of the queue with one call at most, and take it off when it is done."""
    what = state.queue[0]
    if what == BATCHES and what in state.marks and not state.paid:
        # A batch changes with its payments only; without any it is not worth a call.
        return replace(state, queue=state.queue[1:]), [], []
    if what in BY_TYPE:
        return _list(client, state, seen)
    if what == RELATED:
        return _related(client, state)
    done = replace(state, queue=state.queue[1:])
    if what == CONTROL:
        if not (state.news and state.debtors):
            return done, [], []
        stated = read_control(client, state.debtors)
        return replace(done, news=False), [stated.payload], []
    return do_chore(client, done)


def _list(client: Client, state: State, seen: set[str]) -> Step:
    """Read one page of a list, or of the present part of it."""
    what = state.queue[0]
    mark = state.marks.get(what)
    where = condition(state.slices[0]) if state.slices else None
    try:
        rows = client.page(BY_TYPE[what], page=state.page, since=mark, where=where)
    except TooMany:
        return _narrowed(client, state), [], []
    began_at = state.began_at or rows.time
    if began_at is None:
        raise Retriable("Xero did not say what time it is")
    if what == "Invoice":
        seen.update(row.ledger_id for row in rows.payloads)
    if rows.payloads or rows.merged:
        state = replace(state, news=True, paid=state.paid or what == "Payment")
    if not state.first:
        state = _note(state, rows.payloads, seen)
    state = replace(state, began_at=began_at)
    if not is_last(rows, state.page, client.page_rows):
        return replace(state, page=state.page + 1), rows.payloads, rows.merged
    if len(state.slices) > 1:
        return replace(state, page=1, slices=state.slices[1:]), rows.payloads, rows.merged
    return _closed(state, began_at), rows.payloads, rows.merged


def _closed(state: State, began_at: datetime) -> State:
    """Move on from a list that was read to its end; its next window overlaps this one."""
    what, *rest = state.queue
    mark = state.marks.get(what)
    reached = max(began_at - OVERLAP, mark) if mark is not None else began_at - OVERLAP
    return replace(
        state,
        marks={**state.marks, what: reached},
        queue=tuple(rest),
        page=1,
        slices=(),
        paid=state.paid and what != BATCHES,
        began_at=None,
        clock=began_at,
        checked_at=state.checked_at or began_at,
        round_at=state.round_at or began_at,
    )


def _narrowed(client: Client, state: State) -> State:
    """Read in smaller parts. Raises TooMany when there are none."""
    what = state.queue[0]
    parts = narrower(state.slices, client.now.date()) if what != "Contact" else None
    if parts is None:
        raise TooMany(f"Xero will not walk the {BY_TYPE[what].plural}: too many of them")
    return replace(state, page=1, slices=parts)


def _note(state: State, payloads: list[Payload], seen: set[str]) -> State:
    """Remember what the documents of a page name."""
    named = names_in(payloads)
    if not named.contacts and not named.invoices:
        return state
    contacts = tuple(dict.fromkeys((*state.contacts, *named.contacts)))
    unseen = (id for id in (*state.invoices, *named.invoices) if id not in seen)
    invoices = tuple(dict.fromkeys(unseen))
    # Whatever money does to an invoice stamps it, so the next pass brings those beyond.
    return replace(state, contacts=contacts[: MOST_RELATED + 1], invoices=invoices[:MOST_RELATED])


def _related(client: Client, state: State) -> Step:
    """Read forty of what was named; all contacts when there are too many."""
    if len(state.contacts) > MOST_RELATED:
        marks = {name: mark for name, mark in state.marks.items() if name != "Contact"}
        queue = ("Contact", *state.queue)
        return replace(state, marks=marks, queue=queue, contacts=()), [], []
    if state.invoices:
        part = next(chunks(state.invoices))
        found, gone = read_listed(client, BY_TYPE["Invoice"], part)
        state = replace(state, invoices=state.invoices[len(part) :])
        return _note(state, found, set(part)), found, gone
    if state.contacts:
        part = next(chunks(state.contacts))
        found, gone = read_listed(client, BY_TYPE["Contact"], part)
        return replace(state, contacts=state.contacts[len(part) :]), found, gone
    return replace(state, queue=state.queue[1:]), [], []
