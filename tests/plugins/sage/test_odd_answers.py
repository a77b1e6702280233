"""Answers about other books, or of another shape: nothing is deleted, nothing stops by accident."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recoup.connector.errors import NeedsReconnect, Retriable, Skippable, WrongCompany
from recoup.connector.facades import Ledger
from recoup.plugins.sage import businesses, company, control
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.decode import read_page, read_row
from recoup.plugins.sage.faults import RoleRefused

Worlds = Callable[..., Any]


def test_not_found_in_other_books_deletes_nothing(make_world: Worlds) -> None:
    world = make_world(more=1)
    invoice = world.invoice(world.customer())
    world.pull()
    world.standin.faults.next("wrong_business", match=f"sales_invoices/{invoice}", times=9)
    with pytest.raises(WrongCompany, match="nothing of it is kept"):
        world.ledger().fetch([("sales_invoices", invoice)])


def test_a_refusal_of_other_books_takes_no_rights_away(make_world: Worlds) -> None:
    world = make_world(more=1)
    world.standin.businesses[f"{1:032x}"].roles = dict.fromkeys(
        ("Sales", "Purchases", "Contacts"), "No Access"
    )
    world.standin.faults.next("wrong_business", match="contact_allocations", times=9)
    with pytest.raises(WrongCompany):
        world.pull()
    assert not world.cursor.get("reduced")


def test_a_business_out_of_reach_is_no_matter_of_a_role(make_world: Worlds) -> None:
    world = make_world(more=1)
    world.connect([f"{1:032x}"])
    with pytest.raises(NeedsReconnect, match="somebody who can see it") as refusal:
        Client(world.connection()).page("contacts", {}, rows=1)
    assert not isinstance(refusal.value, RoleRefused)


@pytest.mark.parametrize("field", ["id", "status", "contact", "transaction_type", "updated_at"])
@pytest.mark.parametrize("value", [7, [7], None])
def test_a_row_with_an_odd_head_leaves_its_page_whole(field: str, value: Any) -> None:
    good = {"id": "a1", "contact": {"id": "c1"}}
    odd = {"id": "a2", "status": {"id": "UNPAID"}, field: value}
    page = read_page(json.dumps({"$total": 2, "$items": [good, odd]}).encode())
    assert page.rows[0].ledger_id == "a1"
    assert page.rows[1].ledger_id.startswith("unnamed-" if field == "id" else "a2")


def test_an_odd_row_keeps_what_can_be_read_and_is_never_a_deletion() -> None:
    raw = b'{"id":"a1","status":7,"deleted_at":"2026-06-30T12:00:00Z","contact":{"id":"c1"}}'
    row = read_row(raw)
    assert row is not None
    assert (row.contact_id, row.is_deleted) == ("c1", False)
    assert read_row(b"[1]") == read_row(b"[1]"), "the same bytes get the same name"


def test_an_answer_without_content_deletes_nothing(world: Any) -> None:
    invoice = world.invoice(world.customer())
    adapter = world.adapter()
    adapter._enricher()
    adapter._client.read = lambda path, ledger_id: b"{}"
    found = Ledger(adapter).fetch([("sales_invoices", invoice)])
    assert [payload.ledger_id for payload in found.payloads] == [invoice]
    assert not found.tombstones


def test_a_page_that_is_cut_off_is_asked_for_in_a_minute() -> None:
    with pytest.raises(Retriable) as refusal:
        read_page(b'{"$items":[')
    assert refusal.value.retry_after == timedelta(minutes=1)


def test_terms_beyond_the_calendar_park_what_they_would_date(world: Any) -> None:
    buyer = world.customer(credit_days=10**9)
    entry = str(world.books.create_quick_entry(buyer, 60)["id"])
    world.pull()
    assert "beyond the calendar" in str(world.mirror.parked["sales_quick_entries", entry])


@pytest.mark.parametrize("days", ["soon", [7], {"days": 7}, True])
def test_odd_terms_of_the_business_stop_nothing(world: Any, days: Any) -> None:
    world.books.edit_settings("invoice_settings", customer_credit_days=days)
    entry = str(world.books.create_quick_entry(world.customer(), 60)["id"])
    world.pull()
    assert ("sales_quick_entries", entry) in world.mirror.records


@pytest.mark.parametrize("details", [None, 7, {"balance": "NaNs"}])
def test_a_control_account_without_its_balance_is_named(
    world: Any, monkeypatch: pytest.MonkeyPatch, details: Any
) -> None:
    raw = {"id": "d1", "control_name": "Trade Debtors", "balance_details": details}
    row = read_row(json.dumps(raw).encode())
    monkeypatch.setattr(control, "all_rows", lambda *asked: [row])
    with pytest.raises(Skippable, match="trade debtors account d1"):
        control.control_totals(Client(world.connection()), None, False, "GBP")


def test_a_lock_that_cannot_be_read_counts_as_none(world: Any) -> None:
    world.books.edit_settings("financial_settings", year_end_lockdown_date="WEIRD")
    assert company.describe(Client(world.connection())).books_closed_on is None


def test_a_business_of_another_shape_hides_no_other() -> None:
    rows = [{"id": "b1", "name": "One"}, {"id": "b2", "name": 7, "country": []}]
    found = businesses.read_list(json.dumps({"$items": rows}).encode())
    assert [one.id for one in found] == ["b1", "b2"]
    with pytest.raises(Retriable, match="cannot be read"):
        businesses.read_one(b'{"id":7}')
