"""Bugs that a sync has had before, planted into the real code of one child.

Each wraps what production runs; production knows nothing of them. A history must find each. Those
of the engine stand here, those of an adapter with its platform.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from harness.platform import Platform
from recoup.connector.pages import Page
from recoup.connector.protocols import TokenSet
from recoup.sync.pull.run import _Puller
from recoup.sync.store import cursors
from recoup.sync.store.vault import StoreVault

__all__ = ["ENGINE", "plant"]


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


ENGINE: dict[str, Callable[[], None]] = {
    "cursor_apart_from_its_page": cursor_apart_from_its_page,
    "refresh_not_persisted": refresh_not_persisted,
}


def plant(platform: Platform, name: str | None) -> None:
    """Change this process, and no other, for the worse."""
    if name is not None:
        {**ENGINE, **platform.bugs}[name]()
