"""Payloads beside the records they become.

With RECOUP_REGENERATE=1 the expectations are written anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from recoup.connector.errors import Skippable
from recoup.connector.model import ControlPosting, DocumentKind, Invoice, Payment
from recoup.connector.money import Money
from recoup.connector.pages import Payload
from recoup.plugins.quickbooks.context import MappingContext
from recoup.plugins.quickbooks.mapping import map_payload, map_payloads

PAYLOADS = Path(__file__).parent / "payloads"
USD = MappingContext("USD")


def payload(name: str) -> Payload:
    """Read a payload file: the body of a single read."""
    tree = msgspec.json.decode((PAYLOADS / name).read_bytes(), type=dict[str, msgspec.Raw])
    entity = next(iter(tree))
    raw = bytes(tree[entity])
    return Payload(entity, msgspec.json.decode(raw)["Id"], raw)


def described(record: object) -> dict[str, Any]:
    """Write a record, or the reason that there is none, as plain values without its bytes."""
    if isinstance(record, Exception):
        return {"record": type(record).__name__, "reason": str(record)}
    plain = msgspec.json.decode(msgspec.json.encode(record))
    plain.pop("raw")
    return {"record": type(record).__name__, **plain}


@pytest.mark.parametrize("name", sorted(path.name for path in PAYLOADS.glob("*.json")))
def test_a_payload_becomes_the_record_beside_it(name: str) -> None:
    [record] = map_payloads([payload(name)], USD)
    expected = PAYLOADS / f"{name}.expected"
    if os.environ.get("RECOUP_REGENERATE"):
        expected.write_text(json.dumps(described(record), indent=2) + "\n")
    assert described(record) == json.loads(expected.read_text())


def test_a_record_keeps_the_payload_byte_for_byte() -> None:
    read = payload("invoice_partly_paid.json")
    record = map_payload(read, USD)
    assert record.raw == read.raw and b"362.10" in record.raw


def test_money_is_read_from_the_digits_on_the_wire() -> None:
    raw = b'{"Id":"1","TxnDate":"2026-01-01","CustomerRef":{"value":"2"},"Balance":0,"TotalAmt":%s}'
    records = [
        map_payload(Payload("Invoice", "1", raw % digits), USD)
        for digits in (b"0.10", b"1e2", b"90071992547409.93", b"100")
    ]
    totals = [record.total.text for record in records if isinstance(record, Invoice)]
    assert totals == ["0.10", "100.00", "90071992547409.93", "100.00"]


def test_one_bad_payload_parks_itself_and_no_other() -> None:
    good = payload("invoice_partly_paid.json")
    bad = Payload("Invoice", "7", b'{"Id":"7","TotalAmt":"lots"}')
    first, second, third = map_payloads([good, bad, good], USD)
    assert isinstance(second, Skippable) and "Invoice 7" in str(second)
    assert isinstance(first, Invoice) and isinstance(third, Invoice)


def test_a_document_without_a_currency_waits_for_the_home_currency() -> None:
    read = payload("invoice_without_due_date_or_currency.json")
    [parked] = map_payloads([read], MappingContext())
    assert isinstance(parked, Skippable) and "home currency" in str(parked)
    yen = map_payload(read, MappingContext("JPY"))
    assert isinstance(yen, Invoice) and yen.total == Money.of("80", "JPY")


def test_a_name_on_a_reference_changes_no_fact() -> None:
    read = payload("invoice_partly_paid.json")
    renamed = read._replace(raw=read.raw.replace(b"Northgate Joinery", b"Northgate Joinery Ltd"))
    assert map_payload(read, USD) == map_payload(renamed, USD)


def test_the_open_balance_repeated_on_payment_lines_changes_no_fact() -> None:
    read = payload("payment_with_rest.json")
    moved = read._replace(raw=read.raw.replace(b'"Value":"362.10"', b'"Value":"100.00"'))
    assert map_payload(read, USD) == map_payload(moved, USD)


def test_the_open_amount_of_a_payment_follows_from_its_allocations() -> None:
    names = [path.name for path in PAYLOADS.glob("payment_*.json")]
    records = map_payloads([payload(name) for name in names], USD)
    payments = [record for record in records if isinstance(record, Payment)]
    assert len(payments) >= 8
    for record in payments:
        left = record.total
        for part in record.allocations:
            left += part.amount if part.target == record.ref else -part.amount
        assert left == record.balance


def test_a_settlement_of_an_unknown_type_keeps_its_word() -> None:
    read = payload("payment_gives_money_back_by_cheque.json")
    odd = read._replace(raw=read.raw.replace(b'"Check"', b'"CreditCardCredit"'))
    record = map_payload(odd, USD)
    assert isinstance(record, Payment)
    assert (DocumentKind.EXPENSE, "CreditCardCredit-170") in [a.target for a in record.allocations]


def test_lines_without_an_id_never_take_the_name_of_another() -> None:
    detail = {"DepositLineDetail": {"AccountRef": {"value": "84"}}}
    lines = [{"Id": "2", "Amount": 5, **detail}, {"Amount": 6, **detail}]
    raw = json.dumps({"Id": "7", "TxnDate": "2026-01-01", "Line": lines}).encode()
    record = map_payload(Payload("Deposit", "7", raw), USD)
    assert isinstance(record, ControlPosting)
    assert [line.part for line in record.lines] == ["2", "#2"]
