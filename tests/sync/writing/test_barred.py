"""What the ledger bars is a finding at once: one try, a clear reason, and nothing moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from drill.acting import Tally, do, stored, take_back

from recoup.connector.intents import Intent, IntentState, Operation, intent_key

PLATFORMS = ("quickbooks", "xero", "sage")
WORDS = {"quickbooks": "closed", "xero": "lock", "sage": "lock"}


def payment(firm: Any, customer: str, invoice: str, meaning: str = "bank line 1") -> Intent:
    request = {
        "customer_id": customer,
        "currency": firm.currency,
        "amount": "60.00",
        "issued_on": "2026-06-30",
        "reference": "CHQ 1",
        "allocations": [{"invoice_id": invoice, "amount": "60.00"}],
    }
    key = intent_key("barred", Operation.CREATE_PAYMENT, meaning, request)
    return Intent(key=key, operation=Operation.CREATE_PAYMENT, natural_key=meaning, request=request)


def owing(firm: Any) -> tuple[str, str]:
    customer = firm.add_customer("Alder & Co")
    return customer, firm.add_invoice(customer, Decimal(100))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_payment_into_a_locked_period_is_refused_at_the_first_try(
    platform: str, make_firm: Callable[..., Any]
) -> None:
    firm, tally = make_firm(platform), Tally()
    asked = payment(firm, *owing(firm))
    firm.lock("2026-06-30")
    before = firm.state()
    outcome = do(firm, asked, (), tally)
    assert isinstance(outcome, str) and WORDS[platform] in outcome.lower()
    assert (tally.retried, stored(firm, asked.key).state) == (0, IntentState.REFUSED)
    assert before.differences(firm.state()) == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_undo_in_a_locked_period_is_refused_and_possible_again_later(
    platform: str, make_firm: Callable[..., Any]
) -> None:
    firm, tally = make_firm(platform), Tally()
    asked = payment(firm, *owing(firm))
    before = firm.state()
    do(firm, asked, (), tally)
    firm.lock("2026-06-30")
    refused = take_back(firm, asked.key, (), tally)
    assert isinstance(refused, str) and WORDS[platform] in refused.lower()
    assert stored(firm, asked.key).state is IntentState.DONE and tally.retried == 0
    firm.lock("2026-05-31")
    take_back(firm, asked.key, (), tally)
    assert before.differences(firm.state()) == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_money_matched_with_the_bank_is_not_taken_back(
    platform: str, make_firm: Callable[..., Any]
) -> None:
    firm, tally = make_firm(platform), Tally()
    asked = payment(firm, *owing(firm))
    outcome: Any = do(firm, asked, (), tally)
    firm.match(outcome.document)
    before = firm.state()
    refused = take_back(firm, asked.key, (), tally)
    assert isinstance(refused, str) and ("reconciled" in refused or "bank" in refused)
    assert tally.retried == 0 and before.differences(firm.state()) == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_two_payments_that_look_alike_are_two_whatever_is_lost(
    platform: str, make_firm: Callable[..., Any]
) -> None:
    firm, tally = make_firm(platform), Tally()
    customer = firm.add_customer("Alder & Co")
    bills = [firm.add_invoice(customer, Decimal(100)) for _ in range(2)]
    before = firm.state()
    results = set()
    for at in (1, 2):
        firm.strike(LOST[platform], method=firm.creates_with)
        outcome: Any = do(firm, payment(firm, customer, bills[0], f"line {at}"), (), tally)
        results.add(outcome if isinstance(outcome, str) else outcome.document)
        bills.reverse()
        firm.clock.advance(timedelta(seconds=1))
    assert len(results) == 2 and before.control - firm.state().control == 120


LOST = {
    "quickbooks": "dropped_after",
    "xero": "broken_500_after",
    "sage": "broken_500_after",
}
