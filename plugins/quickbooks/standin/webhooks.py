"""Webhooks: what changed, signed, in either payload generation, with the platform's retries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import dumps
from recoup.plugins.quickbooks.standin.shelf import Shelf

RETRY_AFTER = (10, 20, 30, 5 * 60, 20 * 60, 2 * 3600, 4 * 3600, 6 * 3600)  # then 6-hourly
Post = Callable[[str, bytes, dict[str, str]], int]
Generation = Literal["legacy", "cloudevents"]


@dataclass(frozen=True)
class Event:
    """One change of one entity."""

    realm: str
    entity: str
    id: str
    operation: str  # Create, Update, Delete, Void, Merge or Emailed
    at: datetime
    deleted_id: str | None = None


@dataclass
class Delivery:
    """One message on its way; ``attempts`` counts the posts that failed."""

    body: bytes
    due_at: datetime
    attempts: int = 0


def legacy_body(events: list[Event]) -> bytes:
    """Write eventNotifications: changes grouped by realm."""
    by_realm: dict[str, list[Event]] = {}
    for event in events:
        by_realm.setdefault(event.realm, []).append(event)
    notes = []
    for realm, group in by_realm.items():
        entities = []
        for event in group:
            entry = {"name": event.entity, "id": event.id, "operation": event.operation}
            entry["lastUpdated"] = event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            if event.deleted_id:
                entry["deletedId"] = event.deleted_id
            entities.append(entry)
        notes.append({"realmId": realm, "dataChangeEvent": {"entities": entities}})
    return dumps({"eventNotifications": notes}).encode()


def cloudevents_body(events: list[Event]) -> bytes:
    """Write an array of CloudEvents 1.0."""
    words = {
        "Create": "created", "Update": "updated", "Delete": "deleted",
        "Void": "voided", "Merge": "merged", "Emailed": "emailed",
    }  # fmt: skip
    notes: list[dict[str, Any]] = []
    for event in events:
        kind = f"qbo.{event.entity.lower()}.{words[event.operation]}.v1"
        note: dict[str, Any] = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": "intuit.quickbooks-online",
            "type": kind,
            "datacontenttype": "application/json",
            "time": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "intuitentityid": event.id,
            "intuitaccountid": event.realm,
            "data": {"deletedId": event.deleted_id} if event.deleted_id else {},
        }
        notes.append(note)
    return dumps(notes).encode()


def signature(verifier: str, body: bytes) -> str:
    """Return the value of the header intuit-signature."""
    digest = hmac.new(verifier.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


@dataclass
class Webhooks:
    """Collects changes and delivers them when it is told to: ``deliver`` never waits.

    The clock decides what is due; *post* sends one body and returns the HTTP status, 0 for none.
    """

    clock: Clock
    url: str | None = None
    verifier: str = "verifier"
    generation: Generation = "cloudevents"
    deliveries: list[Delivery] = field(default_factory=list)
    _pending: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listen(self, shelf: Shelf) -> None:
        """Collect the changes of one company."""

        def note(entity: str, id: str, operation: str, deleted_id: str | None) -> None:
            event = Event(shelf.realm, entity, id, operation, shelf.instant(), deleted_id)
            with self._lock:
                if self.url is not None:
                    self._pending.append(event)

        shelf.on_change = note

    def subscribe(
        self, url: str, verifier: str = "verifier", generation: Generation = "cloudevents"
    ) -> None:
        """Deliver from now on to *url*, signed with *verifier*."""
        with self._lock:
            self.url, self.verifier, self.generation = url, verifier, generation

    def gather(self) -> None:
        """Make one message of all changes collected so far."""
        with self._lock:
            if self._pending:
                write = legacy_body if self.generation == "legacy" else cloudevents_body
                self.deliveries.append(Delivery(write(self._pending), self.clock.now()))
                self._pending = []

    def deliver(self, post: Post, *, twice: bool = False, newest_first: bool = False) -> int:
        """Post every message that is due and return how many were taken with a 2xx.

        twice: each message is sent two times. newest_first: out of order.
        """
        self.gather()
        now = self.clock.now()
        with self._lock:
            due = [delivery for delivery in self.deliveries if delivery.due_at <= now]
            url = self.url
        taken = 0
        for delivery in reversed(due) if newest_first else due:
            headers = {
                "Content-Type": "application/json",
                "intuit-signature": signature(self.verifier, delivery.body),
                "intuit-t-id": str(uuid.uuid4()),
            }
            status = 0
            for _ in range(2 if twice else 1):
                status = post(str(url), delivery.body, headers)
            if 200 <= status < 300:
                taken += 1
                with self._lock:
                    self.deliveries.remove(delivery)
            else:
                wait = RETRY_AFTER[min(delivery.attempts, len(RETRY_AFTER) - 1)]
                delivery.attempts += 1
                delivery.due_at = now + timedelta(seconds=wait)
        return taken
