"""What a write is built upon is read once, before its first try, and holds for all tries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recoup.connector.errors import OutcomeUnknown, Skippable
from recoup.connector.intents import Intent, IntentState, Operation
from recoup.connector.model import DocumentKind


def foreseen(world: Any, intent: Intent) -> Intent:
    """The intent as the engine plans it."""
    return replace(intent, inverse=world.ledger().foresee(intent))


def test_an_expected_date_is_put_back_after_a_crash(world: Any) -> None:
    _, [one] = world.owing("100.00")
    world.books.expect(one, "2026-07-10")
    asked = world.intent(Operation.EXPECTED_PAYMENT, invoice_id=one, expected_on="2026-07-20")
    asked = foreseen(world, asked)
    world.standin.faults.next("drop_after", method="POST")
    with pytest.raises(OutcomeUnknown):
        world.ledger().set_expected_payment(asked)
    outcome = world.carry_out("set_expected_payment", replace(asked, state=IntentState.UNKNOWN))
    assert outcome.inverse["undo"][0]["before"] == "2026-07-10"
    world.ledger().reverse(world.undo(outcome))
    assert world.ledger().foresee(asked) == {"seen": {"before": "2026-07-10"}}


def test_an_allocation_that_stood_before_is_never_taken_for_ours(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    note = str(world.books.create_credit_note(buyer, "60.00", on="2026-06-01")["CreditNoteID"])
    world.books.allocate(note, one, "20.00", on="2026-06-01")
    asked = world.apply(DocumentKind.CREDIT_NOTE, note, (one, "20.00"))
    asked = replace(foreseen(world, asked), state=IntentState.UNKNOWN)
    world.wait(minutes=20)
    outcome = world.ledger().allocate(asked)
    assert world.due(one) == "60.00"
    world.ledger().allocate(asked)
    assert world.due(one) == "60.00"
    world.ledger().reverse(world.undo(outcome))
    assert world.due(one) == "80.00"


def test_the_account_of_the_first_try_is_that_of_all(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    asked = foreseen(world, world.payment(buyer, "10.00", (one, "10.00")))
    bank = next(a for a in world.books.table("Accounts").values() if a["Type"] == "BANK")
    world.books.load("Accounts", {**bank, "AccountID": "second", "Code": "099"})
    world.ledger().create_payment(asked)
    [booked] = world.books.table("Payments").values()
    assert booked["Account"]["AccountID"] == bank["AccountID"]


def test_what_would_be_refused_is_refused_before_it_is_planned(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    asked = world.payment(buyer, "10.00", (one, "10.00"), account="no such")
    with pytest.raises(Skippable, match="no such"):
        world.ledger().foresee(asked)


def test_a_fee_without_an_account_gets_one_before_it_is_sent(world: Any) -> None:
    lines = [{"amount": "15.00", "description": "late fee", "item_id": None}]
    asked = world.intent(Operation.CREATE_INVOICE, lines=lines)
    assert world.ledger().foresee(asked) == {"seen": {"sales": "200"}}
    assert world.ledger().foresee(world.intent(Operation.REVERSE, undo=[])) == {}


def test_a_key_that_served_another_body_waits_until_it_has_lapsed(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    asked = world.payment(buyer, "10.00", (one, "10.00"))
    world.ledger().create_payment(asked)
    other = replace(asked, request={**asked.request, "issued_on": "2026-06-29"})
    with pytest.raises(OutcomeUnknown) as raised:
        world.ledger().create_payment(replace(other, state=IntentState.SENT))
    world.wait(seconds=raised.value.retry_after.total_seconds())
    world.ledger().create_payment(replace(other, state=IntentState.UNKNOWN))
    assert world.due(one) == "90.00"
