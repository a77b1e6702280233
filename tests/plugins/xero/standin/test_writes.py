"""PUT and POST of documents: what is created, what is changed, what is refused and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recoup.plugins.xero.standin.books import Books

Enter = Callable[..., str]
BANK = {"Code": "090"}


def draw(acme: str, **more: Any) -> dict[str, Any]:
    lines = [{"Description": "Work", "Quantity": 2, "UnitAmount": 50, "AccountCode": "200"}]
    body = {"Type": "ACCREC", "Contact": {"ContactID": acme}, "LineItems": lines}
    return {**body, "Date": "2026-05-01", "DueDate": "2026-05-21", "Status": "AUTHORISED", **more}


def messages(answer: Any) -> list[str]:
    return [e["Message"] for part in answer["Elements"] for e in part["ValidationErrors"]]


def test_an_invoice_is_created_with_its_amounts(xero: Any, acme: str) -> None:
    answer = xero.put("Invoices", {"Invoices": [draw(acme)]})
    [made] = answer["Invoices"]
    assert (made["Total"], made["AmountDue"], made["Status"]) == (100, 100, "AUTHORISED")
    assert made["InvoiceNumber"] == "INV-0001"
    assert xero.one("Invoices", made["InvoiceID"])["DueDateString"] == "2026-05-21T00:00:00"


@pytest.mark.parametrize(
    ("types", "sums"), [("Exclusive", (100, 15, 115)), ("Inclusive", ("86.96", "13.04", 100)),
                        ("NoTax", (100, 0, 100))],
)  # fmt: skip
def test_tax_is_added_included_or_left_out(
    xero: Any, acme: str, types: str, sums: tuple[Any, ...]
) -> None:
    body = draw(acme, LineAmountTypes=types)
    body["LineItems"][0]["TaxType"] = "OUTPUT2"
    [made] = xero.put("Invoices", body)["Invoices"]
    shown = [float(made[field]) for field in ("SubTotal", "TotalTax", "Total")]
    assert shown == [float(part) for part in sums]


def test_put_refuses_a_number_that_is_taken_and_post_changes_its_bearer(
    xero: Any, invoice: Enter, acme: str
) -> None:
    id = invoice(number="ORC1040")
    refused = xero.put("Invoices", draw(acme, InvoiceNumber="ORC1040"))
    assert messages(refused) == ["Invoice # must be unique."]
    changed = xero.post("Invoices", {"InvoiceNumber": "ORC1040", "Reference": "PO 7"})
    assert changed["Invoices"][0]["InvoiceID"] == id
    assert changed["Invoices"][0]["Reference"] == "PO 7"


def test_statuses_are_moved_by_post(xero: Any, invoice: Enter) -> None:
    id = invoice(status="DRAFT")
    for status in ("SUBMITTED", "AUTHORISED", "VOIDED"):
        body = {"InvoiceID": id, "Status": status}
        assert xero.post(f"Invoices/{id}", body)["Invoices"][0]["Status"] == status
    assert xero.raw("POST", f"Invoices/{id}", {"Status": "AUTHORISED"}).status_code == 400


def test_one_wrong_element_refuses_the_whole_request(xero: Any, books: Books, acme: str) -> None:
    bad = draw(acme, Type=None)
    answer = xero.put("Invoices", {"Invoices": [draw(acme), bad]})
    assert (answer["ErrorNumber"], answer["Type"]) == (10, "ValidationException")
    assert messages(answer) == ["Invoice Type is required"]
    assert books.rows("Invoices") == []


def test_without_summary_each_element_has_its_own_outcome(
    xero: Any, books: Books, acme: str
) -> None:
    body = {"Invoices": [draw(acme), draw(acme, Type="ACCREC", Status="PAID")]}
    answer = xero.put("Invoices", body, summarizeErrors="false")
    good, bad = answer["Invoices"]
    assert (good["StatusAttributeString"], bad["StatusAttributeString"]) == ("OK", "ERROR")
    assert bad["ValidationErrors"][0]["Message"]
    assert len(books.rows("Invoices")) == 1


def test_a_payment_is_created_and_deleted(xero: Any, books: Books, invoice: Enter) -> None:
    id = invoice()
    body = {"Invoice": {"InvoiceID": id}, "Account": BANK, "Date": "2026-05-02", "Amount": 40.5,
            "Reference": "recoup-1"}  # fmt: skip
    [made] = xero.put("Payments", body)["Payments"]
    assert (made["Amount"], made["BankAmount"], made["CurrencyRate"]) == (40.5, 40.5, 1)
    assert made["PaymentType"] == "ACCRECPAYMENT"
    assert xero.one("Invoices", id)["AmountDue"] == 59.5
    [gone] = xero.post(f"Payments/{made['PaymentID']}", {"Status": "DELETED"})["Payments"]
    assert gone["Status"] == "DELETED"
    assert books.check() == []


def test_a_written_payment_answers_an_earlier_stamp_than_it_keeps(
    xero: Any, invoice: Enter
) -> None:
    body = {"Invoice": {"InvoiceID": invoice()}, "Account": BANK, "Amount": 1}
    [made] = xero.put("Payments", body)["Payments"]
    kept = xero.one("Payments", made["PaymentID"])
    assert int(kept["UpdatedDateUTC"][6:19]) - int(made["UpdatedDateUTC"][6:19]) == 4


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"Amount": 100.01}, "exceeds"),
        ({"Amount": 0}, "greater than 0"),
        ({"Amount": None}, "must be specified"),
        ({"Account": {}}, "Account"),
        ({"Account": {"Code": "200"}}, "not valid for payments"),
        ({"Invoice": {"InvoiceID": "00000000-0000-0000-0000-00000000000f"}}, "could not be found"),
        ({"Date": "soon"}, "is no date"),
    ],
)
def test_a_wrong_payment_is_refused(
    xero: Any, books: Books, invoice: Enter, change: dict[str, Any], why: str
) -> None:
    body = {"Invoice": {"InvoiceID": invoice()}, "Account": BANK, "Amount": 10, **change}
    assert why in "; ".join(messages(xero.put("Payments", body)))
    assert books.rows("Payments") == []


def test_a_refund_is_a_payment_of_a_credit(xero: Any, books: Books, acme: str) -> None:
    credit = books.create_credit_note(acme, "30")["CreditNoteID"]
    over = books.create_overpayment(acme, "20")["OverpaymentID"]
    for field, id in (("CreditNote", credit), ("Overpayment", over)):
        body = {field: {f"{field}ID": id}, "Account": BANK, "Amount": 5}
        [made] = xero.put("Payments", body)["Payments"]
        assert made["Invoice"]["InvoiceID"] == id
    assert books.control == -40


def test_a_batch_is_created_read_and_deleted(xero: Any, books: Books, invoice: Enter) -> None:
    parts = [{"Invoice": {"InvoiceID": invoice()}, "Amount": 10} for _ in range(2)]
    body = {"Account": BANK, "Date": "2026-05-01", "Reference": "r", "Payments": parts}
    [made] = xero.put("BatchPayments", {"BatchPayments": [body]})["BatchPayments"]
    assert (made["TotalAmount"], len(made["Payments"])) == (20, 2)
    [paid, _] = xero.rows("Payments")
    assert paid["BatchPayment"]["BatchPaymentID"] == made["BatchPaymentID"]
    body = {"BatchPaymentID": made["BatchPaymentID"], "Status": "DELETED"}
    assert xero.post("BatchPayments", body)["BatchPayments"][0]["Status"] == "DELETED"
    assert {row["Status"] for row in xero.rows("Payments")} == {"DELETED"}
    assert books.check() == []


@pytest.mark.parametrize("kind", ["CreditNotes", "Overpayments", "Prepayments"])
def test_credits_are_allocated_by_put_and_freed_by_delete(
    xero: Any, books: Books, invoice: Enter, acme: str, kind: str
) -> None:
    make = {"CreditNotes": books.create_credit_note, "Overpayments": books.create_overpayment,
            "Prepayments": books.create_prepayment}[kind]  # fmt: skip
    credit, id = make(acme, "30")["ID"], invoice()
    body = {"Amount": 12.5, "Invoice": {"InvoiceID": id}, "Date": "2026-05-02"}
    [part] = xero.put(f"{kind}/{credit}/Allocations", {"Allocations": [body]})["Allocations"]
    assert part["Amount"] == 12.5
    assert xero.one("Invoices", id)["AmountCredited"] == 12.5
    place = f"{kind}/{credit}/Allocations/{part['AllocationID']}"
    assert xero.ask("DELETE", place, unchecked=True)["IsDeleted"] is True
    assert xero.one(kind, credit)["RemainingCredit"] == 30
    over = xero.raw("PUT", f"{kind}/{credit}/Allocations", {**body, "Amount": 31})
    assert over.status_code == 400


def test_contacts_are_created_found_by_number_and_archived(xero: Any, books: Books) -> None:
    body = {"Name": "Beta", "ContactNumber": "C-7", "EmailAddress": "b@example.com"}
    [made] = xero.put("Contacts", {"Contacts": [body]})["Contacts"]
    assert "already assigned" in messages(xero.put("Contacts", {"Name": "beta"}))[0]
    [changed] = xero.post("Contacts", {"ContactNumber": "C-7", "Name": "Beta Ltd"})["Contacts"]
    assert (changed["ContactID"], changed["Name"]) == (made["ContactID"], "Beta Ltd")
    assert xero.one("Contacts", "C-7")["Name"] == "Beta Ltd"
    body = {"ContactID": made["ContactID"], "ContactStatus": "ARCHIVED"}
    assert xero.post("Contacts", body)["Contacts"][0]["ContactStatus"] == "ARCHIVED"


def test_money_on_account_comes_in_as_a_bank_transaction(
    xero: Any, books: Books, acme: str
) -> None:
    line = {"Description": "On account", "Quantity": 1, "UnitAmount": 75, "AccountCode": "610"}
    body = {"Type": "RECEIVE-OVERPAYMENT", "Contact": {"ContactID": acme}, "BankAccount": BANK,
            "LineItems": [line], "LineAmountTypes": "NoTax"}  # fmt: skip
    [made] = xero.put("BankTransactions", body)["BankTransactions"]
    assert xero.one("Overpayments", made["OverpaymentID"])["RemainingCredit"] == 75
    assert books.control == -75


def test_money_coded_straight_away_stands_outside_receivables(
    xero: Any, books: Books, acme: str
) -> None:
    body = {"Type": "RECEIVE", "Contact": {"ContactID": acme}, "BankAccount": BANK,
            "LineItems": [{"Description": "Cash sale", "UnitAmount": 20}]}  # fmt: skip
    [made] = xero.put("BankTransactions", body)["BankTransactions"]
    assert (made["Total"], made["IsReconciled"], books.control) == (20, False, 0)
    gone = {"BankTransactionID": made["BankTransactionID"], "Status": "DELETED"}
    [kept] = xero.post("BankTransactions", gone)["BankTransactions"]
    assert kept["Status"] == "DELETED"


def test_an_expected_date_is_set_by_post(xero: Any, invoice: Enter) -> None:
    id = invoice()
    xero.post(f"Invoices/{id}", {"InvoiceID": id, "ExpectedPaymentDate": "2026-06-01"})
    assert xero.one("Invoices", id)["ExpectedPaymentDate"] == "/Date(1780272000000+0000)/"


@pytest.mark.parametrize("body", ["{", "[]", '{"Invoices": 3}', '{"Invoices": [3]}', '"x"'])
def test_a_body_that_is_none_is_refused(xero: Any, body: str) -> None:
    answer = xero.raw("PUT", "Invoices", body)
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


@pytest.mark.parametrize(
    "change",
    [{"LineItems": "x"}, {"Contact": 4}, {"LineItems": [{"UnitAmount": "much"}]}, {"Date": [1]}],
)
def test_an_element_of_an_impossible_shape_is_its_senders_fault(
    xero: Any, books: Books, acme: str, change: dict[str, Any]
) -> None:
    assert xero.raw("PUT", "Invoices", draw(acme, **change)).status_code == 400
    assert books.rows("Invoices") == []


def test_what_cannot_be_written_is_not_found(xero: Any) -> None:
    for method, path in (("PUT", "Organisation"), ("DELETE", "Invoices"), ("PUT", "Widgets")):
        assert xero.raw(method, path, {}).status_code == 404
