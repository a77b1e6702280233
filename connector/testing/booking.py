"""More scenarios of the writes: parts, several invoices, discounts, notes, and what is barred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from recoup.connector.capabilities import Capability
from recoup.connector.errors import NotSupported, Skippable
from recoup.connector.intents import Intent, IntentState, Operation, Outcome, intent_key
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.money import Money
from recoup.connector.testing.case import LedgerCase, Truth
from recoup.connector.testing.fakes import AS_OF
from recoup.connector.testing.scenario import Scenarios, playable, require

__all__ = ["BookingScenarios", "as_intent", "kept"]

EXPECTED = date(2026, 7, 20)


def as_intent(operation: Operation, meaning: str, request: Mapping[str, Any]) -> Intent:
    key = intent_key("conformance", operation, meaning, request)
    return Intent(key=key, operation=operation, natural_key=meaning, request=request)


def kept(truth: Truth, outcome: Outcome, currency: str) -> Money:
    """What stays unapplied: in some ledgers a document of its own beside the payment."""
    money = (DocumentKind.PAYMENT, DocumentKind.OVERPAYMENT, DocumentKind.PREPAYMENT)
    refs = {ref for ref in (outcome.document, *outcome.touched) if ref and ref.kind in money}
    return sum((truth[ref] for ref in refs if ref in truth), Money.zero(currency))


class BookingScenarios(Scenarios):
    """Whatever is asked for is booked whole or not at all."""

    def test_a_part_payment_leaves_the_rest_of_the_invoice_open(self, case: LedgerCase) -> None:
        buyer, [one] = _owing(case, "100.00")
        outcome = _book(case, _payment(case, buyer, "30.00", {one: "30.00"}))
        assert _left(case, one) == Money.of("70.00", case.currency)
        assert kept(case.truth(), outcome, case.currency) == Money.zero(case.currency)

    def test_one_payment_settles_several_invoices(self, case: LedgerCase) -> None:
        buyer, [one, two] = _owing(case, "100.00", "50.00")
        before = dict(case.truth())
        outcome = _book(case, _payment(case, buyer, "120.00", {one: "100.00", two: "20.00"}))
        assert _left(case, one) == Money.zero(case.currency)
        assert _left(case, two) == Money.of("30.00", case.currency)
        assert kept(case.truth(), outcome, case.currency) == Money.zero(case.currency)
        _take_back(case, outcome)
        assert case.truth() == before

    def test_an_overpayment_keeps_what_is_over(self, case: LedgerCase) -> None:
        buyer, [one] = _owing(case, "100.00")
        before = dict(case.truth())
        outcome = _book(case, _payment(case, buyer, "130.00", {one: "100.00"}))
        assert _left(case, one) == Money.zero(case.currency)
        assert kept(case.truth(), outcome, case.currency) == Money.of("30.00", case.currency)
        _take_back(case, outcome)
        assert case.truth() == before

    def test_a_discount_closes_its_invoice_or_is_refused(self, case: LedgerCase) -> None:
        buyer, [one] = _owing(case, "100.00")
        before = dict(case.truth())
        asked = _payment(case, buyer, "98.00", {one: "98.00"}, discount="2.00")
        require(case.open_ledger(), Capability.CREATE_PAYMENT)
        try:
            outcome = case.open_ledger().create_payment(asked)
        except NotSupported:
            assert case.truth() == before
            return
        assert _left(case, one) == Money.zero(case.currency)
        assert kept(case.truth(), outcome, case.currency) == Money.zero(case.currency)
        _take_back(case, outcome)
        assert case.truth() == before

    def test_a_payment_beyond_what_is_open_is_refused_whole(self, case: LedgerCase) -> None:
        buyer, [one, two] = _owing(case, "100.00", "50.00")
        before = dict(case.truth())
        with pytest.raises(Skippable):
            _book(case, _payment(case, buyer, "160.00", {one: "100.00", two: "60.00"}))
        assert case.truth() == before

    def test_a_note_is_added_once(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.ADD_NOTE)
        _, [one] = _owing(case, "100.00")
        request = {"document": {"kind": "invoice", "ledger_id": one}, "note": "promised for Friday"}
        asked = _foreseen(case, as_intent(Operation.ADD_NOTE, "a promise", request))
        with playable():
            before = list(case.notes(one))
        case.open_ledger().add_note(asked)
        case.open_ledger().add_note(replace(asked, state=IntentState.SENT))  # as after a crash
        assert [n for n in case.notes(one) if n not in before] == ["promised for Friday"]

    def test_an_expected_day_is_kept_and_taken_back(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.EXPECTED_PAYMENT)
        _, [one] = _owing(case, "100.00")
        request = {"invoice_id": one, "expected_on": EXPECTED.isoformat()}
        asked = _foreseen(case, as_intent(Operation.EXPECTED_PAYMENT, "a promise", request))
        with playable():
            before = case.expected_on(one)
        case.open_ledger().set_expected_payment(asked)
        assert case.expected_on(one) == EXPECTED
        again = replace(asked, state=IntentState.SENT)  # as after a crash
        outcome = case.open_ledger().set_expected_payment(again)
        _take_back(case, outcome)
        assert case.expected_on(one) == before

    def test_a_locked_period_is_a_refusal_and_no_reason_to_wait(self, case: LedgerCase) -> None:
        buyer, [one] = _owing(case, "100.00")
        require(case.open_ledger(), Capability.CREATE_PAYMENT)
        with playable():
            case.lock_books(AS_OF)
        before = dict(case.truth())
        with pytest.raises(Skippable):
            case.open_ledger().create_payment(_payment(case, buyer, "30.00", {one: "30.00"}))
        assert case.truth() == before

    def test_money_matched_with_the_bank_is_not_taken_back(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.REVERSE)
        buyer, [one] = _owing(case, "100.00")
        outcome = _book(case, _payment(case, buyer, "30.00", {one: "30.00"}))
        assert outcome.document is not None
        with playable():
            case.match_with_bank(outcome.document)
        before = dict(case.truth())
        with pytest.raises(Skippable):
            _take_back(case, outcome)
        assert case.truth() == before


def _owing(case: LedgerCase, *amounts: str) -> tuple[str, list[str]]:
    buyer = case.add_customer("Owing")
    return buyer, [case.add_invoice(buyer, amount) for amount in amounts]


def _payment(
    case: LedgerCase,
    buyer: str,
    amount: str,
    allocations: Mapping[str, str],
    discount: str | None = None,
) -> Intent:
    granted = {} if discount is None else {"discount": discount}
    request = {
        "customer_id": buyer,
        "currency": case.currency,
        "amount": amount,
        "issued_on": AS_OF.isoformat(),
        "reference": "CHQ 1",
        "allocations": [
            {"invoice_id": invoice, "amount": part, **granted}
            for invoice, part in allocations.items()
        ],
    }
    return as_intent(Operation.CREATE_PAYMENT, "bank line 1", request)


def _book(case: LedgerCase, asked: Intent) -> Outcome:
    require(case.open_ledger(), Capability.CREATE_PAYMENT)
    return case.open_ledger().create_payment(asked)


def _take_back(case: LedgerCase, outcome: Outcome) -> None:
    if Capability.REVERSE in case.open_ledger().capabilities():
        case.open_ledger().reverse(as_intent(Operation.REVERSE, "undo", outcome.inverse))


def _foreseen(case: LedgerCase, asked: Intent) -> Intent:
    """The intent as the engine stores it before anything is sent."""
    return replace(asked, inverse=case.open_ledger().foresee(asked))


def _left(case: LedgerCase, invoice_id: str) -> Money:
    return case.truth()[DocumentRef(DocumentKind.INVOICE, invoice_id)]
