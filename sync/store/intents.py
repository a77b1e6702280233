"""Write intents at rest: committed before the first byte is sent, marked as answers come.

The caller plans in ``store.write(company_id, durable=True)`` and leaves it before it sends: an
intent that a power cut could take back would be none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from recoup.connector.errors import Fatal
from recoup.connector.intents import Intent, IntentState, Operation
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.sync.store.locks import serialise
from recoup.sync.store.schema import intents

__all__ = [
    "booked_for",
    "find_intent",
    "list_open_intents",
    "mark_done",
    "mark_refused",
    "mark_reversed",
    "mark_sent",
    "mark_unknown",
    "namesakes",
    "plan",
]

_OPEN = (IntentState.PLANNED, IntentState.SENT, IntentState.UNKNOWN)
_MAY_BECOME = {
    IntentState.SENT: (IntentState.PLANNED, IntentState.SENT, IntentState.UNKNOWN),  # a replay
    IntentState.UNKNOWN: (IntentState.SENT, IntentState.UNKNOWN),
    IntentState.DONE: (IntentState.SENT, IntentState.UNKNOWN, IntentState.DONE),
    IntentState.REFUSED: (IntentState.SENT, IntentState.UNKNOWN, IntentState.REFUSED),
    IntentState.REVERSED: (IntentState.DONE, IntentState.REVERSED),
}


def plan(conn: Connection, company_id: int, intent: Intent, *, at: datetime) -> Intent:
    """Store the intent as planned; a key planned before returns its row in its present state.

    Raises Fatal when the known row of that key asks for something else: keys are derived from
    the request, so one of the two was tampered with or misbuilt.
    """
    serialise(conn, f"intent:{company_id}:{intent.key}")
    known = find_intent(conn, company_id, intent.key)
    if known is not None:
        if _json(known.request) != _json(intent.request) or known.operation != intent.operation:
            raise Fatal(f"intent {intent.key} was planned before with another request")
        return known
    conn.execute(
        insert(intents).values(
            company_id=company_id,
            key=intent.key,
            operation=intent.operation,
            natural_key=intent.natural_key,
            request=_json(intent.request),
            inverse=_json(intent.inverse),
            state=IntentState.PLANNED,
            created_at=at,
        )
    )
    return _to_intent(_row(conn, company_id, intent.key))


def find_intent(conn: Connection, company_id: int, key: str) -> Intent | None:
    """Return the intent of that key, None when it was never planned."""
    row = conn.execute(select(intents).where(_is(company_id, key))).one_or_none()
    return None if row is None else _to_intent(row)


def namesakes(conn: Connection, company_id: int, natural_key: str) -> list[Intent]:
    """Return all intents that mean the same thing, oldest first.

    More than one is allowed, since a corrected request has another key, but a person should
    see it: two of them done may be one payment booked twice.
    """
    same = (intents.c.company_id == company_id) & (intents.c.natural_key == natural_key)
    ordered = select(intents).where(same).order_by(intents.c.created_at, intents.c.key)
    return [_to_intent(row) for row in conn.execute(ordered)]


def booked_for(conn: Connection, company_id: int, document: DocumentRef) -> list[Intent]:
    """Return the intents of which *document* is the result, oldest first."""
    same = (
        (intents.c.company_id == company_id)
        & (intents.c.result_kind == document.kind)
        & (intents.c.result_id == document.ledger_id)
    )
    ordered = select(intents).where(same).order_by(intents.c.created_at, intents.c.key)
    return [_to_intent(row) for row in conn.execute(ordered)]


def list_open_intents(conn: Connection, company_id: int) -> list[Intent]:
    """Return the intents whose outcome is not known yet, oldest first: planned, sent, unknown."""
    still_open = (intents.c.company_id == company_id) & intents.c.state.in_(_OPEN)
    ordered = select(intents).where(still_open).order_by(intents.c.created_at, intents.c.key)
    return [_to_intent(row) for row in conn.execute(ordered)]


def mark_sent(conn: Connection, company_id: int, key: str, *, at: datetime) -> None:
    """The request is about to be handed to the platform. Commit this before sending."""
    _mark(conn, company_id, key, IntentState.SENT, sent_at=at)


def mark_unknown(conn: Connection, company_id: int, key: str, *, reason: str) -> None:
    """No answer came: only a replay of the key or a read decides."""
    _mark(conn, company_id, key, IntentState.UNKNOWN, reason=reason)


def mark_done(
    conn: Connection,
    company_id: int,
    key: str,
    *,
    result: DocumentRef | None,
    inverse: Mapping[str, Any],
    at: datetime,
) -> None:
    """The ledger holds what was asked for, read back; *inverse* takes it back again."""
    _mark(
        conn,
        company_id,
        key,
        IntentState.DONE,
        finished_at=at,
        result_kind=None if result is None else result.kind,
        result_id=None if result is None else result.ledger_id,
        inverse=_json(inverse),
        reason=None,
    )


def mark_refused(conn: Connection, company_id: int, key: str, *, reason: str, at: datetime) -> None:
    """The platform said no and nothing happened; *reason* is what it said."""
    _mark(conn, company_id, key, IntentState.REFUSED, finished_at=at, reason=reason)


def mark_reversed(conn: Connection, company_id: int, key: str, *, at: datetime) -> None:
    """What was done has been undone through its inverse."""
    _mark(conn, company_id, key, IntentState.REVERSED, finished_at=at)


def _mark(
    conn: Connection, company_id: int, key: str, state: IntentState, **values: object
) -> None:
    before = [s.value for s in _MAY_BECOME[state]]
    allowed = _is(company_id, key) & intents.c.state.in_(before)
    if conn.execute(update(intents).where(allowed).values(state=state, **values)).rowcount == 0:
        known = find_intent(conn, company_id, key)
        now = "was never planned" if known is None else f"is {known.state}"
        raise Fatal(f"intent {key} cannot become {state}: it {now}")


def _is(company_id: int, key: str) -> ColumnElement[bool]:
    return (intents.c.company_id == company_id) & (intents.c.key == key)


def _row(conn: Connection, company_id: int, key: str) -> Row[tuple[object, ...]]:
    return conn.execute(select(intents).where(_is(company_id, key))).one()


def _to_intent(row: Row[tuple[object, ...]]) -> Intent:
    result = None
    if row.result_kind is not None:
        result = DocumentRef(DocumentKind(row.result_kind), row.result_id)
    return Intent(
        key=row.key,
        operation=Operation(row.operation),
        natural_key=row.natural_key,
        request=json.loads(row.request),
        inverse=json.loads(row.inverse),
        state=IntentState(row.state),
        created_at=row.created_at,
        result=result,
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
