"""Intuit's webhooks: the signature, and both generations of the payload.

Legacy bodies hold ``eventNotifications``; since 2026 an array of CloudEvents comes instead. Both
only hint at what changed: events can be late, doubled or withheld.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from recoup.connector.errors import Skippable
from recoup.connector.events import ChangeHint

__all__ = ["parse", "verify"]

SIGNATURE = "intuit-signature"

# CloudEvents name types in lower case: qbo.creditmemo.updated.v1.
_TYPES = {
    name.lower(): name
    for name in (
        "Account Bill BillPayment Budget Class CreditMemo Currency Customer Department Deposit "
        "Employee Estimate Invoice Item JournalCode JournalEntry Payment PaymentMethod "
        "Preferences Purchase PurchaseOrder RefundReceipt SalesReceipt TaxAgency Term "
        "TimeActivity Transfer Vendor VendorCredit"
    ).split()
}
_OPERATIONS = {
    "created": "create",
    "updated": "update",
    "deleted": "delete",
    "voided": "void",
    "merged": "merge",
    "emailed": "emailed",
}


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether ``intuit-signature`` is base64(HMAC-SHA256(verifier token, body))."""
    given = next((v for k, v in headers.items() if k.lower() == SIGNATURE), "")
    try:
        signature = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return False
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return bool(secret) and hmac.compare_digest(signature, wanted)


def parse(body: bytes) -> Sequence[ChangeHint]:
    """Read a body of either generation. Raises Skippable when it is neither."""
    try:
        tree = msgspec.json.decode(body)
        if isinstance(tree, list):
            return list(_cloud_events(tree))
        if isinstance(tree, dict) and isinstance(tree.get("eventNotifications"), list):
            return list(_legacy(tree["eventNotifications"]))
    except (msgspec.MsgspecError, KeyError, TypeError, AttributeError, ValueError):
        raise Skippable(
            "a QuickBooks webhook cannot be read; the next pull makes up for it"
        ) from None
    raise Skippable("a QuickBooks webhook has neither known form; the next pull makes up for it")


def _legacy(notifications: list[Any]) -> Iterator[ChangeHint]:
    for notification in notifications:
        for entity in notification["dataChangeEvent"]["entities"]:
            merged = entity.get("deletedId")
            yield ChangeHint(
                company_id=str(notification["realmId"]),
                source_type=str(entity["name"]),
                ledger_id=str(entity["id"]),
                operation=str(entity["operation"]).lower(),
                changed_at=_instant(entity.get("lastUpdated")),
                merged_id=None if merged is None else str(merged),
            )


def _cloud_events(events: list[Any]) -> Iterator[ChangeHint]:
    for event in events:
        # qbo.invoice.updated.v1
        words = str(event["type"]).split(".")
        entity, happened = words[1], words[2]
        extra = event.get("data") or {}
        merged = extra.get("deletedId") or extra.get("deletedid")
        yield ChangeHint(
            company_id=str(event["intuitaccountid"]),
            source_type=_TYPES.get(entity.lower(), entity),
            ledger_id=str(event["intuitentityid"]),
            operation=_OPERATIONS.get(happened.lower(), happened.lower()),
            changed_at=_instant(event.get("time")),
            event_id=str(event["id"]) if event.get("id") is not None else None,
            merged_id=None if merged is None else str(merged),
        )


def _instant(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
