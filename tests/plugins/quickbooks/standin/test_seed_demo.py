"""The demo company holds every oddity of the ledger, ties out and is the same every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import dumps
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.seed_demo import demo_bookkeeper_day, demo_register
from recoup.plugins.quickbooks.standin.seed_register import Register
from recoup.plugins.quickbooks.standin.seed_sources import demo_books

TODAY = date(2026, 3, 17)
Payload = dict[str, Any]


@pytest.fixture(scope="module")
def demo() -> Register:
    return demo_register(TODAY)


@pytest.fixture
def books() -> Books:
    return demo_books(Clock(), until=TODAY)


def linked(payment: Payload) -> Iterator[tuple[str, str]]:
    for line in payment["Line"]:
        yield line["LinkedTxn"][0]["TxnType"], line["LinkedTxn"][0]["TxnId"]


def lines_of(demo: Register, detail: str) -> list[Payload]:
    return [
        line
        for invoice in demo.all("Invoice")
        for line in invoice["Line"]
        if line["DetailType"] == detail
    ]


def test_the_books_tie_out(books: Books) -> None:
    assert books.check() == []


@pytest.mark.parametrize("today", [TODAY, date(2024, 2, 29), date(2025, 11, 2), date(2026, 1, 1)])
def test_it_ties_out_on_any_day_and_with_any_seed(today: date) -> None:
    assert demo_books(Clock(), until=today, seed=today.day).check() == []


def test_the_same_day_and_seed_give_the_same_company(demo: Register) -> None:
    again = demo_register(TODAY)
    assert dumps(list(again.documents())) == dumps(list(demo.documents()))
    other = demo_register(TODAY, seed=2)
    assert dumps(list(other.documents())) != dumps(list(demo.documents()))


def test_it_is_the_size_of_a_small_firm(demo: Register) -> None:
    assert 50 <= len(demo.all("Customer")) <= 70
    assert 500 <= len(demo.all("Invoice")) <= 700
    issued = [invoice["TxnDate"] for invoice in demo.all("Invoice")]
    assert min(issued) > (TODAY - timedelta(days=430)).isoformat()


def test_nothing_was_entered_today_or_later(demo: Register) -> None:
    stamps = [payload["MetaData"]["LastUpdatedTime"] for _, payload in demo.documents()]
    assert max(stamp[:10] for stamp in stamps) < TODAY.isoformat()


def test_ids_are_unique_and_have_gaps(demo: Register) -> None:
    ids = sorted(
        int(payload["Id"])
        for entity, payload in demo.documents()
        if entity not in ("Account", "Term", "PaymentMethod", "Item", "Customer")
    )
    assert len(ids) == len(set(ids))
    assert len(ids) < ids[-1]


def test_jobs_go_three_levels_deep_and_their_parent_pays(demo: Register) -> None:
    customers = {customer["Id"]: customer for customer in demo.all("Customer")}
    assert {customer.get("Level", 0) for customer in customers.values()} == {0, 1, 2, 3}
    invoices = {invoice["Id"]: invoice for invoice in demo.all("Invoice")}
    paid_by_parent = [
        payment
        for payment in demo.all("Payment")
        for kind, ident in linked(payment)
        if kind == "Invoice"
        and customers[invoices[ident]["CustomerRef"]["value"]].get("BillWithParent")
        and invoices[ident]["CustomerRef"]["value"] != payment["CustomerRef"]["value"]
    ]
    assert paid_by_parent


def test_there_is_unapplied_money_overpayment_and_part_payment(demo: Register) -> None:
    unapplied = [payment for payment in demo.all("Payment") if payment["UnappliedAmt"]]
    assert any(not payment["Line"] for payment in unapplied)
    assert any(payment["Line"] for payment in unapplied)
    assert any(0 < invoice["Balance"] < invoice["TotalAmt"] for invoice in demo.all("Invoice"))


def test_credits_stand_open_applied_and_combined_with_cash(demo: Register) -> None:
    balances = sorted(memo["Balance"] for memo in demo.all("CreditMemo"))
    assert balances == [0, Decimal("25.00"), Decimal("64.20")]
    using = [p for p in demo.all("Payment") if any(kind == "CreditMemo" for kind, _ in linked(p))]
    assert {bool(payment["TotalAmt"]) for payment in using} == {True, False}
    assert all("LinkedTxn" not in memo for memo in demo.all("CreditMemo"))


def test_an_invoice_and_a_payment_are_void(demo: Register) -> None:
    for entity in ("Invoice", "Payment"):
        [void] = [p for p in demo.all(entity) if p.get("PrivateNote", "").startswith("Voided")]
        assert void["TotalAmt"] == 0
        assert void["CustomerRef"]["value"]
    assert any(not i["TotalAmt"] and "PrivateNote" not in i for i in demo.all("Invoice"))


def test_receivables_come_from_journals_and_deposit_lines_too(demo: Register) -> None:
    sides = [entry["Line"][0]["JournalEntryLineDetail"] for entry in demo.all("JournalEntry")]
    assert [side["PostingType"] for side in sides] == ["Debit", "Credit"]
    assert any("JournalEntry" in dict(linked(payment)) for payment in demo.all("Payment"))
    direct = [
        line["DepositLineDetail"]
        for deposit in demo.all("Deposit")
        for line in deposit["Line"]
        if "DepositLineDetail" in line
    ]
    assert [line["Entity"]["name"] for line in direct] == ["Dunmore Counter Sales"]


def test_three_currencies_have_rates_and_accounts(demo: Register) -> None:
    rates = {i["CurrencyRef"]["value"]: i["ExchangeRate"] for i in demo.all("Invoice")}
    assert set(rates) == {"USD", "EUR", "JPY"}
    assert rates["USD"] == 1
    assert rates["JPY"] < Decimal("0.01")
    kinds = Counter(account["AccountType"] for account in demo.all("Account"))
    assert kinds["Accounts Receivable"] == 3


def test_numbers_are_doubled_and_missing(demo: Register) -> None:
    numbers = Counter(invoice.get("DocNumber") for invoice in demo.all("Invoice"))
    assert numbers["1001"] == 3
    assert numbers[None] == 1


def test_names_are_hard_to_handle(demo: Register) -> None:
    names = [customer["DisplayName"] for customer in demo.all("Customer")]
    for mark in ("'", '"', "&", ",", "\u2019", "ß", "霧"):
        assert any(mark in name for name in names), mark
    mails = [
        c["PrimaryEmailAddr"]["Address"] for c in demo.all("Customer") if "PrimaryEmailAddr" in c
    ]
    assert any("," in mail for mail in mails)


def test_one_customer_was_renamed_and_one_deactivated_with_open_invoices(demo: Register) -> None:
    names = {customer["DisplayName"]: customer for customer in demo.all("Customer")}
    assert "Eglantine Old Name" not in names
    gone = names["Farthingale Closing Down (deleted)"]
    assert gone["Active"] is False
    held = [i for i in demo.all("Invoice") if i["CustomerRef"]["value"] == gone["Id"]]
    assert sum(invoice["Balance"] for invoice in held) > 0
    assert {invoice["CustomerRef"]["name"] for invoice in held} == {gone["DisplayName"]}


def test_one_invoice_falls_due_today_and_one_is_dated_ahead(demo: Register) -> None:
    open_invoices = [invoice for invoice in demo.all("Invoice") if invoice["Balance"]]
    assert any(invoice["DueDate"] == TODAY.isoformat() for invoice in open_invoices)
    assert any(invoice["TxnDate"] > TODAY.isoformat() for invoice in open_invoices)


def test_forms_without_receivables_and_line_kinds_are_there(demo: Register) -> None:
    assert any("CustomerRef" not in receipt for receipt in demo.all("SalesReceipt"))
    assert demo.all("RefundReceipt")
    assert {e["TxnStatus"] for e in demo.all("Estimate")} == {"Pending", "Rejected", "Closed"}
    for detail in ("GroupLineDetail", "DiscountLineDetail", "SalesItemLineDetail"):
        assert lines_of(demo, detail), detail
    assert any(invoice["TxnTaxDetail"]["TotalTax"] for invoice in demo.all("Invoice"))


def test_a_customer_has_a_negative_balance(books: Books) -> None:
    assert any(customer["Balance"] < 0 for customer in books.rows("Customer"))


def test_the_bookkeeper_applies_voids_and_deletes_and_the_books_still_tie(books: Books) -> None:
    before = {invoice["Id"]: invoice for invoice in books.rows("Invoice")}
    said = demo_bookkeeper_day(books)
    assert [sentence.split()[0] for sentence in said] == ["Applied", "Voided", "Deleted"]
    after = {invoice["Id"]: invoice for invoice in books.rows("Invoice")}
    assert len(before) - len(after) == 1
    assert sum(after[ident] != before[ident] for ident in after) == 2
    assert books.check() == []
