"""The demo organisation holds every oddity of the ledger, ties out and is the same every time."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import dumps
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.kinds import KINDS
from recoup.plugins.xero.standin.moments import instant_of, read_day, read_ms
from recoup.plugins.xero.standin.seed_demo import demo_bookkeeper_day
from recoup.plugins.xero.standin.seed_sources import demo_books

TODAY = date(2026, 3, 17)
Payload = dict[str, Any]


@pytest.fixture(scope="module")
def books() -> Books:
    """Read only: the tests share it."""
    return demo_books(Clock(), until=TODAY)


def sales(books: Books, **wanted: object) -> list[Payload]:
    return books.rows("Invoices", Type="ACCREC", **wanted)


def contact_named(books: Books, name: str) -> Payload:
    [found] = books.rows("Contacts", Name=name)
    return found


def written(books: Books) -> str:
    return dumps([books.rows(kind) for kind in KINDS if kind != "Organisations"])


@pytest.mark.parametrize("today", [TODAY, date(2024, 2, 29), date(2025, 10, 26), date(2026, 1, 1)])
def test_it_ties_out_on_any_day_and_with_any_seed(today: date) -> None:
    assert demo_books(Clock(), until=today, seed=today.day).check() == []


def test_the_same_day_and_seed_give_the_same_organisation(books: Books) -> None:
    assert written(demo_books(books.clock, until=TODAY)) == written(books)
    assert written(demo_books(books.clock, until=TODAY, seed=2)) != written(books)


def test_it_is_the_size_of_a_small_firm(books: Books) -> None:
    documents = sum(len(books.table(kind)) for kind in KINDS if KINDS[kind].since)
    assert 1_000 <= documents <= 1_500
    assert 45 <= len(books.table("Contacts")) <= 65
    issued = [read_day(invoice["Date"]) for invoice in sales(books)]
    assert min(issued) > TODAY - timedelta(days=430)


def test_nothing_was_entered_today_or_later(books: Books) -> None:
    for kind in ("Invoices", "Payments", "Contacts", "CreditNotes", "BatchPayments"):
        stamps = [read_ms(row["UpdatedDateUTC"]) for row in books.rows(kind)]
        assert instant_of(max(stamps)).date() < TODAY


def test_every_status_of_an_invoice_is_there(books: Books) -> None:
    statuses = Counter(invoice["Status"] for invoice in sales(books))
    assert set(statuses) == {"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"}
    for gone in (*sales(books, Status="VOIDED"), *sales(books, Status="DELETED")):
        assert (gone["Total"] > 0, gone["AmountDue"]) == (True, 0)


def test_a_draft_has_no_due_date(books: Books) -> None:
    assert any("DueDate" not in draft for draft in sales(books, Status="DRAFT"))


def test_deleted_payments_stay_in_the_list_and_leave_their_invoices_open(books: Books) -> None:
    deleted = books.rows("Payments", Status="DELETED")
    assert len(deleted) == 3  # one bounced cheque and a batch of two
    for payment in deleted:
        invoice = books.get("Invoices", payment["Invoice"]["InvoiceID"])
        assert payment["PaymentID"] not in dumps(invoice)
        assert invoice["Status"] == "AUTHORISED"


def test_part_payments_and_batches_are_there(books: Books) -> None:
    assert any(one["AmountPaid"] > 0 < one["AmountDue"] for one in sales(books))
    batches = {batch["Status"]: batch for batch in books.rows("BatchPayments")}
    assert set(batches) == {"AUTHORISED", "DELETED"}
    paid = books.rows("Payments", BatchPaymentID=batches["AUTHORISED"]["BatchPaymentID"])
    assert sum(payment["Amount"] for payment in paid) == batches["AUTHORISED"]["TotalAmount"]


def test_credits_are_whole_used_and_paid_back(books: Books) -> None:
    left = {
        kind: sorted(row["RemainingCredit"] for row in books.rows(kind))
        for kind in ("CreditNotes", "Overpayments", "Prepayments")
    }
    assert left["Overpayments"] == [0, Decimal("125.00"), Decimal("322.40")]
    assert left["Prepayments"] == [0, Decimal("750.00")]
    assert Decimal("64.20") in left["CreditNotes"]
    refunds = Counter(payment["PaymentType"] for payment in books.rows("Payments"))
    assert refunds["ARCREDITPAYMENT"] == refunds["AROVERPAYMENTPAYMENT"] == 1


def test_payments_show_no_rate_the_rate_one_and_the_rate_of_the_day(books: Books) -> None:
    rates = {payment["CurrencyRate"] for payment in books.rows("Payments")}
    assert {Decimal(0), Decimal(1)} < rates
    assert {invoice["CurrencyCode"] for invoice in sales(books)} == {"GBP", "EUR", "USD"}


def test_one_contact_trades_in_two_currencies(books: Books) -> None:
    held = {
        invoice["CurrencyCode"]
        for invoice in sales(books)
        if invoice["Contact"]["Name"] == "Ballymoyle Border Garages"
    }
    assert held == {"GBP", "EUR"}


def test_a_merged_contact_is_archived_and_its_invoices_stand_under_the_other(books: Books) -> None:
    gone = contact_named(books, "Hollin Twin (duplicate)")
    kept = contact_named(books, "Hollin Twin")
    assert (gone["ContactStatus"], gone["MergedToContactID"]) == ("ARCHIVED", kept["ContactID"])
    holders = Counter(invoice["Contact"]["ContactID"] for invoice in sales(books))
    assert (holders[gone["ContactID"]], holders[kept["ContactID"]]) == (0, 2)


def test_an_archived_contact_still_owes(books: Books) -> None:
    closed = contact_named(books, "Gorsewell Closed Down")
    assert closed["ContactStatus"] == "ARCHIVED"
    assert books.open_of(closed["ContactID"].lower())


def test_fifty_invoices_were_imported_in_one_second(books: Books) -> None:
    stamps = Counter(invoice["DateString"] for invoice in sales(books, Reference="Import"))
    assert sum(stamps.values()) == 50
    untouched = [one for one in sales(books, Reference="Import") if not one["Payments"]]
    assert len({one["UpdatedDateUTC"] for one in untouched}) == 1


def test_expected_sent_and_unsent_invoices_are_there(books: Books) -> None:
    assert any("ExpectedPaymentDate" in invoice for invoice in sales(books))
    assert {invoice.get("SentToContact") for invoice in sales(books)} == {True, False, None}


def test_one_invoice_falls_due_today_and_one_is_dated_ahead(books: Books) -> None:
    open_ones = sales(books, Status="AUTHORISED")
    assert any(read_day(invoice["DueDate"]) == TODAY for invoice in open_ones)
    assert any(read_day(invoice["Date"]) > TODAY for invoice in open_ones)


def test_bills_and_supplier_credits_are_there_and_do_not_count(books: Books) -> None:
    assert len(books.rows("Invoices", Type="ACCPAY")) > 50
    assert books.rows("CreditNotes", Type="ACCPAYCREDIT", Status="AUTHORISED")
    owed = sum(
        books.worth(kind, row)
        for kind in ("Invoices", "CreditNotes", "Overpayments", "Prepayments")
        for row in books.rows(kind)
        if row["Type"].startswith(("ACCREC", "RECEIVE"))
    )
    assert books.control == owed


def test_the_bank_has_coded_money_and_one_deleted_entry(books: Books) -> None:
    types = Counter((row["Type"], row["Status"]) for row in books.rows("BankTransactions"))
    assert types["RECEIVE", "AUTHORISED"] == types["RECEIVE", "DELETED"] == 1
    assert types["SPEND", "AUTHORISED"] == 1
    assert types["RECEIVE-OVERPAYMENT", "AUTHORISED"] == 3


def test_most_payments_are_reconciled_and_the_newest_are_not(books: Books) -> None:
    seen = Counter(
        (payment["IsReconciled"], read_day(payment["Date"]) > TODAY - timedelta(days=8))
        for payment in books.rows("Payments", Status="AUTHORISED")
    )
    assert seen[True, False] > seen[False, False] > 0
    assert seen[True, True] == 0 < seen[False, True]


def test_names_are_hard_to_handle(books: Books) -> None:
    names = "".join(contact["Name"] for contact in books.rows("Contacts"))
    for mark in ("'", "&", ",", "\u2019", "ß", "é", "Ó"):
        assert mark in names, mark


def test_companies_differ_by_tenant_and_name(books: Books) -> None:
    several = [demo_books(Clock(), until=TODAY, seed=seed) for seed in (1, 2, 3)]
    assert len({one.tenant_id for one in several}) == 3
    assert len({one.organisation()["Name"] for one in several}) == 3
    ids = [set(one.table("Invoices")) for one in several]
    assert not ids[0] & ids[1]


def test_the_bookkeeper_allocates_voids_and_deletes_and_the_books_still_tie() -> None:
    books = demo_books(Clock(), until=TODAY)
    before = {kind: books.rows(kind) for kind in ("Invoices", "Payments")}
    said = demo_bookkeeper_day(books)
    assert [sentence.split()[0] for sentence in said] == ["Allocated", "Voided", "Deleted"]
    changed = {
        kind: sum(row != books.get(kind, row[f"{kind[:-1]}ID"]) for row in rows)
        for kind, rows in before.items()
    }
    assert changed == {"Invoices": 3, "Payments": 1}
    assert books.check() == []


def test_a_dispute_and_a_promise_stand_only_in_the_history(books: Books) -> None:
    notes = {note["Details"].split(":")[0]: note["Of"] for note in books.rows("_Notes")}
    assert set(notes) == {"Disputed", "Rang accounts"}
    disputed = books.get("Invoices", notes["Disputed"].removeprefix("Invoices/"))
    assert disputed["Status"] == "AUTHORISED"
    assert disputed["AmountPaid"] == Decimal("100.00")
