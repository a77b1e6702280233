"""Idempotency-Key: the same request within six minutes gets the answer of the first."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.listener import Answer
from recoup.plugins.xero.standin.fault import Fault
from recoup.plugins.xero.standin.options import Options

LONGEST = 128


class Keyed(Protocol):
    """What a request must show to be told apart."""

    method: str
    path: list[str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Kept:
    """One answer and until when it is repeated."""

    digest: str
    status: int
    body: bytes
    content_type: str
    until: datetime


class Replays:
    """The answers of one organisation by key. Same key, other request: refused."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self.clock = clock
        self.options = options
        self.kept: dict[str, Kept] = {}
        self.unsaved: list[str] = []
        self._lock = threading.RLock()

    def once(self, call: Keyed, change: Callable[[], Answer]) -> Answer:
        """Carry out a change, or repeat the answer of an earlier one. Raises Fault."""
        key = call.headers.get("idempotency-key")
        if key is None:
            return change()
        if not key or len(key) > LONGEST:
            raise Fault(
                f"The Idempotency-Key must have 1 to {LONGEST} characters",
                kind="IdempotencyKeyException",
            )
        text = f"{call.method} {'/'.join(call.path)} ".encode() + call.body
        digest = hashlib.sha256(text).hexdigest()
        with self._lock:
            now = self.clock.now()
            held = self.kept.get(key)
            if held is not None and held.until > now:
                if held.digest != digest:
                    raise Fault(
                        "The Idempotency-Key was used before with another request",
                        kind="IdempotencyKeyException",
                    )
                return Answer(held.status, held.body, held.content_type)
            answer = change()
            if answer.status < 400:
                until = now + timedelta(seconds=self.options.idempotency_seconds)
                kind = answer.content_type
                self.kept[key] = Kept(digest, answer.status, answer.body, kind, until)
                self.unsaved.append(key)
            return answer
