"""Six bugs that a sync has had before, planted into the real code of one child.

Each wraps what production runs; production knows nothing of them. A history must find each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from recoup.connector.pages import Fetched, Page, Tombstone
from recoup.connector.protocols import TokenSet
from recoup.plugins.quickbooks import delta
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.decode import Changes
from recoup.sync.pull.run import _Puller
from recoup.sync.store import cursors
from recoup.sync.store.vault import StoreVault

__all__ = ["BUGS", "plant"]


def cursor_from_our_clock() -> None:
    """The high-water mark is the time here instead of the ledger's own."""
    captured, informed = Client.changes, Client.company_info

    def changes(self: Client, entities: Sequence[str], since: datetime) -> Changes:
        return captured(self, entities, since)._replace(time=_our_time(self))

    def company_info(self: Client) -> tuple[bytes, datetime | None]:
        return informed(self)[0], _our_time(self)

    Client.changes = changes  # type: ignore[method-assign]
    Client.company_info = company_info  # type: ignore[method-assign]


def _our_time(client: Client) -> datetime:
    return client.session._connection.clock.now()


def no_overlap() -> None:
    """A pull asks for what came after the second of its mark, as an exclusive cursor does."""
    delta.OVERLAP = timedelta(seconds=-1)


def deletes_unconfirmed() -> None:
    """What change data capture calls deleted is taken to be deleted."""

    def confirm(client: Client, wanted: Sequence[tuple[str, str]]) -> Fetched:
        return Fetched(tombstones=[Tombstone(*pair) for pair in wanted])

    delta.confirm = confirm


def cursor_apart_from_its_page() -> None:
    """The cursor is committed first, the page in a transaction of its own."""
    store_page = _Puller.store_page

    def apart(self: _Puller, page: Page) -> None:
        company_id = self.company.company_id
        with self.store.write(company_id) as conn:
            cursors.write_cursor(conn, company_id, json.dumps(page.cursor), 0, self.clock.now())
        store_page(self, page)

    _Puller.store_page = apart  # type: ignore[method-assign]


def refresh_not_persisted() -> None:
    """Renewed tokens are used and never written down."""

    def store(
        self: StoreVault, conn: Any, grant_id: str, fresh: TokenSet, sealed: bytes
    ) -> TokenSet:
        return fresh

    StoreVault._store = store  # type: ignore[method-assign]


def saturation_ignored() -> None:
    """An answer of change data capture that is full is taken to be whole."""
    delta._is_saturated = lambda changes: False


BUGS: dict[str, Callable[[], None]] = {
    "cursor_from_our_clock": cursor_from_our_clock,
    "no_overlap": no_overlap,
    "deletes_unconfirmed": deletes_unconfirmed,
    "cursor_apart_from_its_page": cursor_apart_from_its_page,
    "refresh_not_persisted": refresh_not_persisted,
    "saturation_ignored": saturation_ignored,
}


def plant(name: str | None) -> None:
    """Change this process, and no other, for the worse."""
    if name is not None:
        BUGS[name]()
