"""Scenarios of the writes: done once however often they are sent, and undone without a trace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Retriable
from recoup.connector.intents import Intent, IntentState, Operation
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.money import Money
from recoup.connector.testing.booking import as_intent, kept
from recoup.connector.testing.case import LedgerCase
from recoup.connector.testing.fakes import AS_OF
from recoup.connector.testing.scenario import Scenarios, playable, require

__all__ = ["WriteScenarios"]


def _payment(case: LedgerCase, buyer: str, invoice_id: str, meaning: str = "bank line 1") -> Intent:
    request = {
        "customer_id": buyer,
        "currency": case.currency,
        "amount": "40.00",
        "issued_on": AS_OF.isoformat(),
        "reference": "CHQ 1",
        "allocations": [{"invoice_id": invoice_id, "amount": "30.00"}],
    }
    return as_intent(Operation.CREATE_PAYMENT, meaning, request)


def _fee(case: LedgerCase, buyer: str) -> Intent:
    request = {
        "customer_id": buyer,
        "currency": case.currency,
        "issued_on": AS_OF.isoformat(),
        "due_on": AS_OF.isoformat(),
        "number": "FEE-1",
        "memo": "late fee",
        "lines": [{"amount": "15.00", "description": "late fee", "item_id": case.item_id()}],
    }
    return as_intent(Operation.CREATE_INVOICE, "late fee of June", request)


def _owing(case: LedgerCase) -> tuple[str, str, DocumentRef]:
    buyer = case.add_customer("Owing")
    invoice_id = case.add_invoice(buyer, "100.00")
    return buyer, invoice_id, DocumentRef(DocumentKind.INVOICE, invoice_id)


class WriteScenarios(Scenarios):
    """Payments, allocations, invoices of our own, and taking each of them back."""

    def test_a_payment_settles_its_invoice_and_keeps_the_rest(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.CREATE_PAYMENT)
        buyer, invoice_id, invoice = _owing(case)
        outcome = case.open_ledger().create_payment(_payment(case, buyer, invoice_id))
        truth = case.truth()
        assert truth[invoice] == Money.of("70.00", case.currency)
        assert outcome.document is not None
        assert kept(truth, outcome, case.currency) == Money.of("10.00", case.currency)

    def test_the_same_intent_twice_is_one_payment(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.CREATE_PAYMENT)
        buyer, invoice_id, _ = _owing(case)
        intent = _payment(case, buyer, invoice_id)
        first = case.open_ledger().create_payment(intent)
        once = dict(case.truth())
        second = case.open_ledger().create_payment(intent)
        assert second.document == first.document
        assert case.truth() == once

    def test_another_meaning_is_another_payment(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.CREATE_PAYMENT)
        buyer, invoice_id, invoice = _owing(case)
        ledger = case.open_ledger()
        first = ledger.create_payment(_payment(case, buyer, invoice_id))
        second = ledger.create_payment(_payment(case, buyer, invoice_id, "bank line 2"))
        assert second.document != first.document
        assert case.truth()[invoice] == Money.of("40.00", case.currency)

    def test_a_throttled_write_does_nothing_and_succeeds_later(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.CREATE_PAYMENT)
        buyer, invoice_id, invoice = _owing(case)
        intent, before = _payment(case, buyer, invoice_id), dict(case.truth())
        with playable():
            case.throttle(1)
        with pytest.raises(Retriable) as refusal:
            case.open_ledger().create_payment(intent)
        assert case.truth() == before
        case.clock.advance(refusal.value.retry_after)
        case.open_ledger().create_payment(intent)
        assert case.truth()[invoice] == Money.of("70.00", case.currency)

    def test_the_outcome_names_every_document_it_touched(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.CREATE_PAYMENT)
        buyer, invoice_id, invoice = _owing(case)
        outcome = case.open_ledger().create_payment(_payment(case, buyer, invoice_id))
        assert invoice in outcome.touched

    def test_undoing_a_payment_restores_every_balance(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.CREATE_PAYMENT)
        require(case.open_ledger(), Capability.REVERSE)
        buyer, invoice_id, _ = _owing(case)
        before = dict(case.truth())
        outcome = case.open_ledger().create_payment(_payment(case, buyer, invoice_id))
        undo = as_intent(Operation.REVERSE, "undo bank line 1", outcome.inverse)
        case.open_ledger().reverse(undo)
        assert case.truth() == before
        case.open_ledger().reverse(undo)  # sent again, as after a crash
        assert case.truth() == before

    def test_applying_a_payment_twice_applies_it_once(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.ALLOCATE)
        _, invoice_id, invoice = _owing(case)
        payment, intent = _unapplied(case, invoice_id)
        case.open_ledger().allocate(intent)
        once = dict(case.truth())
        assert once[invoice] == Money.of("75.00", case.currency)
        assert once[payment] == Money.of("15.00", case.currency)
        case.open_ledger().allocate(replace(intent, state=IntentState.SENT))  # as after a crash
        assert case.truth() == once

    def test_undoing_an_allocation_leaves_the_payment_unapplied(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.ALLOCATE)
        require(case.open_ledger(), Capability.REVERSE)
        _, invoice_id, _ = _owing(case)
        _, intent = _unapplied(case, invoice_id)
        before = dict(case.truth())
        outcome = case.open_ledger().allocate(intent)
        assert case.truth() != before
        case.open_ledger().reverse(as_intent(Operation.REVERSE, "undo", outcome.inverse))
        assert case.truth() == before

    def test_the_same_fee_twice_is_one_invoice(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.CREATE_INVOICE)
        buyer, _, _ = _owing(case)
        first = case.open_ledger().create_invoice(_fee(case, buyer))
        once = dict(case.truth())
        assert first.document is not None
        assert once[first.document] == Money.of("15.00", case.currency)
        assert case.open_ledger().create_invoice(_fee(case, buyer)).document == first.document
        assert case.truth() == once

    def test_undoing_a_fee_takes_it_off_the_books(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.CREATE_INVOICE)
        require(case.open_ledger(), Capability.REVERSE)
        buyer, _, _ = _owing(case)
        before = dict(case.truth())
        outcome = case.open_ledger().create_invoice(_fee(case, buyer))
        case.open_ledger().reverse(as_intent(Operation.REVERSE, "undo fee", outcome.inverse))
        assert case.truth() == before


def _unapplied(case: LedgerCase, invoice_id: str) -> tuple[DocumentRef, Intent]:
    """A payment of 40.00 on account, and the intent that puts 25.00 of it to the invoice."""
    with playable():
        ref = case.pay_on_account(invoice_id, "40.00")
    request = {
        "source": {"kind": ref.kind.value, "ledger_id": ref.ledger_id},
        "allocations": [{"invoice_id": invoice_id, "amount": "25.00"}],
    }
    return ref, as_intent(Operation.ALLOCATE, f"apply {ref}", request)
