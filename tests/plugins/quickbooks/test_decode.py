"""Bodies are split without being decoded, and a body that is not whole is no body."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from recoup.connector.errors import Retriable
from recoup.plugins.quickbooks import decode

PAGE = (
    b'{"QueryResponse":{"Invoice":[{"Id":"1","TotalAmt":362.10},{"TotalAmt":1.0, "Id":"2"}],'
    b'"startPosition":1,"maxResults":2,"totalCount":2},"time":"2026-06-30T05:00:00.123-07:00"}'
)
STUB = b'{"domain":"QBO","status":"Deleted","Id":"979","MetaData":{}}'


def cdc(*parts: bytes) -> bytes:
    inner = b",".join(parts)
    time = b'"time":"2026-06-30T05:00:00-07:00"'
    return b'{"CDCResponse":[{"QueryResponse":[' + inner + b"]}]," + time + b"}"


def test_a_page_is_split_into_the_bytes_of_its_objects() -> None:
    rows = decode.read_query(PAGE, "Invoice")
    assert [row.ledger_id for row in rows.payloads] == ["1", "2"]
    assert rows.payloads[0].raw == b'{"Id":"1","TotalAmt":362.10}'
    assert rows.payloads[1].raw == b'{"TotalAmt":1.0, "Id":"2"}'
    assert rows.time == datetime(2026, 6, 30, 12, 0, 0, 123000, tzinfo=UTC)


def test_an_empty_page_has_no_list() -> None:
    assert decode.read_query(b'{"QueryResponse":{},"time":"x"}', "Invoice").payloads == []


def test_a_page_cut_anywhere_is_no_page() -> None:
    for at in range(len(PAGE)):
        with pytest.raises(Retriable):
            decode.read_query(PAGE[:at], "Invoice")


@pytest.mark.parametrize(
    "body",
    [
        b'{"QueryResponse":{"Invoice":[{"Id":"1"}],"maxResults":2}}',
        b'{"QueryResponse":{"maxResults":2}}',
        b'{"QueryResponse":{"Invoice":[{"TotalAmt":1}],"maxResults":1}}',
        b'{"time":"2026-06-30T05:00:00-07:00"}',
        b"",
    ],
)
def test_a_page_with_fewer_rows_than_it_says_is_no_page(body: bytes) -> None:
    with pytest.raises(Retriable):
        decode.read_query(body, "Invoice")


def test_changes_tell_living_objects_from_deletions() -> None:
    body = cdc(
        b'{"Invoice":[{"Id":"5"},' + STUB + b'],"startPosition":1,"maxResults":2}',
        b"{}",
        b'{"Customer":[{"Id":"9"}],"maxResults":1}',
    )
    changes = decode.read_changes(body)
    assert [(p.source_type, p.ledger_id) for p in changes.payloads] == [
        ("Invoice", "5"),
        ("Customer", "9"),
    ]
    assert changes.deleted == [("Invoice", "979")]
    assert changes.rows == 3 and not changes.partial


def test_changes_that_admit_to_be_partial_are_named() -> None:
    changes = decode.read_changes(cdc(b'{"Invoice":[{"Id":"5"}],"maxResults":1,"totalCount":7}'))
    assert changes.partial == {"Invoice"}


def test_changes_without_the_time_of_the_server_are_not_used() -> None:
    with pytest.raises(Retriable):
        decode.read_changes(b'{"CDCResponse":[{"QueryResponse":[{}]}]}')


def test_a_batch_keeps_faults_apart_from_answers() -> None:
    body = (
        b'{"BatchItemResponse":[{"Fault":{"Error":[{"code":"610"}]},"bId":"0"},'
        b'{"QueryResponse":{"totalCount":6},"bId":"1"}],"time":"x"}'
    )
    first, second = decode.read_batch(body)
    assert first.fault is not None and first.query is None
    assert decode.read_batch_count(second) == 6


def test_a_count_is_read() -> None:
    assert decode.read_count(b'{"QueryResponse":{"totalCount":41},"time":"x"}') == 41


def test_request_bodies_carry_amounts_as_plain_numbers() -> None:
    assert decode.encode({"TotalAmt": Decimal("362.10")}) == '{"TotalAmt":362.10}'
    assert decode.encode({"TotalAmt": Decimal("0.00")}) == '{"TotalAmt":0.00}'


def test_trees_keep_decimals_exact() -> None:
    assert decode.read_tree(b'{"a":362.10}')["a"] == Decimal("362.10")


def test_only_objects_older_than_the_mark_are_counted() -> None:
    born = b'{"Id":"1","MetaData":{"CreateTime":"2026-06-30T04:59:59-07:00"}}'
    page = b'{"QueryResponse":{"Invoice":[%s,{"Id":"2"}]}}' % born
    rows, _, created = decode.read_query(page, "Invoice")
    for hour, count in ((12, 1), (11, 0)):
        at = datetime(2026, 6, 30, hour, tzinfo=UTC)
        assert decode.count_created_before(rows, created, at) == count
