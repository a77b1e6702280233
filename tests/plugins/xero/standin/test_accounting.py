"""What people do in Xero's pages: balances, statuses and the control account stay true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.plugins.xero.standin.books import Books, Fault
from recoup.plugins.xero.standin.proof import receivable

Enter = Callable[..., str]


def test_a_part_payment_leaves_the_rest_due(books: Books, invoice: Enter) -> None:
    id = invoice("100.00")
    books.pay(id, "40", on="2026-05-02")
    doc = books.get("Invoices", id)
    assert [doc[f"Amount{part}"] for part in ("Due", "Paid", "Credited")] == [60, 40, 0]
    assert (doc["Status"], len(doc["Payments"])) == ("AUTHORISED", 1)
    assert "FullyPaidOnDate" not in doc
    assert books.check() == []


def test_the_last_payment_makes_an_invoice_paid(books: Books, invoice: Enter) -> None:
    id = invoice("100.00")
    books.pay(id, "40", on="2026-05-02")
    books.pay(id, on="2026-05-09")
    doc = books.get("Invoices", id)
    assert (doc["Status"], doc["FullyPaidOnDate"]) == ("PAID", "/Date(1778284800000+0000)/")
    assert books.control == 0


def test_what_is_paid_above_an_invoice_becomes_an_overpayment(books: Books, invoice: Enter) -> None:
    payment, over = books.pay_over(invoice("100.00"), "130.00")
    assert over is not None
    assert payment["Amount"] == 100
    assert (over["Type"], over["RemainingCredit"]) == ("AROVERPAYMENT", 30)
    assert books.control == -30
    assert books.check() == []


def test_a_payment_and_its_invoice_change_in_the_same_instant(books: Books, invoice: Enter) -> None:
    id = invoice()
    books.clock.advance(timedelta(seconds=5))
    paid = books.pay(id, "1")
    assert paid["UpdatedDateUTC"] == books.get("Invoices", id)["UpdatedDateUTC"]


def test_a_deleted_payment_stays_and_its_invoice_is_open_again(
    books: Books, invoice: Enter
) -> None:
    id = invoice()
    paid = books.pay(id)
    books.delete_payment(paid["PaymentID"])
    assert books.get("Payments", paid["PaymentID"])["Status"] == "DELETED"
    doc = books.get("Invoices", id)
    assert (doc["Status"], doc["AmountDue"], doc["Payments"]) == ("AUTHORISED", 100, [])
    assert "FullyPaidOnDate" not in doc
    with pytest.raises(Fault, match="deleted"):
        books.delete_payment(paid["PaymentID"])


def test_a_credit_note_is_allocated_and_taken_off_again(
    books: Books, invoice: Enter, acme: str
) -> None:
    id, credit = invoice("100.00"), books.create_credit_note(acme, "60")["CreditNoteID"]
    part = books.allocate(credit, id, "60", on="2026-05-03")
    doc = books.get("Invoices", id)
    assert (doc["AmountDue"], doc["AmountCredited"]) == (40, 60)
    assert doc["CreditNotes"][0]["AppliedAmount"] == 60
    assert books.get("CreditNotes", credit)["Status"] == "PAID"
    books.unallocate(credit, part["AllocationID"])
    assert books.get("Invoices", id)["AmountDue"] == 100
    assert books.get("CreditNotes", credit)["RemainingCredit"] == 60
    assert books.check() == []


@pytest.mark.parametrize("make", ["create_overpayment", "create_prepayment"])
def test_money_on_account_is_allocated_and_refunded(
    books: Books, invoice: Enter, acme: str, make: str
) -> None:
    credit = getattr(books, make)(acme, "80")["ID"]
    books.allocate(credit, invoice("50"))
    back = books.refund(credit, on="2026-05-04")
    kinds = {
        "create_overpayment": "AROVERPAYMENTPAYMENT",
        "create_prepayment": "ARPREPAYMENTPAYMENT",
    }
    assert (back["Amount"], back["PaymentType"]) == (30, kinds[make])
    assert back["Invoice"]["InvoiceID"] == credit  # a refund stands under Invoice
    assert books.control == 0
    assert books.check() == []


def test_a_refund_of_a_credit_note_can_be_deleted(books: Books, acme: str) -> None:
    credit = books.create_credit_note(acme, "60")["CreditNoteID"]
    back = books.refund(credit, "20")
    assert books.get("CreditNotes", credit)["RemainingCredit"] == 40
    books.delete_payment(back["PaymentID"])
    assert books.get("CreditNotes", credit)["RemainingCredit"] == 60
    assert books.check() == []


def test_more_than_is_open_can_be_neither_allocated_nor_refunded(
    books: Books, invoice: Enter, acme: str
) -> None:
    id, credit = invoice("10"), books.create_credit_note(acme, "60")["CreditNoteID"]
    for wrong in ("11", "61", "0", "-1"):
        with pytest.raises(Fault):
            books.allocate(credit, id, wrong)
    with pytest.raises(Fault):
        books.refund(credit, "60.01")
    assert books.check() == []


def test_a_credit_settles_only_invoices_of_its_contact_and_currency(
    books: Books, acme: str
) -> None:
    credit = books.create_credit_note(acme, "60")["CreditNoteID"]
    foreign = books.create_invoice(acme, "10", currency="USD")["InvoiceID"]
    other = books.create_contact("Other")["ContactID"]
    for id in (foreign, books.create_invoice(other, "10")["InvoiceID"]):
        with pytest.raises(Fault, match="same"):
            books.allocate(credit, id, "5")


@pytest.mark.parametrize("kind", ["SPEND-OVERPAYMENT", "RECEIVE-OVERPAYMENT"])
def test_money_paid_to_a_supplier_settles_no_sale_and_a_customers_no_bill(
    books: Books, acme: str, kind: str
) -> None:
    spent = kind.startswith("SPEND")
    credit = books.create_overpayment(acme, "60", kind=kind)["OverpaymentID"]
    sale = books.create_invoice(acme, "10")["InvoiceID"]
    bill = books.create_invoice(acme, "10", kind="ACCPAY")["InvoiceID"]
    with pytest.raises(Fault, match="settle sales"):
        books.allocate(credit, sale if spent else bill, "5")
    assert books.allocate(credit, bill if spent else sale, "5")["Amount"] == 5
    assert books.check() == []


def test_one_sum_pays_several_invoices_and_is_deleted_whole(books: Books, invoice: Enter) -> None:
    first, second = invoice("100"), invoice("50")
    batch = books.batch_pay([(first, "100"), (second, "20")], reference="remittance")
    assert (batch["Type"], batch["TotalAmount"]) == ("RECBATCH", 120)
    parts = [books.get("Payments", part["PaymentID"]) for part in batch["Payments"]]
    assert {part["BatchPaymentID"] for part in parts} == {batch["BatchPaymentID"]}
    with pytest.raises(Fault, match="batch"):
        books.delete_payment(parts[0]["PaymentID"])
    books.delete_batch(batch["BatchPaymentID"])
    assert [row["Status"] for row in books.rows("Payments")] == ["DELETED", "DELETED"]
    assert books.control == 150
    assert books.check() == []


def test_a_void_keeps_the_total_and_owes_nothing(books: Books, invoice: Enter) -> None:
    id = invoice("100")
    doc = books.void(id)
    assert (doc["Status"], doc["Total"], doc["AmountDue"]) == ("VOIDED", 100, 0)
    assert books.control == 0
    assert books.check() == []


@pytest.mark.parametrize(
    ("status", "verb"),
    [("DRAFT", "void"), ("SUBMITTED", "void"), ("AUTHORISED", "delete"), ("AUTHORISED", "approve")],
)
def test_statuses_move_only_as_allowed(
    books: Books, invoice: Enter, status: str, verb: str
) -> None:
    id = invoice(status=status)
    if verb == "approve":
        books.void(id)
    with pytest.raises(Fault):
        getattr(books, verb)(id)


def test_a_draft_counts_nowhere_until_it_is_approved(books: Books, invoice: Enter) -> None:
    id = invoice("100", status="DRAFT")
    assert books.control == 0
    assert "DueDate" not in books.get("Invoices", id)
    assert books.approve(id)["Status"] == "AUTHORISED"
    assert books.control == 100
    draft = invoice("7", status="DRAFT")
    assert books.delete(draft)["Status"] == "DELETED"


def test_a_paid_invoice_is_neither_voided_nor_redrawn(books: Books, invoice: Enter) -> None:
    id = invoice()
    books.pay(id, "1")
    with pytest.raises(Fault, match="payments"):
        books.void(id)
    with pytest.raises(Fault, match="paid"):
        books.edit_invoice(id, amount="200")
    assert books.edit_invoice(id, Reference="may change")["Reference"] == "may change"


def test_a_locked_period_takes_no_change(books: Books, invoice: Enter) -> None:
    id, unpaid = invoice(on="2026-03-10"), invoice(on="2026-03-10")
    paid = books.pay(id, "1", on="2026-03-20")
    books.lock_books("2026-03-31")
    for act in (
        lambda: books.void(unpaid),
        lambda: books.pay(id, "1", on="2026-03-31"),
        lambda: books.delete_payment(paid["PaymentID"]),
        lambda: books.create_invoice("Acme", "1", on="2026-03-31"),
    ):
        with pytest.raises(Fault, match="lock date"):
            act()
    books.pay(id, "1", on="2026-04-01")
    books.lock_books(None)
    books.delete_payment(paid["PaymentID"])
    assert books.check() == []


def test_a_bank_matched_payment_is_not_deleted(books: Books, invoice: Enter) -> None:
    paid = books.pay(invoice(), "1")
    books.reconcile(paid["PaymentID"])
    with pytest.raises(Fault, match="reconciled"):
        books.delete_payment(paid["PaymentID"])


def test_foreign_money_counts_at_booked_rates_and_the_bank_at_the_days(
    books: Books, acme: str
) -> None:
    doc = books.create_invoice(acme, "160", currency="USD", rate="0.8")
    assert (doc["CurrencyRate"], books.control) == (Decimal("0.800000"), 200)
    paid = books.pay(doc["InvoiceID"], "80", rate="0.5")
    assert (paid["Amount"], paid["BankAmount"], paid["CurrencyRate"]) == (80, 160, Decimal("0.5"))
    assert books.control == 100
    assert books.check() == []
    listed = books.create_invoice(acme, "10", currency="USD")
    assert listed["CurrencyRate"] == Decimal("0.625000")  # of the price list: 1.6 home units


def test_a_payment_entered_by_hand_in_home_money_carries_rate_zero(
    books: Books, invoice: Enter
) -> None:
    assert books.pay(invoice(), "1")["CurrencyRate"] == 0
    books.zero_rate_in_ui = False
    assert books.pay(invoice(), "1")["CurrencyRate"] == 1


def test_the_control_account_of_a_past_day_comes_from_dated_documents(
    books: Books, invoice: Enter, acme: str
) -> None:
    id = invoice("100", on="2026-04-01")
    books.pay(id, "30", on="2026-04-10")
    credit = books.create_credit_note(acme, "20", on="2026-04-15")["CreditNoteID"]
    books.allocate(credit, id, "20", on="2026-04-20")
    days = {
        "2026-03-31": 0,
        "2026-04-01": 100,
        "2026-04-10": 70,
        "2026-04-15": 50,
        "2026-04-30": 50,
    }
    for day, expected in days.items():
        assert receivable(books, date.fromisoformat(day)) == expected


def test_a_merged_contact_is_archived_and_its_documents_move(
    books: Books, invoice: Enter, acme: str
) -> None:
    id = invoice()
    books.pay(id, "1")
    stamp = books.get("Invoices", id)["UpdatedDateUTC"]
    books.clock.advance(timedelta(minutes=1))
    keep = books.create_contact("Acme Holdings")["ContactID"]
    books.merge_contacts(keep, acme)
    gone = books.get("Contacts", acme)
    assert (gone["ContactStatus"], gone["MergedToContactID"]) == ("ARCHIVED", keep)
    doc = books.get("Invoices", id)
    assert (doc["Contact"]["ContactID"], doc["UpdatedDateUTC"]) == (keep, stamp)
    assert books.rows("Payments")[0]["Invoice"]["Contact"]["Name"] == "Acme Holdings"
    with pytest.raises(Fault, match="merged"):
        books.restore(acme)


def test_a_renamed_contact_shows_on_documents_that_are_not_touched(
    books: Books, invoice: Enter, acme: str
) -> None:
    id = invoice()
    stamp = books.get("Invoices", id)["UpdatedDateUTC"]
    books.clock.advance(timedelta(minutes=1))
    books.rename(acme, "Acme Ltd")
    doc = books.get("Invoices", id)
    assert (doc["Contact"]["Name"], doc["UpdatedDateUTC"]) == ("Acme Ltd", stamp)


def test_what_fails_changes_nothing(books: Books, invoice: Enter) -> None:
    first, second = invoice("100"), invoice("50")
    before = (books.rows("Invoices"), books.rows("Payments"), books.control)
    with pytest.raises(Fault):
        books.batch_pay([(first, "100"), (second, "50.01")])
    assert (books.rows("Invoices"), books.rows("Payments"), books.control) == before


def test_a_demo_company_starts_anew_under_another_tenant(books: Books, invoice: Enter) -> None:
    invoice()
    old = books.tenant_id
    new = books.reset_demo()
    assert new == books.tenant_id != old
    assert books.rows("Invoices") == []
    assert books.rows("Organisations")[0]["OrganisationID"] == new
    assert books.control == 0
    books.refill = lambda anew: anew.create_contact("Bayside Club")
    assert books.reset_demo() not in (old, new)
    assert [row["Name"] for row in books.rows("Contacts")] == ["Bayside Club"]


def test_a_loaded_document_is_kept_as_it_is(books: Books) -> None:
    raw: Any = {
        "InvoiceID": "A" * 8 + "-0000-0000-0000-000000000000",
        "Total": "odd",
        "Status": "X",
    }
    books.load("invoice", raw)
    assert books.rows("Invoices") == [raw]
    assert books.get("Invoices", raw["InvoiceID"].lower()) == raw
    with pytest.raises(ValueError, match="no kind"):
        books.load("Widgets", raw)
