"""Idempotency-Key: the first answer is repeated for six minutes, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.server import StandIn

Enter = Callable[..., str]


@pytest.fixture
def pay(xero: Any, invoice: Enter) -> Callable[..., requests.Response]:
    """Pay the same 10.00 with a key."""
    body = {"Invoice": {"InvoiceID": invoice()}, "Account": {"Code": "090"}, "Amount": 10}

    def send(key: str = "op-1", **change: Any) -> requests.Response:
        return xero.raw("PUT", "Payments", {**body, **change}, headers={"Idempotency-Key": key})

    return send


def test_a_repeated_request_gets_the_first_answer(books: Books, pay: Any) -> None:
    first, second = pay(), pay()
    assert first.text == second.text
    assert len(books.rows("Payments")) == 1


def test_after_six_minutes_a_key_is_forgotten(books: Books, pay: Any) -> None:
    pay()
    books.clock.advance(timedelta(minutes=5, seconds=59))
    pay()
    assert len(books.rows("Payments")) == 1
    books.clock.advance(timedelta(seconds=1))
    pay()
    assert len(books.rows("Payments")) == 2


def test_a_key_belongs_to_one_request(pay: Any) -> None:
    pay()
    assert pay(Amount=11).status_code == 400


@pytest.mark.parametrize(("length", "status"), [(128, 200), (129, 400)])
def test_a_key_has_at_most_128_characters(pay: Any, length: int, status: int) -> None:
    assert pay("k" * length).status_code == status


def test_a_lost_answer_is_repeated(standin: StandIn, books: Books, pay: Any) -> None:
    standin.faults.next("drop_after", method="PUT")
    with pytest.raises(requests.ConnectionError):
        pay()
    assert pay().status_code == 200
    assert len(books.rows("Payments")) == 1


def test_a_refusal_may_be_tried_again(books: Books, pay: Any) -> None:
    assert pay(Amount=1000).status_code == 400
    assert pay().status_code == 200
