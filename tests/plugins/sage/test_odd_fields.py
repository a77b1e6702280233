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
from recoup.connector.model import CreditNote, Invoice

ODD: tuple[Any, ...] = (None, 7, "", "WEIRD", "NaN", 10**30, [7], {"id": 7})
Maker = Callable[[Any, str], str]
Plan = dict[str, tuple[tuple[str, ...], Any]]


def _receipt(world: Any, buyer: str) -> str:
    invoice = world.invoice(buyer)
    return str(world.books.receive(buyer, 150, {invoice: 100})["id"])


def _allocation(world: Any, buyer: str) -> str:
    invoice = world.invoice(buyer)
    credit = str(world.books.create_credit_note(buyer, 100)["id"])
    return str(world.books.allocate(buyer, {invoice: 100, credit: -100})["id"])


MAKERS: dict[str, Maker] = {
    "contacts": lambda world, buyer: buyer,
    "sales_invoices": lambda world, buyer: str(world.invoice(buyer)),
    "sales_credit_notes": lambda w, buyer: str(w.books.create_credit_note(buyer, 60)["id"]),
    "sales_quick_entries": lambda w, buyer: str(w.books.create_quick_entry(buyer, 60)["id"]),
    "contact_opening_balances": lambda w, b: str(w.books.opening_balance(b, 60)["id"]),
    "contact_payments": _receipt,
    "contact_allocations": _allocation,
}


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


class Mangler:
    """Stands before the wire and changes one field of the objects that it was given."""

    def __init__(self, inner: Any, plan: Plan) -> None:
        self._inner, self._plan = inner, plan

    def call(self, method: str, url: str, **more: Any) -> Answer:
        answer: Answer = self._inner.call(method, url, **more)
        path = url.partition("/v3.1/")[2]
        if method != "GET" or answer.status != 200 or path.partition("/")[0] not in MAKERS:
            return answer
        tree = json.loads(answer.body)
        for row in tree.get("$items", [tree]):
            name, value = self._plan.get(row["id"], ((), None))
            change(row, name, value)
        return replace(answer, body=json.dumps(tree).encode())


def odd_pull(world: Any, path: str, *, again: bool) -> Plan:
    """Make an object for each field and odd value, pull them; what was done to each."""
    make = MAKERS[path]
    sample = make(world, world.customer())
    read = json.loads(world.adapter()._client.read(path, sample))
    plan = {make(world, world.customer()): (name, value) for name in places(read) for value in ODD}
    for _ in range(2 if again else 1):
        adapter = world.adapter()
        adapter._client._caller = Mangler(adapter._client._caller, plan)
        world.pull(Ledger(adapter))
    return plan


CASES: list[tuple[str, dict[str, str]]] = [(path, {}) for path in MAKERS]
CASES += [(path, {"Purchases": "Read Only"}) for path in ("sales_invoices", "sales_quick_entries")]


@pytest.mark.parametrize(("path", "roles"), CASES)
def test_an_odd_field_parks_its_own_record_at_most(
    make_world: Any, path: str, roles: dict[str, str]
) -> None:
    """roles: with less, the documents themselves tell what settles them."""
    world = make_world()
    world.books.roles = roles
    buyer = world.customer("Beside")
    beside = world.invoice(buyer, "12.34")
    plan = odd_pull(world, path, again=False)
    record = world.mirror.records["sales_invoices", beside]
    assert isinstance(record, Invoice)
    assert str(record.balance.amount) == "12.34"
    told = {key[1] for key in (*world.mirror.records, *world.mirror.parked) if key[0] == path}
    assert not [done for at, done in plan.items() if at not in told and done[0] != ("id",)]
    assert all(told), "everything has a name"
    kinds = {type(error).__name__ for error in world.mirror.parked.values()}
    assert kinds <= {"Unreadable", "InexactAmount"}


def test_a_document_without_a_contact_or_date_never_becomes_a_record(make_world: Any) -> None:
    world = make_world()
    plan = odd_pull(world, "sales_quick_entries", again=True)
    for at, (name, value) in plan.items():
        if name in (("contact",), ("date",)):
            record = world.mirror.records.get(("sales_quick_entries", at))
            assert not isinstance(record, Invoice | CreditNote), (name, value)
