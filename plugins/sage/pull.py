"""A pull: from whatever cursor there is to rest, every page of it resumable.

The mark that a pass leaves is the server's clock at its first call; the next one looks back ten
minutes before it. A first pass, and one that was cut off, are followed at once by a pass over the
changes that were made meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from msgspec.structs import replace

from recoup.connector.errors import Fatal, Retriable
from recoup.connector.pages import Cursor, Page
from recoup.plugins.sage import company
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.cursor import OVERLAP, VERSION, State
from recoup.plugins.sage.faults import RoleRefused
from recoup.plugins.sage.gathering import gathered
from recoup.plugins.sage.metered import Metered
from recoup.plugins.sage.passes import CHANGES, FIRST, Pass

__all__ = ["pull"]


def pull(
    client: Client, cursor: Cursor | None, *, on_state: Callable[[State], None]
) -> Iterator[Page]:
    """Yield everything that changed since *cursor*; None means all.

    on_state is told the base currency, and what may be read, before the first page that needs it.
    Raises NeedsReconnect when the grant does not reach the business any more.
    """
    meter = Metered(client)
    company.check_reach(client)
    now = client.server_time
    if now is None:
        raise Retriable("Sage did not say what time it is")
    state = _first(client, now) if cursor is None else State.load(cursor)
    if cursor is None:
        on_state(state)
        yield Page(cursor=state.dump(), calls=meter.take())
    handled = dict(state.handled)
    while state.phase != "rest":
        run = Pass(client, state, meter, handled, whole=cursor is None, on_state=on_state)
        yield from gathered(run.pages())
        state = run.state
    state = _changes(client, state, now)
    while state.phase != "rest":
        run = Pass(client, state, meter, handled, whole=True, on_state=on_state)
        yield from gathered(run.pages())
        state = run.state


def _first(client: Client, now: datetime) -> State:
    books = company.read_books(client)
    return State(
        version=VERSION,
        phase="first",
        home=books.home_currency,
        multicurrency=books.multicurrency,
        high_water=now,
        queue=FIRST,
    )


def _changes(client: Client, state: State, now: datetime) -> State:
    """The pass over what changed since the last mark, leaving a mark at *now*.

    When their clock went back, the mark goes back with it. Raises Fatal when the base currency
    has changed: amounts of both could not be told apart.
    """
    return replace(
        state,
        phase="changes",
        multicurrency=_is_multicurrency(client, state.home) or state.multicurrency,
        since=min(state.high_water, now) - OVERLAP,
        high_water=now,
        queue=CHANGES,
        position=None,
        contacts=(),
    )


def _is_multicurrency(client: Client, home: str) -> bool:
    """Look at the settings again, where the role allows it: a business may have grown."""
    try:
        books = company.read_books(client)
    except RoleRefused:
        return False
    if books.home_currency != home:
        raise Fatal(
            f"the business' base currency changed from {home} to {books.home_currency}: "
            "connect it as a new company in a new workspace"
        )
    return books.multicurrency
