"""From a response body to objects: split first, decode only what somebody asks for.

A page is cut into the bytes of its objects; only the few fields that paging needs are read. The
bytes are Sage's own. Where a record cannot be made of them alone, what else was read for it is
put in front, under ``$recoup``: the rest stays as received.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from recoup.connector.errors import Retriable

__all__ = [
    "ListPage",
    "Row",
    "encode",
    "read_instant",
    "read_object",
    "read_page",
    "read_row",
    "read_tree",
    "with_context",
]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONTEXT = "$recoup"


class _Named(msgspec.Struct, gc=False):
    id: str | None = None


class _Head(msgspec.Struct, gc=False):
    id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None
    status: _Named | None = None
    transaction_type: _Named | None = None
    contact: _Named | None = None


class _Envelope(msgspec.Struct):
    items: list[msgspec.Raw] | None = msgspec.field(default=None, name="$items")
    total: int | None = msgspec.field(default=None, name="$total")


_envelope = msgspec.json.Decoder(_Envelope, strict=False)
_head = msgspec.json.Decoder(_Head)
_array = msgspec.json.Decoder(list[msgspec.Raw])
_tree = msgspec.json.Decoder(float_hook=Decimal)


class Row(NamedTuple):
    """One object of a list, with what paging reads of it."""

    ledger_id: str
    raw: bytes
    created_at: datetime | None
    updated_at: datetime | None
    is_deleted: bool
    status: str  # upper case; "" where the object has none
    kind: str  # the transaction type, upper case; "" where the object has none
    contact_id: str | None


class ListPage(NamedTuple):
    """One page. Blank rows are left out of *rows* and still counted in *shown*."""

    rows: list[Row]
    shown: int
    total: int | None  # of the whole list, where Sage says


def read_page(body: bytes) -> ListPage:
    """Split a page. Raises Retriable when it is not whole."""
    body = body.removeprefix(BYTE_ORDER_MARK)
    try:
        if body.lstrip()[:1] == b"[":  # the description has some lists without an envelope
            found: list[msgspec.Raw] | None = _array.decode(body)
            total: int | None = len(found or ())
        else:
            envelope = _envelope.decode(body)
            found, total = envelope.items, envelope.total
        if found is None:
            raise _cut("a list without $items")
        rows = [row for raw in found if (row := read_row(bytes(raw))) is not None]
    except msgspec.MsgspecError as error:
        raise _cut(str(error)) from None
    return ListPage(rows, len(found), total)


def read_row(raw: bytes) -> Row | None:
    """Read the head of one object; None for a blank one: null, or without an id."""
    if raw.strip() == b"null":
        return None
    head = _head.decode(raw)
    if not head.id:
        return None
    return Row(
        head.id,
        raw,
        read_instant(head.created_at),
        read_instant(head.updated_at),
        read_instant(head.deleted_at) is not None,
        (head.status.id or "").upper() if head.status is not None else "",
        (head.transaction_type.id or "").upper() if head.transaction_type is not None else "",
        head.contact.id if head.contact is not None else None,
    )


def read_object(body: bytes) -> bytes:
    """Return the bytes of a single object. Raises Retriable when they are none."""
    raw = body.removeprefix(BYTE_ORDER_MARK).strip()
    if not raw.startswith(b"{"):
        raise _cut("not an object")
    return raw


def read_tree(body: bytes) -> Any:
    """Decode a whole body; numbers with a point stay exact."""
    try:
        return _tree.decode(body.removeprefix(BYTE_ORDER_MARK))
    except msgspec.MsgspecError:
        raise _cut("not JSON") from None


def read_instant(text: str | None) -> datetime | None:
    """Read a time stamp; null, blank and what has no zone count as none."""
    if not text or not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def with_context(raw: bytes, context: Mapping[str, Any]) -> bytes:
    """Put what else is known in front of an object's own bytes; nothing known changes nothing."""
    if not context:
        return raw
    body = raw.lstrip()[1:].lstrip()
    front = b'{"%s":%s' % (CONTEXT.encode(), msgspec.json.encode(context, order="sorted"))
    return front + (b"}" if body == b"}" else b"," + body)


def encode(body: Mapping[str, Any]) -> bytes:
    """Write a request body; Decimals become strings, as Sage asks for."""
    return msgspec.json.encode(body)


def _cut(what: str) -> Retriable:
    return Retriable(f"Sage sent an answer that is not whole: {what}")
