"""Write intents: the key says what a write means, and nothing else."""

from __future__ import annotations

import uuid

from recoup.connector import Intent, IntentState, Operation, intent_key

REQUEST = {"amount": "10.00", "allocations": [{"invoice_id": "3", "amount": "10.00"}]}


def key(**changed: object) -> str:
    asked: dict[str, object] = {
        "company": "acme",
        "operation": Operation.CREATE_PAYMENT,
        "natural_key": "bank line 77 → INV-3",
        "request": REQUEST,
        **changed,
    }
    return intent_key(**asked)  # type: ignore[arg-type]


def test_the_same_decision_gives_the_same_key_in_any_process() -> None:
    assert key() == key() == "d2608b15-55bb-5df2-9f80-6fc8e217a356"


def test_the_order_of_fields_does_not_matter() -> None:
    assert key(request=dict(reversed(REQUEST.items()))) == key()


def test_every_part_of_the_meaning_changes_the_key() -> None:
    keys = {
        key(),
        key(company="other"),
        key(operation=Operation.ALLOCATE),
        key(natural_key="bank line 78 → INV-3"),
        key(request={**REQUEST, "amount": "10.01"}),
    }
    assert len(keys) == 5


def test_a_key_is_a_uuid_that_platforms_accept() -> None:
    assert uuid.UUID(key()).version == 5
    assert len(key()) <= 50  # QuickBooks takes no longer requestid


def test_an_intent_begins_as_planned() -> None:
    intent = Intent(key=key(), operation=Operation.CREATE_PAYMENT, natural_key="x", request=REQUEST)
    assert intent.state is IntentState.PLANNED
    assert intent.result is None
