"""What the API lets one write, what it refuses, and in which words."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.sage.standin.books import Books

KEY = "0123456789abcdef0123456789abcdef"
LINE = {"description": "Work", "ledger_account_id": "x", "quantity": "2", "unit_price": "50"}


def refusal(answer: Any) -> tuple[int, str, str]:
    [error] = answer.json()
    return answer.status_code, error["$dataCode"], error["$source"]


def test_an_invoice_is_written_and_numbered(customer: str, sage: Any, contract: Any) -> None:
    lines = [{**LINE, "tax_rate_id": "GB_STANDARD"}]
    fields = {"contact_id": customer, "date": "2026-05-01", "invoice_lines": lines}
    answer = sage.send("POST", "sales_invoices", "sales_invoice", **fields)
    made = answer.json()
    assert answer.status_code == 201 and contract.unknown("sales_invoices", made) == []
    assert (made["displayed_as"], made["total_amount"], made["tax_amount"]) == (
        "SI-1", "120.0", "20.0",
    )  # fmt: skip
    again = sage.send("POST", "sales_invoices", "sales_invoice", **fields, status_id="DRAFT")
    assert again.json()["invoice_number"] == "SI-DRAFT"
    release = sage.raw("POST", f"sales_invoices/{again.json()['id']}/release")
    assert (release.status_code, release.json()["displayed_as"]) == (201, "SI-2")
    assert sage.get("invoice_settings")["next_invoice_number"] == 3


def test_what_is_missing_is_named(customer: str, sage: Any) -> None:
    line = {"description": "Work", "ledger_account_id": "x", "tax_rate_id": "MARS"}
    fields = {"contact_id": customer, "date": "2026-05-01"}
    answer = sage.send("POST", "sales_invoices", "sales_invoice", **fields)
    assert refusal(answer) == (422, "RecordInvalid", "invoice_lines")
    answer = sage.send("POST", "sales_invoices", "sales_invoice", **fields, invoice_lines=[line])
    assert refusal(answer) == (422, "RecordInvalid", "line_items.tax_rate_id")
    assert refusal(sage.raw("POST", "sales_invoices", {"invoice": {}}))[2] == "base"
    assert sage.raw("POST", "sales_invoices", "{").status_code == 400


def test_overpaying_leaves_a_payment_on_account(books: Books, customer: str, sage: Any) -> None:
    invoice = books.create_invoice(customer, "10")["id"]
    made = sage.pay(customer, "12.00", {invoice: "10.00"}).json()
    assert made["payment_on_account"]["total_amount"] == "2.0"
    assert refusal(sage.pay(customer, "5", {invoice: "5"})) == (422, "RecordInvalid", "base")
    assert refusal(sage.pay(customer, "1", {"nobody": "1"}))[0] == 422
    assert refusal(sage.pay(customer, "1", {}, reference="x" * 26))[2] == "reference"
    assert books.check() == []


def test_a_foreign_receipt_without_a_rate_is_worth_one_to_one(serving: Any, client_of: Any) -> None:
    from decimal import Decimal

    books = Books(rates={"EUR": Decimal("0.85")})
    euro = books.create_contact("Acme", currency="EUR")["id"]
    client = client_of(serving(books))
    made = client.pay(euro, "100", {}).json()
    assert (made["exchange_rate"], made["base_currency_total_amount"]) == ("1.0", "100.0")
    made = client.pay(euro, "100", {}, exchange_rate="0.85").json()
    assert made["base_currency_total_amount"] == "85.0"
    refused = client.pay(euro, "100", {}, currency_id="GBP")
    assert refusal(refused) == (422, "RecordInvalid", "currency_id")


def test_the_same_key_is_answered_again_for_seven_days(
    books: Books, customer: str, sage: Any
) -> None:
    first = sage.pay(customer, "10", {}, idempotency_id=KEY)
    again = sage.pay(customer, "10", {}, idempotency_id=KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(books.rows("contact_payments")) == 1
    books.clock.advance(timedelta(days=8))
    sage.use(sage.standin.issue_grant())
    assert sage.pay(customer, "10", {}, idempotency_id=KEY).json()["id"] != first.json()["id"]
    assert refusal(sage.pay(customer, "1", {}, idempotency_id="short"))[2] == "idempotency_id"


def test_a_refused_write_does_not_use_up_its_key(books: Books, customer: str, sage: Any) -> None:
    invoice = books.create_invoice(customer, "10")["id"]
    refused = sage.pay(customer, "20", {invoice: "20"}, idempotency_id=KEY)
    assert refused.status_code == 422
    assert sage.pay(customer, "10", {invoice: "10"}, idempotency_id=KEY).status_code == 201


def test_allocating_and_taking_back(books: Books, customer: str, sage: Any) -> None:
    invoice = books.create_invoice(customer, "10")["id"]
    held = books.pay_on_account(customer, "10")["payment_on_account"]["id"]
    parts = [{"artefact_id": invoice, "amount": "10"}, {"artefact_id": held, "amount": "-10"}]
    fields = {"transaction_type_id": "CUSTOMER_ALLOCATION", "contact_id": customer}
    root = ("POST", "contact_allocations", "contact_allocation")
    bad = sage.send(*root, **fields, allocated_artefacts=parts[:1])
    assert refusal(bad) == (422, "RecordInvalid", "allocated_artefacts")
    made = sage.send(*root, **fields, allocated_artefacts=parts)
    assert made.status_code == 201
    assert sage.raw("DELETE", f"contact_allocations/{made.json()['id']}").status_code == 204
    assert books.get("sales_invoices", invoice)["outstanding_amount"] == "10.0"
    assert books.check() == []


def test_an_empty_list_takes_a_payment_off_everything(
    books: Books, customer: str, sage: Any
) -> None:
    invoice = books.create_invoice(customer, "10")["id"]
    payment = books.receive(customer, "10", {invoice: "10"})["id"]
    path = f"contact_payments/{payment}"
    answer = sage.send("PUT", path, "contact_payment", allocated_artefacts=[])
    assert answer.json()["payment_on_account"]["outstanding_amount"] == "10.0"
    assert sage.raw("DELETE", path).status_code == 204
    assert books.contact(customer)["balance"] == "10.0"


def test_deleting_an_invoice_voids_it_and_a_draft_vanishes(
    books: Books, customer: str, sage: Any
) -> None:
    paid, wrong = (books.create_invoice(customer, "10")["id"] for _ in range(2))
    draft = books.create_invoice(customer, "10", status="DRAFT")["id"]
    books.receive(customer, "4", {paid: "4"})
    assert refusal(sage.raw("DELETE", f"sales_invoices/{wrong}"))[2] == "void_reason"
    assert sage.raw("DELETE", f"sales_invoices/{paid}", void_reason="x").status_code == 422
    body = {"sales_invoice": {"void_reason": "Wrong"}}
    answer = sage.raw("DELETE", f"sales_invoices/{wrong}", body)
    assert (answer.status_code, answer.json()["status"]["id"]) == (200, "VOID")
    assert sage.raw("DELETE", f"sales_invoices/{draft}").status_code == 204
    assert sage.raw("GET", f"sales_invoices/{draft}").status_code == 404


def test_reading_one_invoice_marks_it_as_sent_unless_told_not_to(
    books: Books, customer: str, sage: Any
) -> None:
    invoice = books.create_invoice(customer, "10")
    books.clock.advance(timedelta(seconds=5))
    path = f"sales_invoices/{invoice['id']}"
    assert sage.get(path, mark_as_sent="false")["sent"] is False
    assert sage.rows("sales_invoices", attributes="sent")[0]["sent"] is False
    seen = sage.get(path)
    assert seen["sent"] is True and seen["updated_at"] != invoice["updated_at"]


def test_an_invoice_is_printed(books: Books, customer: str, sage: Any) -> None:
    invoice = books.create_invoice(customer, "10")["id"]
    accept = {"Accept": "application/pdf"}
    answer = sage.raw("GET", f"sales_invoices/{invoice}", headers=accept)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF") and b"Total 10.0 GBP" in answer.content


def test_a_file_is_attached_and_read_back(books: Books, customer: str, sage: Any) -> None:
    invoice = books.create_invoice(customer, "10")["id"]
    fields = {
        "file": base64.b64encode(b"hello").decode(), "file_name": "note.txt",
        "mime_type": "text/plain", "file_extension": ".txt",
        "attachment_context_id": invoice, "attachment_context_type_id": "SALES_INVOICE",
    }  # fmt: skip
    made = sage.send("POST", "attachments", "attachment", **fields).json()
    assert sage.raw("GET", f"attachments/{made['id']}/file").content == b"hello"
    assert sage.ids("sales_invoices", has_attachments="true") == [invoice]
    assert refusal(sage.send("POST", "attachments", "attachment", **{**fields, "file": "%"}))[
        2
    ] == ("file")


def test_a_contact_is_written_changed_and_softly_deleted(
    books: Books, sage: Any, contract: Any
) -> None:
    fields = {"name": "Beta", "contact_type_ids": ["CUSTOMER"], "reference": "B1"}
    made = sage.send("POST", "contacts", "contact", **fields).json()
    assert contract.unknown("contacts", made) == []
    both = {**fields, "reference": "B2", "contact_type_ids": ["CUSTOMER", "VENDOR"]}
    assert refusal(sage.send("POST", "contacts", "contact", **both))[2] == "contact_type_ids"
    path = f"contacts/{made['id']}"
    assert sage.send("PUT", path, "contact", name="Beta Ltd").json()["name"] == "Beta Ltd"
    assert sage.raw("DELETE", path).status_code == 204
    assert sage.ids("contacts", deleted_since="2020-01-01") == [made["id"]]
    assert refusal(sage.send("POST", "contacts", "contact", **fields))[2] == "reference"


def test_entries_and_opening_balances_are_written(books: Books, customer: str, sage: Any) -> None:
    sales = books.accounts["SALES"]
    entry = sage.send(
        "POST", "sales_quick_entries", "sales_quick_entry", quick_entry_type_id="INVOICE",
        date="2026-05-01", contact_id=customer, reference="Q1", ledger_account_id=sales,
        total_amount="15",
    )  # fmt: skip
    opening = sage.send(
        "POST", "contact_opening_balances", "contact_opening_balance", date="2026-01-01",
        contact_opening_balance_type_id="INVOICE", contact_id=customer, reference="O1",
        total_amount="5",
    )  # fmt: skip
    assert (entry.status_code, opening.status_code) == (201, 201)
    assert books.contact(customer)["balance"] == "20.0"
    assert sage.raw("DELETE", f"sales_quick_entries/{entry.json()['id']}").status_code == 204
    assert books.check() == []


def test_a_locked_period_is_refused(books: Books, customer: str, sage: Any) -> None:
    settings = {"year_end_lockdown_date": "2026-05-01"}
    sage.send("PUT", "financial_settings", "financial_settings", **settings)
    assert refusal(sage.pay(customer, "1", {})) == (422, "RecordInvalid", "date")


@pytest.mark.parametrize(
    ("kind", "root", "fields"),
    [
        ("bank_transfers", "bank_transfer", {"amount": "7"}),
        ("bank_deposits", "bank_deposit", {"cash_amount": "5", "cheque_amount": "2"}),
    ],
)
def test_money_moves_between_banks(
    kind: str, root: str, fields: dict[str, str], books: Books, sage: Any, contract: Any
) -> None:
    first = books.rows("bank_accounts")[0]["id"]
    second = books.add_bank("Savings", 1210)["id"]
    ends = {"from_bank_account_id": first, "to_bank_account_id": second, "date": "2026-05-01"}
    made = sage.send("POST", kind, root, **ends, **fields)
    assert made.status_code == 201 and contract.unknown(kind, made.json()) == []
    assert sage.get(f"bank_accounts/{second}")["balance"] == "7.0"
    assert sage.raw("DELETE", f"{kind}/{made.json()['id']}").status_code == 204
    assert sage.get(f"bank_accounts/{second}")["balance"] == "0.0"


def test_methods_that_a_resource_does_not_take_are_refused(customer: str, sage: Any) -> None:
    assert sage.raw("POST", "transactions").status_code == 405
    assert sage.raw("DELETE", "ledger_accounts/x").status_code == 405
    assert sage.raw("PUT", "bank_deposits/x").status_code == 405
    assert sage.raw("GET", "sales_orders").status_code == 404


def test_a_body_must_be_json(customer: str, sage: Any) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert sage.raw("POST", "contacts", "name=x", headers=form).status_code == 415
