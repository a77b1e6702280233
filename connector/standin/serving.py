"""Run a stand-in in the foreground until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

__all__ = ["Serving", "serve_until_told"]


class Serving(Protocol):
    """A server that is answering."""

    @property
    def url(self) -> str: ...


def serve_until_told(
    server: Callable[[], AbstractContextManager[Serving]], ready: Callable[[str], object]
) -> None:
    """Serve until SIGINT or SIGTERM; *ready* gets the URL once requests are answered.

    server: makes the server, which serves while its context lasts. Raises what making it raises,
    OSError when the port is taken.
    """
    stop = threading.Event()
    previous = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            previous[number] = signal.signal(number, lambda *_: stop.set())
    try:
        with server() as serving:
            ready(serving.url)
            stop.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
