"""Limits: three headers on every answer, four reasons to be refused, fixed windows."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

LEFT = ("X-DayLimit-Remaining", "X-MinLimit-Remaining", "X-AppMinLimit-Remaining")


def test_every_answer_says_what_is_left(xero: Any) -> None:
    found = xero.raw("GET", "Invoices")
    assert [found.headers[name] for name in LEFT] == ["4999", "59", "9999"]
    missing = xero.raw("GET", "Invoices/00000000-0000-0000-0000-00000000000f")
    assert [missing.headers[name] for name in LEFT] == ["4998", "58", "9998"]


@pytest.mark.parametrize(
    ("limit", "problem"),
    [("per_minute", "minute"), ("per_day", "day"), ("app_per_minute", "appminute")],
)
def test_over_a_limit_comes_429_with_its_problem_and_when_to_come_back(
    xero: Any, options: Options, limit: str, problem: str
) -> None:
    options.throttle = True
    setattr(options, limit, 2)
    assert [xero.raw("GET", "Invoices").status_code for _ in range(2)] == [200, 200]
    refused = xero.raw("GET", "Invoices", unchecked=True)
    assert refused.status_code == 429
    assert refused.headers["X-Rate-Limit-Problem"] == problem
    most = 86_400 if problem == "day" else 60
    assert 0 < int(refused.headers["Retry-After"]) <= most
    assert set(LEFT) <= set(refused.headers)


def test_after_retry_after_the_window_is_a_new_one(
    xero: Any, books: Books, options: Options
) -> None:
    options.throttle, options.per_minute = True, 1
    xero.raw("GET", "Invoices")
    for _ in range(3):
        refused = xero.raw("GET", "Invoices", unchecked=True)
        wait = int(refused.headers["Retry-After"])
        books.clock.advance(timedelta(seconds=wait))
        assert xero.raw("GET", "Invoices").status_code == 200


def test_a_refused_call_counts_for_nothing(xero: Any, options: Options) -> None:
    options.throttle, options.per_minute = True, 1
    xero.raw("GET", "Invoices")
    left = [xero.raw("GET", "Invoices", unchecked=True).headers[LEFT[0]] for _ in range(3)]
    assert left == ["4999"] * 3


def test_a_day_stop_keeps_its_minute_budget(xero: Any, options: Options) -> None:
    options.throttle, options.per_day = True, 1
    xero.raw("GET", "Invoices")
    refused = xero.raw("GET", "Invoices", unchecked=True)
    assert (refused.headers[LEFT[0]], refused.headers[LEFT[1]]) == ("0", "59")


def test_more_calls_at_once_than_allowed_are_refused_without_a_time(
    standin: StandIn, client_of: Any, options: Options
) -> None:
    options.throttle, options.concurrent = True, 1
    standin.faults.next("slow", match="Accounts", seconds=30)
    first, second = client_of(standin, person="one"), client_of(standin, person="one")
    waiting = threading.Thread(target=first.raw, args=("GET", "Accounts"))
    waiting.start()
    while not standin.limits.used(first.tenant)["most_at_once"]:
        pass
    refused = second.raw("GET", "Invoices", unchecked=True)
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in refused.headers
    standin.stopping.set()
    waiting.join()
    assert second.raw("GET", "Invoices").status_code == 200


def test_organisations_have_budgets_of_their_own(books: Books, client_of: Any) -> None:
    other = Books("0d81fb35-6a55-4af6-8f07-6e6b2bd1b0f2", clock=books.clock)
    options = Options(throttle=True, per_minute=1, throttle_clock="books")
    with StandIn([books, other], options=options) as standin:
        for tenant in (books.tenant_id, other.tenant_id):
            assert client_of(standin, tenant).raw("GET", "Invoices").status_code == 200
        assert standin.limits.refused == {}
