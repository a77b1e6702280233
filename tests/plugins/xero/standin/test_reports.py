"""Reports as at a day: the control account for the tie-out, and the aging of one contact."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from recoup.plugins.xero.standin.books import Books

Enter = Callable[..., str]


def cells(report: Any) -> list[list[str]]:
    [shown] = report["Reports"]
    rows = []
    for section in shown["Rows"]:
        for row in [section, *section.get("Rows", [])]:
            if "Cells" in row:
                rows.append([cell["Value"] for cell in row["Cells"]])
    return rows


def line(report: Any, name: str) -> list[str]:
    return next(row for row in cells(report) if row[0].startswith(name))


@pytest.fixture
def story(books: Books, invoice: Enter, acme: str) -> str:
    """100.00 of 1 April, 30.00 paid on the 10th, credit of 20.00 set against it on the 20th."""
    id = invoice("100.00", on="2026-04-01", due="2026-04-15")
    books.pay(id, "30.00", on="2026-04-10")
    credit = books.create_credit_note(acme, "20.00", on="2026-04-15")["CreditNoteID"]
    books.allocate(credit, id, "20.00", on="2026-04-20")
    return id


@pytest.mark.parametrize(
    ("day", "owed"),
    [("2026-03-31", "0.00"), ("2026-04-09", "100.00"), ("2026-04-10", "70.00"),
     ("2026-04-15", "50.00"), ("2026-04-30", "50.00")],
)  # fmt: skip
def test_accounts_receivable_stands_as_at_the_day(
    xero: Any, story: str, day: str, owed: str
) -> None:
    trial = xero.get("Reports/TrialBalance", date=day)
    assert line(trial, "Accounts Receivable (610)")[3] == owed
    sheet = xero.get("Reports/BalanceSheet", date=day)
    assert line(sheet, "Accounts Receivable") == ["Accounts Receivable", owed]


def test_without_a_date_it_is_today(xero: Any, books: Books, story: str) -> None:
    report = xero.get("Reports/TrialBalance")
    assert report["Reports"][0]["ReportTitles"][2] == "As at 1 May 2026"
    assert Decimal(line(report, "Accounts Receivable")[3]) == books.control


def test_a_trial_balance_balances(xero: Any, books: Books, story: str, acme: str) -> None:
    foreign = books.create_invoice(acme, "80", currency="USD", rate="0.8", on="2026-04-01")
    books.pay(foreign["InvoiceID"], "40", rate="0.5", on="2026-04-12")
    books.create_prepayment(acme, "10", on="2026-04-13")
    report = xero.get("Reports/TrialBalance", date="2026-04-30")
    total = line(report, "Total")
    assert total[3] == total[4]
    assert line(report, "Accounts Receivable")[3] == "90.00"  # 50 + 40 / 0.8 - 10
    assert line(report, "Realised Currency Gains")[4] == "30.00"  # 80 in the bank, 50 booked


def test_receivables_below_zero_are_a_credit(xero: Any, books: Books, acme: str) -> None:
    books.create_overpayment(acme, "10", on="2026-04-01")
    assert line(xero.get("Reports/TrialBalance"), "Accounts Receivable")[3:] == ["", "10.00"]
    assert line(xero.get("Reports/BalanceSheet"), "Accounts Receivable")[1] == "-10.00"


def test_the_cells_name_their_account(xero: Any, books: Books, story: str) -> None:
    report = xero.get("Reports/TrialBalance")
    [debtors] = [row for row in books.rows("Accounts") if row.get("SystemAccount") == "DEBTORS"]
    assets = next(s for s in report["Reports"][0]["Rows"] if s.get("Title") == "Assets")
    ids = [row["Cells"][0]["Attributes"][0]["Value"] for row in assets["Rows"]]
    assert debtors["AccountID"] in ids


def test_the_aging_of_a_contact_lists_what_was_open_on_a_day(
    xero: Any, story: str, acme: str
) -> None:
    asked = {"contactId": acme, "date": "2026-04-30"}
    report = xero.get("Reports/AgedReceivablesByContact", **asked)
    row = line(report, "2026-04-01")
    assert row[1:4] == ["INV-0001", "2026-04-15 00:00:00", "15 days overdue"]
    assert row[4:] == ["100.00", "30.00", "20.00", "50.00"]
    assert line(report, "Closing Balance")[-1] == "50.00"
    early = xero.get("Reports/AgedReceivablesByContact", contactId=acme, date="2026-04-05")
    assert line(early, "2026-04-01")[-1] == "100.00"


def test_the_aging_needs_a_contact(xero: Any) -> None:
    assert xero.raw("GET", "Reports/AgedReceivablesByContact").status_code == 400
    assert xero.raw("GET", "Reports/TrialBalance", date="soon").status_code == 400
    assert xero.raw("GET", "Reports/Weather").status_code == 404
