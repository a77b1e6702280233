"""Write intents: planned once, never back to an earlier state, always findable while open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recoup.connector.errors import Fatal
from recoup.connector.intents import Intent, IntentState, Operation, intent_key
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.sync.store import intents
from recoup.sync.store.engine import Store

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAYMENT = DocumentRef(DocumentKind.PAYMENT, "77")


def intent(amount: str = "10.00", key: str | None = None) -> Intent:
    request = {"invoice": "3", "amount": amount}
    means = "bank line 7 → INV-3"
    made = intent_key("9130", Operation.CREATE_PAYMENT, means, request)
    return Intent(
        key=key or made, operation=Operation.CREATE_PAYMENT, natural_key=means, request=request
    )


def plan(store: Store, wanted: Intent, at: datetime = AT) -> Intent:
    with store.write(1, durable=True) as conn:
        return intents.plan(conn, 1, wanted, at=at)


def mark(store: Store, name: str, wanted: Intent, **values: Any) -> Intent:
    with store.write(1) as conn:
        getattr(intents, f"mark_{name}")(conn, 1, wanted.key, **values)
        found = intents.find_intent(conn, 1, wanted.key)
    assert found is not None
    return found


def open_keys(store: Store) -> list[str]:
    with store.read(1) as conn:
        return [found.key for found in intents.list_open_intents(conn, 1)]


def test_the_same_decision_planned_twice_is_one_intent(store: Store) -> None:
    first = plan(store, intent())
    mark(store, "sent", first, at=AT)
    again = plan(store, intent(), at=AT + timedelta(days=1))
    assert (again.state, again.created_at) == (IntentState.SENT, AT)
    assert open_keys(store) == [first.key]


def test_one_key_with_another_request_is_refused(store: Store) -> None:
    planned = plan(store, intent("10.00"))
    with pytest.raises(Fatal, match="planned before with another request"):
        plan(store, intent("11.00", key=planned.key))


def test_the_same_meaning_with_other_content_is_kept_beside_the_first(store: Store) -> None:
    plan(store, intent("10.00"))
    plan(store, intent("11.00"), at=AT + timedelta(minutes=1))
    with store.read(1) as conn:
        found = intents.namesakes(conn, 1, intent().natural_key)
    assert [one.request["amount"] for one in found] == ["10.00", "11.00"]


def test_a_done_write_carries_its_document_and_the_way_back(store: Store) -> None:
    planned = plan(store, intent())
    mark(store, "sent", planned, at=AT)
    done = mark(store, "done", planned, result=PAYMENT, inverse={"void": "77"}, at=AT)
    assert (done.state, done.result, done.inverse) == (IntentState.DONE, PAYMENT, {"void": "77"})
    assert open_keys(store) == []


def test_an_unknown_outcome_stays_open_until_a_replay_decides(store: Store) -> None:
    planned = plan(store, intent())
    mark(store, "sent", planned, at=AT)
    assert mark(store, "unknown", planned, reason="timeout").state == IntentState.UNKNOWN
    assert open_keys(store) == [planned.key]
    mark(store, "sent", planned, at=AT)
    assert mark(store, "refused", planned, reason="closed books", at=AT).state == "refused"
    assert open_keys(store) == []


def test_what_was_done_can_be_reversed_once_and_no_more(store: Store) -> None:
    planned = plan(store, intent())
    with pytest.raises(Fatal, match="cannot become reversed: it is planned"):
        mark(store, "reversed", planned, at=AT)
    mark(store, "sent", planned, at=AT)
    mark(store, "done", planned, result=PAYMENT, inverse={}, at=AT)
    assert mark(store, "reversed", planned, at=AT).state == IntentState.REVERSED
    with pytest.raises(Fatal, match="cannot become sent: it is reversed"):
        mark(store, "sent", planned, at=AT)


def test_an_intent_that_was_never_planned_cannot_be_sent(store: Store) -> None:
    with pytest.raises(Fatal, match="it was never planned"):
        mark(store, "sent", intent(), at=AT)


def test_intents_of_other_companies_are_not_ours(store: Store) -> None:
    plan(store, intent())
    with store.read(2) as conn:
        assert intents.find_intent(conn, 2, intent().key) is None
        assert intents.list_open_intents(conn, 2) == []
