"""Xero's webhooks: one address for all organisations of an app, signed with one key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from recoup.connector.errors import Skippable
from recoup.connector.events import ChangeHint
from recoup.plugins.xero.dates import read_instant

__all__ = ["parse", "verify"]

SIGNATURE = "x-xero-signature"
_TYPES = {
    "CONTACT": "Contact",
    "INVOICE": "Invoice",
    "CREDITNOTE": "CreditNote",
    "PREPAYMENT": "Prepayment",
    "OVERPAYMENT": "Overpayment",
    "PAYMENT": "Payment",
}


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether the signature is base64(HMAC-SHA256(body, key)).

    To learn whether anybody listens Xero also sends wrong ones: those must be answered with 401.
    """
    given = next((v for name, v in headers.items() if name.lower() == SIGNATURE), "")
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    signed = hmac.compare_digest(base64.b64encode(digest), given.strip().encode())
    return bool(secret) and signed


def parse(body: bytes) -> Sequence[ChangeHint]:
    """Read the events; one of a category nobody knows yet keeps its word, in title case.

    Raises Skippable when the body is none of Xero's.
    """
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        raise Skippable("a Xero webhook is not JSON") from None
    events = tree.get("events") if isinstance(tree, dict) else None
    if not isinstance(events, list):
        raise Skippable("a Xero webhook holds no list of events")
    first = tree.get("firstEventSequence")
    return list(_hints(events, first if isinstance(first, int) else None))


def _hints(events: Sequence[Any], first: int | None) -> Iterator[ChangeHint]:
    for at, event in enumerate(events):
        if not isinstance(event, dict) or not event.get("tenantId") or not event.get("resourceId"):
            continue
        category = str(event.get("eventCategory") or "")
        yield ChangeHint(
            company_id=str(event["tenantId"]),
            source_type=_TYPES.get(category, category.title()),
            ledger_id=str(event["resourceId"]),
            operation=str(event.get("eventType") or "").lower(),
            changed_at=_instant(event.get("eventDateUtc")),
            event_id=None if first is None else str(first + at),
        )


def _instant(text: object) -> Any:
    try:
        return read_instant(text) if isinstance(text, str) else None
    except ValueError:
        return None
