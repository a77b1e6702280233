"""The control account, its entries and the transactions behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.sage.standin.books import Books

ALL_TIME = {"from_date": "1900-01-01", "to_date": "2999-12-31"}


def debtors(sage: Any, **dates: str) -> dict[str, Any]:
    """The balance_details of the one account that is called trade debtors."""
    asked = {"show_control_accounts": "true", "show_balance_details": "true", "attributes": "all"}
    rows = sage.rows("ledger_accounts", **asked, **{**ALL_TIME, **dates})
    [row] = [row for row in rows if row["control_name"] == "TRADE_DEBTORS"]
    details: dict[str, Any] = row["balance_details"]
    return details


@pytest.fixture
def history(books: Books, customer: str) -> dict[str, str]:
    """An invoice of January, a receipt of February, a credit note of March."""
    invoice = books.create_invoice(customer, "120", tax="20", on="2026-01-10")["id"]
    payment = books.receive(customer, "50", {invoice: "50"}, on="2026-02-10")["id"]
    credit = books.create_credit_note(customer, "90", on="2026-03-10")["id"]
    return {"invoice": invoice, "payment": payment, "credit": credit}


def test_the_control_account_is_dated(history: dict[str, str], sage: Any) -> None:
    now = debtors(sage)
    assert (now["balance"], now["credit_or_debit"]) == ("20.0", "credit")
    assert (now["debits"], now["credits"]) == ("120.0", "140.0")
    january = debtors(sage, to_date="2026-01-31")
    assert (january["balance"], january["credit_or_debit"]) == ("120.0", "debit")
    assert january["to_date"] == "2026-01-31"
    assert debtors(sage, to_date="2026-02-10")["balance"] == "70.0"
    assert debtors(sage, from_date="2026-02-01", to_date="2026-02-28")["balance"] == "50.0"


def test_balances_need_both_dates(sage: Any) -> None:
    answer = sage.raw("GET", "ledger_accounts", show_balance_details="true", from_date="2026-01-01")
    assert answer.status_code == 422
    assert sage.rows("ledger_accounts", attributes="all")[0]["balance_details"] is None


def test_a_void_leaves_deleted_entries_that_cancel(
    history: dict[str, str], books: Books, sage: Any
) -> None:
    books.void(history["credit"])
    assert debtors(sage)["balance"] == "70.0"
    account = books.accounts["TRADE_DEBTORS"]
    asked = {"ledger_account_id": account, "attributes": "all", "from_date": "2026-03-01"}
    rows = sage.rows("ledger_entries", **asked)
    assert [(row["debit"], row["credit"], row["deleted"]) for row in rows] == [
        ("0.0", "90.0", True), ("90.0", "0.0", True),
    ]  # fmt: skip
    live = debtors(sage, exclude_deleted_entries="true")
    assert (live["balance"], live["credits"]) == ("70.0", "50.0")


def test_transactions_say_that_they_are_deleted(
    history: dict[str, str], books: Books, sage: Any
) -> None:
    books.clock.advance(timedelta(minutes=1))
    books.delete_payment(history["payment"])
    since = "2026-05-01T12:01:00Z"
    [row] = sage.rows("transactions", updated_or_created_since=since, attributes="all")
    assert (row["deleted"], row["transaction_type"]["id"]) == (True, "CUSTOMER_RECEIPT")
    assert row["origin"]["$path"] == f"/contact_payments/{history['payment']}"
    assert isinstance(row["audit_trail_id"], int)
    assert sage.get(f"transactions/{row['id']}")["id"] == row["id"]


def test_entries_name_their_contact_and_transaction(
    history: dict[str, str], customer: str, books: Books, sage: Any
) -> None:
    link = books.get("sales_invoices", history["invoice"])["transaction"]["id"]
    rows = sage.rows("ledger_entries", transaction_id=link, attributes="all")
    assert [(row["debit"], row["credit"]) for row in rows] == [
        ("120.0", "0.0"), ("0.0", "100.0"), ("0.0", "20.0"),
    ]  # fmt: skip
    assert {row["contact"]["id"] for row in rows} == {customer}


def test_a_journal_on_debtors_leaves_the_documents_behind(
    history: dict[str, str], books: Books, customer: str, sage: Any
) -> None:
    made = books.journal("7.50", on="2026-04-01")
    assert debtors(sage)["balance"] == "12.5"
    assert sage.rows("contacts", show_balance="true")[0]["balance"] == "-20.0"
    assert sage.raw("DELETE", f"journals/{made['id']}").status_code == 204
    assert debtors(sage)["balance"] == "20.0"
    assert books.check() == []
