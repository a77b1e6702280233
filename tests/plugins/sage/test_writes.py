"""Writes happen once, are checked, and can be taken back."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.errors import (
    NeedsConsent,
    NotSupported,
    OutcomeUnknown,
    Retriable,
    Skippable,
    Stale,
)
from recoup.connector.intents import IntentState, Operation
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.testing.fakes import NOON

PAY = Operation.CREATE_PAYMENT
TODAY = NOON.date().isoformat()


@pytest.fixture
def pay(make_intent: Callable[..., Any]) -> Callable[..., Any]:
    """An intent to book a receipt; *parts* lists (invoice id, amount[, discount])."""

    def build(contact: str, amount: str, *parts: tuple[str, ...], **more: Any) -> Any:
        listed = [dict(zip(("invoice_id", "amount", "discount"), p, strict=False)) for p in parts]
        request = {
            "customer_id": contact,
            "currency": "GBP",
            "amount": amount,
            "issued_on": TODAY,
            "reference": "CHQ 1",
            "allocations": listed,
            **more,
        }
        return make_intent(PAY, f"receipt of {amount}", **request)

    return build


def open_of(world: Any, invoice: str) -> str:
    return str(world.books.get("sales_invoices", invoice)["outstanding_amount"])


def test_one_receipt_pays_several_invoices_and_keeps_the_rest(world: Any, pay: Any) -> None:
    contact = world.customer()
    first, second = world.invoice(contact, "30.00"), world.invoice(contact, "50.00")
    outcome = world.ledger().create_payment(pay(contact, "60", (first, "30"), (second, "20")))
    assert (open_of(world, first), open_of(world, second)) == ("0.0", "30.0")
    booked = world.books.get("contact_payments", outcome.document.ledger_id)
    assert booked["payment_on_account"]["outstanding_amount"] == "10.0"
    assert {ref.ledger_id for ref in outcome.touched} == {booked["id"], first, second}


def test_a_discount_settles_without_money(world: Any, pay: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact, "100.00")
    world.ledger().create_payment(pay(contact, "98", (invoice, "98", "2")))
    assert open_of(world, invoice) == "0.0"


def test_a_foreign_receipt_takes_its_invoices_rate(make_world: Any, pay: Any) -> None:
    world = make_world(rates={"EUR": Decimal("0.85")})
    contact = world.customer(currency="EUR")
    invoice = world.invoice(contact, "100.00", rate=Decimal("0.90"))
    outcome = world.ledger().create_payment(pay(contact, "100", (invoice, "100"), currency="EUR"))
    booked = world.books.get("contact_payments", outcome.document.ledger_id)
    assert booked["exchange_rate"] == "0.9"


def test_a_foreign_receipt_without_any_rate_is_refused(make_world: Any, pay: Any) -> None:
    world = make_world(rates={"EUR": Decimal("0.85")})
    contact = world.customer(currency="EUR")
    with pytest.raises(Skippable, match="needs its exchange rate"):
        world.ledger().create_payment(pay(contact, "100", currency="EUR"))
    assert not world.books.table("contact_payments")


def test_a_locked_period_is_a_finding(world: Any, pay: Any) -> None:
    contact = world.customer()
    world.books.lockdown(NOON.date())
    with pytest.raises(Skippable, match="locked up to 2026-06-30"):
        world.ledger().create_payment(pay(contact, "10"))
    assert not world.books.table("contact_payments")


def test_paying_what_is_paid_is_a_finding(world: Any, pay: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact, "10.00")
    world.books.receive(contact, "10.00", {invoice: "10.00"})
    with pytest.raises(Skippable, match="unpaid or part-paid"):
        world.ledger().create_payment(pay(contact, "10", (invoice, "10")))


def test_several_possible_bank_accounts_want_a_choice(world: Any, pay: Any) -> None:
    contact = world.customer()
    second = world.books.add_bank("Second", 1201)["id"]
    with pytest.raises(Skippable, match="2 bank accounts could have received"):
        world.ledger().create_payment(pay(contact, "10"))
    outcome = world.ledger().create_payment(pay(contact, "10", account=second))
    booked = world.books.get("contact_payments", outcome.document.ledger_id)
    assert booked["bank_account"]["id"] == second


@pytest.mark.parametrize("kind", ["500", "500_after", "drop_before", "drop_after", "cut_json"])
def test_a_lost_answer_is_asked_for_again_under_the_same_id(
    world: Any, pay: Any, kind: str
) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    world.standin.faults.next(kind, method="POST", match="contact_payments")
    intent = pay(contact, "100", (invoice, "100"))
    try:
        world.ledger().create_payment(intent)
    except OutcomeUnknown:
        world.ledger().create_payment(replace(intent, state=IntentState.UNKNOWN))
    assert len(world.books.table("contact_payments")) == 1
    assert open_of(world, invoice) == "0.0"


def test_two_lost_answers_are_found_by_looking(world: Any, pay: Any) -> None:
    contact = world.customer()
    world.standin.faults.next("500_after", times=2, method="POST", match="contact_payments")
    outcome = world.ledger().create_payment(pay(contact, "25"))
    [booked] = world.books.table("contact_payments")
    assert outcome.document == DocumentRef(DocumentKind.PAYMENT, booked)


def test_what_was_there_before_is_not_taken_for_ours(world: Any, pay: Any) -> None:
    contact = world.customer()
    world.books.pay_on_account(contact, "25", reference="CHQ 1")
    world.standin.faults.next("500", times=2, method="POST", match="contact_payments")
    with pytest.raises(OutcomeUnknown):
        world.ledger().create_payment(pay(contact, "25"))


def test_an_intent_of_last_week_is_looked_for_not_sent(world: Any, pay: Any) -> None:
    contact = world.customer()
    intent = replace(pay(contact, "25"), created_at=NOON, state=IntentState.UNKNOWN)
    first = world.ledger().create_payment(replace(intent, state=IntentState.PLANNED))
    world.clock.advance(timedelta(days=8))
    world.connect()
    assert world.ledger().create_payment(intent).document == first.document
    assert len(world.books.table("contact_payments")) == 1


def test_a_credit_note_is_set_against_an_invoice(world: Any, make_intent: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    note = world.books.create_credit_note(contact, "40.00")["id"]
    asked = make_intent(
        Operation.ALLOCATE,
        "credit",
        source={"kind": "credit_note", "ledger_id": note},
        allocations=[{"invoice_id": invoice, "amount": "40"}],
    )
    outcome = world.ledger().allocate(asked)
    assert open_of(world, invoice) == "60.0"
    undo = make_intent(Operation.REVERSE, "undo", **outcome.inverse)
    world.ledger().reverse(undo)
    assert open_of(world, invoice) == "100.0"
    assert world.books.get("sales_credit_notes", note)["outstanding_amount"] == "40.0"


def test_a_quick_entrys_credit_is_set_against_a_quick_entry(world: Any, make_intent: Any) -> None:
    contact = world.customer()
    entry = world.books.create_quick_entry(contact, "30")["id"]
    credit = world.books.create_quick_entry(contact, "20", entry_type="CREDIT_NOTE")["id"]
    asked = make_intent(
        Operation.ALLOCATE,
        "credit",
        source={"kind": "credit_note", "ledger_id": credit},
        allocations=[{"invoice_id": entry, "amount": "20"}],
    )
    world.ledger().allocate(asked)
    assert world.books.get("sales_quick_entries", entry)["outstanding_amount"] == "10.0"


def test_a_receipt_without_a_rest_has_nothing_to_allocate(world: Any, make_intent: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    payment = world.books.receive(contact, "10", {invoice: "10"})["id"]
    asked = make_intent(
        Operation.ALLOCATE,
        "too much",
        source={"kind": "payment", "ledger_id": payment},
        allocations=[{"invoice_id": invoice, "amount": "5"}],
    )
    with pytest.raises(Skippable, match="nothing on account"):
        world.ledger().allocate(asked)


def test_without_the_role_nothing_is_allocated(world: Any, make_intent: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    note = world.books.create_credit_note(contact, "40.00")["id"]
    world.books.roles = {"Purchases": "No Access"}
    asked = make_intent(
        Operation.ALLOCATE,
        "credit",
        source={"kind": "credit_note", "ledger_id": note},
        allocations=[{"invoice_id": invoice, "amount": "40"}],
    )
    with pytest.raises(NotSupported):
        world.ledger().allocate(asked)


def test_a_receipt_that_somebody_worked_on_is_left_alone(
    world: Any, pay: Any, make_intent: Any
) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    outcome = world.ledger().create_payment(pay(contact, "50", (invoice, "30")))
    rest = world.books.get("contact_payments", outcome.document.ledger_id)["payment_on_account"]
    world.books.allocate(contact, {invoice: "20", rest["id"]: "-20"})
    with pytest.raises(Stale, match="worked on since"):
        world.ledger().reverse(make_intent(Operation.REVERSE, "undo", **outcome.inverse))


def test_a_receipt_can_be_taken_off_its_invoices_and_stay(
    world: Any, pay: Any, make_intent: Any
) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    outcome = world.ledger().create_payment(pay(contact, "50", (invoice, "50")))
    undo = make_intent(Operation.REVERSE, "unapply", **{**outcome.inverse, "undo": "unallocate"})
    world.ledger().reverse(undo)
    world.ledger().reverse(undo)  # as after a crash
    booked = world.books.get("contact_payments", outcome.document.ledger_id)
    assert open_of(world, invoice) == "100.0"
    assert booked["payment_on_account"]["outstanding_amount"] == "50.0"


@pytest.mark.parametrize("kind", ["500", "500_after", "drop_before", "drop_after"])
def test_a_lost_answer_to_a_deletion_is_settled_by_reading(
    world: Any, pay: Any, make_intent: Any, kind: str
) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    outcome = world.ledger().create_payment(pay(contact, "50", (invoice, "50")))
    world.standin.faults.next(kind, method="DELETE")
    world.ledger().reverse(make_intent(Operation.REVERSE, "undo", **outcome.inverse))
    assert not world.books.table("contact_payments")
    assert open_of(world, invoice) == "100.0"


def test_a_locked_receipt_cannot_be_taken_back(world: Any, pay: Any, make_intent: Any) -> None:
    contact = world.customer()
    outcome = world.ledger().create_payment(pay(contact, "50"))
    world.books.lockdown(NOON.date())
    with pytest.raises(Skippable, match="locked"):
        world.ledger().reverse(make_intent(Operation.REVERSE, "undo", **outcome.inverse))
    assert len(world.books.table("contact_payments")) == 1


def test_an_inverse_of_nothing_is_not_supported(world: Any, make_intent: Any) -> None:
    with pytest.raises(NotSupported):
        world.ledger().reverse(make_intent(Operation.REVERSE, "undo"))


def test_a_fee_without_an_account_takes_the_default_for_sales(world: Any, make_intent: Any) -> None:
    contact = world.customer()
    asked = make_intent(
        Operation.CREATE_INVOICE,
        "fee",
        customer_id=contact,
        currency="GBP",
        issued_on=TODAY,
        due_on=TODAY,
        number="FEE-1",
        memo="late fee",
        lines=[{"amount": "15.00", "description": "late fee", "item_id": None}],
    )
    outcome = world.ledger().create_invoice(asked)
    booked = world.books.get("sales_invoices", outcome.document.ledger_id)
    assert (booked["total_amount"], booked["reference"]) == ("15.0", "FEE-1")
    assert booked["invoice_number"] != "FEE-1", "Sage keeps its own numbers without gaps"
    [line] = booked["invoice_lines"]
    assert line["ledger_account"]["id"] == world.books.accounts["SALES"]


def test_one_write_at_a_time_goes_to_a_business(world: Any, pay: Any) -> None:
    held: list[tuple[str, int]] = []
    slot = world.gate.slot

    def watched(key: str, limit: int, lease: timedelta) -> Any:
        held.append((key, limit))
        return slot(key, limit, lease)

    world.gate.slot = watched
    world.ledger().create_payment(pay(world.customer(), "10"))
    key = f"sage:client:business:{world.books.business_id}:write"
    assert held[0] == (key, 1)
    assert held.count((key, 1)) == 1
    assert {entry for entry in held if entry[0] != key} == {("sage:client:calls", 20)}


def test_a_throttled_write_is_no_unknown_outcome(world: Any, pay: Any) -> None:
    contact = world.customer()
    world.standin.faults.next("429", method="POST")
    with pytest.raises(Retriable) as refusal:
        world.ledger().create_payment(pay(contact, "10"))
    assert not isinstance(refusal.value, OutcomeUnknown | NeedsConsent)
    assert not world.books.table("contact_payments")


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_lost_on_the_way_each_intent_is_booked_once(
    world: Any, pay: Any, make_intent: Any, seed: int
) -> None:
    chance = random.Random(seed)
    contact = world.customer()
    invoice = world.invoice(contact, "300.00")
    booked: list[str] = []
    for line in range(3):  # three bank lines that look the same
        intent = replace(
            pay(contact, "50", (invoice, "40")),
            key=f"{line:08x}-0000-4000-8000-{seed:012x}",
            created_at=world.clock.now(),
        )
        for _ in range(30):
            for _ in range(chance.randint(0, 3)):
                kind = chance.choice(FAULTS)
                world.standin.faults.next(kind, after=chance.randint(0, 6))
            world.connect()
            try:
                outcome = world.ledger().create_payment(intent)
            except Retriable:
                intent = replace(intent, state=IntentState.UNKNOWN)
                world.clock.advance(timedelta(seconds=chance.choice([0, 1, 90])))
                continue
            booked.append(outcome.document.ledger_id)
            break
        world.standin.faults.clear()
    assert len(booked) == len(set(booked)) == 3
    assert set(booked) == world.books.table("contact_payments").keys()
    assert open_of(world, invoice) == "180.0"


FAULTS = ("500", "500_after", "503", "drop_before", "drop_after", "cut_json", "429", "truncate")
