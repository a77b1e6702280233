"""Throttled, broken, cut, spoilt and late answers, and books that change between pages."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.server import StandIn

KEY = "f" * 32


def invoices(books: Books, customer: str, count: int) -> list[str]:
    made = []
    for _ in range(count):
        made.append(str(books.create_invoice(customer, "10")["id"]))
        books.clock.advance(timedelta(seconds=1))
    return made


def test_too_many_requests_come_with_and_without_a_time(standin: StandIn, sage: Any) -> None:
    standin.faults.next("429")
    standin.faults.next("429_retry", seconds=7)
    plain, told = sage.raw("GET", "contacts"), sage.raw("GET", "contacts")
    assert (plain.status_code, "Retry-After" in plain.headers) == (429, False)
    assert (told.status_code, told.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_have_their_bodies(standin: StandIn, sage: Any, status: int) -> None:
    standin.faults.next(str(status), match="contacts")
    answer = sage.raw("GET", "contacts")
    assert answer.status_code == status
    if status == 500:
        assert answer.json()[0]["$dataCode"] == "UnexpectedError"
    else:
        assert answer.headers["Content-Type"] == "text/html"


@pytest.mark.parametrize("kind", ["500_after", "drop_after"])
def test_a_lost_answer_was_a_commit_and_its_key_finds_it(
    kind: str, books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    standin.faults.next(kind, match="contact_payments", method="POST")
    try:
        assert sage.pay(customer, "5", {}, idempotency_id=KEY).status_code == 500
    except requests.ConnectionError:
        assert kind == "drop_after"
    assert len(books.rows("contact_payments")) == 1
    assert sage.pay(customer, "5", {}, idempotency_id=KEY).status_code == 201
    assert len(books.rows("contact_payments")) == 1


def test_a_dropped_request_has_done_nothing(
    books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    standin.faults.next("drop_before", match="contact_payments")
    with pytest.raises(requests.ConnectionError):
        sage.pay(customer, "5", {})
    assert books.rows("contact_payments") == []


def test_a_page_is_cut_in_the_middle(
    books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    invoices(books, customer, 5)
    standin.faults.next("truncate", match="sales_invoices", bytes=80)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        sage.get("sales_invoices")
    standin.faults.next("cut_json", match="sales_invoices", bytes=80)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        sage.get("sales_invoices")


def test_heavy_pages_time_out(books: Books, customer: str, standin: StandIn, sage: Any) -> None:
    invoices(books, customer, 3)
    standin.options.heavy_rows = 50
    heavy = {"attributes": "all", "items_per_page": 200}
    assert sage.raw("GET", "sales_invoices", **heavy).status_code == 504
    assert sage.raw("GET", "sales_invoices", items_per_page=200).status_code == 200
    assert sage.raw("GET", "sales_invoices", attributes="all", items_per_page=50).ok


def test_a_poisoned_record_spoils_what_shows_it(
    books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    made = invoices(books, customer, 3)
    standin.faults.poisoned.add(("sales_invoices", made[1]))
    assert sage.raw("GET", "sales_invoices", attributes="all").status_code == 500
    assert sage.ids("sales_invoices") == made
    one = {"attributes": "all", "items_per_page": 1}
    statuses = [
        sage.raw("GET", "sales_invoices", page=page, **one).status_code for page in (1, 2, 3)
    ]
    assert statuses == [200, 500, 200]
    assert sage.raw("GET", f"sales_invoices/{made[1]}", mark_as_sent="false").status_code == 500


@pytest.mark.parametrize(
    ("kind", "rows"), [("blank_row", 3), ("null_row", 3), ("extra_row", 3), ("overfull", 5)]
)
def test_a_page_holds_what_it_should_not(
    kind: str, rows: int, books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    invoices(books, customer, 5)
    standin.faults.next(kind, match="sales_invoices", rows=3)
    page = sage.rows("sales_invoices", items_per_page=2)
    assert len(page) == rows
    odd = {"blank_row": {}, "null_row": None, "extra_row": page[0]}
    assert page[-1] == odd.get(kind, page[-1])
    assert len(sage.rows("sales_invoices", items_per_page=2)) == 2


def test_a_page_can_be_stuck_and_its_next_lost(
    books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    made = invoices(books, customer, 5)
    standin.faults.next("stuck_page")
    assert sage.ids("sales_invoices", items_per_page=2, page=2) == made[:2]
    standin.faults.next("next_null")
    assert sage.get("sales_invoices", items_per_page=2)["$next"] is None


def test_the_token_dies_in_the_middle_of_a_pass(standin: StandIn, sage: Any) -> None:
    standin.faults.next("expire_token", match="contacts", after=1)
    assert sage.raw("GET", "contacts").status_code == 200
    assert sage.raw("GET", "contacts").status_code == 401


def test_the_wrong_business_answers_and_says_so(serving: Any, client_of: Any) -> None:
    first, second = Books("a" * 32), Books("b" * 32)
    second.create_contact("Stranger")
    standin = serving(first, second)
    standin.faults.next("wrong_business", match="contacts")
    answer = client_of(standin, "a" * 32).raw("GET", "contacts")
    assert answer.headers["X-Business"] == "b" * 32
    assert [row["displayed_as"] for row in answer.json()["$items"]] == ["Stranger"]
    standin.faults.next("wrong_business", match="contacts", business="c" * 32)
    assert client_of(standin).raw("GET", "contacts").headers["X-Business"] == "c" * 32


@pytest.mark.parametrize("minutes", [-5, 5])
def test_the_clocks_of_the_date_header_and_the_stamps_differ(
    minutes: int, books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    standin.options.date_skew_seconds = minutes * 60
    told = parsedate_to_datetime(sage.raw("GET", "contacts").headers["Date"])
    assert told - books.clock.now().replace(microsecond=0) == timedelta(minutes=minutes)
    standin.options.date_skew_seconds = 0
    books.stamp_skew = timedelta(minutes=minutes)
    made = books.create_invoice(customer, "1")["updated_at"]
    assert made == f"2026-05-01T{'12:05' if minutes > 0 else '11:55'}:00Z"


def test_walking_the_pages_of_a_changing_list_loses_rows(
    books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    made = invoices(books, customer, 6)
    standin.faults.between_pages(
        lambda: books.edit_invoice(made[0], notes="later"), match="sort=updated_at"
    )
    asked = {"sort": "updated_at", "items_per_page": 2}
    seen = [id for page in (1, 2, 3) for id in sage.ids("sales_invoices", page=page, **asked)]
    assert made[2] not in seen and len(set(seen)) == 5


def test_a_deletion_between_pages_shrinks_the_total(
    books: Books, customer: str, standin: StandIn, sage: Any
) -> None:
    payments = [str(books.pay_on_account(customer, "1")["id"]) for _ in range(4)]
    standin.faults.between_pages(lambda: books.delete_payment(payments[0]))
    first = sage.get("contact_payments", items_per_page=2)
    second = sage.get("contact_payments", items_per_page=2, page=2)
    assert (first["$total"], second["$total"]) == (4, 3)
    assert [row["id"] for row in second["$items"]] == payments[3:]


def test_a_hanging_request_ends_without_an_answer(standin: StandIn, sage: Any) -> None:
    standin.faults.next("hang", seconds=0)
    with pytest.raises(requests.ConnectionError):
        sage.raw("GET", "contacts")


def test_an_impossible_body_is_refused(customer: str, sage: Any, caplog: Any) -> None:
    answer = sage.pay(customer, "much", {})
    assert (answer.status_code, answer.json()[0]["$dataCode"]) == (422, "RecordInvalid")
    assert "could not serve POST contact_payments" in caplog.text


def test_the_minute_of_a_business_and_the_day_of_the_app_are_limited(
    serving: Any, client_of: Any, books: Books
) -> None:
    limits = {"throttle": True, "throttle_clock": "books", "per_minute": 3, "per_day": 5}
    standin = serving(books, **limits)
    client = client_of(standin)
    statuses = [client.raw("GET", "contacts").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    books.clock.advance(timedelta(seconds=61))
    assert [client.raw("GET", "contacts").status_code for _ in range(3)] == [200, 200, 429]
    assert standin.throttle.refused == 2


def test_so_many_requests_may_run_at_once(serving: Any, client_of: Any, books: Books) -> None:
    import threading

    standin = serving(books, throttle=True, concurrent=1)
    slow, quick = client_of(standin), client_of(standin)
    standin.faults.next("hang", seconds=3600)

    def ask() -> None:
        with contextlib.suppress(requests.ConnectionError):
            slow.raw("GET", "contacts")

    thread = threading.Thread(target=ask)
    thread.start()
    while not standin.faults.struck:
        threading.Event().wait(0.005)
    while not standin.throttle.most_at_once:
        threading.Event().wait(0.005)
    refused = quick.raw("GET", "contacts")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    standin.stopping.set()
    thread.join(timeout=10)
    assert standin.throttle.most_at_once == 1
