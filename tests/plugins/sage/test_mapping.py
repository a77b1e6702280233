"""Payloads beside the records they become.

With RECOUP_REGENERATE=1 the expectations are written anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from recoup.connector.errors import Unreadable
from recoup.connector.model import AllocationKind, Invoice, Payment, Unmapped
from recoup.connector.money import Money
from recoup.connector.pages import Payload
from recoup.plugins.sage.context import MappingContext, read_rate
from recoup.plugins.sage.mapping import map_payload, map_payloads

PAYLOADS = Path(__file__).parent / "payloads"
GBP = MappingContext("GBP")


def payload(name: str) -> Payload:
    """Read a payload file: the resource's name over one object."""
    tree = msgspec.json.decode((PAYLOADS / name).read_bytes(), type=dict[str, msgspec.Raw])
    [(path, raw)] = tree.items()
    return Payload(path, msgspec.json.decode(raw)["id"], bytes(raw))


def described(record: object) -> dict[str, Any]:
    """Write a record, or the reason that there is none, as plain values without its bytes."""
    if isinstance(record, Exception):
        return {"record": type(record).__name__, "reason": str(record)}
    plain = msgspec.json.decode(msgspec.json.encode(record))
    plain.pop("raw")
    return {"record": type(record).__name__, **plain}


@pytest.mark.parametrize("name", sorted(path.name for path in PAYLOADS.glob("*.json")))
def test_a_payload_becomes_the_record_beside_it(name: str) -> None:
    [record] = map_payloads([payload(name)], GBP)
    expected = PAYLOADS / f"{name}.expected"
    if os.environ.get("RECOUP_REGENERATE"):
        expected.write_text(json.dumps(described(record), indent=2) + "\n")
    assert described(record) == json.loads(expected.read_text())


def test_a_record_keeps_the_payload_byte_for_byte() -> None:
    read = payload("sales_invoice_part_paid.json")
    assert map_payload(read, GBP).raw == read.raw


def test_a_receipt_is_used_up_by_cash_credit_and_rest() -> None:
    record = map_payload(payload("contact_payment_with_discount_credit_and_rest.json"), GBP)
    assert isinstance(record, Payment)
    own = record.ref
    out = sum((a.amount.amount for a in record.allocations if a.source == own), Decimal(0))
    into = sum((a.amount.amount for a in record.allocations if a.target == own), Decimal(0))
    let_off = [a for a in record.allocations if a.kind is AllocationKind.DISCOUNT]
    assert record.total.amount + into - out == Decimal("40.0"), "what was put on account"
    assert [a.amount for a in let_off] == [Money.of("5.0", "GBP")]


def test_a_resource_nobody_maps_is_kept() -> None:
    record = map_payload(Payload("bank_deposits", "1", b'{"id":"1"}'), GBP)
    assert isinstance(record, Unmapped) and record.source_type == "bank_deposits"


def test_without_any_currency_a_document_is_unreadable() -> None:
    raw = b'{"id":"1","date":"2026-01-01","contact":{"id":"c"},"total_amount":"1.0"}'
    with pytest.raises(Unreadable, match="base currency is not known") as refusal:
        map_payload(Payload("sales_invoices", "1", raw), MappingContext())
    assert refusal.value.customer_id == "c"


def test_money_is_read_from_the_digits_on_the_wire() -> None:
    raw = b'{"id":"1","date":"2026-01-01","contact":{"id":"c"},"outstanding_amount":%s}'
    for text in (b'"90071992547.93"', b"90071992547.93"):
        record = map_payload(Payload("sales_invoices", "1", raw % text), GBP)
        assert isinstance(record, Invoice)
        assert record.balance == Money.of("90071992547.93", "GBP")


def test_a_rate_is_taken_the_way_round_that_its_totals_prove() -> None:
    hundred = Decimal(100)
    assert read_rate(Decimal("0.8"), hundred, Decimal(80)) == Decimal("0.8")
    assert read_rate(Decimal("1.25"), hundred, Decimal(80)) == Decimal("0.8")
    assert read_rate(Decimal("1.25"), hundred, None) == Decimal("1.25")
    assert read_rate(None, hundred, Decimal(80)) is None
