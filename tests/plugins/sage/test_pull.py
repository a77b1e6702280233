"""A pull brings what changed, what was deleted, and what nobody said was touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Fatal, NeedsConsent, Retriable
from recoup.connector.model import AllocationKind, DocumentState
from recoup.connector.money import Money
from recoup.plugins.sage import POLL_CALLS, ledger_platforms
from recoup.plugins.sage.cursor import State
from recoup.plugins.sage.standin.options import Options

HOUR = timedelta(hours=1)


def gbp(amount: str) -> Money:
    return Money.of(amount, "GBP")


def record(world: Any, path: str, ledger_id: str) -> Any:
    return world.mirror.records[path, ledger_id]


def test_an_empty_pull_costs_at_most_eighteen_calls(world: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    world.books.receive(contact, "10", {invoice: "10"})
    world.pull()
    world.clock.advance(HOUR)
    world.pull()
    world.clock.advance(HOUR)
    before = world.standin.calls.copy()
    pages = world.pull()
    made = world.standin.calls - before
    assert sum(page.calls for page in pages) == made.total() - made["oauth"] == POLL_CALLS
    assert POLL_CALLS <= 18 and ledger_platforms()[0].poll_calls == POLL_CALLS
    assert not [p for page in pages for p in page.payloads if p.source_type != "ledger_accounts"]


@pytest.mark.parametrize("moves", [False, True])
def test_a_receipt_of_late_is_looked_into_once(make_world: Callable[..., Any], moves: bool) -> None:
    world = make_world(moves_on_allocation=moves)
    contact = world.customer()
    invoice = world.invoice(contact)
    world.pull()
    world.clock.advance(HOUR)
    world.books.receive(contact, "10", {invoice: "10"})
    world.pull()
    world.clock.advance(timedelta(minutes=5))
    pages = world.pull()  # the look back shows the receipt again
    assert sum(page.calls for page in pages) <= 18


@pytest.mark.parametrize("moves", [False, True])
def test_a_deleted_allocation_opens_both_sides_again(
    make_world: Callable[..., Any], moves: bool
) -> None:
    world = make_world(moves_on_allocation=moves)
    contact = world.customer()
    invoice = world.invoice(contact)
    payment = world.books.pay_on_account(contact, "30")
    over = payment["payment_on_account"]["id"]
    made = world.books.allocate(contact, {invoice: "30", over: "-30"})["id"]
    world.pull()
    assert record(world, "contact_payments", payment["id"]).balance == gbp("0")
    world.clock.advance(HOUR)
    world.books.unallocate(made)
    world.pull()
    assert record(world, "sales_invoices", invoice).balance == gbp("100")
    assert record(world, "contact_payments", payment["id"]).balance == gbp("30")
    assert not world.mirror.allocations()


@pytest.mark.parametrize("moves", [False, True])
def test_what_an_edited_receipt_lets_go_of_is_found(
    make_world: Callable[..., Any], moves: bool
) -> None:
    world = make_world(moves_on_allocation=moves)
    contact = world.customer()
    first, second = world.invoice(contact), world.invoice(contact)
    payment = world.books.receive(contact, "100", {first: "100"})["id"]
    world.pull()
    world.clock.advance(HOUR)
    world.books.edit_payment(payment, {second: "100"})
    world.pull()
    assert record(world, "sales_invoices", first).balance == gbp("100")
    assert record(world, "sales_invoices", second).balance == gbp("0")


def test_a_customers_balance_moves_with_its_documents(world: Any) -> None:
    contact = world.customer()
    world.pull()
    world.clock.advance(HOUR)
    world.invoice(contact, "70.00")
    world.pull()
    assert record(world, "contacts", contact).balance == gbp("70")


def test_an_opening_balance_is_open_by_what_its_legs_leave(world: Any) -> None:
    contact = world.customer()
    opened = world.books.opening_balance(contact, "80")["id"]
    world.books.receive(contact, "30", {opened: "30"})
    world.pull()
    assert record(world, "contact_opening_balances", opened).balance == gbp("50")
    world.clock.advance(HOUR)
    note = world.books.create_credit_note(contact, "20")["id"]
    world.books.allocate(contact, {opened: "20", note: "-20"})
    world.pull()
    assert record(world, "contact_opening_balances", opened).balance == gbp("30")


def test_a_missing_due_date_comes_from_the_terms(world: Any) -> None:
    own = world.customer("Own", credit_days=14)
    none = world.customer("None")
    world.books.edit_settings("invoice_settings", customer_credit_days=30)
    entry = world.books.create_quick_entry(own, "10", on=date(2026, 6, 1))["id"]
    opened = world.books.opening_balance(none, "10", on=date(2026, 6, 1))["id"]
    world.pull()
    assert record(world, "sales_quick_entries", entry).due_on == date(2026, 6, 15)
    assert record(world, "contact_opening_balances", opened).due_on == date(2026, 7, 1)


def test_the_contract_of_2022_is_read_as_well(make_world: Callable[..., Any]) -> None:
    world = make_world(quirks="2022")
    contact = world.customer(credit_days=7)
    entry = world.books.create_quick_entry(contact, "10", on=date(2026, 6, 1))["id"]
    world.invoice(contact)
    world.pull()
    assert not world.mirror.parked
    assert record(world, "sales_quick_entries", entry).due_on == date(2026, 6, 8)
    assert record(world, "contacts", contact).active


def test_drafts_are_drafts_and_voids_are_voids(world: Any) -> None:
    contact = world.customer()
    draft = world.invoice(contact, status="DRAFT")
    proforma = world.invoice(contact, status="PRO_FORMA")
    void = world.invoice(contact)
    world.books.void(void, "Twice")
    world.pull()
    states = {id: record(world, "sales_invoices", id).state for id in (draft, proforma, void)}
    assert states == {
        draft: DocumentState.DRAFT,
        proforma: DocumentState.DRAFT,
        void: DocumentState.VOID,
    }
    assert record(world, "sales_invoices", void).total == gbp("100")


@pytest.mark.parametrize("shown", [False, True])
def test_a_void_stays_whether_or_not_it_is_listed_as_deleted(
    make_world: Callable[..., Any], shown: bool
) -> None:
    world = make_world(options=Options(voids_in_deleted=shown))
    invoice = world.invoice(world.customer())
    world.pull()
    world.clock.advance(HOUR)
    world.books.void(invoice)
    world.pull()
    assert record(world, "sales_invoices", invoice).state is DocumentState.VOID


def test_a_deleted_draft_is_gone(world: Any) -> None:
    draft = world.invoice(world.customer(), status="DRAFT")
    world.pull()
    world.clock.advance(HOUR)
    world.books.delete_draft("sales_invoices", draft)
    world.pull()
    assert ("sales_invoices", draft) not in world.mirror.records


def test_what_is_withheld_is_not_to_be_collected(world: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact, "120.00", tax="20.00", withheld="20.00")
    world.books.receive(contact, "60", {invoice: "60"})
    world.pull()
    found = record(world, "sales_invoices", invoice)
    assert (found.total, found.balance) == (gbp("100"), gbp("40"))


def test_what_another_country_withholds_is_not_to_be_collected_either(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(country="IE", base_currency="EUR")
    invoice = world.invoice(world.customer(), "120.00", tax="20.00", withheld="20.00")
    world.pull()
    assert record(world, "sales_invoices", invoice).total == Money.of("100", "EUR")


def test_a_discount_is_an_edge_of_its_own(world: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    world.books.receive(contact, "95", {invoice: "95"}, discounts={invoice: "5"})
    world.pull()
    made = {one.kind: one.amount for one in world.mirror.allocations()}
    assert made == {AllocationKind.CASH: gbp("95"), AllocationKind.DISCOUNT: gbp("5")}


def test_a_refund_is_paid_out_of_its_credits(world: Any) -> None:
    contact = world.customer()
    note = world.books.create_credit_note(contact, "40")["id"]
    over = world.books.pay_on_account(contact, "10")
    refund = world.books.refund(
        contact, "50", {note: "40", over["payment_on_account"]["id"]: "10"}
    )["id"]
    world.pull()
    sources = {
        one.source.ledger_id for one in record(world, "contact_payments", refund).allocations
    }
    assert sources == {note, over["id"]}
    assert record(world, "contact_payments", refund).balance == gbp("0")


def test_a_foreign_allocation_is_in_the_currency_of_its_contact(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(rates={"EUR": Decimal("0.85")})
    world.books.edit_settings("financial_settings", multi_currency_enabled=True)
    contact = world.customer(currency="EUR")
    invoice = world.invoice(contact)
    note = world.books.create_credit_note(contact, "25")["id"]
    world.books.allocate(contact, {invoice: "25", note: "-25"})
    world.pull()
    [made] = world.mirror.allocations()
    assert made.amount == Money.of("25", "EUR")
    assert record(world, "sales_invoices", invoice).rate == Decimal("0.85")


def test_vendors_payments_are_none_of_ours(world: Any) -> None:
    payment = world.books.pay_on_account(world.customer(), "10")
    kind = {"id": "VENDOR_PAYMENT", "displayed_as": "", "$path": "/transaction_types/V"}
    world.books.load("contact_payments", {**payment, "id": "f" * 32, "transaction_type": kind})
    world.pull()
    assert ("contact_payments", "f" * 32) not in world.mirror.payloads


def test_a_poison_record_is_parked_by_name_and_the_rest_comes(world: Any) -> None:
    contact = world.customer()
    invoices = [world.invoice(contact) for _ in range(5)]
    world.standin.faults.poisoned.add(("sales_invoices", invoices[2]))
    world.pull()
    assert set(world.mirror.parked) == {("sales_invoices", invoices[2])}
    seen = {id for path, id in world.mirror.records if path == "sales_invoices"}
    assert seen == set(invoices) - {invoices[2]}


def test_a_poison_record_that_a_receipt_names_stops_nothing(world: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    world.pull()
    world.clock.advance(HOUR)
    world.standin.faults.poisoned.add(("sales_invoices", invoice))
    payment = world.books.receive(contact, "10", {invoice: "10"})["id"]
    world.pull()
    assert ("sales_invoices", invoice) in world.mirror.parked
    assert ("contact_payments", payment) in world.mirror.records


def test_a_page_of_everything_that_sage_cannot_serve_is_read_smaller(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(options=Options(heavy_rows=60))
    contact = world.customer()
    for _ in range(80):
        world.invoice(contact, "1.00")
    world.pull()
    assert len([key for key in world.mirror.records if key[0] == "sales_invoices"]) == 80


@pytest.mark.parametrize("kind", ["blank_row", "null_row", "extra_row", "overfull", "next_null"])
def test_an_odd_page_loses_nothing(world: Any, kind: str) -> None:
    contact = world.customer()
    invoices = {world.invoice(contact, "1.00") for _ in range(25)}
    world.standin.faults.next(kind, times=3, match="sales_invoices")
    world.pull(world.ledger(page_rows=5))
    assert invoices == {id for path, id in world.mirror.records if path == "sales_invoices"}


@pytest.mark.parametrize("skew", [-300, 300])
def test_five_minutes_of_skew_lose_nothing(make_world: Callable[..., Any], skew: int) -> None:
    world = make_world(options=Options(date_skew_seconds=skew))
    contact = world.customer()
    world.pull()
    for n in range(4):
        world.clock.advance(timedelta(minutes=3))
        world.invoice(contact, f"{n + 1}.00")
        world.pull()
    assert len([key for key in world.mirror.records if key[0] == "sales_invoices"]) == 4


def test_allocations_that_may_not_be_read_are_read_off_the_documents(world: Any) -> None:
    contact = world.customer()
    invoice, other = world.invoice(contact), world.invoice(contact)
    note = world.books.create_credit_note(contact, "60")["id"]
    over = world.books.pay_on_account(contact, "30")
    world.books.allocate(contact, {invoice: "30", over["payment_on_account"]["id"]: "-30"})
    world.books.allocate(contact, {invoice: "20", other: "40", note: "-60"})
    world.books.roles = {"Purchases": "No Access"}
    ledger = world.ledger()
    world.pull(ledger)
    assert Capability.ALLOCATE not in ledger.capabilities()
    into = sum(
        (m.amount for m in world.mirror.allocations() if m.target.ledger_id in (invoice, other)),
        gbp("0"),
    )
    out = {m.source.ledger_id: m.amount for m in world.mirror.allocations()}
    assert into == gbp("90")
    assert (out[note], out[over["id"]]) == (gbp("60"), gbp("30"))
    assert not world.mirror.parked


def test_without_allocations_the_sweep_shows_what_a_rest_was_used_for(world: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    payment = world.books.pay_on_account(contact, "30")
    world.books.roles = {"Purchases": "Read Only"}
    world.pull()
    world.clock.advance(HOUR)
    over = payment["payment_on_account"]["id"]
    world.books.allocate(contact, {invoice: "30", over: "-30"})  # moves no stamp
    ledger = world.ledger()
    payloads = [p for page in ledger.sweep_open() for p in page.payloads]
    found = {r.ref.ledger_id: r.balance for r in ledger.map_payloads(payloads) if r.total}
    assert found == {invoice: gbp("70"), payment["id"]: gbp("0")}


def test_a_role_that_changes_leaves_every_edge_once(world: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    note = world.books.create_credit_note(contact, "60")["id"]
    world.books.allocate(contact, {invoice: "60", note: "-60"})
    for roles in ({}, {"Purchases": "No Access"}, {}):
        world.books.roles = roles
        world.pull()
        world.pull()
        [made] = world.mirror.allocations()
        assert (made.source.ledger_id, made.target.ledger_id) == (note, invoice)
        world.clock.advance(HOUR)


def test_a_role_that_reaches_too_little_says_so(world: Any) -> None:
    world.books.roles = {"Sales": "No Access"}
    with pytest.raises(NeedsConsent, match="Give them the role"):
        world.pull()


def test_another_base_currency_is_another_company(world: Any) -> None:
    world.pull()
    euros = {"id": "EUR", "displayed_as": "Euro", "$path": "/currencies/EUR"}
    settings = world.books.get("financial_settings", "")
    world.books.load("financial_settings", {**settings, "base_currency": euros})
    with pytest.raises(Fatal, match="changed from GBP to EUR"):
        world.pull()


def test_a_cursor_of_another_version_is_not_read() -> None:
    with pytest.raises(Fatal, match="has version 99"):
        State.load({"version": 99})


def test_the_open_sweep_lists_what_is_open_of_every_kind(world: Any) -> None:
    contact = world.customer()
    open_one, paid = world.invoice(contact), world.invoice(contact)
    world.books.receive(contact, "100", {paid: "100"})
    world.books.receive(contact, "1", {open_one: "1"})
    note = world.books.create_credit_note(contact, "40")["id"]
    entry = world.books.create_quick_entry(contact, "10")["id"]
    swept = [one for page in world.ledger().sweep_open() for one in page.swept]
    assert all(one.open_only for one in swept)
    assert {one.source_type: set(one.ids or ()) for one in swept} == {
        "sales_invoices": {open_one},
        "sales_credit_notes": {note},
        "sales_quick_entries": {entry},
    }


def test_a_fetch_finds_a_document_wherever_its_kind_lives(world: Any) -> None:
    contact = world.customer()
    entry = world.books.create_quick_entry(contact, "10")["id"]
    found = world.ledger().fetch([("sales_invoices", entry)])
    assert [p.source_type for p in found.payloads] == ["sales_quick_entries"]
    assert not found.tombstones


def test_the_dated_control_total_is_that_of_the_day(world: Any) -> None:
    contact = world.customer()
    world.invoice(contact, "70.00", on=date(2026, 6, 1))
    world.invoice(contact, "30.00", on=date(2026, 6, 20))
    ledger = world.ledger()
    assert ledger.control_totals(date(2026, 6, 10)).totals == (gbp("70.0"),)
    assert ledger.control_totals(None).totals == (gbp("100.0"),)


def test_a_pull_that_sage_breaks_off_goes_on_later(world: Any) -> None:
    contact = world.customer()
    invoices = {world.invoice(contact, "1.00") for _ in range(30)}
    world.standin.faults.next("429", times=1, match="sales_invoices", after=3)
    with pytest.raises(Retriable):
        world.pull(world.ledger(page_rows=5))
    world.pull(world.ledger(page_rows=5))
    assert invoices == {id for path, id in world.mirror.records if path == "sales_invoices"}
