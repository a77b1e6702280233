"""How the answer to a consent reaches us: a loopback callback, or a pasted address."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

from recoup.connector.errors import UsageError

__all__ = ["Callback", "check_redirect", "is_loopback", "read_pasted"]

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>recoup</title>
<body style="font:1.1rem/1.5 system-ui;max-width:34rem;margin:15vh auto;padding:0 1rem">
<h1 style="font-size:1.4rem">{title}</h1><p>{text}</p></body></html>
"""
_SLICE = 0.2  # seconds between looks at the deadline


def check_redirect(uri: str) -> None:
    """Raise UsageError unless a browser can be sent to *uri*."""
    try:
        parts = urlsplit(uri)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, or a bracket that is not closed
        usable = False
    if not usable:
        raise UsageError(
            f"redirect address {uri!r} must look like https://www.example.com/recoup or "
            "http://localhost:8765/callback"
        )


def is_loopback(uri: str) -> bool:
    """Whether a browser on this machine brings the answer straight to us."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")


def read_pasted(pasted: str, redirect_uri: str, state: str) -> Mapping[str, str]:
    """Read the address that the browser landed on. Raises UsageError when it is another one."""
    parts, ours = urlsplit(pasted.strip()), urlsplit(redirect_uri)
    if (parts.scheme, parts.netloc, parts.path) != (ours.scheme, ours.netloc, ours.path):
        raise UsageError(
            f"that is not the redirected address: it starts with {redirect_uri}; "
            "copy the whole address bar and run the command again"
        )
    answer = dict(parse_qsl(parts.query))
    if not _same(answer.get("state", ""), state):
        raise UsageError("that address belongs to another consent; run the command again")
    return answer


class Callback:
    """Waits on 127.0.0.1 for one answer that carries *state*; every other caller is refused.

    redirect_uri: a loopback address with the port and path to listen on; None takes a free
    port. Raises UsageError when the port is taken.
    """

    def __init__(self, state: str, redirect_uri: str | None = None) -> None:
        wanted = urlsplit(redirect_uri or "http://127.0.0.1:0/callback")
        self._state = state
        self._path = wanted.path or "/"
        self._answer: dict[str, str] | None = None
        callback = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5  # a caller that connects and says nothing must not hold the line

            def do_GET(self) -> None:
                status, title, text = callback._receive(self.path)
                body = _PAGE.format(title=title, text=text).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the path holds the code."""

        try:
            self._server = _Server(("127.0.0.1", wanted.port or 0), Handler)
        except OSError as error:
            raise UsageError(
                f"port {wanted.port} of the redirect address is in use: {error.strerror}"
            ) from error
        self._server.timeout = _SLICE
        port = self._server.server_address[1]
        self.redirect_uri = redirect_uri or f"http://127.0.0.1:{port}{self._path}"

    def wait(self, seconds: float) -> Mapping[str, str]:
        """Return the query of the answer. Raises UsageError when none came in *seconds*."""
        deadline = time.monotonic() + seconds
        while self._answer is None:
            if time.monotonic() >= deadline:
                raise UsageError(
                    f"nobody consented within {seconds:.0f} seconds; run the command again"
                )
            self._server.handle_request()
        return self._answer

    def _receive(self, path: str) -> tuple[int, str, str]:
        parts = urlsplit(path)
        if parts.path != self._path:
            return 404, "Nothing here", "recoup waits for a consent at another address."
        answer = dict(parse_qsl(parts.query))
        if self._answer is not None or not _same(answer.get("state", ""), self._state):
            return 400, "Not accepted", "This answer does not belong to the consent asked for."
        self._answer = answer
        if "error" in answer:
            return 200, "Consent was refused", "Nothing was connected. You can close this page."
        return 200, "Thank you", "recoup has your consent. Go back to the terminal."

    def __enter__(self) -> Callback:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.server_close()


class _Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a caller who hangs up is no news, and a trace would hold the code."""


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
