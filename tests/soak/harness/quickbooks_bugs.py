"""Bugs planted into the QuickBooks adapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from recoup.connector.pages import Fetched, Tombstone
from recoup.plugins.quickbooks import delta
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.decode import Changes

__all__ = ["BUGS"]


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


def saturation_ignored() -> None:
    """An answer of change data capture that is full is taken to be whole."""
    delta._is_saturated = lambda changes: False


BUGS: dict[str, Callable[[], None]] = {
    "cursor_from_our_clock": cursor_from_our_clock,
    "no_overlap": no_overlap,
    "deletes_unconfirmed": deletes_unconfirmed,
    "saturation_ignored": saturation_ignored,
}
