"""One more call a pull, for what no change stamp would ever bring.

Once a day the organisation is looked at; once in thirty days every document is read again, one
page a pull, in the order of ids. A list that Xero will not walk whole is read in parts by date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from recoup.connector.pages import Payload, Tombstone
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.company import check_same, identify
from recoup.plugins.xero.cursor import State
from recoup.plugins.xero.entities import BY_TYPE, LISTINGS
from recoup.plugins.xero.faults import TooMany
from recoup.plugins.xero.slices import condition, narrower
from recoup.plugins.xero.sweep import is_last

__all__ = ["do_chore"]

DAY = timedelta(days=1)
ROUND = timedelta(days=30)
_ROUND_LISTS = tuple(listing.source_type for listing in LISTINGS if listing.paged)


def do_chore(client: Client, state: State) -> tuple[State, list[Payload], list[Tombstone]]:
    """Do what is due with one call, or nothing. Raises WrongCompany for other books."""
    now = state.clock
    if now is None:
        return state, [], []
    if not state.round_queue and (state.round_at is None or now - state.round_at >= ROUND):
        state = replace(state, round_at=now, round_queue=_ROUND_LISTS, round_page=1)
        state = replace(state, round_slices=())
    late = state.checked_at is None or now - state.checked_at >= DAY
    # By turns where both are due, so that rare pulls come to the reading too.
    if late and not (state.round_queue and state.checked_last):
        check_same(state, identify(client))
        return replace(state, checked_at=now, checked_last=True), [], []
    if not state.round_queue:
        return state, [], []
    state = replace(state, checked_last=False)
    source_type, *rest = state.round_queue
    listing, parts = BY_TYPE[source_type], state.round_slices
    where = condition(parts[0]) if parts else None
    try:
        rows = client.page(listing, page=state.round_page, where=where)
    except TooMany:
        smaller = narrower(parts, now.date()) if source_type != "Contact" else None
        if smaller is not None:
            return replace(state, round_page=1, round_slices=smaller), [], []
        # Nothing is smaller: the list is left to its changes alone.
        return replace(state, round_queue=tuple(rest), round_page=1, round_slices=()), [], []
    if is_last(rows, state.round_page, client.page_rows):
        state = _next(state, rest)
    else:
        state = replace(state, round_page=state.round_page + 1)
    return state, rows.payloads, rows.merged


def _next(state: State, rest: Sequence[str]) -> State:
    """Go on to the next part of the list, else to the next list."""
    if len(state.round_slices) > 1:
        return replace(state, round_page=1, round_slices=state.round_slices[1:])
    return replace(state, round_queue=tuple(rest), round_page=1, round_slices=())
