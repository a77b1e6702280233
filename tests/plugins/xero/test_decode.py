"""Pages are cut into the bytes of their objects; what is odd on one is odd alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recoup.connector.errors import Retriable, Unreadable
from recoup.connector.pages import Tombstone
from recoup.plugins.xero import decode
from recoup.plugins.xero.context import MappingContext
from recoup.plugins.xero.entities import BY_TYPE
from recoup.plugins.xero.mapping import map_payloads

INVOICES = BY_TYPE["Invoice"]


def page(*rows: Any, **members: Any) -> bytes:
    return json.dumps({"DateTimeUTC": "/Date(1000)/", **members, "Invoices": list(rows)}).encode()


def test_rows_keep_their_bytes() -> None:
    body = b'{"Invoices":[ {"InvoiceID" : "a", "Total":1.50 } ]}'
    [payload] = decode.read_rows(body, INVOICES).payloads
    assert payload.raw == b'{"InvoiceID" : "a", "Total":1.50 }'


def test_blank_rows_are_no_objects() -> None:
    nowhere = {"InvoiceID": "00000000-0000-0000-0000-000000000000"}
    rows = decode.read_rows(page(None, {}, {"InvoiceID": "a"}, nowhere), INVOICES)
    assert [p.ledger_id for p in rows.payloads] == ["a"]
    assert rows.found == 4


def test_more_rows_than_asked_for_are_all_taken() -> None:
    rows = decode.read_rows(page(*({"InvoiceID": str(n)} for n in range(104))), INVOICES)
    assert len(rows.payloads) == 104


@pytest.mark.parametrize("row", [{"Total": 1}, {"InvoiceID": None, "Total": 1}, {"InvoiceID": 7}])
def test_a_row_without_a_readable_id_is_parked_alone_and_named(row: Any) -> None:
    good = {"InvoiceID": "a", "Total": 1, "Date": "/Date(0)/", "Contact": {"ContactID": "c"}}
    rows = decode.read_rows(page(good, row), INVOICES)
    fine, parked = map_payloads(rows.payloads, MappingContext("NZD"))
    assert not isinstance(fine, Exception)
    assert isinstance(parked, Unreadable) and "Invoice unnamed-" in str(parked)


def test_a_merged_contact_is_a_tombstone_that_names_the_survivor() -> None:
    body = b'{"Contacts":[{"ContactID":"a","MergedToContactID":"b"},{"ContactID":"b"}]}'
    rows = decode.read_rows(body, BY_TYPE["Contact"])
    assert rows.merged == [Tombstone("Contact", "a", "b")]
    assert [p.ledger_id for p in rows.payloads] == ["b"]


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"Invoices":[{"Inv', b"{}", b"[]"])
def test_what_is_not_a_whole_page_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(Retriable):
        decode.read_rows(body, INVOICES)


def test_a_list_that_is_null_is_an_empty_page_where_xero_counts() -> None:
    body = b'{"Invoices":null,"pagination":{"pageCount":0,"itemCount":0}}'
    rows = decode.read_rows(body, INVOICES)
    assert (rows.payloads, rows.page_count, rows.found) == ([], 0, 0)
