"""Run the stand-in in the foreground until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn


def _say(line: str) -> None:
    print(line, flush=True)


def serve(
    books_list: Sequence[Books],
    port: int,
    *,
    throttle: bool = True,
    state: str | None = None,
    ready: Callable[[str], object] = _say,
    options: Options | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; *ready* gets the URL once requests are answered.

    state: a file in which documents and requestid answers survive a restart. Raises OSError
    when the port is taken.
    """
    options = options or Options()
    options.throttle, options.state = throttle, state or options.state
    stop = threading.Event()
    previous = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            previous[number] = signal.signal(number, lambda *_: stop.set())
    try:
        with StandIn(books_list, port, options) as standin:
            ready(standin.url)
            stop.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
