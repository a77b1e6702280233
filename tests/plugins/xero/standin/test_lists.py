"""Reading lists: pages, order, filters, what changed since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options

Enter = Callable[..., str]


def ids(rows: list[Any]) -> list[str]:
    return [row["InvoiceID"] for row in rows]


def test_without_a_page_all_rows_come_without_lines_and_without_pagination(
    xero: Any, invoice: Enter
) -> None:
    for _ in range(3):
        invoice()
    answer = xero.get("Invoices")
    assert len(answer["Invoices"]) == 3
    assert "pagination" not in answer
    assert all(row["LineItems"] == [] for row in answer["Invoices"])


def test_a_page_shows_lines_and_says_how_many_there_are(xero: Any, invoice: Enter) -> None:
    for _ in range(5):
        invoice()
    answer = xero.get("Invoices", page="2", pageSize="2")
    assert answer["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 3, "itemCount": 5}
    assert [len(row["LineItems"]) for row in answer["Invoices"]] == [1, 1]
    assert xero.rows("Invoices", page="4", pageSize="2") == []


@pytest.mark.parametrize(("asked", "given"), [("0", 1), ("-5", 1), ("1000", 1000), ("9999", 1000)])
def test_a_page_size_out_of_range_is_clamped(xero: Any, asked: str, given: int) -> None:
    assert xero.get("Invoices", page="1", pageSize=asked)["pagination"]["pageSize"] == given


def test_rows_come_in_the_order_of_their_last_change(
    xero: Any, books: Books, invoice: Enter
) -> None:
    made = []
    for _ in range(3):
        made.append(invoice())
        books.clock.advance(timedelta(seconds=1))
    books.edit_invoice(made[0], Reference="moved to the end")
    assert ids(xero.rows("Invoices")) == [made[1], made[2], made[0]]


def test_an_order_may_be_asked_for(xero: Any, invoice: Enter) -> None:
    made = [invoice(amount) for amount in ("30", "10", "20")]
    assert ids(xero.rows("Invoices", page="1", order="InvoiceID ASC")) == sorted(made)
    by_total = ids(xero.rows("Invoices", page="1", order="Total DESC"))
    assert by_total == [made[0], made[2], made[1]]


def test_an_order_that_cannot_be_read_is_refused(xero: Any) -> None:
    answer = xero.raw("GET", "Invoices", order="InvoiceID SIDEWAYS")
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


@pytest.mark.parametrize(("inclusive", "seen"), [(True, 2), (False, 1)])
def test_if_modified_since_is_accurate_to_the_second_and_its_boundary_a_switch(
    xero: Any, books: Books, invoice: Enter, options: Options, inclusive: bool, seen: int
) -> None:
    options.since_inclusive = inclusive
    invoice()
    books.clock.advance(timedelta(seconds=1))
    invoice()
    since = {"If-Modified-Since": "2026-05-01T00:00:00"}
    assert len(xero.rows("Invoices", headers=since)) == seen
    later = {"If-Modified-Since": "2026-05-01T00:00:02"}
    assert xero.rows("Invoices", headers=later) == []


def test_a_time_that_cannot_be_read_is_refused(xero: Any) -> None:
    answer = xero.raw("GET", "Invoices", headers={"If-Modified-Since": "yesterday"})
    assert answer.status_code == 400


def test_lists_are_filtered_by_ids_numbers_contacts_and_statuses(
    xero: Any, books: Books, invoice: Enter, acme: str
) -> None:
    first, second = invoice(), invoice(status="DRAFT")
    other = books.create_contact("Other")["ContactID"]
    third = books.create_invoice(other, "5")["InvoiceID"]
    assert set(ids(xero.rows("Invoices", IDs=f"{first},{third}"))) == {first, third}
    assert ids(xero.rows("Invoices", InvoiceNumbers="inv-0002")) == [second]
    assert set(ids(xero.rows("Invoices", ContactIDs=acme))) == {first, second}
    assert ids(xero.rows("Invoices", Statuses="DRAFT,SUBMITTED")) == [second]
    assert "pagination" in xero.get("Invoices", Statuses="DRAFT")  # filters enforce paging


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Type=="ACCREC"', {0, 1, 2}),
        ('Status=="PAID" OR Status=="DRAFT"', {1, 2}),
        ("AmountDue>0 AND AmountDue<=50", {2}),
        ('Status!="DRAFT" && Total>=100.00', {0, 1}),
        ("Date>=DateTime(2026,4,10) AND Date<DateTime(2026,04,20)", {1}),
        ('DueDate<DateTime.Parse("2026-05-01")', {0}),
        ('(InvoiceNumber.StartsWith("A") OR Reference.Contains("due")) AND Total>1', {0, 2}),
        ('Contact.Name=="Acme" AND AmountPaid==100', {1}),
        ("SentToContact==true", {0}),
        ("ExpectedPaymentDate!=null", set()),
    ],
)
def test_where_filters(
    xero: Any, books: Books, invoice: Enter, where: str, found: set[int]
) -> None:
    made = [
        invoice(on="2026-04-01", number="A-1", sent=True),
        invoice(on="2026-04-12", number="B-1"),
        invoice("50", on="2026-04-25", number="C-1", reference="dues", status="DRAFT"),
    ]
    books.pay(made[1])
    shown = ids(xero.rows("Invoices", where=where))
    assert {made.index(id) for id in shown} == found


def test_where_takes_guids(xero: Any, books: Books, invoice: Enter, acme: str) -> None:
    paid = books.pay(invoice(), "10")
    invoice()
    found = xero.rows(
        "Payments", where=f'Invoice.InvoiceID==guid("{paid["Invoice"]["InvoiceID"]}")'
    )
    assert [row["PaymentID"] for row in found] == [paid["PaymentID"]]
    assert len(xero.rows("Invoices", where=f'Contact.ContactID==GUID("{acme.upper()}")')) == 2


@pytest.mark.parametrize(
    "where", ["Type==", 'Type="', "Type==ACCREC", "Date>=DateTime(2026)", "=1"]
)
def test_a_filter_that_cannot_be_read_is_refused(xero: Any, where: str) -> None:
    answer = xero.raw("GET", "Invoices", where=where)
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


def test_a_summary_leaves_the_heavy_fields_out(xero: Any, books: Books, invoice: Enter) -> None:
    books.pay(invoice(), "10")
    [row] = xero.rows("Invoices", summaryOnly="true")
    assert not {"Payments", "LineItems", "HasAttachments"} & set(row)
    assert row["AmountPaid"] == 10


def test_archived_contacts_show_only_when_asked_for(xero: Any, books: Books, acme: str) -> None:
    books.archive(acme)
    assert xero.rows("Contacts") == []
    assert [row["ContactStatus"] for row in xero.rows("Contacts", includeArchived="true")] == [
        "ARCHIVED"
    ]
    assert len(xero.rows("Contacts", IDs=acme)) == 1


def test_more_than_a_hundred_thousand_documents_are_refused_unless_optimised(
    xero: Any, invoice: Enter, options: Options
) -> None:
    options.high_volume = 2
    for _ in range(3):
        invoice()
    refused = xero.raw("GET", "Invoices")
    assert (refused.status_code, refused.json()["Type"]) == (400, "HighVolumeException")
    assert xero.raw("GET", "Invoices", page="1").status_code == 200
    assert xero.raw("GET", "Invoices", page="1", where="Total>1").status_code == 400
    by_or = 'Status=="PAID" OR Status=="DRAFT"'
    assert xero.raw("GET", "Invoices", page="1", where=by_or).status_code == 400
    assert xero.raw("GET", "Invoices", page="1", where='Type=="ACCREC"').status_code == 200
    assert xero.raw("GET", "Invoices", page="1", order="InvoiceID").status_code == 200
    assert xero.raw("GET", "Invoices", page="1", order="InvoiceNumber").status_code == 400


def test_payments_have_no_order_that_a_long_list_takes(
    xero: Any, invoice: Enter, books: Books, options: Options
) -> None:
    for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
        books.pay(invoice(), on=day)
    options.high_volume = 2
    assert xero.raw("GET", "Payments", page="1", order="PaymentID").status_code == 400
    part = "Date>=DateTime(2026,02,01)"
    assert xero.raw("GET", "Payments", page="1", order="PaymentID", where=part).status_code == 200


def test_a_document_is_read_by_id_and_by_number(xero: Any, invoice: Enter) -> None:
    id = invoice(number="ORC1040")
    assert xero.one("Invoices", id) == xero.one("Invoices", "orc1040")
    missing = xero.raw("GET", "Invoices/00000000-0000-0000-0000-00000000000f")
    assert missing.status_code == 404


@pytest.mark.parametrize(
    "path",
    ["Organisation", "Accounts", "TaxRates", "Currencies", "BrandingThemes", "ContactGroups",
     "Quotes", "RepeatingInvoices", "BankTransfers", "BankTransactions", "BatchPayments", "Users",
     "CreditNotes", "Overpayments", "Prepayments", "Payments", "Contacts", "Items",
     "InvoiceReminders/Settings"],
)  # fmt: skip
def test_every_list_of_an_empty_organisation_is_served(xero: Any, path: str) -> None:
    assert xero.raw("GET", path).status_code == 200
