"""Run the stand-in in the foreground until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recoup.connector.standin.serving import serve_until_told
from recoup.connector.standin.words import say
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn


def serve(
    books_list: Sequence[Books],
    port: int,
    *,
    throttle: bool = True,
    state: str | None = None,
    ready: Callable[[str], object] = say,
    options: Options | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; *ready* gets the URL once requests are answered.

    state: a file in which documents, replayed answers and grants survive a restart. Raises
    OSError when the port is taken.
    """
    options = options or Options()
    options.throttle, options.state = throttle, state or options.state
    serve_until_told(lambda: StandIn(books_list, port, options), ready)
