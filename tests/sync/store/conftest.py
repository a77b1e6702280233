"""Fixtures for tests with several processes: actors, and a platform that rotates tokens."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recoup.connector.protocols import Clock
from recoup.sync.store.engine import Store, open_store

ACTORS = Path(__file__).with_name("actors.py")


@pytest.fixture
def start_actor() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a part of actors.py in a process of its own; all are gone when the test ends."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", str(ACTORS), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def sqlite_store(sqlite_address: str, clock: Clock) -> Store:
    """A store on SQLite alone; the test closes it."""
    return open_store(sqlite_address, clock=clock)


class TokenServer:
    """A platform whose refresh tokens work once.

    grace: the token before the last still works until its successor was used, as where the
    answer was lost on the way. Without it a second use is refused.
    """

    def __init__(self, *, grace: bool) -> None:
        self.grace = grace
        self.current, self.before = "refresh-0", ""
        self.issued = self.refused = 0
        self.after_answer: Callable[[], object] = lambda: None  # runs when an answer is out
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/"

    def exchange(self, token: str) -> str | None:
        """Return the next refresh token, None when the one shown is no good."""
        with self._lock:
            if token != self.current and not (self.grace and token == self.before):
                self.refused += 1
                return None
            self.issued += 1
            self.before, self.current = token, f"refresh-{self.issued}"
            return self.current

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                shown = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fresh = server.exchange(shown)
                body = json.dumps({"refresh_token": fresh}).encode()
                self.send_response(400 if fresh is None else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()
                server.after_answer()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def strict_server() -> Iterator[TokenServer]:
    server = TokenServer(grace=False)
    yield server
    server.close()


@pytest.fixture
def gracious_server() -> Iterator[TokenServer]:
    server = TokenServer(grace=True)
    yield server
    server.close()
