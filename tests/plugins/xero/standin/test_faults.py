"""Faults on demand: each does what it says, once, and the next request is well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.server import StandIn

Enter = Callable[..., str]


@pytest.mark.parametrize(
    ("kind", "status"),
    [("429_minute", 429), ("429_day", 429), ("429_concurrent", 429), ("429_app", 429), ("500", 500),
     ("501", 501), ("503", 503), ("503_retry_after", 503), ("412", 412), ("offline", 503),
     ("expire_token", 401), ("insufficient_scope", 401), ("disconnect", 403), ("error_after", 500)],
)  # fmt: skip
def test_a_refusal_is_served_once(standin: StandIn, xero: Any, kind: str, status: int) -> None:
    standin.faults.next(kind)
    answer = xero.raw("GET", "Invoices", unchecked=True)
    assert answer.status_code == status
    assert standin.faults.struck == {kind: 1}
    if kind not in ("expire_token", "disconnect"):
        assert xero.raw("GET", "Invoices").status_code == 200


def test_503_comes_with_or_without_a_time(standin: StandIn, xero: Any) -> None:
    standin.faults.next("503_retry_after", seconds=7)
    assert xero.raw("GET", "Invoices", unchecked=True).headers["Retry-After"] == "7"
    standin.faults.next("503")
    assert "Retry-After" not in xero.raw("GET", "Invoices", unchecked=True).headers


@pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("drop_after", 1)])
def test_a_connection_is_cut_before_or_after_the_commit(
    standin: StandIn, books: Books, xero: Any, kind: str, made: int
) -> None:
    standin.faults.next(kind, method="PUT")
    with pytest.raises(requests.ConnectionError):
        xero.put("Contacts", {"Name": "Acme"})
    assert len(books.rows("Contacts")) == made


def test_an_error_may_come_after_the_commit(standin: StandIn, books: Books, xero: Any) -> None:
    standin.faults.next("error_after", method="PUT")
    assert xero.raw("PUT", "Contacts", {"Name": "Acme"}, unchecked=True).status_code == 500
    assert len(books.rows("Contacts")) == 1


def test_a_write_may_seem_well_and_create_nothing(
    standin: StandIn, books: Books, xero: Any, invoice: Enter
) -> None:
    standin.faults.next("phantom")
    body = {"Invoice": {"InvoiceID": invoice()}, "Account": {"Code": "090"}, "Amount": 10}
    [made] = xero.put("Payments", body)["Payments"]
    assert set(made["PaymentID"]) == {"0", "-"}
    assert books.rows("Payments") == []


def test_a_body_may_be_cut(standin: StandIn, xero: Any) -> None:
    standin.faults.next("cut_json", bytes=40)
    answer = xero.http.get(f"{xero.url}/api.xro/2.0/Accounts")
    with pytest.raises(ValueError, match="Unterminated"):
        answer.json()
    standin.faults.next("truncate")
    with pytest.raises(requests.exceptions.RequestException):
        xero.http.get(f"{xero.url}/api.xro/2.0/Accounts")


def test_rows_go_bad(standin: StandIn, xero: Any, invoice: Enter) -> None:
    for _ in range(3):
        invoice()
    asked = {"page": "1", "unchecked": True}
    standin.faults.next("unknown_enum")
    assert xero.rows("Invoices", **asked)[0]["Status"] == "UNHEARD_OF"
    standin.faults.next("null_string", field="InvoiceNumber")
    assert xero.rows("Invoices", **asked)[0]["InvoiceNumber"] is None
    standin.faults.next("blank_row")
    assert list(xero.rows("Invoices", **asked)[0]) == ["InvoiceID"]
    standin.faults.next("extra_rows", rows=2)
    answer = xero.get("Invoices", **asked)
    assert (len(answer["Invoices"]), answer["pagination"]["itemCount"]) == (5, 3)
    assert len(xero.rows("Invoices", page="1")) == 3


def test_a_poisoned_document_spoils_only_its_row(
    standin: StandIn, xero: Any, invoice: Enter
) -> None:
    bad, good = invoice(), invoice()
    standin.faults.poisoned.add(("Invoices", bad))
    rows = {row["InvoiceID"]: row for row in xero.rows("Invoices", unchecked=True)}
    assert rows[bad]["Total"] == "much"
    assert rows[good]["Total"] == 100
    assert xero.get(f"Invoices/{bad}", unchecked=True)["Invoices"][0]["Date"] == "/Date(soon+0000)/"


def test_the_books_may_change_between_two_pages(
    standin: StandIn, books: Books, xero: Any, invoice: Enter
) -> None:
    last = sorted(invoice() for _ in range(4))[-1]
    standin.faults.between_pages(lambda: books.void(last), match="Invoices")
    first = xero.rows("Invoices", page="1", pageSize="2", order="InvoiceID")
    second = xero.rows("Invoices", page="2", pageSize="2", order="InvoiceID")
    assert [row["Status"] for row in first + second].count("VOIDED") == 1


def test_the_server_clock_may_be_off(standin: StandIn, xero: Any) -> None:
    standin.faults.next("clock_skew", seconds=300)
    skewed = xero.get("Invoices")["DateTimeUTC"]
    right = xero.get("Invoices")["DateTimeUTC"]
    assert int(skewed[6:-2]) - int(right[6:-2]) == 300_000


def test_a_fault_waits_for_the_request_it_is_meant_for(standin: StandIn, xero: Any) -> None:
    standin.faults.next("500", match="Payments", after=1)
    assert xero.raw("GET", "Invoices").status_code == 200
    assert xero.raw("GET", "Payments").status_code == 200
    assert xero.raw("GET", "Payments", unchecked=True).status_code == 500
    with pytest.raises(ValueError, match="unknown fault"):
        standin.faults.next("earthquake")
