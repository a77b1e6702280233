"""Writes: once per key, verified, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.errors import (
    Fatal,
    Gone,
    NotSupported,
    OutcomeUnknown,
    Skippable,
    Stale,
)
from recoup.connector.intents import Intent, IntentState, Operation, intent_key
from recoup.connector.model import DocumentKind, DocumentRef


def intent(operation: Operation, **request: Any) -> Intent:
    key = intent_key("test", operation, "meaning", request)
    return Intent(key=key, operation=operation, natural_key="meaning", request=request)


def payment(customer: str, amount: str, **applied: str) -> Intent:
    return intent(
        Operation.CREATE_PAYMENT,
        customer_id=customer,
        currency="USD",
        amount=amount,
        issued_on="2026-06-30",
        reference="CHQ 1",
        allocations=[{"invoice_id": i[1:], "amount": part} for i, part in applied.items()],
    )


def apply(kind: str, source: str, **applied: str) -> Intent:
    return intent(
        Operation.ALLOCATE,
        source={"kind": kind, "ledger_id": source},
        allocations=[{"invoice_id": i[1:], "amount": part} for i, part in applied.items()],
    )


def undo(inverse: Any) -> Intent:
    return intent(Operation.REVERSE, **inverse)


def balance(world: Any, entity: str, id: str) -> Decimal:
    doc = world.books.get(entity, id)
    return Decimal(doc["UnappliedAmt" if entity == "Payment" else "Balance"])


def owing(world: Any, *amounts: str, **fields: Any) -> tuple[str, list[str]]:
    buyer = world.customer()
    return buyer, [world.invoice(buyer, amount, **fields) for amount in amounts]


def credit_memo(world: Any, buyer: str, amount: str) -> str:
    line = {
        "Amount": Decimal(amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {},
    }
    body = {"CustomerRef": {"value": buyer}, "Line": [line]}
    return str(world.books.create("CreditMemo", body)["Id"])


def prefer(world: Any, **settings: bool) -> None:
    prefs = dict(world.books.rows("Preferences")[0])
    prefs["SalesFormsPrefs"] = {**prefs.get("SalesFormsPrefs", {}), **settings}
    world.books.load("Preferences", prefs)


def test_a_payment_is_booked_with_the_very_digits(world: Any) -> None:
    buyer, [one] = owing(world, "362.10")
    outcome = world.ledger().create_payment(payment(buyer, "362.10", **{f"i{one}": "362.10"}))
    assert outcome.document is not None
    booked = world.books.get("Payment", outcome.document.ledger_id)
    assert str(booked["TotalAmt"]) == "362.10" and booked["PaymentRefNum"] == "CHQ 1"
    assert balance(world, "Invoice", one) == 0
    assert outcome.touched == (outcome.document, DocumentRef(DocumentKind.INVOICE, one))
    assert b'"TotalAmt":362.10' in outcome.raw


def test_a_lost_answer_is_replayed_by_its_key(world: Any) -> None:
    buyer, [one] = owing(world, "100.00")
    asked = payment(buyer, "40.00", **{f"i{one}": "40.00"})
    world.standin.faults.next("drop_after", method="POST", match="payment")
    with pytest.raises(OutcomeUnknown):
        world.ledger().create_payment(asked)
    world.ledger().create_payment(replace(asked, state=IntentState.UNKNOWN))
    assert len(world.books.rows("Payment")) == 1 and balance(world, "Invoice", one) == 60


def test_a_long_reference_is_kept_whole_in_the_note(world: Any) -> None:
    buyer, _ = owing(world)
    long = "RF18 5390 0754 7034 and more"
    asked = payment(buyer, "5.00")
    outcome = world.ledger().create_payment(
        replace(asked, request={**asked.request, "reference": long})
    )
    [booked] = world.books.rows("Payment")
    assert outcome.document is not None
    assert booked["PaymentRefNum"] == long[:21] and booked["PrivateNote"] == long


def test_a_foreign_payment_takes_the_rate_of_its_invoice(make_world: Callable[..., Any]) -> None:
    world = make_world(multicurrency=True)
    ref = {"CurrencyRef": {"value": "EUR"}}
    buyer = world.customer(**ref)
    one = world.invoice(buyer, "100.00", **ref, ExchangeRate=Decimal("1.0845"))
    asked = payment(buyer, "100.00", **{f"i{one}": "100.00"})
    foreign = {**asked.request, "currency": "EUR"}
    world.ledger().create_payment(replace(asked, request=foreign))
    other = replace(payment(buyer, "5.00"), request={**foreign, "rate": "1.2", "allocations": []})
    world.ledger().create_payment(replace(other, key="another"))
    rates = [str(doc["ExchangeRate"]) for doc in world.books.rows("Payment")]
    assert rates == ["1.0845", "1.2"]


def test_a_foreign_payment_without_any_rate_is_not_booked_at_one(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(multicurrency=True)
    ledger = world.ledger()
    world.pull(ledger)
    buyer = world.customer(CurrencyRef={"value": "EUR"})
    asked = payment(buyer, "5.00")
    with pytest.raises(Skippable, match="EUR needs its exchange rate"):
        ledger.create_payment(replace(asked, request={**asked.request, "currency": "EUR"}))
    assert not world.books.rows("Payment")


def test_a_payment_in_the_home_currency_costs_no_read(world: Any) -> None:
    buyer, [one] = owing(world, "10.00")
    ledger = world.ledger()
    world.pull(ledger)
    before = sum(world.standin.calls.values())
    ledger.create_payment(payment(buyer, "10.00", **{f"i{one}": "10.00"}))
    assert sum(world.standin.calls.values()) - before == 1


def test_a_refused_payment_changes_nothing_and_says_why(world: Any) -> None:
    buyer, [one] = owing(world, "10.00")
    with pytest.raises(Skippable, match="code 6"):
        world.ledger().create_payment(payment(buyer, "5.00", **{f"i{one}": "50.00"}))
    assert not world.books.rows("Payment")


def test_more_applied_by_the_platform_itself_is_no_failure(world: Any) -> None:
    prefer(world, AutoApplyPayments=True)
    buyer, [one] = owing(world, "30.00")
    outcome = world.ledger().create_payment(payment(buyer, "50.00"))
    assert outcome.document is not None and balance(world, "Invoice", one) == 0


def test_a_payment_is_taken_back_by_voiding_it(world: Any) -> None:
    buyer, [one] = owing(world, "100.00")
    outcome = world.ledger().create_payment(payment(buyer, "40.00", **{f"i{one}": "40.00"}))
    done = world.ledger().reverse(undo(outcome.inverse))
    assert balance(world, "Invoice", one) == 100
    assert outcome.touched == done.touched
    [booked] = world.books.rows("Payment")
    assert booked["PrivateNote"].startswith("Voided")


def test_a_payment_that_somebody_changed_is_not_taken_back(world: Any) -> None:
    buyer, [one] = owing(world, "100.00")
    outcome = world.ledger().create_payment(payment(buyer, "40.00", **{f"i{one}": "40.00"}))
    world.books.update("Payment", {"Id": outcome.document.ledger_id, "PrivateNote": "x"}, True)
    with pytest.raises(Stale):
        world.ledger().reverse(undo(outcome.inverse))


def test_applying_a_payment_resends_the_lines_that_were_there(world: Any) -> None:
    buyer, [one, two] = owing(world, "100.00", "100.00")
    paid = world.pay(buyer, "90.00", **{f"i{one}": "30.00"})
    world.ledger().allocate(apply("payment", paid, **{f"i{two}": "50.00"}))
    assert [balance(world, "Invoice", id) for id in (one, two)] == [70, 50]
    assert balance(world, "Payment", paid) == 10


def test_applying_more_to_the_same_invoice_adds_to_its_line(world: Any) -> None:
    buyer, [one] = owing(world, "100.00")
    paid = world.pay(buyer, "90.00", **{f"i{one}": "30.00"})
    world.ledger().allocate(apply("payment", paid, **{f"i{one}": "45.00"}))
    assert balance(world, "Invoice", one) == 25
    assert len(world.books.get("Payment", paid)["Line"]) == 1


def test_a_line_over_the_same_amount_is_not_taken_for_our_own(world: Any) -> None:
    buyer, [one] = owing(world, "100.00")
    paid = world.pay(buyer, "90.00", **{f"i{one}": "20.00"})
    outcome = world.ledger().allocate(apply("payment", paid, **{f"i{one}": "20.00"}))
    assert balance(world, "Invoice", one) == 60
    world.ledger().reverse(undo(outcome.inverse))
    assert balance(world, "Invoice", one) == 80


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_applying_again_after_a_lost_answer_applies_once(world: Any, fault: str) -> None:
    buyer, [one] = owing(world, "100.00")
    paid = world.pay(buyer, "90.00")
    asked = apply("payment", paid, **{f"i{one}": "45.00"})
    world.standin.faults.next(fault, method="POST", match="payment?")
    with pytest.raises(OutcomeUnknown):
        world.ledger().allocate(asked)
    outcome = world.ledger().allocate(replace(asked, state=IntentState.UNKNOWN))
    assert balance(world, "Invoice", one) == 55
    world.ledger().reverse(undo(outcome.inverse))
    assert balance(world, "Invoice", one) == 100 and balance(world, "Payment", paid) == 90


def test_adding_to_a_line_again_after_a_lost_answer_adds_once(world: Any) -> None:
    buyer, [one] = owing(world, "100.00")
    paid = world.pay(buyer, "90.00", **{f"i{one}": "30.00"})
    asked = apply("payment", paid, **{f"i{one}": "20.00"})
    world.standin.faults.next("drop_after", method="POST", match="payment?")
    with pytest.raises(OutcomeUnknown):
        world.ledger().allocate(asked)
    outcome = world.ledger().allocate(replace(asked, state=IntentState.UNKNOWN))
    assert balance(world, "Invoice", one) == 50
    world.ledger().reverse(undo(outcome.inverse))
    assert balance(world, "Invoice", one) == 70


def test_a_credit_note_is_applied_by_a_payment_over_nothing(world: Any) -> None:
    buyer, [one, two] = owing(world, "100.00", "100.00")
    memo = credit_memo(world, buyer, "70.00")
    asked = apply("credit_note", memo, **{f"i{one}": "30.00", f"i{two}": "25.00"})
    outcome = world.ledger().allocate(asked)
    assert world.ledger().allocate(asked).document == outcome.document
    assert balance(world, "CreditMemo", memo) == 15
    assert DocumentRef(DocumentKind.CREDIT_NOTE, memo) in outcome.touched
    world.ledger().reverse(undo(outcome.inverse))
    assert balance(world, "CreditMemo", memo) == 70 and not world.books.rows("Payment")


def test_a_refusal_of_another_body_does_not_say_that_nothing_was_booked(
    make_world: Callable[..., Any],
) -> None:
    world, ref = make_world(multicurrency=True), {"CurrencyRef": {"value": "EUR"}}
    buyer = world.customer(**ref)
    one = world.invoice(buyer, "100.00", **ref, ExchangeRate=Decimal("1.08"))
    asked = payment(buyer, "40.00", **{f"i{one}": "40.00"})
    asked = replace(asked, request={**asked.request, "currency": "EUR"})
    world.standin.faults.next("drop_after", method="POST", match="payment?")
    with pytest.raises(OutcomeUnknown):
        world.ledger().create_payment(asked)
    world.books.update("Invoice", {"Id": one, "ExchangeRate": Decimal("1.09")}, True)
    with pytest.raises(OutcomeUnknown, match="look for it"):
        world.ledger().create_payment(replace(asked, state=IntentState.UNKNOWN))
    assert len(world.books.rows("Payment")) == 1


def test_what_cannot_be_applied_is_said(world: Any) -> None:
    with pytest.raises(NotSupported, match="cannot apply"):
        world.ledger().allocate(apply("refund", "1"))
    with pytest.raises(Gone):
        world.ledger().allocate(apply("payment", "404", i1="1.00"))


def fee(customer: str, number: str = "FEE-1") -> Intent:
    return intent(
        Operation.CREATE_INVOICE,
        customer_id=customer,
        currency="USD",
        issued_on="2026-06-30",
        due_on="2026-07-14",
        number=number,
        memo="late fee",
        lines=[{"amount": "15.00", "description": "late fee", "item_id": None}],
    )


def test_a_fee_is_one_invoice_and_is_taken_back_by_voiding_it(world: Any) -> None:
    buyer = world.customer()
    outcome = world.ledger().create_invoice(fee(buyer))
    [booked] = world.books.rows("Invoice")
    assert (booked["DocNumber"], booked["DueDate"]) == ("FEE-1", "2026-07-14")
    world.ledger().reverse(undo(outcome.inverse))
    assert balance(world, "Invoice", outcome.document.ledger_id) == 0


def test_a_number_that_is_taken_refuses_the_invoice(world: Any) -> None:
    prefer(world, CustomTxnNumbers=True)
    buyer, _ = owing(world, "10.00", DocNumber="FEE-1")
    with pytest.raises(Skippable, match="6140"):
        world.ledger().create_invoice(fee(buyer))


def test_an_invoice_is_mailed_once_for_one_key(world: Any) -> None:
    _, [one] = owing(world, "10.00")
    asked = intent(Operation.EMAIL_INVOICE, invoice_id=one, to="a+b@c.example")
    outcome = world.ledger().email_invoice(asked)
    world.ledger().email_invoice(asked)
    assert [to for _, _, to in world.standin.apis[world.books.realm].mail.sent] == ["a+b@c.example"]
    with pytest.raises(NotSupported, match="cannot be taken back"):
        world.ledger().reverse(undo(outcome.inverse))


def test_an_invoice_without_an_address_is_not_mailed(world: Any) -> None:
    _, [one] = owing(world, "10.00")
    with pytest.raises(Skippable, match="Email"):
        world.ledger().email_invoice(intent(Operation.EMAIL_INVOICE, invoice_id=one, to=None))


@pytest.mark.parametrize("kind", ["invoice", "payment"])
def test_a_note_is_added_once_and_taken_back(world: Any, kind: str) -> None:
    buyer, [one] = owing(world, "100.00", PrivateNote="first")
    paid = world.pay(buyer, "40.00", **{f"i{one}": "40.00"})
    entity, id = ("Invoice", one) if kind == "invoice" else ("Payment", paid)
    before = world.books.get(entity, id).get("PrivateNote", "")
    asked = intent(Operation.ADD_NOTE, document={"kind": kind, "ledger_id": id}, note="promised")
    outcome = world.ledger().add_note(asked)
    world.ledger().add_note(asked)
    assert world.books.get(entity, id)["PrivateNote"].split("\n")[-1] == "promised"
    assert world.books.get(entity, id)["PrivateNote"].count("promised") == 1
    world.ledger().reverse(undo(outcome.inverse))
    assert world.books.get(entity, id).get("PrivateNote", "") == before
    assert balance(world, "Invoice", one) == 60


def test_a_note_that_somebody_else_wrote_stays_when_ours_is_taken_back(world: Any) -> None:
    _, [one] = owing(world, "10.00", PrivateNote="promised")
    document = {"kind": "invoice", "ledger_id": one}
    asked = intent(Operation.ADD_NOTE, document=document, note="promised")
    outcome = world.ledger().add_note(asked)
    world.ledger().reverse(undo(outcome.inverse))
    assert world.books.get("Invoice", one)["PrivateNote"] == "promised"


def test_a_note_that_does_not_fit_is_refused(world: Any) -> None:
    _, [one] = owing(world, "10.00", PrivateNote="x" * 3999)
    document = {"kind": "invoice", "ledger_id": one}
    with pytest.raises(Skippable, match="full"):
        world.ledger().add_note(intent(Operation.ADD_NOTE, document=document, note="promised"))


def test_a_payment_booked_otherwise_than_asked_is_shouted_about(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer, _ = owing(world)
    real = world.books.create

    def other(entity: str, body: Any, **options: Any) -> Any:
        return real(entity, {**body, "TotalAmt": Decimal("1.00")}, **options)

    monkeypatch.setattr(world.books, "create", other)
    with pytest.raises(Fatal, match="booked payment 1 over"):
        world.ledger().create_payment(payment(buyer, "5.00"))
    [booked] = world.books.rows("Payment")
    assert booked["Id"] == "1"
