"""Pages are split without loss, whatever Sage wraps around them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from recoup.connector.errors import Retriable
from recoup.plugins.sage.decode import (
    encode,
    read_instant,
    read_object,
    read_page,
    with_context,
)

ITEM = '{"id":"a1","updated_at":"2026-06-30T12:00:00Z","total_amount":"10.10"}'


def page(items: str, **head: object) -> bytes:
    fields = "".join(f'"${name}":{json.dumps(value)},' for name, value in head.items())
    return f'{{{fields}"$items":[{items}]}}'.encode()


def test_an_object_keeps_its_bytes() -> None:
    [row] = read_page(page(ITEM, total=1)).rows
    assert row.raw == ITEM.encode()
    assert row.updated_at == datetime(2026, 6, 30, 12, tzinfo=UTC)


def test_a_byte_order_mark_does_not_matter() -> None:
    assert read_page(b"\xef\xbb\xbf" + page(ITEM, total=1)).total == 1


def test_a_blank_row_counts_and_is_no_object() -> None:
    found = read_page(page(f"{ITEM},null,{{}}", total=3))
    assert (len(found.rows), found.shown, found.total) == (1, 3, 3)


def test_more_rows_than_were_asked_for_are_all_taken() -> None:
    rows = ",".join(f'{{"id":"{n}"}}' for n in range(104))
    assert len(read_page(page(rows, total=104, itemsPerPage=100)).rows) == 104


def test_a_total_that_is_missing_or_null_is_not_known() -> None:
    assert read_page(page(ITEM)).total is None
    assert read_page(page(ITEM, total=None)).total is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"$total":3}', b'{"$items":[{"id":'])
def test_a_page_that_is_not_whole_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(Retriable):
        read_page(body)


@pytest.mark.parametrize("text", [None, "", "   ", "yesterday", "2021-12-23T15:30:00"])
def test_what_is_no_instant_is_none(text: str | None) -> None:
    assert read_instant(text) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"id":"a1","total_amount":"10'])
def test_an_object_that_is_not_whole_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(Retriable):
        read_object(body)


def test_context_stands_before_the_bytes_as_received() -> None:
    raw = with_context(ITEM.encode(), {"currency": "EUR"})
    assert raw.endswith(ITEM.encode()[1:])
    assert msgspec.json.decode(raw)["$recoup"] == {"currency": "EUR"}
    assert with_context(ITEM.encode(), {}) == ITEM.encode()
    assert msgspec.json.decode(with_context(b"{ }", {"fault": "x"})) == {"$recoup": {"fault": "x"}}


def test_amounts_are_sent_as_text() -> None:
    assert encode({"amount": "10.10"}) == b'{"amount":"10.10"}'
