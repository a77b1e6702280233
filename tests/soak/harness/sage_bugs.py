"""Bugs planted into the Sage adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from recoup.connector.http import Answer
from recoup.connector.pages import Page
from recoup.plugins.sage import adapter, keyset, passes, pull
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.keyset import Step

__all__ = ["BUGS"]


def cursor_from_our_clock() -> None:
    """The mark of a pass is the time here instead of the server's own."""
    ask = Client._call

    def call(self: Client, *args: Any, **options: Any) -> Answer:
        answer = ask(self, *args, **options)
        self.server_time = self.now
        return answer

    Client._call = call  # type: ignore[method-assign]


def no_overlap() -> None:
    """A pass asks for what came after the second of its mark, as an exclusive cursor does."""
    pull.OVERLAP = passes.OVERLAP = timedelta(seconds=-1)


def deletes_unconfirmed() -> None:
    """What deleted_since shows is taken to be deleted; Sage may show what it voided there, too."""
    ask, is_gone = passes.Pass._deletions, passes.is_gone

    def deletions(self: passes.Pass, path: str) -> Iterator[Page]:
        passes.is_gone = lambda row: True
        try:
            yield from ask(self, path)
        finally:
            passes.is_gone = is_gone

    passes.Pass._deletions = deletions  # type: ignore[method-assign]


def deletions_never_asked_for() -> None:
    """deleted_since is not used."""

    def deletions(self: passes.Pass, path: str) -> Iterator[Page]:
        yield from ()

    passes.Pass._deletions = deletions  # type: ignore[method-assign]


def blind_spot_never_swept() -> None:
    """What changes without a change stamp is neither touched nor looked for."""

    def sweep_open(client: Client, enricher: Any) -> Iterator[Page]:
        yield from ()

    adapter.sweep_open = sweep_open
    passes._TOUCHING = frozenset()


def tied_second_read_once() -> None:
    """Of more rows in one second than fit on a page, the first page is taken to be all."""

    def tied(*_: Any) -> Iterator[Step]:
        yield from ()

    keyset._tied = tied


BUGS: dict[str, Callable[[], None]] = {
    "cursor_from_our_clock": cursor_from_our_clock,
    "no_overlap": no_overlap,
    "deletes_unconfirmed": deletes_unconfirmed,
    "deletions_never_asked_for": deletions_never_asked_for,
    "blind_spot_never_swept": blind_spot_never_swept,
    "tied_second_read_once": tied_second_read_once,
}
