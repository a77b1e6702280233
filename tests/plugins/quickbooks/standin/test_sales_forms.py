"""Behaviour 4, the forms: terms, numbers, tax, discounts, currencies, closed periods."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.books import Books, Fault
from recoup.plugins.quickbooks.standin.forms import due_on


def item(amount: Any, code: str | None = None, **detail: Any) -> dict[str, Any]:
    if code:
        detail["TaxCodeRef"] = {"value": code}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}


def invoice(books: Books, customer: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"CustomerRef": {"value": customer}, "Line": list(lines), **more}
    return books.create("Invoice", body)


@pytest.mark.parametrize(
    ("term", "txn_on", "expected"),
    [
        (None, date(2026, 5, 1), date(2026, 5, 31)),
        ({"DueDays": 15}, date(2026, 5, 1), date(2026, 5, 16)),
        ({"DueDays": 0}, date(2026, 5, 1), date(2026, 5, 1)),
        ({"DayOfMonthDue": 15}, date(2026, 5, 1), date(2026, 5, 15)),
        ({"DayOfMonthDue": 15}, date(2026, 5, 16), date(2026, 6, 15)),
        ({"DayOfMonthDue": 15, "DueNextMonthDays": 10}, date(2026, 5, 6), date(2026, 6, 15)),
        ({"DayOfMonthDue": 31}, date(2026, 2, 3), date(2026, 2, 28)),
        ({"DayOfMonthDue": 1}, date(2026, 12, 2), date(2027, 1, 1)),
    ],
)
def test_terms_give_the_due_date(term: Any, txn_on: date, expected: date) -> None:
    assert due_on(term, txn_on) == expected


def test_the_term_comes_from_the_customer_unless_named(company: Any, books: Books) -> None:
    net = books.create("Term", {"Name": "Net 10", "DueDays": 10})["Id"]
    customer = company.customer(SalesTermRef={"value": net})
    made = invoice(books, customer, item(5))
    assert (made["DueDate"], made["SalesTermRef"]) == ("2026-05-11", {"value": net})
    assert invoice(books, customer, item(5), DueDate="2026-09-09")["DueDate"] == "2026-09-09"
    moved = books.update("Invoice", {"Id": made["Id"], "TxnDate": "2026-05-05"}, True)
    assert moved["DueDate"] == "2026-05-15"


def test_numbers_follow_the_highest_unless_the_company_numbers_itself(
    company: Any, books: Books
) -> None:
    customer = company.customer()
    assert invoice(books, customer, item(5), DocNumber="2041")["DocNumber"] == "2041"
    assert invoice(books, customer, item(5))["DocNumber"] == "2042"
    custom_numbers(books)
    assert "DocNumber" not in invoice(books, customer, item(5))


def custom_numbers(books: Books) -> None:
    prefs = books.get("Preferences", "1")
    prefs["SalesFormsPrefs"]["CustomTxnNumbers"] = True
    books.update("Preferences", prefs, True)


def test_discount_and_subtotal_stand_after_the_lines(company: Any, books: Books) -> None:
    discount = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }
    made = invoice(books, company.customer(), discount, item(60), item(40))
    kinds = [line["DetailType"].removesuffix("LineDetail") for line in made["Line"]]
    assert kinds == ["SalesItem", "SalesItem", "SubTotal", "Discount"]
    assert [line["Amount"] for line in made["Line"]] == [60, 40, 100, 10]
    assert "Id" not in made["Line"][2]
    assert made["TotalAmt"] == 90


def test_quantity_times_price_makes_the_amount(company: Any, books: Books) -> None:
    line = item(None, Qty=Decimal("4.5"), UnitPrice=75)
    assert invoice(books, company.customer(), line)["TotalAmt"] == Decimal("337.50")


def test_tax_is_added_to_taxable_lines(company: Any) -> None:
    books = Books(tax_percent=Decimal(8))
    customer = books.create("Customer", {"DisplayName": "A"})["Id"]
    made = invoice(books, customer, item(100, "TAX"), item(50, "NON"))
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (8, 158)
    given = invoice(books, customer, item(100, "TAX"), TxnTaxDetail={"TotalTax": Decimal("7.5")})
    assert given["TotalAmt"] == Decimal("107.50")


def test_tax_inclusive_lines_are_split_into_net_and_gross() -> None:
    books = Books(tax_percent=Decimal(20), country="GB", home_currency="GBP")
    customer = books.create("Customer", {"DisplayName": "A"})["Id"]
    made = invoice(books, customer, item(120, "20.0% S"), GlobalTaxCalculation="TaxInclusive")
    line = made["Line"][0]
    assert (line["Amount"], line["SalesItemLineDetail"]["TaxInclusiveAmt"]) == (100, 120)
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (20, 120)
    changed = {"Id": made["Id"], "Line": [item(60, "20.0% S")]}
    assert books.update("Invoice", changed, True)["TotalAmt"] == 60


@pytest.fixture
def euros() -> Books:
    return Books(multicurrency=True, rates={"EUR": Decimal("1.10")})


def euro_customer(books: Books) -> str:
    body = {"DisplayName": "Berlin", "CurrencyRef": {"value": "EUR"}}
    return str(books.create("Customer", body)["Id"])


def test_a_foreign_invoice_carries_its_rate_and_home_amounts(euros: Books) -> None:
    made = invoice(euros, euro_customer(euros), item(200))
    assert made["CurrencyRef"]["value"] == "EUR"
    assert made["ExchangeRate"] == Decimal("1.10")
    assert (made["HomeTotalAmt"], made["HomeBalance"]) == (220, 220)


def test_every_currency_has_its_own_control_account(euros: Books) -> None:
    home = euros.create("Customer", {"DisplayName": "Home"})["Id"]
    invoice(euros, euro_customer(euros), item(200))
    invoice(euros, home, item(50))
    accounts = {code: euros.receivable_account(code) for code in ("EUR", "USD")}
    assert euros.get("Account", accounts["EUR"])["CurrentBalance"] == 200
    assert euros.get("Account", accounts["USD"])["CurrentBalance"] == 50
    assert euros.check() == []


def test_the_difference_of_two_rates_is_an_exchange_gain(euros: Books) -> None:
    customer = euro_customer(euros)
    made = invoice(euros, customer, item(200))
    line = {"Amount": 200, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
    body = {"CustomerRef": {"value": customer}, "TotalAmt": 200, "Line": [line]}
    paid = euros.create("Payment", {**body, "ExchangeRate": Decimal("1.15")})
    [gain] = [x for x in euros.rows("Account") if x["Name"] == "Exchange Gain or Loss"]
    assert gain["CurrentBalance"] == 10
    assert euros.get("Invoice", made["Id"])["HomeBalance"] == 0
    euros.delete("Payment", paid["Id"])
    assert euros.get("Account", gain["Id"])["CurrentBalance"] == 0
    assert euros.create("Payment", {**body, "Line": []})["ExchangeRate"] == 1


def test_a_payment_settles_its_own_currency_only(euros: Books) -> None:
    made = invoice(euros, euro_customer(euros), item(200))
    home = euros.create("Customer", {"DisplayName": "Home"})["Id"]
    line = {"Amount": 5, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
    with pytest.raises(Fault, match="another currency"):
        euros.create("Payment", {"CustomerRef": {"value": home}, "TotalAmt": 5, "Line": [line]})


def test_a_document_has_the_currency_of_its_customer(euros: Books) -> None:
    berlin, dollars = euro_customer(euros), {"CurrencyRef": {"value": "USD"}}
    with pytest.raises(Fault, match="must be that of the customer"):
        invoice(euros, berlin, item(5), **dollars)
    with pytest.raises(Fault, match="cannot be changed"):
        euros.update("Customer", {"Id": berlin, **dollars}, True)


def test_a_journal_takes_the_currency_of_its_control_account(euros: Books) -> None:
    berlin, receivable = euro_customer(euros), euros.receivable_account("EUR")
    income = euros.account_named("Sales", "Income", "SalesOfProductIncome")
    lines = [
        {"account": receivable, "amount": 5, "posting": "Debit", "customer": berlin},
        {"account": income, "amount": 5, "posting": "Credit"},
    ]
    entry = euros.journal(lines)
    assert (entry["CurrencyRef"]["value"], entry["ExchangeRate"]) == ("EUR", Decimal("1.10"))
    assert euros.get("Account", receivable)["CurrentBalance"] == 5


def test_closed_books_refuse_what_is_dated_inside(company: Any, books: Books) -> None:
    customer = company.customer()
    old = company.invoice(customer, TxnDate="2026-03-31")
    new = company.invoice(customer)
    prefs = books.get("Preferences", "1")
    prefs["AccountingInfoPrefs"]["BookCloseDate"] = "2026-03-31"
    books.update("Preferences", prefs, True)
    for attempt in (
        lambda: books.delete("Invoice", old),
        lambda: books.void("Invoice", old),
        lambda: books.update("Invoice", {"Id": new, "TxnDate": "2026-03-01"}, True),
        lambda: company.invoice(customer, TxnDate="2026-01-01"),
    ):
        with pytest.raises(Fault, match=r"^6210 "):
            attempt()
    company.payment(customer, "5", {old: "5"})  # dated today: allowed


def test_credits_and_payments_apply_themselves_where_preferred(company: Any, books: Books) -> None:
    prefs = books.get("Preferences", "1")
    prefs["SalesFormsPrefs"].update(AutoApplyCredit=True, AutoApplyPayments=True)
    books.update("Preferences", prefs, True)
    customer = company.customer()
    company.credit(customer, "30")
    invoice_id = company.invoice(customer, "100")
    assert books.get("Invoice", invoice_id)["Balance"] == 70
    company.payment(customer, "50")
    assert books.get("Invoice", invoice_id)["Balance"] == 20
    assert books.check() == []


def test_an_invoice_made_of_an_estimate_closes_it(company: Any, books: Books) -> None:
    customer = company.customer()
    body = {"CustomerRef": {"value": customer}, "Line": [item(10)]}
    estimate = books.create("Estimate", body)["Id"]
    link = {"TxnId": estimate, "TxnType": "Estimate"}
    made = invoice(books, customer, item(10), LinkedTxn=[link])
    assert made["LinkedTxn"] == [link]
    closed = books.get("Estimate", estimate)
    assert closed["TxnStatus"] == "Closed"
    assert closed["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Invoice"}]


def test_more_than_750_lines_are_refused(company: Any, books: Books) -> None:
    with pytest.raises(Fault, match="750"):
        invoice(books, company.customer(), *[item(1)] * 751)


def test_a_full_update_clears_what_it_leaves_out_and_a_sparse_one_keeps_it(
    company: Any, books: Books
) -> None:
    id = company.invoice(company.customer(), PrivateNote="note")
    kept = books.update("Invoice", {"Id": id, "DueDate": "2026-07-07"}, True)
    assert kept["PrivateNote"] == "note"
    full = {"Id": id, "CustomerRef": kept["CustomerRef"], "Line": kept["Line"]}
    after = books.update("Invoice", full, False)
    assert "PrivateNote" not in after
    assert (after["DocNumber"], after["TotalAmt"]) == (kept["DocNumber"], 100)
