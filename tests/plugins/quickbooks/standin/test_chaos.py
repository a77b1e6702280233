"""Behaviour 10: dropped, broken, cut and late answers, and books that change between pages."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.server import StandIn

CUSTOMER = '{"DisplayName":"Acme"}'


def test_a_connection_dropped_before_the_commit_leaves_nothing(
    books: Books, standin: StandIn, qbo: Any
) -> None:
    standin.faults.next("drop_before", match="customer")
    with pytest.raises(requests.ConnectionError):
        qbo.raw("POST", "customer", CUSTOMER, requestid="r1")
    assert books.rows("Customer") == []
    assert qbo.raw("POST", "customer", CUSTOMER, requestid="r1").status_code == 200


def test_a_connection_dropped_after_the_commit_is_healed_by_the_requestid(
    books: Books, standin: StandIn, qbo: Any
) -> None:
    standin.faults.next("drop_after", match="customer")
    with pytest.raises(requests.ConnectionError):
        qbo.raw("POST", "customer", CUSTOMER, requestid="r1")
    assert len(books.rows("Customer")) == 1
    again = qbo.raw("POST", "customer", CUSTOMER, requestid="r1").json()
    assert again["Customer"]["Id"] == books.rows("Customer")[0]["Id"]
    assert len(books.rows("Customer")) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_have_their_bodies(standin: StandIn, qbo: Any, status: int) -> None:
    standin.faults.next(str(status))
    answer = qbo.raw("GET", "companyinfo/1")
    assert answer.status_code == status
    if status == 500:
        fault = answer.json()["Fault"]
        assert (fault["type"], fault["Error"][0]["code"]) == ("SystemFault", "10000")
    else:
        assert answer.headers["Content-Type"] == "text/html"


def test_a_body_is_cut_in_the_middle(company: Any, standin: StandIn, qbo: Any) -> None:
    company.invoice(company.customer())
    standin.faults.next("truncate", match="Invoice", bytes=60)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        qbo.raw("POST", "query", "select * from Invoice")
    assert len(qbo.rows("select * from Invoice")) == 1


def test_a_body_can_be_whole_to_http_and_cut_as_json(
    company: Any, standin: StandIn, qbo: Any
) -> None:
    company.invoice(company.customer())
    standin.faults.next("cut_json", match="Invoice", bytes=60)
    answer = qbo.raw("POST", "query", "select * from Invoice")
    assert (answer.status_code, len(answer.text)) == (200, 60)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_hanging_request_ends_without_an_answer(standin: StandIn, qbo: Any) -> None:
    standin.faults.next("hang", seconds=0)
    with pytest.raises(requests.ConnectionError):
        qbo.raw("GET", "companyinfo/1")


def test_stopping_does_not_wait_for_a_hanging_request(books: Books, client_of: Any) -> None:
    import threading

    standin = StandIn(books).start()
    client = client_of(standin)
    standin.faults.next("hang", seconds=3600)
    failed = threading.Event()

    def ask() -> None:
        try:
            client.raw("GET", "companyinfo/1")
        except requests.ConnectionError:
            failed.set()

    thread = threading.Thread(target=ask)
    thread.start()
    while not standin.faults.struck:
        threading.Event().wait(0.005)
    standin.stop()
    thread.join(timeout=10)
    assert failed.is_set()


def test_a_fault_can_hide_in_200_and_does_not_commit(
    books: Books, standin: StandIn, qbo: Any
) -> None:
    standin.faults.next("fault_in_200")
    answer = qbo.raw("POST", "customer", CUSTOMER)
    assert answer.status_code == 200
    assert answer.json()["Fault"]["Error"][0]["code"] == "6000"
    assert books.rows("Customer") == []


def test_a_token_can_die_in_the_middle(standin: StandIn, qbo: Any) -> None:
    standin.faults.next("expire_token", match="companyinfo", after=1)
    assert qbo.raw("GET", "companyinfo/1").status_code == 200
    assert qbo.raw("GET", "companyinfo/1").status_code == 401


def test_faults_wait_for_their_path_and_method(standin: StandIn, qbo: Any) -> None:
    standin.faults.next("503", match="from Invoice")
    standin.faults.next("502", method="POST", match="customer")
    assert qbo.raw("GET", "customer/1").status_code == 400
    assert qbo.query("select * from Customer") == {}
    assert qbo.raw("POST", "query", "select * from Invoice").status_code == 503
    assert qbo.raw("POST", "customer", CUSTOMER).status_code == 502
    assert standin.faults.waiting == 0
    assert standin.faults.struck == {"503": 1, "502": 1}


def test_an_unknown_fault_is_named(standin: StandIn) -> None:
    with pytest.raises(ValueError, match="unknown fault 'flood'; choose from"):
        standin.faults.next("flood")


def pages(qbo: Any) -> list[str]:
    """Read all invoices in pages of two, as a client without a fence does."""
    seen: list[str] = []
    while page := qbo.ids(
        f"select * from Invoice orderby Id startposition {len(seen) + 1} maxresults 2"
    ):
        seen += page
    return seen


def test_a_delete_between_pages_makes_a_plain_reader_skip(
    company: Any, books: Books, standin: StandIn, qbo: Any
) -> None:
    customer = company.customer()
    made = [company.invoice(customer) for _ in range(5)]
    standin.faults.between_pages(lambda: books.delete("Invoice", made[0]))
    assert pages(qbo) == [made[0], made[1], made[3], made[4]]


def test_an_insert_between_pages_repeats_or_appends_by_the_order(
    company: Any, books: Books, standin: StandIn, qbo: Any
) -> None:
    customer = company.customer()
    made = [company.invoice(customer) for _ in range(3)]
    standin.faults.between_pages(lambda: company.invoice(customer))
    assert pages(qbo) == [*made, "4"]


def test_an_update_between_pages_reorders_the_default_order(
    company: Any, books: Books, standin: StandIn, qbo: Any
) -> None:
    from datetime import timedelta

    customer = company.customer()
    made = []
    for _ in range(4):
        made.append(company.invoice(customer))
        books.clock.advance(timedelta(seconds=1))
    standin.faults.between_pages(lambda: company.payment(customer, "5", {made[0]: "5"}))
    first = qbo.ids("select * from Invoice maxresults 2")
    second = qbo.ids("select * from Invoice startposition 3 maxresults 2")
    assert first + second == [made[3], made[2], made[2], made[1]]


def test_an_impossible_body_is_refused_and_undone(
    company: Any, books: Books, qbo: Any, code: Any, caplog: Any
) -> None:
    ref = {"value": company.customer()}
    assert code(qbo.post("invoice", {"CustomerRef": ref, "Line": "none"})) == "2010"
    assert "could not serve POST invoice" in caplog.text
    payments = [{"CustomerRef": ref, "TotalAmt": amount} for amount in (5, "much", 7)]
    items = [{"bId": "", "operation": "create", "Payment": body} for body in payments]
    answers = qbo.post("batch", {"BatchItemRequest": items})["BatchItemResponse"]
    assert ["Fault" in answer for answer in answers] == [False, True, False]
    assert books.get("Customer", ref["value"])["Balance"] == -12
    assert books.check() == []
