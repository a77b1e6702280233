"""Behaviour 3: LastUpdatedTime, SyncToken and names, with the side effects of traps 1 to 5."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.books import Books


def stamp(books: Books, entity: str, id: str) -> tuple[str, str]:
    doc = books.get(entity, id)
    return doc["SyncToken"], doc["MetaData"]["LastUpdatedTime"]


@pytest.fixture
def tick(books: Books) -> Any:
    """Let a minute pass and return the local time then."""

    def pass_a_minute() -> str:
        books.clock.advance(timedelta(minutes=1))
        return books.local()

    return pass_a_minute


def test_stamps_have_seconds_and_the_offset_of_their_season(company: Any, books: Books) -> None:
    summer = company.customer("Summer")
    books.clock.freeze(datetime(2026, 12, 1, 12, 0, 0, 999_999, tzinfo=UTC))
    winter = company.customer("Winter")
    assert stamp(books, "Customer", summer)[1] == "2026-05-01T12:00:00-07:00"
    assert stamp(books, "Customer", winter)[1] == "2026-12-01T04:00:00-08:00"


def test_a_fixed_offset_is_a_zone_too() -> None:
    books = Books(utc_offset="+05:30")
    books.clock.freeze(datetime(2026, 5, 1, 20, 0, tzinfo=UTC))
    assert books.today() == "2026-05-02"
    assert books.local() == "2026-05-02T01:30:00+05:30"


def test_applying_a_payment_bumps_the_invoice(company: Any, books: Books, tick: Any) -> None:
    customer = company.customer()
    invoice, payment = company.invoice(customer), company.payment(customer, "30")
    later = tick()
    books.apply(payment, {invoice: Decimal(30)})
    assert stamp(books, "Invoice", invoice) == ("1", later)
    assert stamp(books, "Payment", payment) == ("1", later)
    links = books.get("Invoice", invoice)["LinkedTxn"]
    assert links == [{"TxnId": payment, "TxnType": "Payment"}]


def test_balances_move_the_time_of_customers_and_accounts_but_no_token(
    company: Any, books: Books, tick: Any
) -> None:
    parent = company.customer("Parent")
    job = company.customer("Job", ParentRef={"value": parent})
    later = tick()
    company.invoice(job, "85")
    account = books.receivable_account("USD")
    assert stamp(books, "Customer", job) == ("0", later)
    assert stamp(books, "Customer", parent) == ("0", later)
    assert stamp(books, "Account", account) == ("0", later)
    assert books.get("Customer", parent)["BalanceWithJobs"] == 85


def test_a_deposit_leaves_no_trace_on_the_stamps_of_its_payments(
    company: Any, books: Books, tick: Any
) -> None:
    payment = company.payment(company.customer(), "10")
    before = stamp(books, "Payment", payment)
    tick()
    deposit = books.deposit([payment])
    assert stamp(books, "Payment", payment) == before
    link = {"TxnId": deposit["Id"], "TxnType": "Deposit"}
    assert books.get("Payment", payment)["LinkedTxn"] == [link]


def test_a_new_name_shows_in_old_documents_without_touching_them(
    company: Any, books: Books, qbo: Any, tick: Any
) -> None:
    customer = company.customer("Old")
    invoice = company.invoice(customer)
    assert qbo.rows("select * from Invoice")[0]["CustomerRef"]["name"] == "Old"
    before = stamp(books, "Invoice", invoice)
    tick()
    books.rename("Customer", customer, "New")
    assert qbo.rows("select * from Invoice")[0]["CustomerRef"]["name"] == "New"
    assert stamp(books, "Invoice", invoice) == before


def test_a_parent_with_a_new_name_renames_the_jobs_in_documents(
    company: Any, books: Books, qbo: Any
) -> None:
    parent = company.customer("Old")
    job = company.customer("Job", ParentRef={"value": parent})
    company.invoice(job)
    assert qbo.rows("select * from Invoice")[0]["CustomerRef"]["name"] == "Old:Job"
    books.rename("Customer", parent, "New")
    assert qbo.rows("select * from Invoice")[0]["CustomerRef"]["name"] == "New:Job"
    assert qbo.get(f"customer/{job}")["Customer"]["FullyQualifiedName"] == "New:Job"


def open_balance(books: Books, payment: str) -> str:
    [line] = books.get("Payment", payment)["Line"]
    values = {part["value"]["Name"]: part["value"]["Value"] for part in line["LineEx"]["any"]}
    return str(values["txnOpenBalance"])


def test_line_ex_of_one_payment_follows_the_removal_of_another(
    company: Any, books: Books, tick: Any
) -> None:
    customer = company.customer()
    invoice = company.invoice(customer, "100")
    first = company.payment(customer, "40", {invoice: "40"})
    second = company.payment(customer, "25", {invoice: "25"})
    assert open_balance(books, second) == "60.00"
    before = stamp(books, "Payment", second)
    tick()
    books.delete("Payment", first)
    assert open_balance(books, second) == "100.00"
    assert stamp(books, "Payment", second) == before


def test_an_update_that_changes_nothing_keeps_a_list_entry_as_it_was(
    company: Any, books: Books, tick: Any
) -> None:
    customer = company.customer()
    before = stamp(books, "Customer", customer)
    tick()
    books.update("Customer", {"Id": customer, "Active": True}, True)
    assert stamp(books, "Customer", customer) == before


def test_the_envelope_is_stamped_when_the_request_arrives(
    company: Any, books: Books, qbo: Any
) -> None:
    company.customer()
    assert qbo.get("query", query="select * from Customer")["time"].endswith("12:00:00.250-07:00")
    assert books.get("Customer", "1")["MetaData"]["CreateTime"].endswith("12:00:00-07:00")


def test_the_clock_runs_freezes_and_advances(books: Books) -> None:
    at = books.clock.now()
    books.clock.advance(timedelta(days=1))
    assert books.clock.now() == at + timedelta(days=1)
    books.clock.unfreeze()
    assert books.clock.now() >= at + timedelta(days=1)
    with pytest.raises(ValueError, match="aware"):
        books.clock.freeze(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test
