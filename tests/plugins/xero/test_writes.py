"""Credits, invoices of our own, notes: once per key, found again after it has lapsed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from recoup.connector.errors import (
    Gone,
    NotSupported,
    OutcomeUnknown,
    RecoupError,
    Retriable,
    Skippable,
    Stale,
)
from recoup.connector.intents import Intent, IntentState, Operation
from recoup.connector.model import DocumentKind
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.dates import read_date

FAULTS = ["error_after", "drop_after", "drop_before", "503", "429_minute", "truncate", "cut_json"]


@pytest.mark.parametrize(
    ("kind", "create", "id_field"),
    [
        (DocumentKind.CREDIT_NOTE, "create_credit_note", "CreditNoteID"),
        (DocumentKind.OVERPAYMENT, "create_overpayment", "OverpaymentID"),
        (DocumentKind.PREPAYMENT, "create_prepayment", "PrepaymentID"),
    ],
)
def test_every_credit_is_applied_and_taken_off_again(
    world: Any, kind: DocumentKind, create: str, id_field: str
) -> None:
    buyer, [one, two] = world.owing("30.00", "50.00")
    source = str(getattr(world.books, create)(buyer, "60.00")[id_field])
    before = world.truth()
    asked = world.apply(kind, source, (one, "30.00"), (two, "20.00"))
    outcome = world.ledger().allocate(asked)
    assert (world.due(one), world.due(two)) == ("0.00", "30.00")
    world.ledger().reverse(world.undo(outcome))
    assert world.truth() == before


def test_only_the_new_allocations_are_sent(world: Any) -> None:
    buyer, [one, two] = world.owing("30.00", "50.00")
    note = str(world.books.create_credit_note(buyer, "60.00")["CreditNoteID"])
    world.books.allocate(note, one, "10.00")
    world.ledger().allocate(world.apply(DocumentKind.CREDIT_NOTE, note, (two, "20.00")))
    assert (world.due(one), world.due(two)) == ("20.00", "30.00")


@pytest.mark.parametrize("later", [0, 20])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(4))
def test_a_fault_at_any_call_applies_a_credit_once(
    make_world: Any, fault: str, at: int, later: int
) -> None:
    world = make_world()
    buyer, [one, two] = world.owing("30.00", "50.00")
    note = str(world.books.create_credit_note(buyer, "60.00")["CreditNoteID"])
    asked = world.apply(DocumentKind.CREDIT_NOTE, note, (one, "10.00"), (two, "20.00"))
    world.standin.faults.next(fault, after=at, times=3)
    try:
        world.ledger().allocate(asked)
    except Retriable:
        world.wait(minutes=later)
        world.carry_out("allocate", replace(asked, state=IntentState.UNKNOWN))
    assert (world.due(one), world.due(two)) == ("20.00", "30.00")
    assert str(world.books.get("CreditNotes", note)["RemainingCredit"]) == "30.00"


def test_a_payment_of_xeros_has_nothing_left_to_apply(world: Any) -> None:
    _, [one] = world.owing("30.00")
    paid = world.books.pay(one, "10.00")["PaymentID"]
    with pytest.raises(NotSupported):
        world.ledger().allocate(world.apply(DocumentKind.PAYMENT, paid, (one, "5.00")))


def fee(world: Any, buyer: str, number: str = "FEE-1") -> Intent:
    asked: Intent = world.intent(
        Operation.CREATE_INVOICE,
        customer_id=buyer,
        currency=world.books.base_currency,
        issued_on="2026-06-30",
        due_on="2026-07-14",
        number=number,
        memo="late fee",
        lines=[{"amount": "15.00", "description": "late fee", "item_id": None}],
    )
    return asked


@pytest.mark.parametrize("fault", ["error_after", "drop_after", "truncate"])
def test_a_fee_whose_answer_was_lost_is_found_again(world: Any, fault: str) -> None:
    buyer, _ = world.owing()
    asked = fee(world, buyer)
    world.standin.faults.next(fault, method="PUT")
    with pytest.raises(OutcomeUnknown):
        world.ledger().create_invoice(asked)
    world.wait(minutes=30)
    outcome = world.ledger().create_invoice(replace(asked, state=IntentState.UNKNOWN))
    assert len(world.books.table("Invoices")) == 1
    world.ledger().reverse(world.undo(outcome))
    [held] = world.books.table("Invoices").values()
    assert held["Status"] == "VOIDED"


def test_a_number_that_is_taken_is_refused_and_never_overwritten(world: Any) -> None:
    buyer, [one] = world.owing("100.00", number="FEE-1")
    with pytest.raises(Skippable):
        world.ledger().create_invoice(fee(world, buyer))
    assert world.due(one) == "100.00"


def test_a_fee_that_was_paid_since_is_not_taken_back(world: Any) -> None:
    buyer, _ = world.owing()
    outcome = world.ledger().create_invoice(fee(world, buyer))
    assert outcome.document is not None
    world.books.pay(outcome.document.ledger_id, "1.00")
    with pytest.raises(Stale):
        world.ledger().reverse(world.undo(outcome))


def test_a_note_stands_once_in_the_history(world: Any) -> None:
    _, [one] = world.owing("100.00")
    document = {"kind": "invoice", "ledger_id": one}
    asked = world.intent(Operation.ADD_NOTE, document=document, note="Reminder 1 sent")
    world.standin.faults.next("drop_after", method="PUT")
    with pytest.raises(OutcomeUnknown):
        world.ledger().add_note(asked)
    world.wait(minutes=30)
    at = len(world.standin.log)
    world.ledger().add_note(replace(asked, state=IntentState.UNKNOWN))
    assert not any(entry.method == "PUT" for entry in world.standin.log[at:])


def expected(world: Any, invoice: str) -> str | None:
    text = world.books.get("Invoices", invoice).get("ExpectedPaymentDate")
    day = read_date(text)
    return None if day is None else day.isoformat()


def test_the_expected_date_is_stored_and_put_back(world: Any) -> None:
    _, [one] = world.owing("100.00")
    world.books.expect(one, "2026-07-10")
    asked = world.intent(Operation.EXPECTED_PAYMENT, invoice_id=one, expected_on="2026-07-20")
    outcome = world.ledger().set_expected_payment(asked)
    assert expected(world, one) == "2026-07-20"
    world.ledger().reverse(world.undo(outcome))
    assert expected(world, one) == "2026-07-10"


def test_an_expected_date_that_was_changed_since_is_left(world: Any) -> None:
    _, [one] = world.owing("100.00")
    asked = world.intent(Operation.EXPECTED_PAYMENT, invoice_id=one, expected_on="2026-07-20")
    outcome = world.ledger().set_expected_payment(asked)
    world.books.expect(one, "2026-08-01")
    with pytest.raises(Stale):
        world.ledger().reverse(world.undo(outcome))


def test_only_the_text_twin_clears_an_expected_date(server: Any) -> None:
    id = "11111111-2222-4333-8444-555555555555"
    server.rows("Invoices", {"InvoiceID": id, "ExpectedPaymentDate": "/Date(1784505600000)/"})
    server.rows("Invoices", {"InvoiceID": id})
    asked = Intent(
        key="k",
        operation=Operation.EXPECTED_PAYMENT,
        natural_key="clear",
        request={"invoice_id": id, "expected_on": None},
    )
    XeroLedger(server.connection).set_expected_payment(asked)
    body = json.loads(server.requests[1].body)
    assert body["Invoices"] == [{"InvoiceID": id, "ExpectedPaymentDateString": ""}]


def test_xero_mails_in_its_own_words_to_its_own_addresses(world: Any) -> None:
    buyer = world.customer(email="ann@example.com")
    one = world.invoice(buyer)
    world.ledger().email_invoice(world.intent(Operation.EMAIL_INVOICE, invoice_id=one, to=None))
    assert world.books.get("Invoices", one)["SentToContact"] is True
    with pytest.raises(NotSupported):
        world.ledger().email_invoice(
            world.intent(Operation.EMAIL_INVOICE, invoice_id=one, to="bo@example.com")
        )


def test_link_and_pdf_come_from_xero(world: Any) -> None:
    _, [one] = world.owing("100.00")
    draft = world.invoice(world.customer("Draft"), status="DRAFT")
    ledger = world.ledger()
    assert str(ledger.invoice_link(one)).startswith("http")
    assert ledger.invoice_link(draft) is None
    assert ledger.invoice_pdf(one).startswith(b"%PDF")


def test_what_is_not_there_is_gone(world: Any) -> None:
    nobody = "11111111-2222-4333-8444-555555555555"
    with pytest.raises(Gone):
        world.ledger().allocate(world.apply(DocumentKind.CREDIT_NOTE, nobody, (nobody, "1.00")))


def test_an_error_names_no_secret(world: Any) -> None:
    world.standin.faults.next("500", times=3)
    with pytest.raises(RecoupError) as raised:
        world.ledger().describe_company()
    assert world.vault.read("grant-1").access_token not in str(raised.value)
    assert raised.value.request_id


def test_a_day_has_its_figure_and_now_another(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    world.invoice(buyer, "11.00", on="2027-01-01")
    world.books.pay(one, "30.00", on="2026-06-15")
    ledger = world.ledger()
    figures = [ledger.control_totals(day).totals[0].text for day in (date(2026, 6, 10), None)]
    assert figures == ["100.00", "81.00"]
    assert ledger.control_totals(date(2026, 6, 20)).totals[0].text == "70.00"
    assert timedelta(0) == ledger.control_totals(None).read_at - world.clock.now()
