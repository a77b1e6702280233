"""From a response body to objects: split first, decode only what somebody asks for.

A page is cut into the bytes of its objects with their ids; nothing else in them is decoded. The
bytes are the platform's own, so that they can be hashed, stored and mapped again later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from itertools import repeat
from typing import Any, NamedTuple

import msgspec

from recoup.connector.errors import Retriable
from recoup.connector.pages import Payload

__all__ = [
    "BatchAnswer",
    "Changes",
    "Rows",
    "count_created_before",
    "encode",
    "read_batch",
    "read_batch_count",
    "read_batch_rows",
    "read_changes",
    "read_count",
    "read_object",
    "read_query",
    "read_time",
    "read_tree",
]

Members = dict[str, msgspec.Raw]
_COUNTS = frozenset({"startPosition", "maxResults", "totalCount", "Fault"})


class _Envelope(msgspec.Struct, rename={"query": "QueryResponse", "cdc": "CDCResponse"}):
    query: Members | None = None
    cdc: list[Members] | None = None
    time: str | None = None


class _BatchEnvelope(msgspec.Struct, rename={"items": "BatchItemResponse"}):
    items: list[_BatchItem] | None = None
    time: str | None = None


class _BatchItem(msgspec.Struct, rename={"query": "QueryResponse", "fault": "Fault"}):
    bId: str = ""
    query: msgspec.Raw = msgspec.Raw()
    fault: msgspec.Raw = msgspec.Raw()


class _Head(msgspec.Struct, rename={"id": "Id"}, gc=False):
    id: str
    status: str | None = None


class _BornMeta(msgspec.Struct, rename={"at": "CreateTime"}, gc=False):
    at: Any = None  # text, unless the object is one that cannot be mapped anyway


class _Row(msgspec.Struct, rename={"id": "Id", "meta": "MetaData"}, gc=False):
    id: str
    meta: _BornMeta | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_batch_envelope = msgspec.json.Decoder(_BatchEnvelope)
_members = msgspec.json.Decoder(Members)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_members_list = msgspec.json.Decoder(list[Members])
_head = msgspec.json.Decoder(_Head)
_row = msgspec.json.Decoder(_Row)
_number = msgspec.json.Decoder(int)
_payload = partial(tuple.__new__, Payload)  # as Payload._make, without a frame for each
_tree = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Rows(NamedTuple):
    """The objects of one query page, in the order of the page."""

    payloads: list[Payload]
    time: datetime | None  # the server's clock when the request arrived
    created: Mapping[str, object] = {}  # CreateTime as sent, by id


class Changes(NamedTuple):
    """The answer of change data capture; it may be cut off without a word."""

    payloads: list[Payload]
    deleted: list[tuple[str, str]]  # (entity, id), as claimed: not yet confirmed
    time: datetime
    partial: frozenset[str]  # entities that say they hold more than they show

    @property
    def rows(self) -> int:
        return len(self.payloads) + len(self.deleted)


class BatchAnswer(NamedTuple):
    """One item of a batch: rows of a query or a Fault, as raw JSON."""

    item_id: str
    query: bytes | None
    fault: bytes | None


def read_query(body: bytes, entity: str) -> Rows:
    """Split a query page. Raises Retriable when the page is not whole."""
    envelope = _decode(_page_decoder(entity), body)
    if envelope.query is None:
        raise _cut("a query answer without QueryResponse")
    found: list[msgspec.Raw] | None = envelope.query.rows
    decode = _row.decode
    try:
        heads = [decode(row) for row in found or ()]
    except msgspec.MsgspecError as error:
        raise _cut(str(error)) from None
    rows = _named(found, [head.id for head in heads], envelope.query.shown, entity)
    created = {head.id: head.meta.at for head in heads if head.meta is not None}
    return Rows(rows, _instant(envelope.time), created)


def read_count(body: bytes) -> int:
    """Read the answer of a ``count(*)`` query."""
    envelope = _decode(_envelope, body)
    if envelope.query is None or "totalCount" not in envelope.query:
        raise _cut("a count without totalCount")
    return _whole(envelope.query, "totalCount", 0)


def read_changes(body: bytes) -> Changes:
    """Split the answer of change data capture."""
    envelope = _decode(_envelope, body)
    at = _instant(envelope.time)
    if envelope.cdc is None or at is None:
        raise _cut("a CDC answer without CDCResponse or time")
    payloads: list[Payload] = []
    deleted: list[tuple[str, str]] = []
    partial: set[str] = set()
    for response in envelope.cdc:
        parts = response.get("QueryResponse")
        if parts is None:
            raise _cut("a CDC answer without QueryResponse")
        for part in _decode(_members_list, parts):
            for entity, raw in part.items():
                if entity in _COUNTS:
                    continue
                found = 0
                for row in _decode(_list, raw):
                    found += 1
                    head = _decode(_head, row)
                    if head.status == "Deleted":
                        deleted.append((entity, head.id))
                    else:
                        payloads.append(Payload(entity, head.id, bytes(row)))
                shown = _whole(part, "maxResults", found)
                if found < shown:
                    raise _cut(f"{found} of {shown} {entity} objects")
                if _whole(part, "totalCount", found) > shown:
                    partial.add(entity)
    return Changes(payloads, deleted, at, frozenset(partial))


def read_batch(body: bytes) -> list[BatchAnswer]:
    """Split a batch answer into its items, in the order of the answer."""
    envelope = _decode(_batch_envelope, body)
    if envelope.items is None:
        raise _cut("a batch answer without BatchItemResponse")
    return [
        BatchAnswer(item.bId, bytes(item.query) or None, bytes(item.fault) or None)
        for item in envelope.items
    ]


def read_batch_rows(answer: BatchAnswer, entity: str) -> list[Payload]:
    """Split the QueryResponse of one batch item."""
    if answer.query is None:
        raise _cut("a batch item without QueryResponse")
    return _rows(_decode(_members, answer.query), entity)


def read_batch_count(answer: BatchAnswer) -> int:
    """Read the totalCount of one batch item."""
    if answer.query is None:
        raise _cut("a batch item without QueryResponse")
    members = _decode(_members, answer.query)
    if "totalCount" not in members:
        raise _cut("a count without totalCount")
    return _whole(members, "totalCount", 0)


def count_created_before(
    payloads: Sequence[Payload], created: Mapping[str, object], instant: datetime
) -> int:
    """Count the objects that were created before *instant*; without a creation time they do
    not count, as they do not for a query on it."""
    # Two days before the instant's date it is earlier whatever the offset says.
    surely = (instant - timedelta(days=2)).date().isoformat()
    count = 0
    for payload in payloads:
        text = created.get(payload.ledger_id)
        if not isinstance(text, str):
            continue
        if (text[:10] < surely and text[:4].isdigit()) or _is_before(text, instant):
            count += 1
    return count


def _is_before(text: str, instant: datetime) -> bool:
    at = _instant(text)
    return at is not None and at < instant


def read_object(body: bytes, entity: str) -> bytes:
    """Return the bytes of the one object in ``{"Invoice": {…}, "time": …}``."""
    members = _decode(_members, body)
    if entity not in members:
        raise _cut(f"an answer without {entity}")
    return bytes(members[entity])


def read_time(body: bytes) -> datetime | None:
    """Return the server's clock as an envelope states it, in any answer; None when it does not."""
    try:
        stamp = msgspec.json.decode(body, type=Members).get("time")
        return _instant(msgspec.json.decode(stamp)) if stamp is not None else None
    except msgspec.MsgspecError:
        return None


def read_tree(body: bytes) -> Any:
    """Decode a whole body, for small ones: reports, faults. Numbers with a point stay exact."""
    try:
        return _tree.decode(body)
    except msgspec.MsgspecError:
        raise _cut("not JSON") from None


def encode(body: Mapping[str, Any]) -> str:
    """Write a request body; Decimals become plain JSON numbers with all their digits."""
    return _encoder.encode(body).decode()


@cache
def _page_decoder(entity: str) -> msgspec.json.Decoder[Any]:
    """A decoder that cuts a query page into its objects in one pass over the bytes."""
    page = msgspec.defstruct(
        f"{entity}Page",
        [("rows", list[msgspec.Raw] | None, None), ("shown", int | None, None)],
        rename={"rows": entity, "shown": "maxResults"},
    )
    envelope = msgspec.defstruct(
        f"{entity}Envelope",
        [("query", page | None, None), ("time", str | None, None)],
        rename={"query": "QueryResponse"},
    )
    return msgspec.json.Decoder(envelope)


def _rows(members: Members, entity: str) -> list[Payload]:
    found = _decode(_list, members[entity]) if entity in members else None
    shown = _whole(members, "maxResults", -1)
    return _split(found, None if shown < 0 else shown, entity)


def _split(found: list[msgspec.Raw] | None, shown: int | None, entity: str) -> list[Payload]:
    decode = _head.decode
    try:
        ids = [decode(row).id for row in found or ()]
    except msgspec.MsgspecError as error:
        raise _cut(str(error)) from None
    return _named(found, ids, shown, entity)


def _named(
    found: list[msgspec.Raw] | None, ids: Sequence[str], shown: int | None, entity: str
) -> list[Payload]:
    """Name each object; *shown* is how many the page says it holds."""
    if found is None:
        if shown:
            raise _cut(f"a page without its {entity} objects")
        return []
    if shown is not None and shown != len(found):
        raise _cut(f"{len(found)} of {shown} {entity} objects")
    return list(map(_payload, zip(repeat(entity), ids, map(bytes, found), strict=False)))


def _whole(members: Members, name: str, otherwise: int) -> int:
    return int(_decode(_number, members[name])) if name in members else otherwise


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes | msgspec.Raw) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise _cut(str(error)) from None


def _instant(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _cut(what: str) -> Retriable:
    return Retriable(
        f"QuickBooks sent an answer that is not whole: {what}", retry_after=timedelta(minutes=1)
    )
