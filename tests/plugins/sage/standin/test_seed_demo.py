"""The demo business holds every oddity of the ledger, ties out and is the same every time."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import dumps
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.seed_demo import demo_bookkeeper_day, demo_register
from recoup.plugins.sage.standin.seed_register import Register
from recoup.plugins.sage.standin.seed_sources import open_seed

TODAY = date(2026, 3, 17)
Payload = dict[str, Any]


@pytest.fixture(scope="module")
def demo() -> Register:
    return demo_register(TODAY)


@pytest.fixture(scope="module")
def books() -> Books:
    [found] = open_seed("demo", until=TODAY, clock=Clock())
    return found


def status(document: Payload) -> str:
    return str(document["status"]["id"])


def of_type(demo: Register, kind: str, transaction_type: str) -> list[Payload]:
    return [p for p in demo.all(kind) if p["transaction_type"]["id"] == transaction_type]


def named(demo: Register, kind: str, name: str) -> list[Payload]:
    return [p for p in demo.all(kind) if p.get("contact_name") == name]


@pytest.mark.parametrize("moves", [False, True])
def test_the_books_tie_out_whether_allocations_move_documents_or_not(moves: bool) -> None:
    [found] = open_seed("demo", until=TODAY, moves_on_allocation=moves)
    assert found.check() == []


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2025, 11, 2), date(2026, 1, 1)])
def test_it_ties_out_on_any_day_and_with_any_seed(today: date) -> None:
    every = open_seed("demo", until=today, companies=3)
    assert [found.check() for found in every] == [[], [], []]
    assert len({found.business_id for found in every}) == 3
    assert len({found.name for found in every}) == 3


def test_the_same_day_and_seed_give_the_same_business(demo: Register) -> None:
    assert dumps(list(demo_register(TODAY).documents())) == dumps(list(demo.documents()))
    assert dumps(list(demo_register(TODAY, seed=2).documents())) != dumps(list(demo.documents()))


def test_it_is_the_size_of_a_small_firm(demo: Register) -> None:
    documents = [kind for kind, _ in demo.documents() if not kind.startswith("contact_per")]
    assert 1000 <= len(documents) <= 1500
    assert {kind for kind, _ in demo.documents()} == {
        "contact_persons", "contacts", "sales_invoices", "sales_credit_notes",
        "sales_quick_entries", "contact_opening_balances", "contact_payments",
        "contact_allocations",
    }  # fmt: skip


def test_nothing_was_entered_today_or_later(demo: Register) -> None:
    stamps = [str(payload["updated_at"]) for _, payload in demo.documents()]
    assert max(stamps) < TODAY.isoformat()


def test_every_status_is_there_and_a_draft_owes_nothing(demo: Register) -> None:
    states = Counter(status(invoice) for invoice in demo.all("sales_invoices"))
    assert set(states) == {"UNPAID", "PART_PAID", "PAID", "VOID", "DRAFT", "PRO_FORMA"}
    drafts = [i for i in demo.all("sales_invoices") if status(i) in ("DRAFT", "PRO_FORMA")]
    assert {d["invoice_number"] for d in drafts} == {"SI-DRAFT"}
    assert {(d["transaction"], d["outstanding_amount"]) for d in drafts} == {(None, "0.0")}
    assert Counter(i["displayed_as"] for i in demo.all("sales_invoices"))["SI-7"] == 2


def test_voids_give_their_reason(demo: Register) -> None:
    for kind in ("sales_invoices", "sales_credit_notes"):
        [void] = [document for document in demo.all(kind) if status(document) == "VOID"]
        assert void["void_reason"]
        assert Decimal(void["total_amount"]) > 0


def test_a_deleted_payment_left_a_tombstone_and_an_open_invoice(demo: Register) -> None:
    [deleted] = [p for p in demo.all("contact_payments") if p.get("deleted_at")]
    bounced = deleted["allocated_artefacts"][0]["artefact"]["id"]
    [invoice] = [i for i in demo.all("sales_invoices") if i["id"] == bounced]
    assert (status(invoice), invoice["outstanding_amount"]) == ("PART_PAID", "745.0")


def test_a_discount_settles_beside_the_money(demo: Register) -> None:
    [whole, part] = named(demo, "sales_invoices", "Derryquin Cash Discount")
    assert (status(whole), whole["payments_allocations_total_discount"]) == ("PAID", "24.6")
    assert (status(part), part["outstanding_amount"], part["total_paid"]) == (
        "PART_PAID", "340.0", "300.0",
    )  # fmt: skip


def test_payments_on_account_wait_whole_in_part_and_not_at_all(demo: Register) -> None:
    rests = [p["payment_on_account"] for p in of_type(demo, "contact_payments", "CUSTOMER_RECEIPT")]
    states = Counter(status(rest) for rest in rests if rest)
    assert set(states) == {"UNPAID", "PART_PAID"}
    [prepaid] = [r for r in rests if r and r["total_amount"] == "750.0"]
    assert prepaid["outstanding_amount"] == "250.0"  # 300 allocated, 200 sent back


def test_credit_notes_are_open_applied_in_part_and_paid_back(demo: Register) -> None:
    notes = named(demo, "sales_credit_notes", "Carrigeen Returns")
    assert [note["outstanding_amount"] for note in notes] == ["64.2", "0.0", "48.0", "0.0"]
    refunded = {
        row["artefact"]["$path"].split("/")[1]
        for refund in of_type(demo, "contact_payments", "CUSTOMER_REFUND")
        for row in refund["allocated_artefacts"]
    }
    assert refunded == {"sales_credit_notes", "payments_on_account"}


def test_allocations_have_several_legs_and_sum_to_zero(demo: Register) -> None:
    legs = [
        [Decimal(row["amount"]) for row in allocation["allocated_artefacts"]]
        for allocation in demo.all("contact_allocations")
    ]
    assert all(sum(amounts) == 0 for amounts in legs)
    assert max(len(amounts) for amounts in legs) == 5
    assert sum(bool(a.get("deleted_at")) for a in demo.all("contact_allocations")) == 1


def test_quick_entries_are_of_both_kinds_with_and_without_due_date(demo: Register) -> None:
    entries = demo.all("sales_quick_entries")
    kinds = {(e["quick_entry_type"]["id"], bool(e["due_date"])) for e in entries}
    assert kinds == {(kind, due) for kind in ("INVOICE", "CREDIT_NOTE") for due in (True, False)}
    assert any(e["net_amount"] is None and e["ledger_account"] is None for e in entries)
    assert any(e.get("deleted_at") for e in entries)


def test_opening_balances_say_nothing_of_what_is_open(demo: Register) -> None:
    mine = of_type(demo, "contact_opening_balances", "CUSTOMER_OPENING_BALANCE")
    assert {ob["contact_opening_balance_type"]["id"] for ob in mine} == {"INVOICE", "CREDIT_NOTE"}
    assert not any({"status", "outstanding_amount"} & set(ob) for ob in mine)
    opened = sorted(demo.open_amount(ob) for ob in mine)
    assert opened == [0, 0, Decimal("18.00"), Decimal("77.70"), Decimal("845.00")]


def test_construction_tax_lessens_what_can_be_collected(demo: Register) -> None:
    [paid, left] = [i for i in demo.all("sales_invoices") if i.get("is_cis")]
    assert (paid["total_amount"], paid["total_after_cis_deduction"]) == ("2460.0", "2160.0")
    assert (status(paid), paid["total_paid"]) == ("PAID", "2160.0")
    assert (left["total_after_cis_deduction"], left["outstanding_amount"]) == ("640.0", "400.0")


def test_one_customer_is_two_contacts_of_two_currencies(demo: Register) -> None:
    pair = [c for c in demo.all("contacts") if c["name"] == "Lough Sidhe Traders"]
    assert [contact["currency"]["id"] for contact in pair] == ["EUR", "GBP"]
    rates = {i["currency"]["id"]: i["exchange_rate"] for i in demo.all("sales_invoices")}
    assert set(rates) == {"EUR", "GBP", "USD"}
    assert rates["EUR"] == "1.0"


def test_contacts_are_deleted_put_away_renamed_forgotten_and_the_platforms_own(
    demo: Register,
) -> None:
    contacts = {contact["name"]: contact for contact in demo.all("contacts")}
    assert contacts["Typed In Error"]["deleted_at"]
    closed = contacts["Finisk Closed Down"]
    assert closed["is_active"] is False
    assert Decimal(closed["balance"]) == Decimal("1903.05")
    [issued] = named(demo, "sales_invoices", "Errigal Old Name")
    assert issued["contact"]["displayed_as"].startswith("Errigal & Daughters (")
    assert any(contact.get("gdpr_obfuscated") for contact in contacts.values())
    assert any(contact.get("system") for contact in contacts.values())
    assert all(len(contact["reference"]) <= 10 for contact in contacts.values())


def test_terms_are_missing_by_days_at_once_and_by_month_end(demo: Register) -> None:
    terms = {(c.get("credit_days"), c.get("credit_terms")) for c in demo.all("contacts")}
    assert {(None, None), (0, "immediate_invoice"), (14, "date_from_invoice")} <= terms
    assert (30, "month_end_invoice") in terms
    invoice = named(demo, "sales_invoices", "Clonfad Cheese Loft")[0]
    issued, due = (date.fromisoformat(invoice[field]) for field in ("date", "due_date"))
    assert (due - timedelta(days=30) + timedelta(days=1)).day == 1
    assert issued <= due - timedelta(days=30) < issued + timedelta(days=31)


def test_an_import_wrote_more_than_a_page_in_one_second(demo: Register) -> None:
    moments = Counter(invoice["created_at"] for invoice in demo.all("sales_invoices"))
    assert moments.most_common(1)[0][1] == 230


def test_what_vendors_are_owed_does_not_count(demo: Register, books: Books) -> None:
    for kind, transaction_type in (
        ("contact_opening_balances", "VENDOR_OPENING_BALANCE"),
        ("contact_payments", "VENDOR_PAYMENT"),
        ("contact_allocations", "VENDOR_ALLOCATION"),
    ):
        [document] = of_type(demo, kind, transaction_type)
        assert books.get(kind, document["id"])["contact"] == document["contact"]
    vendor = of_type(demo, "contact_payments", "VENDOR_PAYMENT")[0]["contact"]["id"]
    assert books.balances.get(vendor, Decimal(0)) == 0


def test_one_invoice_falls_due_today_one_is_dated_ahead_one_is_of_nothing(demo: Register) -> None:
    issued = demo.all("sales_invoices")
    assert any(i["due_date"] == TODAY.isoformat() and status(i) == "UNPAID" for i in issued)
    assert any(i["date"] > TODAY.isoformat() for i in issued)
    assert [status(i) for i in issued if i["total_amount"] == "0.0"] == ["PAID"]
    assert any(len(i.get("reference", "")) > 25 for i in issued)


def test_names_are_hard_to_handle(demo: Register) -> None:
    names = [contact["name"] for contact in demo.all("contacts")]
    for mark in ("'", '"', "&", ",", "\u2013", "Ó", "é"):
        assert any(mark in name for name in names), mark


def test_dates_are_empty_strings_where_the_platform_sends_them(books: Books) -> None:
    unpaid = next(i for i in books.rows("sales_invoices") if status(i) == "UNPAID")
    assert unpaid["last_paid"] == ""
    assert books.get("financial_settings", "")["mtd_authenticated_date"] == ""


def test_a_customer_has_a_negative_balance(books: Books) -> None:
    assert any(Decimal(c["balance"]) < 0 for c in books.rows("contacts") if c["balance"])


def test_a_new_name_shows_on_every_document_and_in_no_contact_name() -> None:
    [found] = open_seed("demo", until=TODAY)
    mine = [c for c in found.rows("contacts") if c["name"] == "Turlough Tavern"]
    found.rename(mine[0]["id"], "Turlough Inn")
    held = [i for i in found.rows("sales_invoices") if i["contact"]["id"] == mine[0]["id"]]
    assert {i["contact"]["displayed_as"].partition(" (")[0] for i in held} == {"Turlough Inn"}
    assert {i["contact_name"] for i in held} == {"Turlough Tavern"}


@pytest.mark.parametrize("number", range(4))
def test_the_bookkeeper_applies_voids_and_deletes_and_the_books_still_tie(number: int) -> None:
    found = open_seed("demo", until=TODAY, companies=4)[number]
    before = {invoice["id"]: invoice for invoice in found.rows("sales_invoices")}
    said = demo_bookkeeper_day(found)
    assert [sentence.split()[0] for sentence in said] == ["Applied", "Voided", "Deleted"]
    after = {invoice["id"]: invoice for invoice in found.rows("sales_invoices")}
    assert sum(after[ident] != before[ident] for ident in before) == 3
    assert len(found.tombstones("contact_payments")) == 2
    assert found.check() == []
