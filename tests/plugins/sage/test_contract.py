"""Everything that is sent stands in Sage's own description of 2025."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.intents import Operation
from recoup.connector.pages import Window
from recoup.connector.testing.fakes import NOON

# Sage's guide on idempotency adds this to every resource; the description lacks it.
UNDESCRIBED = {"idempotency_id"}
OUTSIDE = ("/businesses",)  # described in another document
TODAY = NOON.date().isoformat()


@pytest.fixture(scope="module")
def contract(shared: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(
        (shared / "contracts" / "sage" / "accounting-v3.1-2025.json").read_text("utf-8-sig")
    )
    return found


def template(contract: Mapping[str, Any], path: str) -> str:
    if path in contract["paths"]:
        return path
    keyed = re.sub(r"^(/[a-z_]+)/[^/]+", r"\1/{key}", path)
    assert keyed in contract["paths"], f"{path} is not described"
    return keyed


def fields(
    contract: Mapping[str, Any], schema: Mapping[str, Any], body: Any, at: str
) -> Iterator[str]:
    """Yield the path of every field of *body* that *schema* does not have."""
    if "$ref" in schema:
        schema = contract["definitions"][schema["$ref"].rpartition("/")[2]]
    if isinstance(body, list):
        for part in body:
            yield from fields(contract, schema.get("items", {}), part, f"{at}[]")
        return
    if not isinstance(body, dict):
        return
    known = schema.get("properties", {})
    for name, value in body.items():
        if name in UNDESCRIBED:
            continue
        if name not in known:
            yield f"{at}.{name}"
        else:
            yield from fields(contract, known[name], value, f"{at}.{name}")


@pytest.fixture
def everything(world: Any, record: Callable[..., Any], make_intent: Callable[..., Any]) -> Any:
    """What the adapter sends when all of it is used once."""
    adapter = world.adapter(page_rows=5)
    sent = record(adapter)
    contact = world.customer("All", credit_days=14)
    invoices = [world.invoice(contact) for _ in range(12)]
    world.books.create_quick_entry(contact, "10")
    world.books.opening_balance(contact, "10")
    note = world.books.create_credit_note(contact, "40")["id"]
    over = world.books.pay_on_account(contact, "10")["payment_on_account"]["id"]
    world.books.allocate(contact, {invoices[0]: "10", over: "-10"})
    account = world.books.accounts["SALES"]
    adapter.describe_company()
    adapter.capabilities()
    [*_, last] = adapter.pull(cursor=None)
    world.clock.advance(timedelta(hours=1))
    list(adapter.pull(cursor=last.cursor))
    list(adapter.sweep_open())
    adapter.count_objects()
    adapter.sweep("sales_invoices", Window(NOON, NOON + timedelta(hours=2)), True)
    adapter.control_totals(None, False)
    adapter.control_totals(NOON.date(), False)
    adapter.invoice_pdf(invoices[0])
    parts = [{"invoice_id": invoices[1], "amount": "90", "discount": "5"}]
    paid = adapter.create_payment(
        make_intent(
            Operation.CREATE_PAYMENT,
            "all of it",
            customer_id=contact,
            currency="GBP",
            amount="100",
            issued_on=TODAY,
            reference="CHQ",
            payment_method_id="CHECK",
            allocations=parts,
        )
    )
    adapter.fetch([("sales_invoices", invoices[1])])
    set_against = adapter.allocate(
        make_intent(
            Operation.ALLOCATE,
            "credit",
            source={"kind": "credit_note", "ledger_id": note},
            issued_on=TODAY,
            allocations=[{"invoice_id": invoices[2], "amount": "40"}],
        )
    )
    billed = adapter.create_invoice(
        make_intent(
            Operation.CREATE_INVOICE,
            "fee",
            customer_id=contact,
            currency="GBP",
            issued_on=TODAY,
            due_on=TODAY,
            number="F1",
            memo="fee",
            lines=[{"amount": "5", "description": "fee", "item_id": account}],
        )
    )
    off = {**paid.inverse, "undo": "unallocate"}
    for inverse in (off, set_against.inverse, billed.inverse):
        adapter.reverse(make_intent(Operation.REVERSE, "undo", **inverse))
    return sent.sent


def test_every_parameter_is_described(contract: Mapping[str, Any], everything: Any) -> None:
    unknown = set()
    for method, path, params, _ in everything:
        if path.startswith(OUTSIDE):
            continue
        described = contract["paths"][template(contract, path)][method.lower()]
        known = {one["name"] for one in described.get("parameters", ())}
        unknown |= {f"{method} {path}?{name}" for name in params if name not in known}
    assert not unknown


def test_every_attribute_asked_for_is_described(
    contract: Mapping[str, Any], everything: Any
) -> None:
    named = {
        (path, name)
        for _, path, params, _ in everything
        for name in params.get("attributes", "all").split(",")
        if name != "all"
    }
    assert not named, "lists ask for all; a page that Sage cannot serve is in test_listing"


def test_every_field_is_described(contract: Mapping[str, Any], everything: Any) -> None:
    written = [(m, p, b) for m, p, _, b in everything if m in ("POST", "PUT")]
    assert {path for _, path, _ in written} >= {
        "/contact_payments",
        "/contact_allocations",
        "/sales_invoices",
    }
    for method, path, body in written:
        described = contract["paths"][template(contract, path)][method.lower()]
        [schema] = [one["schema"] for one in described["parameters"] if one["in"] == "body"]
        assert not list(fields(contract, schema, body, path))


def test_every_write_that_creates_carries_its_id(everything: Any) -> None:
    for method, _, _, body in everything:
        if method == "POST":
            [resource] = body.values()
            assert re.fullmatch(r"[0-9a-f]{32}", resource["idempotency_id"])


def test_amounts_are_sent_as_text(everything: Any) -> None:
    def numbers(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            for part in value.values():
                yield from numbers(part)
        elif isinstance(value, list):
            for part in value:
                yield from numbers(part)
        elif isinstance(value, int | float):
            yield value

    assert not [n for _, _, _, body in everything for n in numbers(body)]
