"""Collections: how much is shown, pages, filters, orders, and what changed since when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.sage.standin.books import Books

FAR = "2020-01-01T00:00:00Z"


def invoices(books: Books, customer: str, count: int) -> list[str]:
    """Enter invoices one second apart."""
    made = []
    for _ in range(count):
        made.append(str(books.create_invoice(customer, "10")["id"]))
        books.clock.advance(timedelta(seconds=1))
    return made


def test_a_list_is_sparse_and_a_single_is_full(books: Books, customer: str, sage: Any) -> None:
    [id] = invoices(books, customer, 1)
    assert set(sage.rows("sales_invoices")[0]) == {"id", "displayed_as", "$path"}
    row = sage.rows("sales_invoices", attributes="due_date,status")[0]
    assert set(row) == {"id", "displayed_as", "$path", "due_date", "status"}
    full = sage.get(f"sales_invoices/{id}", mark_as_sent="false")
    assert full == sage.rows("sales_invoices", attributes="all")[0]
    assert len(full) == 80


def test_nested_attributes_go_one_level(books: Books, customer: str, sage: Any) -> None:
    invoices(books, customer, 1)
    row = sage.rows("sales_invoices", attributes="contact", nested_attributes="reference")[0]
    assert row["contact"]["reference"] == "ACME"
    assert "name" not in row["contact"]


def test_amounts_are_texts_with_a_point_and_dates_can_be_empty(
    books: Books, customer: str, sage: Any
) -> None:
    books.create_invoice(customer, "1234.50", tax="0.05")
    row = sage.rows("sales_invoices", attributes="all")[0]
    assert (row["total_amount"], row["tax_amount"]) == ("1234.5", "0.05")
    assert (row["shipping_net_amount"], row["exchange_rate"]) == ("0.0", "1.0")
    assert row["last_paid"] == ""
    assert sage.get("financial_settings")["mtd_authenticated_date"] == ""


def test_outside_vat_net_and_tax_are_null(serving: Any, client_of: Any) -> None:
    books = Books(vat=False)
    customer = books.create_contact("Acme")["id"]
    books.create_quick_entry(customer, "10", ledger_account=None)
    row = client_of(serving(books)).rows("sales_quick_entries", attributes="all")[0]
    assert (row["net_amount"], row["tax_amount"], row["ledger_account"]) == (None, None, None)
    assert row["total_amount"] == "10.0"


def test_pages_hold_twenty_and_at_most_two_hundred(books: Books, customer: str, sage: Any) -> None:
    invoices(books, customer, 201)
    first = sage.get("sales_invoices")
    assert (len(first["$items"]), first["$itemsPerPage"], first["$total"]) == (20, 20, 201)
    assert first["$next"] == "/sales_invoices?page=2&items_per_page=20"
    assert len(sage.rows("sales_invoices", items_per_page=500)) == 200


def test_a_page_past_the_end_is_the_last_page_again(books: Books, customer: str, sage: Any) -> None:
    made = invoices(books, customer, 5)
    last = sage.get("sales_invoices", items_per_page=2, page=3)
    assert [row["id"] for row in last["$items"]] == made[4:]
    again = sage.get("sales_invoices", items_per_page=2, page=9)
    assert again == last


def test_the_next_page_is_sometimes_not_named(books: Books, customer: str, sage: Any) -> None:
    invoices(books, customer, 9)
    named = [
        sage.get("sales_invoices", items_per_page=2, page=number)["$next"] is not None
        for number in (1, 2, 3, 4, 5)
    ]
    assert named == [True, True, False, True, False]


def test_changed_is_inclusive_and_deleted_is_not(books: Books, customer: str, sage: Any) -> None:
    payments = []
    for _ in range(2):
        payments.append(str(books.pay_on_account(customer, "1")["id"]))
        books.clock.advance(timedelta(seconds=1))
    since = "2026-05-01T12:00:01Z"
    assert sage.ids("contact_payments", updated_or_created_since=since) == payments[1:]
    assert (
        sage.ids("contact_payments", updated_or_created_since="2026-05-01T14:00:01+02:00")
        == (payments[1:])
    )
    for id in payments:
        books.delete_payment(id)
        books.clock.advance(timedelta(seconds=1))
    asked = {"deleted_since": "2026-05-01T12:00:02Z", "attributes": "deleted_at"}
    [row] = sage.rows("contact_payments", **asked)
    assert (row["id"], row["deleted_at"]) == (payments[1], "2026-05-01T12:00:03Z")
    assert sage.ids("contact_payments") == []
    assert sage.raw("GET", f"contact_payments/{payments[0]}").status_code == 404


def test_voided_documents_are_in_the_deleted_feed_only_when_switched_on(
    books: Books, customer: str, standin: Any, sage: Any
) -> None:
    [id] = invoices(books, customer, 1)
    books.void(id)
    assert sage.ids("sales_invoices", deleted_since=FAR) == []
    standin.options.voids_in_deleted = True
    assert sage.ids("sales_invoices", deleted_since=FAR) == [id]
    assert sage.ids("sales_invoices", status_id="VOID") == [id]


def test_only_listed_attributes_can_sort(books: Books, customer: str, sage: Any) -> None:
    first, second, third = invoices(books, customer, 3)
    books.edit_invoice(first, due_date="2027-01-01")
    assert sage.ids("sales_invoices", sort="updated_at") == [second, third, first]
    assert sage.ids("sales_invoices", sort="updated_at:desc") == [first, third, second]
    assert sage.ids("sales_invoices", sort="due_date:desc")[0] == first
    assert sage.raw("GET", "sales_invoices", sort="total_amount").status_code == 400
    assert sage.raw("GET", "contacts", sort="updated_at").status_code == 400


def test_timestamps_have_seconds_and_ties_stand_in_the_order_of_ids(
    books: Books, customer: str, sage: Any
) -> None:
    made = [str(books.create_invoice(customer, "1")["id"]) for _ in range(4)]
    assert books.get("sales_invoices", made[0])["updated_at"] == "2026-05-01T12:00:00Z"
    assert sage.ids("sales_invoices", sort="updated_at") == sorted(made)


def test_documents_are_filtered(books: Books, customer: str, sage: Any) -> None:
    other = books.create_contact("Other")["id"]
    first = books.create_invoice(customer, "10", on="2026-01-01", reference="PO 7")["id"]
    second = books.create_invoice(other, "10", on="2026-02-01")["id"]
    books.receive(other, "4", {second: "4"})
    assert sage.ids("sales_invoices", contact_id=other) == [second]
    assert sage.ids("sales_invoices", status_id="PART_PAID") == [second]
    assert sage.ids("sales_invoices", to_date="2026-01-31") == [first]
    assert sage.ids("sales_invoices", search="po 7") == [first]
    assert sage.get("contact_payments", transaction_type_id="CUSTOMER_REFUND")["$total"] == 0


def test_contacts_are_filtered_and_show_a_balance_when_asked(
    books: Books, customer: str, sage: Any
) -> None:
    books.create_contact("Maker", contact_type="VENDOR")
    idle = books.create_contact("Idle")["id"]
    books.create_contact("Tax office", system=True)
    books.deactivate(idle)
    books.create_invoice(customer, "12.30")
    asked = {"contact_type_id": "CUSTOMER", "exclude_system": "true"}
    assert sage.ids("contacts", **asked) == [customer, idle]
    assert sage.ids("contacts", **asked, filter_inactive_contacts="true") == [customer]
    assert sage.rows("contacts", attributes="all")[0]["balance"] is None
    assert sage.rows("contacts", show_balance="true")[0]["balance"] == "12.3"


def test_open_artefacts_are_listed_without_amounts(books: Books, customer: str, sage: Any) -> None:
    opening = books.opening_balance(customer, "5")["id"]
    held = books.pay_on_account(customer, "1")["payment_on_account"]["id"]
    books.create_invoice(customer, "9", status="DRAFT")
    rows = sage.rows("unallocated_artefacts", contact_id=customer)
    assert [row["id"] for row in rows] == [opening, held]
    assert set(rows[0]) == {"id", "displayed_as", "$path", "links"}


@pytest.mark.parametrize("shown", [False, True])
def test_legs_are_shown_on_documents_only_when_asked(
    shown: bool, books: Books, customer: str, sage: Any
) -> None:
    invoice = books.create_invoice(customer, "10")["id"]
    payment = books.receive(customer, "4", {invoice: "4"})["id"]
    credit = books.create_credit_note(customer, "6")["id"]
    made = books.allocate(customer, {invoice: "6", credit: "-6"})["id"]
    switch = {"show_payments_allocations": "true"} if shown else {}
    legs = sage.rows("sales_invoices", attributes="all", **switch)[0]["payments_allocations"]
    if not shown:
        assert legs == []
        return
    assert [leg["amount"] for leg in legs] == ["4.0", "6.0"]
    assert legs[0]["contact_payment"]["id"] == payment
    assert legs[1]["contact_allocation"]["id"] == made
    assert legs[1]["artefact"]["$path"] == f"/sales_credit_notes/{credit}"


def test_word_lists_are_there(sage: Any) -> None:
    statuses = {row["id"] for row in sage.rows("artefact_statuses")}
    assert {"UNPAID", "PART_PAID", "PAID", "VOID", "DRAFT", "PRO_FORMA"} <= statuses
    assert sage.get("transaction_types/CUSTOMER_RECEIPT")["displayed_as"] == "Customer Receipt"
    assert sage.get("payment_methods")["$total"] > 3
    assert "GBP" in {row["id"] for row in sage.rows("currencies", items_per_page=200)}
