"""From an answer to objects: split first, decode only what somebody asks for.

A page is cut into the bytes of its objects with their ids. The bytes are Xero's own, so that they
can be hashed, stored and mapped again later. A blank row is no object; a row whose id cannot be
read gets a name of its own, so that it is parked alone and told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import msgspec

from recoup.connector.errors import Retriable
from recoup.connector.pages import Payload, Tombstone
from recoup.plugins.xero.dates import read_instant
from recoup.plugins.xero.entities import Listing

__all__ = ["NotWhole", "Rows", "encode", "read_elements", "read_rows", "read_time", "read_tree"]

_NOWHERE = "00000000-0000-0000-0000-000000000000"
_BLANK = frozenset({b"", b"null", b"{}", b"[]"})


class NotWhole(Retriable):
    """A body that cannot be what Xero meant to send."""


class _Pagination(msgspec.Struct, rename="camel"):
    page_count: int | None = None
    item_count: int | None = None


class _Timed(msgspec.Struct, rename={"time": "DateTimeUTC"}):
    time: str | None = None


class Rows(NamedTuple):
    """The objects of one page, in its order."""

    payloads: list[Payload]
    merged: list[Tombstone]  # contacts that went into another one
    time: datetime | None  # Xero's clock
    page_count: int | None  # None where Xero does not page
    item_count: int | None
    found: int  # rows on the page, whatever they were


_timed = msgspec.json.Decoder(_Timed)
_tree = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def read_rows(body: bytes, listing: Listing) -> Rows:
    """Split a page. Raises Retriable when it is not whole."""
    page = _decode(_page_decoder(listing.plural), body)
    pagination = page.pagination or _Pagination()
    if page.rows is None and pagination.page_count is None:
        raise _cut(f"an answer without {listing.plural}")
    head = _head_decoder(listing.id_field)
    payloads: list[Payload] = []
    merged: list[Tombstone] = []
    for raw in page.rows or ():
        row = bytes(raw)
        if row.strip() in _BLANK:
            continue
        ledger_id, into = _name_of(head, row)
        if ledger_id == _NOWHERE:
            continue
        if into:
            merged.append(Tombstone(listing.source_type, ledger_id, into))
        else:
            payloads.append(Payload(listing.source_type, ledger_id, row))
    found = len(page.rows or ())
    time, pages, items = _instant(page.time), pagination.page_count, pagination.item_count
    return Rows(payloads, merged, time, pages, items, found)


def read_elements(body: bytes, plural: str) -> list[Any]:
    """Decode the elements of an answer with exact decimals; none where the member is absent."""
    tree = read_tree(body)
    elements = tree.get(plural) if isinstance(tree, dict) else None
    return [element for element in elements or [] if element]


def read_tree(body: bytes) -> Any:
    """Decode a whole body with exact decimals."""
    return _decode(_tree, body)


def read_time(body: bytes) -> datetime | None:
    """Read Xero's clock off any answer."""
    try:
        return _instant(_timed.decode(body).time)
    except msgspec.MsgspecError:
        return None


def encode(body: Mapping[str, Any]) -> bytes:
    """Write a request; decimals keep their digits."""
    return _encoder.encode(body)


@cache
def _page_decoder(plural: str) -> msgspec.json.Decoder[Any]:
    fields: list[Any] = [
        ("rows", list[msgspec.Raw] | None, None),
        ("time", str | None, None),
        ("pagination", _Pagination | None, None),
    ]
    kind = msgspec.defstruct(plural, fields, rename={"rows": plural, "time": "DateTimeUTC"})
    return msgspec.json.Decoder(kind)


@cache
def _head_decoder(id_field: str) -> msgspec.json.Decoder[Any]:
    fields: list[Any] = [("id", str | None, None), ("into", str | None, None)]
    names = {"id": id_field, "into": "MergedToContactID"}
    return msgspec.json.Decoder(msgspec.defstruct(id_field, fields, rename=names))


def _name_of(head: msgspec.json.Decoder[Any], row: bytes) -> tuple[str, str | None]:
    try:
        found = head.decode(row)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        found = None
    if found is None or not found.id:
        return f"unnamed-{hashlib.blake2b(row, digest_size=8).hexdigest()}", None
    return found.id, found.into


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        raise _cut("an answer that is not whole") from None


def _instant(text: str | None) -> datetime | None:
    try:
        return read_instant(text)
    except ValueError:
        return None


def _cut(what: str) -> NotWhole:
    return NotWhole(f"Xero sent {what}", retry_after=timedelta(minutes=1))
