"""A state file: what was written, granted and answered survives a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from recoup.plugins.sage.standin.books import Books, Clock
from recoup.plugins.sage.standin.options import Options
from recoup.plugins.sage.standin.server import StandIn

KEY = "a" * 32


def opened(path: Path, clock: Clock) -> StandIn:
    return StandIn(Books(clock=clock), options=Options(state=str(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def test_documents_tombstones_and_balances_survive(path: Path, books: Books) -> None:
    with StandIn(books, options=Options(state=str(path))):
        customer = books.create_contact("Acme", reference="ACME")["id"]
        invoice = books.create_invoice(customer, "100")["id"]
        payment = books.receive(customer, "70", {invoice: "60"})
        gone = books.pay_on_account(customer, "1")["id"]
        books.delete_payment(gone)
        books.opening_balance(customer, "8")
        books.journal("3")
        shown = {kind: books.rows(kind) for kind in books.kinds()}
    with opened(path, books.clock) as again:
        other = again.books
        assert {kind: other.rows(kind) for kind in other.kinds()} == shown
        assert gone in other.tombstones("contact_payments")
        assert (other.check(), other.balance_of(customer)) == ([], "38.0")
        assert other.debtors() == books.debtors()
        held = payment["payment_on_account"]["id"]
        other.allocate(customer, {invoice: "10", held: "-10"})
        assert other.create_invoice(customer, "1")["displayed_as"] == "SI-2"
        assert other.rename(customer, "New")["name"] == "New"
        assert other.get("sales_invoices", invoice)["contact"]["displayed_as"] == "New (ACME)"
        assert other.check() == []


def test_a_key_and_a_grant_survive(path: Path, client_of: Any) -> None:
    clock = Clock()
    with opened(path, clock) as first:
        customer = first.books.create_contact("Acme")["id"]
        client = client_of(first)
        made = client.pay(customer, "5", {}, idempotency_id=KEY).json()
        refresh_token = client.grant["refresh_token"]
    with opened(path, clock) as second:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        granted = requests.post(f"{second.url}/token", data=form, timeout=5).json()
        client = client_of(second)
        client.use(granted)
        assert client.pay(customer, "5", {}, idempotency_id=KEY).json() == made
        assert len(second.books.rows("contact_payments")) == 1


def test_a_loaded_balance_keeps_its_distance(path: Path, books: Books) -> None:
    customer = books.create_contact("Acme")
    other = Books("b" * 32, clock=books.clock)
    other.load("contacts", {**customer, "balance": "500.0"})
    with StandIn(other, options=Options(state=str(path))):
        other.create_invoice(customer["id"], "100")
        assert other.balance_of(customer["id"]) == "600.0"
    with StandIn(Books("b" * 32, clock=books.clock), options=Options(state=str(path))) as again:
        assert again.books.balance_of(customer["id"]) == "600.0"


def test_something_else_is_no_state_file(path: Path, books: Books) -> None:
    path.write_text("not a database, and long enough to be looked at as one" * 20)
    with pytest.raises(ValueError, match="is not a state file"):
        StandIn(books, options=Options(state=str(path)))
