"""HTTP/1.1 with keep-alive and gzip around a stand-in; nothing of a platform lives here."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Answer", "Dropped", "Listener", "Request"]

WORTH_ZIPPING = 512  # bytes
PHRASES = {one.value: one.phrase for one in HTTPStatus}  # gateways have statuses of their own, too
LARGEST_BODY = 64 * 1024 * 1024


class Dropped(Exception):
    """The connection is to be cut without an answer."""


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """One response, before compression."""

    status: int
    body: bytes
    content_type: str = "application/json;charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None  # bytes of the body after which the connection is cut


class Listener(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and remembers its open connections so that it can close them.

    handle answers a request, in a thread per connection, or raises Dropped. now is the instant
    of the Date header.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, handle: Callable[[Request], Answer], now: Callable[[], datetime], port: int
    ) -> None:
        self.handle = handle
        self.now = now
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in a thread of its own."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close one connection."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours; everything else is shown."""
        import sys

        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def close_all(self) -> None:
        """Close the listening socket and every connection."""
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = 300

    @property
    def _listener(self) -> Listener:
        assert isinstance(self.server, Listener)
        return self.server

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the stand-in has its own log."""

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._serve()

    def do_PUT(self) -> None:
        """Answer a PUT."""
        self._serve()

    def do_DELETE(self) -> None:
        """Answer a DELETE."""
        self._serve()

    def _serve(self) -> None:
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self._body(headers))
        try:
            answer = self._listener.handle(request)
        except Dropped:
            self._cut()
            return
        self._send(answer, headers)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks()
        length = int(headers.get("content-length") or 0)
        if length > LARGEST_BODY:
            raise ConnectionError("body too large")
        body = self.rfile.read(length)
        return gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _send(self, answer: Answer, headers: dict[str, str]) -> None:
        body = answer.body
        zipped = len(body) > WORTH_ZIPPING and _wants_gzip(headers.get("accept-encoding", ""))
        if zipped:
            body = gzip.compress(body, compresslevel=1)
        self.send_response_only(answer.status, PHRASES.get(answer.status, ""))
        self.send_header("Date", formatdate(self._listener.now().timestamp(), usegmt=True))
        self.send_header("Content-Type", answer.content_type)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.cut is not None:
            kept = len(body) * answer.cut // max(len(answer.body), 1)
            self.wfile.write(body[: max(min(kept, len(body) - 1), 0)])
            self._cut()
            return
        self.wfile.write(body)
        self.wfile.flush()

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


def _wants_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        name, _, quality = part.strip().partition(";q=")
        if name.strip() == "gzip":
            return quality.strip() not in ("0", "0.0", "0.00", "0.000")
    return False
