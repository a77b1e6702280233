"""Carrying out write intents: committed before they are sent, settled when they are answered.

planned → sent → done. What the write will overwrite is looked at and stored with the plan; the
answer completes the inverse. A process that dies on the way leaves the intent open; carrying it
out again sends the same key, which the platform answers with what it did the first time. Every
way of writing to a ledger goes through here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from recoup.connector.errors import Fatal, NotSupported, OutcomeUnknown, Skippable
from recoup.connector.facades import Ledger
from recoup.connector.intents import Intent, IntentState, Operation, Outcome, intent_key
from recoup.connector.protocols import Clock
from recoup.sync.pull.run import store_fetched
from recoup.sync.store import intents
from recoup.sync.store.audit import append, company_scope
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store

__all__ = ["carry_out", "undo"]

_ACTOR = "writing"
_MAKES = (Operation.CREATE_PAYMENT, Operation.CREATE_INVOICE)


def carry_out(
    store: Store, company: CompanyRow, ledger: Ledger, intent: Intent, *, clock: Clock
) -> Outcome:
    """Do what *intent* asks for, once, and read back the documents that it touched.

    An intent of that key which is done already is not sent again. Raises OutcomeUnknown when no
    answer came: carry the same intent out again later. Raises Skippable or NotSupported when the
    ledger refused it; nothing happened then. Whatever else is raised leaves it open.
    """
    company_id = company.company_id
    intent = _foreseen(store, company, ledger, intent)
    with store.write(company_id, durable=True) as conn:
        known = intents.plan(conn, company_id, intent, at=clock.now())
        if known.state in (IntentState.PLANNED, IntentState.SENT, IntentState.UNKNOWN):
            intents.mark_sent(conn, company_id, known.key, at=clock.now())
    if known.state is IntentState.DONE:
        return Outcome(document=known.result, inverse=known.inverse)
    if known.state in (IntentState.REFUSED, IntentState.REVERSED):
        raise Skippable(f"{known.natural_key}: this intent was {known.state} before")
    outcome = _send(store, company, ledger, known, clock)
    with store.write(company_id, durable=True) as conn:
        at = clock.now()
        _check_new(conn, company_id, known, outcome)
        intents.mark_done(
            conn, company_id, known.key, result=outcome.document, inverse=outcome.inverse, at=at
        )
        _audit(company, known, "write_done", conn, clock)
    touched = ledger.source_types(outcome.touched)
    if touched:
        store_fetched(store, company, ledger, ledger.fetch(touched), clock)
    return outcome


def undo(store: Store, company: CompanyRow, ledger: Ledger, key: str, *, clock: Clock) -> Outcome:
    """Take back the intent called *key* through its inverse; an intent of its own.

    Raises Fatal when it was never done, Skippable when the ledger refuses to take it back.
    """
    with store.read(company.company_id) as conn:
        done = intents.find_intent(conn, company.company_id, key)
        meaning = "" if done is None else f"undo {done.natural_key}"
        before = intents.namesakes(conn, company.company_id, meaning)
    if done is None or done.state not in (IntentState.DONE, IntentState.REVERSED):
        raise Fatal(f"intent {key} was never done, so it cannot be undone")
    if not done.inverse:
        raise NotSupported(f"{done.natural_key}: {done.operation} cannot be taken back")
    # What was refused may be possible later: a try of its own, with a key of its own.
    refused = sum(
        tried.state is IntentState.REFUSED and tried.request == done.inverse for tried in before
    )
    reversal = Intent(
        key=intent_key(done.key, Operation.REVERSE, f"{meaning} {refused}", done.inverse),
        operation=Operation.REVERSE,
        natural_key=meaning,
        request=done.inverse,
    )
    outcome = carry_out(store, company, ledger, reversal, clock=clock)
    with store.write(company.company_id, durable=True) as conn:
        intents.mark_reversed(conn, company.company_id, key, at=clock.now())
    return outcome


def _check_new(conn: Connection, company_id: int, intent: Intent, outcome: Outcome) -> None:
    """Raise Fatal when what was to be made anew was made for another intent before.

    Where a lost answer is made good by looking for what was booked, a twin can be taken for it.
    """
    if outcome.document is None or intent.operation not in _MAKES:
        return
    for other in intents.booked_for(conn, company_id, outcome.document):
        if other.key != intent.key and other.operation in _MAKES:
            raise Fatal(
                f"{intent.natural_key}: the ledger shows {outcome.document} for it, which was "
                f"booked for {other.natural_key}; look at both in the ledger"
            )


def _foreseen(store: Store, company: CompanyRow, ledger: Ledger, intent: Intent) -> Intent:
    """Return *intent* with what only a look before the first try can tell.

    What is refused already now is sent all the same: its refusal is then recorded.
    """
    with store.read(company.company_id) as conn:
        if intents.find_intent(conn, company.company_id, intent.key) is not None:
            return intent
    try:
        seen = ledger.foresee(intent)
    except (Skippable, NotSupported):
        return intent
    return replace(intent, inverse={**intent.inverse, **seen})


def _send(
    store: Store, company: CompanyRow, ledger: Ledger, intent: Intent, clock: Clock
) -> Outcome:
    operations: Mapping[Operation, Callable[[Intent], Outcome]] = {
        Operation.CREATE_PAYMENT: ledger.create_payment,
        Operation.ALLOCATE: ledger.allocate,
        Operation.REVERSE: ledger.reverse,
        Operation.CREATE_INVOICE: ledger.create_invoice,
        Operation.EMAIL_INVOICE: ledger.email_invoice,
        Operation.ADD_NOTE: ledger.add_note,
        Operation.EXPECTED_PAYMENT: ledger.set_expected_payment,
    }
    try:
        return operations[intent.operation](intent)
    except OutcomeUnknown as error:
        with store.write(company.company_id, durable=True) as conn:
            intents.mark_unknown(conn, company.company_id, intent.key, reason=str(error))
        raise
    except (Skippable, NotSupported) as error:
        with store.write(company.company_id, durable=True) as conn:
            intents.mark_refused(
                conn, company.company_id, intent.key, reason=str(error), at=clock.now()
            )
            _audit(company, intent, "write_refused", conn, clock)
        raise


def _audit(
    company: CompanyRow, intent: Intent, action: str, conn: Connection, clock: Clock
) -> None:
    """Note the key and the operation: what it means in words may name people."""
    facts = {"key": intent.key, "operation": intent.operation.value}
    scope = company_scope(company.company_id)
    append(conn, scope, actor=_ACTOR, action=action, facts=facts, at=clock.now())
