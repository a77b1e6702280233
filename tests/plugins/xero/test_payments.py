"""Money received: booked once whatever happens on the way, verified, and taken back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.errors import Retriable, Skippable, Stale
from recoup.connector.intents import IntentState
from recoup.connector.model import DocumentKind
from recoup.plugins.xero.faults import PeriodLocked, Reconciled


def test_a_payment_is_booked_with_the_very_digits(world: Any) -> None:
    buyer, [one] = world.owing("362.10")
    outcome = world.ledger().create_payment(world.payment(buyer, "362.10", (one, "362.10")))
    assert outcome.document is not None
    booked = world.books.get("Payments", outcome.document.ledger_id)
    assert str(booked["Amount"]) == "362.10" and booked["Reference"].startswith("CHQ 1 rc-")
    assert world.due(one) == "0.00"
    assert b"362.10" in outcome.raw


def test_several_invoices_are_several_payments_in_one_call(world: Any) -> None:
    buyer, [one, two, three] = world.owing("10.00", "20.00", "30.00")
    before, at = world.truth(), len(world.standin.log)
    asked = world.payment(buyer, "55.00", (one, "10.00"), (two, "20.00"), (three, "25.00"))
    outcome = world.ledger().create_payment(asked)
    served = [f"{e.method} {e.path.rpartition('/')[2]}" for e in world.standin.log[at:]]
    assert served.count("PUT Payments") == 1
    assert [world.due(id) for id in (one, two, three)] == ["0.00", "0.00", "5.00"]
    world.ledger().reverse(world.undo(outcome))
    assert world.truth() == before


def test_money_beyond_the_invoices_is_an_overpayment(world: Any) -> None:
    buyer, [one] = world.owing("30.00")
    outcome = world.ledger().create_payment(world.payment(buyer, "40.00", (one, "30.00")))
    assert outcome.document is not None and outcome.document.kind is DocumentKind.OVERPAYMENT
    over = world.books.get("Overpayments", outcome.document.ledger_id)
    assert (str(over["RemainingCredit"]), over["Contact"]["ContactID"]) == ("10.00", buyer)


def test_money_for_no_invoice_is_an_overpayment_alone(world: Any) -> None:
    buyer, [one] = world.owing("30.00")
    before = world.truth()
    outcome = world.ledger().create_payment(world.payment(buyer, "40.00"))
    assert [ref.kind for ref in outcome.touched] == [DocumentKind.OVERPAYMENT]
    assert world.due(one) == "30.00"
    world.ledger().reverse(world.undo(outcome))
    assert world.truth() == before


def test_a_discount_is_a_credit_note_set_against_its_invoice(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    before = world.truth()
    asked = world.payment(buyer, "95.00")
    part = {"invoice_id": one, "amount": "95.00", "discount": "5.00"}
    asked = replace(asked, request={**asked.request, "allocations": [part]})
    outcome = world.ledger().create_payment(asked)
    assert world.due(one) == "0.00"
    [note] = world.books.table("CreditNotes").values()
    assert (str(note["Total"]), str(note["RemainingCredit"])) == ("5.00", "0.00")
    world.ledger().reverse(world.undo(outcome))
    assert world.truth() == before


def test_a_step_that_is_refused_takes_the_earlier_ones_back(world: Any) -> None:
    buyer, [one, two] = world.owing("10.00", "20.00")
    before = world.truth()
    asked = world.payment(buyer, "35.00", (one, "10.00"), (two, "25.00"))
    with pytest.raises(Skippable):
        world.ledger().create_payment(asked)
    assert world.truth() == before


def test_more_allocated_than_received_is_never_sent(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    with pytest.raises(Skippable, match="more than the payment"):
        world.ledger().create_payment(world.payment(buyer, "10.00", (one, "11.00")))
    assert not world.books.table("Payments")


def test_a_foreign_payment_carries_its_rate_turned_round(make_world: Any) -> None:
    world = make_world()
    world.books.load("Currencies", {"Code": "EUR", "Description": "Euro"})
    buyer = world.customer(DefaultCurrency="EUR")
    one = world.invoice(buyer, "100.00", rate="0.5")
    bank = next(a["Code"] for a in world.books.table("Accounts").values() if a["Type"] == "BANK")
    asked = world.payment(
        buyer, "100.00", (one, "100.00"), currency="EUR", account=bank, rate="1.6"
    )
    world.ledger().create_payment(asked)
    [booked] = world.books.table("Payments").values()
    assert Decimal(booked["CurrencyRate"]) == Decimal("0.625")


def test_money_is_never_put_on_a_guessed_account(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    bank = next(a for a in world.books.table("Accounts").values() if a["Type"] == "BANK")
    world.books.load("Accounts", {**bank, "AccountID": "second", "Code": "099"})
    asked = world.payment(buyer, "10.00", (one, "10.00"))
    with pytest.raises(Skippable, match="090, 099"):
        world.ledger().create_payment(asked)
    named = replace(asked, request={**asked.request, "account": "090"})
    assert world.ledger().create_payment(named).document is not None


# -- lost answers ---------------------------------------------------------------------------


FAULTS = ["error_after", "drop_after", "drop_before", "503", "429_minute", "truncate", "cut_json"]


@pytest.mark.parametrize("later", [0, 20], ids=["at once", "after the key has lapsed"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(10))
def test_a_fault_at_any_call_books_everything_once(
    make_world: Any, fault: str, at: int, later: int
) -> None:
    world = make_world()
    buyer, [one, two] = world.owing("100.00", "50.00")
    part = {"invoice_id": one, "amount": "90.00", "discount": "10.00"}
    rest = {"invoice_id": two, "amount": "50.00"}
    asked = world.payment(buyer, "145.00")
    asked = replace(asked, request={**asked.request, "allocations": [part, rest]})
    before = world.truth()
    world.standin.faults.next(fault, after=at, times=3)
    try:
        outcome = world.ledger().create_payment(asked)
    except Retriable:
        world.wait(minutes=later)
        outcome = world.carry_out("create_payment", replace(asked, state=IntentState.UNKNOWN))
    assert [world.due(id) for id in (one, two)] == ["0.00", "0.00"]
    amounts = sorted(str(left) for (kind, _), left in world.truth().items() if kind == "Payments")
    assert amounts == ["50.00", "90.00"]
    assert [str(o["Total"]) for o in world.books.table("Overpayments").values()] == ["5.00"]
    assert [str(n["Total"]) for n in world.books.table("CreditNotes").values()] == ["10.00"]
    world.standin.faults.clear()
    world.carry_out("reverse", world.undo(outcome))
    assert world.truth() == before


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(7))
def test_a_fault_at_any_call_of_an_undo_undoes_everything_once(
    make_world: Any, fault: str, at: int
) -> None:
    world = make_world()
    buyer, [one] = world.owing("100.00")
    before = world.truth()
    outcome = world.ledger().create_payment(world.payment(buyer, "120.00", (one, "100.00")))
    world.standin.faults.next(fault, after=at, times=3)
    world.carry_out("reverse", world.undo(outcome))
    assert world.truth() == before


def test_what_an_earlier_try_booked_and_a_person_deleted_is_not_booked_again(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    asked = world.payment(buyer, "100.00", (one, "100.00"))
    outcome = world.ledger().create_payment(asked)
    assert outcome.document is not None
    world.books.delete_payment(outcome.document.ledger_id)
    world.wait(minutes=10)
    with pytest.raises(Skippable, match="taken back"):
        world.ledger().create_payment(replace(asked, state=IntentState.UNKNOWN))
    assert world.due(one) == "100.00"


def test_a_namesake_that_another_person_booked_is_not_taken_for_ours(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    world.books.pay(one, "40.00", reference="CHQ 1")
    asked = world.payment(buyer, "40.00", (one, "40.00"))
    world.wait(minutes=10)
    world.ledger().create_payment(replace(asked, state=IntentState.SENT))
    assert world.due(one) == "20.00"


# -- what a person must settle --------------------------------------------------------------


def test_a_locked_period_is_a_finding(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    world.books.lock_books("2026-12-31")
    with pytest.raises(PeriodLocked):
        world.ledger().create_payment(world.payment(buyer, "10.00", (one, "10.00")))
    assert world.due(one) == "100.00"


def test_a_payment_that_the_bank_has_confirmed_is_not_taken_back(world: Any) -> None:
    buyer, [one] = world.owing("100.00")
    outcome = world.ledger().create_payment(world.payment(buyer, "10.00", (one, "10.00")))
    assert outcome.document is not None
    world.books.reconcile(outcome.document.ledger_id)
    with pytest.raises(Reconciled):
        world.ledger().reverse(world.undo(outcome))
    assert world.due(one) == "90.00"


def test_an_overpayment_that_was_used_since_is_not_taken_back(world: Any) -> None:
    buyer, [one, two] = world.owing("30.00", "50.00")
    outcome = world.ledger().create_payment(world.payment(buyer, "40.00", (one, "30.00")))
    assert outcome.document is not None
    world.books.allocate(outcome.document.ledger_id, two, "10.00")
    with pytest.raises(Stale):
        world.ledger().reverse(world.undo(outcome))
    assert world.due(two) == "40.00"
