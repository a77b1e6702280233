"""Webhooks: what changed, signed, with the intent to receive, retries and the end of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import dumps
from recoup.plugins.xero.standin.books import Books

RETRY_AFTER = (5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600)  # then every four hours
GIVE_UP = timedelta(hours=24)
CATEGORIES = {
    "Invoices": "INVOICE",
    "Contacts": "CONTACT",
    "CreditNotes": "CREDITNOTE",
    "Prepayments": "PREPAYMENT",
    "Payments": "PAYMENT",
}
_WITH_STATE = ("CREDITNOTE", "PREPAYMENT", "PAYMENT")
Post = Callable[[str, bytes, dict[str, str]], int]


@dataclass(frozen=True)
class Event:
    """One change of one document."""

    tenant: str
    kind: str
    id: str
    event: str  # CREATE or UPDATE
    at: datetime
    state: tuple[tuple[str, str], ...] = ()

    def shown(self) -> dict[str, Any]:
        """The event as the body carries it."""
        category = CATEGORIES[self.kind]
        body: dict[str, Any] = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{self.kind}/{self.id}",
            "resourceId": self.id,
            "tenantId": self.tenant,
            "tenantType": "ORGANISATION",
            "eventCategory": category,
            "eventType": self.event,
            "eventDateUtc": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        }
        if self.state:
            body["data"] = dict(self.state)
        return body


@dataclass
class Delivery:
    """One message on its way; ``attempts`` counts the posts that failed."""

    body: bytes
    due_at: datetime
    born_at: datetime
    attempts: int = 0


def signature(key: str, body: bytes) -> str:
    """The value of the header x-xero-signature."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


@dataclass
class Webhooks:
    """Collects changes and delivers them when it is told to: ``deliver`` never waits.

    The clock decides what is due; *post* sends one body and returns the HTTP status, 0 for none.
    A message that is refused for a day disables the webhook until somebody enables it again.
    """

    clock: Clock
    url: str | None = None
    key: str = "key"
    enabled: bool = False
    categories: frozenset[str] = frozenset(CATEGORIES.values())
    deliveries: list[Delivery] = field(default_factory=list)
    sequence: int = 0
    _pending: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listen(self, books: Books) -> None:
        """Collect the changes of one organisation."""

        def note(kind: str, id: str, event: str) -> None:
            category = CATEGORIES.get(kind)
            if category is None or category not in self.categories:
                return
            state: tuple[tuple[str, str], ...] = ()
            if category in _WITH_STATE:
                doc = books.find(kind, id) or {}
                word = doc.get("Type") or doc.get("PaymentType") or ""
                state = (("Type", str(word)), ("Status", str(doc.get("Status", ""))))
            with self._lock:
                if self.url is not None and self.enabled:
                    at = books.clock.now()
                    self._pending.append(Event(books.tenant_id, kind, id, event, at, state))

        books.on_change = note

    def subscribe(self, url: str, key: str = "key", *, enabled: bool = True) -> None:
        """Deliver from now on to *url*, signed with *key*; without the intent to receive."""
        with self._lock:
            self.url, self.key, self.enabled = url, key, enabled

    def intend(self, post: Post) -> bool:
        """Send the intent to receive, right and wrong; the webhook is enabled if all is well.

        A right signature must be answered with 200, a wrong one with 401.
        """
        kept = True
        for right in (True, False, True, False):
            body = self._body([], 0, 0)
            signed = signature(self.key if right else f"{self.key}?", body)
            status = post(str(self.url), body, _headers(signed))
            kept &= status == (200 if right else 401)
        with self._lock:
            self.enabled = kept
        return kept

    def _body(self, events: list[Event], first: int, last: int) -> bytes:
        body = {
            "events": [event.shown() for event in events],
            "firstEventSequence": first,
            "lastEventSequence": last,
            "entropy": secrets.token_hex(10).upper(),
        }
        return dumps(body).encode()

    def gather(self) -> None:
        """Make one message of all changes collected so far."""
        with self._lock:
            if self._pending:
                first = self.sequence + 1
                self.sequence += len(self._pending)
                now = self.clock.now()
                body = self._body(self._pending, first, self.sequence)
                self.deliveries.append(Delivery(body, now, now))
                self._pending = []

    def lose(self) -> int:
        """Drop what is collected and on its way: the receiver sees a gap. Returns the messages."""
        self.gather()
        with self._lock:
            lost, self.deliveries = len(self.deliveries), []
            return lost

    def deliver(
        self, post: Post, *, twice: bool = False, newest_first: bool = False, signed: bool = True
    ) -> int:
        """Post every message that is due and return how many were taken with a 200.

        twice: each message is sent two times. newest_first: out of order. signed: False signs
        with a wrong key, which must be refused.
        """
        self.gather()
        now = self.clock.now()
        with self._lock:
            due = [one for one in self.deliveries if one.due_at <= now] if self.enabled else []
        taken = 0
        for delivery in reversed(due) if newest_first else due:
            key = self.key if signed else f"{self.key}?"
            status = 0
            for _ in range(2 if twice else 1):
                status = post(str(self.url), delivery.body, _headers(signature(key, delivery.body)))
            if status == 200:
                taken += 1
            with self._lock:
                if status == 200:
                    self.deliveries.remove(delivery)
                    continue
                wait = RETRY_AFTER[min(delivery.attempts, len(RETRY_AFTER) - 1)]
                delivery.attempts += 1
                delivery.due_at = now + timedelta(seconds=wait)
                if now - delivery.born_at >= GIVE_UP:
                    self.enabled = False
        return taken


def _headers(signed: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "x-xero-signature": signed}
