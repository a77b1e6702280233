"""Any field of any object may come null, empty, of another type or in an unknown word.

One pull reads an object for every field and odd value: none of them raises, none is lost without
a word, and the object beside them stays whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from recoup.connector.facades import Ledger
from recoup.connector.http import Answer
from recoup.connector.model import Invoice
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.entities import BY_TYPE

ODD: tuple[Any, ...] = (None, 7, "", "WEIRD", "NaN", 10**30, [7], {"id": 7})
Maker = Callable[[Any, str], str]


def _allocated(world: Any, buyer: str) -> str:
    credit = str(world.books.create_credit_note(buyer, "60.00")["CreditNoteID"])
    world.books.allocate(credit, world.invoice(buyer), "20.00")
    return credit


MAKERS: dict[str, Maker] = {
    "Contact": lambda world, buyer: buyer,
    "Invoice": lambda world, buyer: str(world.invoice(buyer)),
    "CreditNote": _allocated,
    "Overpayment": lambda w, b: str(w.books.create_overpayment(b, "60.00")["OverpaymentID"]),
    "Prepayment": lambda w, b: str(w.books.create_prepayment(b, "60.00")["PrepaymentID"]),
    "Payment": lambda w, b: str(w.books.pay(w.invoice(b), "40.00")["PaymentID"]),
}
Plan = dict[str, tuple[tuple[str, ...], Any]]


def places(row: dict[str, Any]) -> list[tuple[str, ...]]:
    """Every field, and the fields one level down, of lists in their first element."""
    found: list[tuple[str, ...]] = []
    for name, value in sorted(row.items()):
        found.append((name,))
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            found += [(name, part) for part in sorted(inner)]
    return found


def change(row: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    """Put *value* at a place, if that still is there."""
    inner: Any = row
    for name in place[:-1]:
        inner = row.get(name)
        inner = inner[0] if isinstance(inner, list) and inner else inner
    if isinstance(inner, dict) and place:
        inner[place[-1]] = value


def mangle(ledger: XeroLedger, source_type: str, plan: Plan) -> None:
    """Change one field of each object of *plan* on its way from the wire."""
    session, listing = ledger._client.session, BY_TYPE[source_type]
    send = session.send

    def changed(call: Any) -> Answer:
        answer: Answer = send(call)
        if call.method not in (listing.many, listing.one):
            return answer
        tree = json.loads(answer.body)
        for row in tree.get(listing.plural) or ():
            name, value = plan.get(row[listing.id_field], ((), None))
            change(row, name, value)
        return replace(answer, body=json.dumps(tree).encode())

    session.send = changed  # type: ignore[method-assign]


@pytest.mark.parametrize("source_type", MAKERS)
def test_an_odd_field_parks_its_own_record_at_most(world: Any, source_type: str) -> None:
    make, listing = MAKERS[source_type], BY_TYPE[source_type]
    beside = world.invoice(world.customer("Beside"), "12.34")
    sample = make(world, world.customer("Sample"))
    read = next(iter(world.ledger().fetch([(source_type, sample)]).payloads))
    plan: Plan = {}
    for name in places(json.loads(read.raw)):
        for value in ODD:
            plan[make(world, world.customer(f"Buyer {len(plan)}"))] = (name, value)
    ledger = XeroLedger(world.connection, page_rows=world.page_rows)
    mangle(ledger, source_type, plan)
    world.pull(Ledger(ledger))
    record = world.mirror.records["Invoice", beside]
    assert isinstance(record, Invoice)
    assert str(record.balance.amount) == "12.34"
    named = {key[1] for key in (*world.mirror.records, *world.mirror.parked)}
    hides = {(listing.id_field,), ("MergedToContactID",)}  # its own name is what was changed
    assert not [done for at, done in plan.items() if at not in named and done[0] not in hides]
    assert world.mirror.parked
    assert all(named), "everything has a name"
    assert {type(e).__name__ for e in world.mirror.parked.values()} <= {
        "Unreadable",
        "InexactAmount",
    }
