"""From a response body to objects: split first, decode only what somebody asks for.

A page is cut into the bytes of its objects; only the few fields that paging needs are read. The
bytes are Sage's own. A row whose head has another shape keeps what can be read of it, or gets a
name of its own, so that it is parked alone. Where a record cannot be made of them alone, what else
was read for it is put in front, under ``$recoup``: the rest stays as received.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
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
_BLANK = frozenset({b"", b"null", b"{}"})


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
_named = msgspec.json.Decoder(_Named)
_text = msgspec.json.Decoder(str)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
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


def read_row(raw: bytes, name: str | None = None) -> Row | None:
    """Read the head of one object; None for a blank one.

    name: what it is called where it does not say so itself.
    """
    if raw.strip() in _BLANK:
        return None
    try:
        head = _head.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _odd_row(raw, name)
    if not head.id:
        return _odd_row(raw, name)
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


def _odd_row(raw: bytes, name: str | None) -> Row:
    """A row whose head is not as described, with what can be read of it.

    It counts as alive whatever it says, so that the mapping parks it and nothing is deleted.
    """
    try:
        members = _members.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        members = {}

    def part(member: str, decoder: msgspec.json.Decoder[Any]) -> Any:
        try:
            return decoder.decode(members[member])
        except (KeyError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    status, kind, contact = (part(n, _named) for n in ("status", "transaction_type", "contact"))
    return Row(
        part("id", _text) or name or f"unnamed-{hashlib.blake2b(raw, digest_size=8).hexdigest()}",
        raw,
        read_instant(part("created_at", _text)),
        read_instant(part("updated_at", _text)),
        False,
        (status.id or "").upper() if status is not None else "",
        (kind.id or "").upper() if kind is not None else "",
        contact.id if contact is not None else None,
    )


def read_object(body: bytes) -> bytes:
    """Return the bytes of a single object. Raises Retriable when they are none, or cut off."""
    raw = body.removeprefix(BYTE_ORDER_MARK).strip()
    try:
        _members.decode(raw)
    except msgspec.MsgspecError as error:
        raise _cut(str(error)) from None
    return raw


def read_tree(body: bytes) -> Any:
    """Decode a whole body; numbers with a point stay exact."""
    try:
        return _tree.decode(body.removeprefix(BYTE_ORDER_MARK))
    except msgspec.MsgspecError:
        raise _cut("not JSON") from None


@lru_cache(maxsize=4096)  # a page's are asked for by the paging and again by the mapping
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
    return Retriable(
        f"Sage sent an answer that is not whole: {what}", retry_after=timedelta(minutes=1)
    )
