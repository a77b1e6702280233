"""A pull: from whatever cursor there is to a delta at rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from recoup.connector.pages import Cursor, Page
from recoup.plugins.quickbooks import bootstrap, delta
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.cursor import State
from recoup.plugins.quickbooks.metered import Metered

__all__ = ["pull"]


def pull(
    client: Client, cursor: Cursor | None, *, on_home: Callable[[str], None]
) -> Iterator[Page]:
    """Yield everything that changed since *cursor*; None means all.

    on_home is told the company's home currency before the first page that needs it.
    """
    meter = Metered(client)
    if cursor is None:
        state = bootstrap.begin(client)
        on_home(state.home)
        yield Page(cursor=state.dump(), calls=meter.take(), total=state.total)
    else:
        state = State.load(cursor)
        on_home(state.home)
    pages = _phase(client, state, meter)
    # A pass or a catch-up ends at a delta, which is run at once; a delta that had to open a
    # full pass is followed by another.
    settled = state.phase == "delta"
    last: Cursor | None = None
    opened = False
    for page in pages:
        last = page.cursor
        opened = opened or page.cursor.get("phase") == "bootstrap"
        yield page
    if last is not None and (not settled or opened):
        yield from delta.run(client, State.load(last), meter)


def _phase(client: Client, state: State, meter: Metered) -> Iterator[Page]:
    if state.phase == "bootstrap":
        return bootstrap.run(client, state, meter)
    if state.phase == "catchup":
        return delta.catch_up(client, state, meter)
    return delta.run(client, state, meter)
