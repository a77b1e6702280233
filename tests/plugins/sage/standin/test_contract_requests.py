"""Every request that the adapter sends names only what the published API description knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.facades import Ledger
from recoup.connector.intents import Intent, Operation
from recoup.connector.model import DocumentKind
from recoup.connector.pages import Window
from recoup.connector.testing.fakes import AS_OF
from recoup.plugins.sage.adapter import SageLedger

ROOT = Path(__file__).resolve().parents[4]
CONTRACT = ROOT.parent / "shared" / "contracts" / "sage" / "accounting-v3.1-2025.json"
Payload = dict[str, Any]

# What the adapter sends beside the description, each with its reason. A reason that nothing needs
# any longer fails.
UNDESCRIBED = {
    "contact_payment.idempotency_id": "told in the guide on repeating requests alone",
    "contact_allocation.idempotency_id": "as above",
    "sales_invoice.idempotency_id": "as above",
    "DELETE /sales_invoices/{key} body": "the guide voids with a body, the description with a"
    " parameter: both are sent",
    "GET /businesses": "the user's own resources are described apart",
    "GET /businesses/{key}": "as above",
}


class Described:
    """The requests that the description knows."""

    def __init__(self) -> None:
        self.document = json.loads(CONTRACT.read_text(encoding="utf-8"))

    def unknown(self, method: str, path: str, query: Payload, body: object) -> Iterator[str]:
        """Yield what of a request the description does not know."""
        template = re.sub(r"/[0-9a-f]{32}", "/{key}", path)
        operation = self.document["paths"].get(template, {}).get(method.lower())
        if operation is None:
            yield f"{method} {template}"
            return
        parameters = operation.get("parameters", [])
        known = {one["name"] for one in parameters if one["in"] == "query"}
        yield from (f"{method} {template}?{name}" for name in set(query) - known)
        schemas = [one["schema"] for one in parameters if one["in"] == "body"]
        if isinstance(body, dict) and not schemas:
            yield f"{method} {template} body"
        elif isinstance(body, dict):
            yield from self._fields("", schemas[0], body)

    def _fields(self, where: str, schema: Payload, value: object) -> Iterator[str]:
        named = schema.get("$ref", "").rpartition("/")[2]
        schema = self.document["definitions"][named] if named else schema
        if isinstance(value, list):
            for part in value:
                yield from self._fields(where, schema["items"], part)
        elif isinstance(value, dict):
            for name, part in value.items():
                inner = f"{where}.{name}" if where else name
                if name in schema.get("properties", {}):
                    yield from self._fields(inner, schema["properties"][name], part)
                else:
                    yield inner


@pytest.fixture(scope="module")
def described() -> Described:
    if not CONTRACT.is_file():
        pytest.skip("needs ../shared/contracts/sage")
    return Described()


@pytest.fixture
def sent(
    make_world: Callable[..., Any],
    make_intent: Callable[..., Intent],
    record: Callable[[SageLedger], Any],
) -> list[tuple[str, str, Payload, object]]:
    """(method, path, query, body) of everything that an adapter does, pull and write and undo."""
    world = make_world()
    buyer = world.customer()
    first, second = world.invoice(buyer), world.invoice(buyer)
    world.books.create_quick_entry(buyer, "10.00")
    world.books.opening_balance(buyer, "10.00")
    note = world.books.create_credit_note(buyer, "25.00")["id"]
    adapter = world.adapter()
    kept = record(adapter)
    ledger = Ledger(adapter)
    ledger.describe_company()
    world.pull(ledger)
    world.books.receive(buyer, "5.00", {second: "5.00"})
    world.pull(ledger)
    for page in ledger.sweep_open():
        assert page is not None
    ledger.sweep("sales_invoices", Window(), True)
    ledger.fetch([("sales_invoices", first), ("contacts", buyer)])
    for as_of in (None, date(2026, 1, 31)):
        ledger.control_totals(as_of, False)
    ledger.invoice_pdf(first)
    lines = [{"amount": "15.00", "description": "fee", "item_id": world.books.accounts["SALES"]}]
    write_and_undo(ledger, make_intent, (buyer, first, note), lines)
    return list(kept.sent)


def write_and_undo(
    ledger: Ledger,
    make_intent: Callable[..., Intent],
    ids: tuple[str, str, str],
    lines: list[Payload],
) -> None:
    """A receipt, an allocation and an invoice; ids: a customer, its invoice, its credit note."""
    buyer, invoice, note = ids
    head = {"customer_id": buyer, "currency": "GBP", "issued_on": AS_OF.isoformat()}
    paid = [{"invoice_id": invoice, "amount": "30.00"}]
    receipt = {**head, "amount": "40.00", "reference": "CHQ 1", "allocations": paid}
    source = {"kind": DocumentKind.CREDIT_NOTE, "ledger_id": note}
    fee = {**head, "due_on": AS_OF.isoformat(), "number": "FEE-1", "memo": "fee", "lines": lines}
    credit = [{"invoice_id": invoice, "amount": "25.00"}]
    for outcome in (
        ledger.create_payment(make_intent(Operation.CREATE_PAYMENT, "bank line", **receipt)),
        ledger.allocate(
            make_intent(Operation.ALLOCATE, "credit", source=source, allocations=credit)
        ),
        ledger.create_invoice(make_intent(Operation.CREATE_INVOICE, "fee", **fee)),
    ):
        ledger.reverse(make_intent(Operation.REVERSE, "back", **outcome.inverse))


def test_every_request_of_the_adapter_is_described(
    described: Described, sent: list[tuple[str, str, Payload, object]]
) -> None:
    found = {name for request in sent for name in described.unknown(*request)}
    assert sorted(found - set(UNDESCRIBED)) == []
    assert sorted(set(UNDESCRIBED) - found) == [], "listed and needed no longer"
    assert {request[0] for request in sent} == {"GET", "POST", "DELETE"}


def test_a_parameter_and_a_field_of_ones_own_would_be_seen(described: Described) -> None:
    body = {"contact_payment": {"totl_amount": "1.0"}}
    asked = described.unknown("POST", "/contact_payments", {"dry_run": "true"}, body)
    assert list(asked) == ["POST /contact_payments?dry_run", "contact_payment.totl_amount"]
