"""One more call a pull, for what no change stamp would ever bring.

Once a day the organisation is looked at; once in thirty days every document is read again, one
page a pull, in the order of ids.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from recoup.connector.pages import Payload, Tombstone
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.company import check_same, identify
from recoup.plugins.xero.cursor import State
from recoup.plugins.xero.entities import BY_TYPE, LISTINGS
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
    late = state.checked_at is None or now - state.checked_at >= DAY
    # By turns where both are due, so that rare pulls come to the reading too.
    if late and not (state.round_queue and state.checked_last):
        check_same(state, identify(client))
        return replace(state, checked_at=now, checked_last=True), [], []
    if not state.round_queue:
        return state, [], []
    state = replace(state, checked_last=False)
    source_type, *rest = state.round_queue
    rows = client.page(BY_TYPE[source_type], page=state.round_page)
    if is_last(rows, state.round_page, client.page_rows):
        state = replace(state, round_queue=tuple(rest), round_page=1)
    else:
        state = replace(state, round_page=state.round_page + 1)
    return state, rows.payloads, rows.merged
