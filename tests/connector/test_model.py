"""The model: frozen records whose text is for people."""

from __future__ import annotations

import dataclasses

import pytest

from recoup.connector import ClientApp, DocumentKind, DocumentRef, Money, model
from recoup.connector.testing.fakes import (
    AS_OF,
    FakeClock,
    connection,
    credit_note,
    customer,
    invoice,
    payment,
    tokens,
)

RECORDS = [invoice(), credit_note(), payment(), customer()]


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: type(r).__name__)
def test_a_record_cannot_be_changed(record: object) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.ledger_id = "2"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (invoice("7"), "invoice 7"),
        (credit_note("8"), "credit note 8"),
        (payment("9"), "payment 9"),
    ],
)
def test_a_reference_reads_aloud(record: model.Document, text: str) -> None:
    assert str(record.ref) == text


def test_the_raw_payload_takes_no_part_in_equality() -> None:
    assert dataclasses.replace(invoice(), raw=b"{}") == invoice()


def test_a_payment_keeps_what_it_does_not_allocate() -> None:
    made = payment("9", total="100.00", pays=[("1", "30.00"), ("2", "50.00")])
    assert made.balance == Money.of("20.00", "USD")
    assert [a.target for a in made.allocations] == [
        DocumentRef(DocumentKind.INVOICE, "1"),
        DocumentRef(DocumentKind.INVOICE, "2"),
    ]


def test_an_invoice_is_due_as_many_days_ago_as_asked() -> None:
    assert (AS_OF - invoice(days_past_due=31).due_on).days == 31
    assert invoice(days_past_due=-5).due_on > AS_OF


def test_no_secret_is_in_a_repr() -> None:
    app = ClientApp(client_id="known", client_secret="s3cr3t-client")
    shown = repr(tokens("s3cr3t-access")) + repr(app) + repr(connection(clock=FakeClock(), app=app))
    assert "s3cr3t" not in shown
