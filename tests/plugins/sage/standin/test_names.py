"""Every answer uses only names that the published contract has."""

from __future__ import annotations

from typing import Any

import pytest

from recoup.plugins.sage.standin.books import Books, Clock

LISTS = (
    "contacts", "contact_persons", "addresses", "sales_invoices", "sales_credit_notes",
    "sales_quick_entries", "contact_opening_balances", "contact_payments", "contact_allocations",
    "unallocated_artefacts", "bank_accounts", "bank_deposits", "bank_transfers",
    "other_payments", "transactions", "ledger_entries", "ledger_accounts", "journals",
    "attachments", "artefact_statuses", "transaction_types", "payment_methods", "currencies",
    "contact_types", "tax_rates", "business_exchange_rates", "exchange_rates",
    "live_exchange_rates",
)  # fmt: skip
SETTINGS = ("financial_settings", "invoice_settings", "business_settings")


def fill(books: Books) -> None:
    """One of everything, some of it deleted."""
    acme = books.create_contact("Acme", reference="ACME", email="a@example.com")["id"]
    euro = books.create_contact("Acme (EUR)", currency="EUR")["id"]
    first = books.create_invoice(acme, "120.00", tax="20")["id"]
    books.create_invoice(euro, "99.99", withheld="9.99")
    books.create_invoice(acme, "10", status="DRAFT")
    credit = books.create_credit_note(acme, "30", tax="5")["id"]
    books.create_quick_entry(acme, "40", entry_type="CREDIT_NOTE", due_on="2026-06-01")
    opening = books.opening_balance(acme, "500")["id"]
    books.receive(acme, "100", {opening: "50"}, discounts={opening: "5"})
    books.allocate(acme, {first: "30", credit: "-30"})
    books.void(books.create_invoice(acme, "5")["id"])
    books.delete_payment(books.pay_on_account(acme, "1")["id"])
    books.journal("7")


@pytest.mark.parametrize("year", ["2022", "2025"])
def test_every_list_and_every_single_uses_the_names_of_its_year(
    year: str, request: Any, serving: Any, client_of: Any
) -> None:
    from decimal import Decimal

    contract = request.getfixturevalue("contract" if year == "2025" else "contract_2022")
    books = Books(clock=Clock(), quirks=year, rates={"EUR": Decimal("0.85")})
    fill(books)
    client = client_of(serving(books))
    for resource in LISTS:
        asked = {"attributes": "all", "show_payments_allocations": "true", "show_balance": "true"}
        body = client.get(resource, **asked)
        assert contract.unknown(resource, body) == [], resource
        for row in body["$items"][:2]:
            if "id" in row and resource != "unallocated_artefacts":
                single = client.get(f"{resource}/{row['id']}", **asked)
                assert contract.unknown(resource, single) == [], resource
    for resource in SETTINGS:
        assert contract.unknown(resource, client.get(resource)) == []
    for path in ("businesses", "businesses/lead", "user"):
        assert contract.unknown(path.split("/")[0], client.get(path)) == []


def test_tombstones_nested_attributes_and_balances_use_known_names(
    books: Books, sage: Any, contract: Any
) -> None:
    fill(books)
    long_ago = "2020-01-01T00:00:00Z"
    body = sage.get("contact_payments", deleted_since=long_ago, attributes="all")
    assert body["$total"] == 1
    assert contract.unknown("contact_payments", body) == []
    body = sage.get("contacts", attributes="all", nested_attributes="all")
    assert contract.unknown("contacts", body) == []
    dates = {"from_date": "2000-01-01", "to_date": "2030-01-01"}
    body = sage.get("ledger_accounts", attributes="all", show_balance_details="true", **dates)
    assert contract.unknown("ledger_accounts", body) == []


def test_what_2025_added_is_absent_in_2022(serving: Any, client_of: Any) -> None:
    books = Books(quirks="2022")
    fill(books)
    client = client_of(serving(books))
    entry = client.rows("sales_quick_entries", attributes="all")[0]
    contact = client.rows("contacts", attributes="all")[0]
    assert "due_date" not in entry and "analysis_type_categories" not in entry
    assert not {"is_active", "credit_terms"} & set(contact)
    books.quirks = "2025"
    books.forget_texts()
    assert client.rows("sales_quick_entries", attributes="all")[0]["due_date"] == "2026-06-01"
    assert client.rows("contacts", attributes="all")[0]["is_active"] is True


def test_a_refusal_uses_known_names(sage: Any, contract: Any) -> None:
    answer = sage.raw("GET", "sales_invoices/none")
    assert answer.status_code == 404
    assert contract.unknown("sales_invoices", answer.json()) == []


def test_the_checker_finds_strange_names(contract: Any) -> None:
    body = {"contact_payment": {"idempotency_id": "0" * 32, "total_amount": "1", "colour": "red"}}
    asked = ("sort", "order_by")
    assert contract.unknown_in_request("POST", "contact_payments", body=body) == [
        "contact_payments.contact_payment.colour"
    ]
    assert contract.unknown_in_request("GET", "contact_payments", asked) == ["?order_by"]
    row = {"$items": [{"id": "1", "contact": {"id": "1", "mood": "good"}}], "$sum": 1}
    assert contract.unknown("sales_invoices", row) == ["$sum", "sales_invoices.contact.mood"]
