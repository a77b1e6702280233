"""Bugs planted into the Xero adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from recoup.connector.pages import Fetched, Page, Tombstone
from recoup.plugins.xero import adapter, pull
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.decode import Rows

__all__ = ["BUGS"]


def cursor_from_our_clock() -> None:
    """A window begins at the time here instead of Xero's own."""
    read = Client.page

    def page(self: Client, *args: Any, **options: Any) -> Rows:
        return read(self, *args, **options)._replace(time=self.now)

    Client.page = page  # type: ignore[method-assign]


def no_overlap() -> None:
    """A pull asks for what came after the second of its mark, as an exclusive cursor does."""
    pull.OVERLAP = timedelta(seconds=-1)


def deletes_unconfirmed() -> None:
    """What is asked for by id because a list no longer shows it is taken to be deleted."""

    def confirm(client: Client, wanted: Sequence[tuple[str, str]]) -> Fetched:
        return Fetched(tombstones=[Tombstone(*pair) for pair in wanted])

    adapter.confirm = confirm


def blind_spot_never_swept() -> None:
    """What changes without a change stamp is never looked for."""

    def sweep_open(client: Client) -> Iterator[Page]:
        yield from ()

    adapter.sweep_open = sweep_open


def page_count_ignored() -> None:
    """A list ends with its first page."""
    pull.is_last = lambda rows, number, page_rows: True


BUGS: dict[str, Callable[[], None]] = {
    "cursor_from_our_clock": cursor_from_our_clock,
    "no_overlap": no_overlap,
    "deletes_unconfirmed": deletes_unconfirmed,
    "blind_spot_never_swept": blind_spot_never_swept,
    "page_count_ignored": page_count_ignored,
}
