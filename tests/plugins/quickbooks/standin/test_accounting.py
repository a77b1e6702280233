"""Behaviour 4: the accounting engine; after every step the tie-out identities hold."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.books import Books, Fault


@pytest.fixture(autouse=True)
def books_stay_true(books: Books) -> Iterator[None]:
    """Whatever a test of this file did, the identities hold after it."""
    yield
    assert books.check() == []


def refused(code: str) -> Any:
    return pytest.raises(Fault, match=f"^{code} ")


def test_an_invoice_is_owed_by_its_customer_and_on_the_control_account(
    company: Any, books: Books
) -> None:
    customer = company.customer()
    company.invoice(customer, "100.10")
    assert books.get("Customer", customer)["Balance"] == Decimal("100.10")
    assert company.receivable() == Decimal("100.10")


def test_an_overpayment_stays_unapplied(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "100")
    payment = company.payment(customer, "130", {invoice: "100"})
    assert books.get("Invoice", invoice)["Balance"] == 0
    assert books.get("Payment", payment)["UnappliedAmt"] == 30
    assert books.get("Customer", customer)["Balance"] == -30


def test_a_credit_is_applied_by_a_payment_of_zero(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice, credit = company.invoice(customer, "100"), company.credit(customer, "60")
    payment = books.apply_credit(credit, {invoice: Decimal(60)})
    assert (payment["TotalAmt"], payment["UnappliedAmt"]) == (0, 0)
    assert "DepositToAccountRef" not in payment
    assert [line["Amount"] for line in payment["Line"]] == [60, 60]
    memo = books.get("CreditMemo", credit)
    assert (memo["Balance"], memo["RemainingCredit"], "LinkedTxn" in memo) == (0, 0, False)
    assert books.get("Invoice", invoice)["LinkedTxn"][0]["TxnType"] == "Payment"


def test_the_lines_of_a_payment_are_all_or_none(company: Any, books: Books) -> None:
    customer = company.customer()
    one, two = company.invoice(customer, "50"), company.invoice(customer, "50")
    payment = company.payment(customer, "80", {one: "50", two: "30"})
    body = {"Id": payment, "Line": [{"Amount": 20, "LinkedTxn": _to(two)}]}
    assert books.update("Payment", body, True)["UnappliedAmt"] == 60
    assert books.get("Invoice", one)["Balance"] == 50
    assert books.get("Invoice", one)["LinkedTxn"] == []
    assert books.unapply(payment)["UnappliedAmt"] == 80
    assert books.get("Invoice", two)["Balance"] == 50


def _to(id: str, kind: str = "Invoice") -> list[dict[str, str]]:
    return [{"TxnId": id, "TxnType": kind}]


def test_applying_twice_lengthens_the_same_line(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice, payment = company.invoice(customer, "100"), company.payment(customer, "80")
    for _ in range(2):
        after = books.apply(payment, {invoice: Decimal(30)})
    assert [line["Amount"] for line in after["Line"]] == [60]
    assert after["UnappliedAmt"] == 20


def test_a_sparse_update_without_lines_keeps_them(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice = company.invoice(customer)
    payment = company.payment(customer, "80", {invoice: "50"})
    after = books.update("Payment", {"Id": payment, "PrivateNote": "x", "LinkedTxn": []}, True)
    assert (len(after["Line"]), after["UnappliedAmt"]) == (1, 30)


def test_nothing_is_applied_beyond_what_is_open_or_received(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "50")
    with refused("6000"):
        company.payment(customer, "100", {invoice: "50.01"})
    with refused("6000"):
        company.payment(customer, "10", {invoice: "10.01"})
    assert books.rows("Payment") == []
    assert books.get("Invoice", invoice)["SyncToken"] == "0"


def test_a_void_invoice_keeps_its_id_and_loses_its_money(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "100", PrivateNote="Net 30")
    payment = company.payment(customer, "40", {invoice: "40"})
    void = books.void("Invoice", invoice)
    assert (void["TotalAmt"], void["Balance"], void["LinkedTxn"]) == (0, 0, [])
    assert (void["SyncToken"], void["PrivateNote"]) == ("2", "Voided - Net 30")
    assert {line["Amount"] for line in void["Line"]} == {0}
    assert "status" not in void
    assert books.get("Payment", payment)["UnappliedAmt"] == 40


def test_a_void_payment_keeps_its_customer_and_frees_the_invoice(
    company: Any, books: Books
) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "100")
    payment = company.payment(customer, "40", {invoice: "40"})
    void = books.void("Payment", payment)
    assert (void["TotalAmt"], void["UnappliedAmt"], void["Line"]) == (0, 0, [])
    assert (void["PrivateNote"], void["CustomerRef"]["value"]) == ("Voided", customer)
    assert books.get("Invoice", invoice)["Balance"] == 100


def test_a_deleted_invoice_leaves_its_payment_unapplied(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "100")
    payment = company.payment(customer, "40", {invoice: "40"})
    stub = books.delete("Invoice", invoice)
    assert stub == {"domain": "QBO", "status": "Deleted", "Id": invoice}
    after = books.get("Payment", payment)
    assert (after["Line"], after["UnappliedAmt"], after["SyncToken"]) == ([], 40, "1")


def test_deleting_a_paid_invoice_gives_the_credit_back(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice, credit = company.invoice(customer, "100"), company.credit(customer, "60")
    books.apply_credit(credit, {invoice: Decimal(60)})
    books.delete("Invoice", invoice)
    assert books.get("CreditMemo", credit)["Balance"] == 60
    assert books.rows("Payment") == []


def test_deleting_an_applied_credit_opens_the_invoice(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice, credit = company.invoice(customer, "100"), company.credit(customer, "60")
    books.apply_credit(credit, {invoice: Decimal(60)})
    books.delete("CreditMemo", credit)
    assert books.get("Invoice", invoice)["Balance"] == 100


def test_a_changed_invoice_keeps_what_was_applied(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "100")
    company.payment(customer, "40", {invoice: "40"})
    line = {"Amount": 70, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}
    after = books.update("Invoice", {"Id": invoice, "Line": [line]}, True)
    assert (after["TotalAmt"], after["Balance"]) == (70, 30)
    assert after["Line"][0]["Id"] == "2"
    with refused("6000"):
        books.update("Invoice", {"Id": invoice, "Line": [{**line, "Amount": 39}]}, True)


def test_a_jobs_invoice_counts_once_for_the_job_and_rolls_up(company: Any, books: Books) -> None:
    parent = company.customer("Parent")
    job = company.customer("Job", ParentRef={"value": parent})
    company.invoice(parent, "477.50")
    invoice = company.invoice(job, "85")
    company.payment(parent, "35", {invoice: "35"})
    found = {id: books.get("Customer", id) for id in (parent, job)}
    assert (found[job]["Balance"], found[parent]["Balance"]) == (50, Decimal("477.50"))
    assert found[parent]["BalanceWithJobs"] == Decimal("527.50")
    assert (found[job]["Job"], found[job]["Level"]) == (True, 1)


def test_moving_a_job_moves_its_roll_up(company: Any, books: Books) -> None:
    old, new = company.customer("Old"), company.customer("New")
    job = company.customer("Job", ParentRef={"value": old})
    company.invoice(job, "85")
    books.update("Customer", {"Id": job, "ParentRef": {"value": new}}, True)
    assert books.get("Customer", old)["BalanceWithJobs"] == 0
    assert books.get("Customer", new)["BalanceWithJobs"] == 85


def test_a_deposit_totals_its_lines_less_cash_back(company: Any, books: Books) -> None:
    payments = [company.payment(company.customer(name), "50") for name in "AB"]
    lines = [{"LinkedTxn": _to(id, "Payment")} for id in payments]
    deposit = books.create("Deposit", {"Line": lines, "CashBack": {"Amount": 20}})
    assert deposit["TotalAmt"] == 80
    link = {"TxnId": payments[0], "TxnType": "Payment", "TxnLineId": "0"}
    assert deposit["Line"][0] == {"LinkedTxn": [link], "Amount": 50}
    with refused("6000"):
        books.deposit([payments[0]])


def test_a_deposited_payment_stays_as_it_is_until_the_deposit_goes(
    company: Any, books: Books
) -> None:
    payment = company.payment(company.customer(), "50")
    deposit = books.deposit([payment])
    with refused("6540"):
        books.delete("Payment", payment)
    books.delete("Deposit", deposit["Id"])
    assert books.get("Payment", payment)["LinkedTxn"] == []
    books.delete("Payment", payment)


def test_a_deposit_line_on_receivables_credits_its_customer(company: Any, books: Books) -> None:
    customer = company.customer()
    detail = {
        "AccountRef": {"value": books.receivable_account("USD")},
        "Entity": {"value": customer, "type": "CUSTOMER"},
    }
    line = {"Amount": 75, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
    books.create("Deposit", {"Line": [line]})
    assert books.get("Customer", customer)["Balance"] == -75


def journal(books: Books, customer: str, posting: str, amount: int) -> str:
    income = books.account_named("Sales", "Income", "SalesOfProductIncome")
    other = "Credit" if posting == "Debit" else "Debit"
    receivable = books.receivable_account("USD")
    lines = [
        {"account": receivable, "amount": amount, "posting": posting, "customer": customer},
        {"account": income, "amount": amount, "posting": other},
    ]
    return str(books.journal(lines)["Id"])


def test_a_journal_on_receivables_is_owed_and_a_payment_settles_it(
    company: Any, books: Books
) -> None:
    customer = company.customer()
    entry = journal(books, customer, "Debit", 120)
    assert books.get("Customer", customer)["Balance"] == 120
    assert books.get("JournalEntry", entry)["Line"][0]["Id"] == "0"
    lines = [{"Amount": 120, "LinkedTxn": _to(entry, "JournalEntry")}]
    body = {"CustomerRef": {"value": customer}, "TotalAmt": 120, "Line": lines}
    assert books.create("Payment", body)["UnappliedAmt"] == 0
    assert books.get("Customer", customer)["Balance"] == 0
    with refused("6000"):
        books.create("Payment", body)


def test_a_journal_credit_pays_an_invoice(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice, entry = company.invoice(customer, "80"), journal(books, customer, "Credit", 50)
    lines = [
        {"Amount": 50, "LinkedTxn": _to(invoice)},
        {"Amount": 50, "LinkedTxn": _to(entry, "JournalEntry")},
    ]
    books.create("Payment", {"CustomerRef": {"value": customer}, "TotalAmt": 0, "Line": lines})
    assert books.get("Invoice", invoice)["Balance"] == 30
    assert books.get("Customer", customer)["Balance"] == 30
    books.delete("JournalEntry", entry)
    assert books.get("Invoice", invoice)["Balance"] == 80


def test_a_journal_balances_and_names_its_customer(company: Any, books: Books) -> None:
    customer, receivable = company.customer(), books.receivable_account("USD")
    line = {"account": receivable, "amount": 5, "posting": "Debit"}
    with refused("6000"):
        books.journal([{**line, "customer": customer}])
    with refused("6000"):
        books.journal([line, {**line, "posting": "Credit"}])
    with refused("2500"):
        books.journal([{**line, "customer": "99"}, {**line, "posting": "Credit"}])


def test_a_refund_cheque_uses_up_a_credit(company: Any, books: Books) -> None:
    customer = company.customer()
    credit = company.credit(customer, "60")
    detail = {"AccountRef": {"value": books.receivable_account("USD")}}
    line = {"Amount": 60, "DetailType": "AccountBasedExpenseLineDetail"}
    line["AccountBasedExpenseLineDetail"] = {**detail, "CustomerRef": {"value": customer}}
    check = books.create("Purchase", {"PaymentType": "Check", "Line": [line]})
    lines = [
        {"Amount": 60, "LinkedTxn": _to(check["Id"], "Check")},
        {"Amount": 60, "LinkedTxn": _to(credit, "CreditMemo")},
    ]
    books.create("Payment", {"CustomerRef": {"value": customer}, "TotalAmt": 0, "Line": lines})
    assert books.get("CreditMemo", credit)["Balance"] == 0
    assert books.get("Customer", customer)["Balance"] == 0


def test_a_merge_moves_documents_jobs_and_money(company: Any, books: Books) -> None:
    keep, gone = company.customer("Keep"), company.customer("Gone")
    job = company.customer("Job", ParentRef={"value": gone})
    invoice = company.invoice(gone, "100")
    company.invoice(job, "20")
    company.payment(gone, "30", {invoice: "30"})
    journal(books, gone, "Credit", 5)
    kept = books.merge_customers(keep, gone)
    assert (kept["Balance"], kept["BalanceWithJobs"]) == (65, 85)
    assert books.get("Invoice", invoice)["CustomerRef"] == {"value": keep, "name": "Keep"}
    assert books.get("Customer", job)["FullyQualifiedName"] == "Keep:Job"
    with refused("610"):
        books.get("Customer", gone)


def test_a_statement_charge_is_owed_and_no_endpoint_shows_it(
    company: Any, books: Books, qbo: Any, code: Any
) -> None:
    customer = company.customer()
    books.statement_charge(customer, Decimal(15))
    assert books.get("Customer", customer)["Balance"] == company.receivable() == 15
    assert code(qbo.query("select * from StatementCharge")) == "4001"
    assert code(qbo.get("cdc", entities="StatementCharge", changedSince=books.local())) == "4001"
    total = qbo.get("reports/CustomerBalance")["Rows"]["Row"][-1]["Summary"]["ColData"][-1]
    assert total["value"] == "15.00"


def test_settle_gives_loaded_documents_their_balances(company: Any, books: Books) -> None:
    books.load("Customer", {"Id": "5", "DisplayName": "Raw"})
    ref = {"value": "5"}
    books.load("Invoice", {"Id": "9", "CustomerRef": ref, "TotalAmt": 40, "Balance": 40})
    assert books.check() != []
    books.settle()
    assert books.get("Customer", "5")["Balance"] == 40
    assert company.receivable() == 40
    assert company.customer() == "6"
