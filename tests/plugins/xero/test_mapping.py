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
from recoup.connector.model import CreditNote, Customer, DocumentState, Invoice, Payment, Refund
from recoup.connector.money import Money
from recoup.connector.pages import Payload
from recoup.plugins.xero.context import MappingContext, read_rate
from recoup.plugins.xero.entities import LISTINGS
from recoup.plugins.xero.mapping import map_payload, map_payloads

PAYLOADS = Path(__file__).parent / "payloads"
NZD = MappingContext("NZD")
ID_FIELDS = {listing.plural: (listing.source_type, listing.id_field) for listing in LISTINGS}


def payload(name: str) -> Payload:
    """Read a payload file: a list of one object."""
    tree = msgspec.json.decode((PAYLOADS / name).read_bytes(), type=dict[str, list[msgspec.Raw]])
    [(plural, [row])] = tree.items()
    source_type, id_field = ID_FIELDS.get(plural, (plural, ""))
    return Payload(source_type, str(msgspec.json.decode(row).get(id_field, "1")), bytes(row))


def described(record: object) -> dict[str, Any]:
    """Write a record, or the reason that there is none, as plain values without its bytes."""
    if isinstance(record, Exception):
        who = record.customer_id if isinstance(record, Unreadable) else None
        return {"record": type(record).__name__, "reason": str(record), "customer_id": who}
    plain = msgspec.json.decode(msgspec.json.encode(record))
    plain.pop("raw")
    return {"record": type(record).__name__, **plain}


@pytest.mark.parametrize("name", sorted(path.name for path in PAYLOADS.glob("*.json")))
def test_a_payload_becomes_the_record_beside_it(name: str) -> None:
    [record] = map_payloads([payload(name)], NZD)
    expected = PAYLOADS / f"{name}.expected"
    if os.environ.get("RECOUP_REGENERATE"):
        expected.write_text(json.dumps(described(record), indent=2) + "\n")
    assert described(record) == json.loads(expected.read_text())


def test_a_record_keeps_the_payload_byte_for_byte() -> None:
    read = payload("invoice_partly_paid.json")
    record = map_payload(read, NZD)
    assert record.raw == read.raw and b"262.10" in record.raw


def test_one_bad_payload_parks_itself_and_no_other() -> None:
    good = payload("invoice_partly_paid.json")
    bad = Payload("Invoice", "7", b'{"InvoiceID":"7","Total":"lots"}')
    first, second, third = map_payloads([good, bad, good], NZD)
    assert isinstance(second, Unreadable) and "Invoice 7" in str(second)
    assert isinstance(first, Invoice) and isinstance(third, Invoice)


def test_xeros_rate_is_turned_round_and_zero_is_none() -> None:
    assert read_rate(Decimal("0.625")) == Decimal("1.6")
    assert read_rate(Decimal("1.000000")) == 1
    assert read_rate(Decimal(0)) is read_rate(None) is None


def test_a_home_amount_comes_out_exact_to_the_cent() -> None:
    for rate in ("0.710000", "1.333333", "90.250000", "0.000123"):
        ours = read_rate(Decimal(rate))
        assert ours is not None
        assert abs(Decimal("1000000") * ours - Decimal("1000000") / Decimal(rate)) < Decimal("1e-8")


def test_a_contact_balance_is_in_home_currency_whatever_the_contact_trades_in() -> None:
    record = map_payload(payload("contact.json"), NZD)
    assert isinstance(record, Customer)
    assert (record.currency, record.balance) == ("USD", Money.of("579.36", "NZD"))
    assert record.balance_in_home


def test_contacts_wait_for_the_home_currency() -> None:
    [parked] = map_payloads([payload("contact.json")], MappingContext())
    assert isinstance(parked, Unreadable) and "base currency" in str(parked)


def test_what_is_left_of_a_credit_follows_from_allocations_and_refunds() -> None:
    note = map_payload(payload("credit_note_allocated_and_refunded.json"), NZD)
    refund = map_payload(payload("refund_of_a_credit_note.json"), NZD)
    assert isinstance(note, CreditNote) and isinstance(refund, Refund)
    left = note.total
    for part in (*note.allocations, *refund.allocations):
        assert part.source == note.ref
        left -= part.amount
    assert left == note.balance


def test_a_refund_is_the_same_under_its_own_name_and_under_invoice() -> None:
    for kind in ("a_credit_note", "an_overpayment"):
        own = map_payload(payload(f"refund_of_{kind}.json"), NZD)
        under = map_payload(payload(f"refund_of_{kind}_under_invoice.json"), NZD)
        assert own == under


def test_a_deleted_payment_counts_as_nothing_and_keeps_its_amount() -> None:
    record = map_payload(payload("payment_deleted.json"), NZD)
    assert isinstance(record, Payment)
    assert (record.state, record.total) == (DocumentState.DELETED, Money.of("100.00", "NZD"))


def test_a_name_on_a_reference_changes_no_fact() -> None:
    read = payload("invoice_partly_paid.json")
    renamed = read._replace(raw=read.raw.replace(b"Northgate Joinery", b"Northgate Joinery Ltd"))
    assert map_payload(read, NZD) == map_payload(renamed, NZD)
