"""The receivables reports: buckets, parents, past dates, home currency."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.reports import report


def leaves(rows: list[Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield (customer id, cells) of the rows that are a customer's own: no totals."""
    for row in rows:
        own = row.get("Header", row)
        if "ColData" in own and own["ColData"][0].get("id"):
            yield own["ColData"][0]["id"], [cell["value"] for cell in own["ColData"][1:]]
        yield from leaves(row.get("Rows", {}).get("Row", []))


def aged(books: Books, **query: str) -> dict[str, list[str]]:
    return dict(leaves(report(books, "AgedReceivables", query)["Rows"].get("Row", [])))


def total(books: Books, name: str = "AgedReceivables", **query: str) -> str:
    rows = report(books, name, query)["Rows"]["Row"]
    assert rows[-1]["group"] == "GrandTotal"
    return str(rows[-1]["Summary"]["ColData"][-1]["value"])


@pytest.mark.parametrize(
    ("due", "bucket"),
    [
        ("2026-05-02", 0),
        ("2026-05-01", 0),
        ("2026-04-30", 1),
        ("2026-04-01", 1),
        ("2026-03-31", 2),
        ("2026-03-02", 2),
        ("2026-03-01", 3),
        ("2026-01-31", 3),
        ("2026-01-30", 4),
    ],
)
def test_days_past_due_choose_the_bucket(company: Any, books: Books, due: str, bucket: int) -> None:
    customer = company.customer()
    company.invoice(customer, "7", DueDate=due, TxnDate="2026-01-01")
    cells = aged(books)[customer]
    assert cells[bucket] == "7.00"
    assert cells[-1] == "7.00"
    assert cells.count("") == 4


def test_the_columns_are_those_of_the_platform(company: Any, books: Books) -> None:
    found = report(books, "AgedReceivables", {})
    titles = [column["ColTitle"] for column in found["Columns"]["Column"]]
    assert titles == ["", "Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total"]
    assert found["Rows"] == {}
    assert {"Name": "NoReportData", "Value": "true"} in found["Header"]["Option"]
    wide = report(books, "AgedReceivables", {"aging_period": "15", "num_periods": "2"})
    titles = [column["ColTitle"] for column in wide["Columns"]["Column"]]
    assert titles == ["", "Current", "1 - 15", "16 and over", "Total"]


def test_a_company_may_age_from_the_invoice_date(company: Any, books: Books) -> None:
    customer = company.customer()
    company.invoice(customer, "7", DueDate="2026-05-30", TxnDate="2026-04-20")
    prefs = books.get("Preferences", "1")
    prefs["ReportPrefs"]["CalcAgingReportFromTxnDate"] = True
    books.update("Preferences", prefs, True)
    assert aged(books)[customer][1] == "7.00"


def test_parents_end_in_a_subtotal_that_repeats_their_jobs(company: Any, books: Books) -> None:
    parent = company.customer("Parent")
    job = company.customer("Job", ParentRef={"value": parent})
    company.invoice(parent, "100")
    company.invoice(job, "85")
    [section, grand] = report(books, "AgedReceivables", {})["Rows"]["Row"]
    assert section["Summary"]["ColData"][0]["value"] == "Total Parent"
    assert section["Summary"]["ColData"][-1]["value"] == "185.00"
    assert grand["Summary"]["ColData"][-1]["value"] == "185.00"
    assert {id: cells[-1] for id, cells in aged(books).items()} == {parent: "100.00", job: "85.00"}


def test_a_past_date_takes_later_payments_back(company: Any, books: Books) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "100", TxnDate="2026-02-01", DueDate="2026-03-01")
    company.payment(customer, "70", {invoice: "70"})
    company.invoice(customer, "9")
    assert total(books, report_date="2026-03-15") == "100.00"
    assert total(books, report_date="2026-03-15", aging_method="Current") == "30.00"
    assert total(books) == "39.00"
    assert aged(books, report_date="2026-01-01") == {}


def test_money_received_before_its_invoice_is_a_credit_until_then(
    company: Any, books: Books
) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "100")
    payment = company.payment(customer, "40", {invoice: "40"})
    books.update("Payment", {"Id": payment, "TxnDate": "2026-04-01"}, True)
    assert total(books, report_date="2026-04-15") == "-40.00"
    assert total(books) == "60.00"


def test_every_report_ends_in_the_balance_of_the_control_account(
    company: Any, books: Books
) -> None:
    customer = company.customer()
    invoice, credit = company.invoice(customer, "100"), company.credit(customer, "30")
    books.apply_credit(credit, {invoice: Decimal(10)})
    company.payment(customer, "25", {invoice: "5"})
    receivable = books.receivable_account("USD")
    income = books.account_named("Sales", "Income", "SalesOfProductIncome")
    lines = [
        {"account": receivable, "amount": 12, "posting": "Debit", "customer": customer},
        {"account": income, "amount": 12, "posting": "Credit"},
    ]
    entry = books.journal(lines)["Id"]
    pays = [{"Amount": 4, "LinkedTxn": [{"TxnId": entry, "TxnType": "JournalEntry"}]}]
    books.create("Payment", {"CustomerRef": {"value": customer}, "TotalAmt": 4, "Line": pays})
    expected = f"{company.receivable():.2f}"
    assert expected == "53.00"
    for name in ("AgedReceivables", "CustomerBalance", "AgedReceivableDetail"):
        assert total(books, name) == expected, name
    rows = report(books, "CustomerBalanceDetail", {})["Rows"]["Row"]
    assert rows[0]["Rows"]["Row"][-1]["ColData"][-1]["value"] == expected


def test_a_multicurrency_company_reports_in_home_currency() -> None:
    books = Books(multicurrency=True, rates={"EUR": Decimal("1.10")})
    body = {"DisplayName": "Berlin", "CurrencyRef": {"value": "EUR"}}
    customer = books.create("Customer", body)["Id"]
    line = {"Amount": 200, "DetailType": "SalesItemLineDetail"}
    books.create("Invoice", {"CustomerRef": {"value": customer}, "Line": [line]})
    found = report(books, "AgedReceivables", {})
    assert found["Header"]["Currency"] == "USD"
    assert found["Rows"]["Row"][-1]["Summary"]["ColData"][-1]["value"] == "220.00"


def test_one_customer_can_be_asked_for(company: Any, books: Books) -> None:
    one, two = company.customer("One"), company.customer("Two")
    company.invoice(one, "5")
    company.invoice(two, "6")
    assert list(aged(books, customer=two)) == [two]


def test_a_detail_names_each_document(company: Any, qbo: Any) -> None:
    customer = company.customer("Acme")
    invoice = company.invoice(customer, "5", DueDate="2026-04-01", TxnDate="2026-03-01")
    found = qbo.get("reports/AgedReceivableDetail", report_date="2026-05-01")
    [section, _] = found["Rows"]["Row"]
    assert section["Header"]["ColData"][0]["value"] == "1 - 30 days past due"
    [line] = section["Rows"]["Row"]
    assert [cell["value"] for cell in line["ColData"]] == [
        "2026-03-01", "Invoice", "1001", "Acme", "2026-04-01", "5.00", "5.00",
    ]  # fmt: skip
    assert line["ColData"][1]["id"] == invoice


def test_a_bad_date_is_refused(qbo: Any, code: Any) -> None:
    assert code(qbo.get("reports/AgedReceivables", report_date="soon")) == "2090"
    assert code(qbo.get("reports/AgedReceivables", num_periods="0")) == "2090"
