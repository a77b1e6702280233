"""Write intents: what is about to be done to a ledger, recorded before it is done.

An intent is committed with its idempotency key and its inverse before the first byte is sent.
The key is derived from what the write means, so a second process that decides the same thing
makes the same key and the platform answers with the first result.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from recoup.connector.model import DocumentRef

__all__ = ["Intent", "IntentState", "Operation", "Outcome", "intent_key"]

_NAMESPACE = uuid.UUID("5b0c3d6e-6f0e-5b7c-9a55-3f1f0d0c7a11")


class Operation(StrEnum):
    CREATE_PAYMENT = "create_payment"
    ALLOCATE = "allocate"
    REVERSE = "reverse"
    CREATE_INVOICE = "create_invoice"
    EMAIL_INVOICE = "email_invoice"
    ADD_NOTE = "add_note"
    EXPECTED_PAYMENT = "expected_payment"


class IntentState(StrEnum):
    """planned → sent → done | refused, and sent → unknown → done | refused."""

    PLANNED = "planned"  # committed, nothing sent
    SENT = "sent"  # handed to the platform, answer not stored
    UNKNOWN = "unknown"  # no answer came; only a replay of the key or a read decides
    DONE = "done"  # verified by reading back
    REFUSED = "refused"  # the platform said no; nothing happened
    REVERSED = "reversed"  # undone through its inverse


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One write. request and inverse are JSON objects that only the adapter reads."""

    key: str  # idempotency key; see intent_key
    operation: Operation
    natural_key: str  # what it means in words of the business, e.g. "bank line 77 → INV-3"
    request: Mapping[str, Any]
    inverse: Mapping[str, Any] = field(default_factory=dict)  # how reverse() takes it back
    state: IntentState = IntentState.PLANNED
    created_at: datetime | None = None
    result: DocumentRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a write led to, as read back from the ledger."""

    document: DocumentRef | None
    inverse: Mapping[str, Any]  # complete: filled in with ids that the write created
    touched: tuple[DocumentRef, ...] = ()  # documents whose balances moved; the engine re-reads
    raw: bytes = field(default=b"", repr=False)  # the platform's answer, stored like a payload


def intent_key(
    company: str, operation: Operation, natural_key: str, request: Mapping[str, Any]
) -> str:
    """Return the idempotency key: a UUIDv5 over company, operation, meaning and content.

    No clock and no chance take part. A repeat of the same decision gives the same key; a
    request with other content gives another.
    """
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), default=str)
    digest = hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, "\n".join((company, operation, natural_key, digest))))
