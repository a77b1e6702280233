"""Behaviour 9: limits per second, minute and month, and the shapes of being told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn


@pytest.fixture
def limited(books: Books, client_of: Any) -> Any:
    """Start a throttled stand-in on the books' clock: limited(**options) → (standin, client)."""
    started: list[StandIn] = []

    def start(**more: Any) -> Any:
        options = Options(throttle=True, throttle_clock="books", **more)
        started.append(StandIn(books, options=options).start())
        return started[-1], client_of(started[-1])

    yield start
    for standin in started:
        standin.stop()


def statuses(client: Any, count: int, path: str = "companyinfo/1") -> list[int]:
    return [client.raw("GET", path).status_code for _ in range(count)]


def test_ten_a_second(books: Books, limited: Any) -> None:
    _, client = limited()
    assert statuses(client, 12) == [200] * 10 + [429] * 2
    books.clock.advance(timedelta(seconds=1))
    assert statuses(client, 1) == [200]


def test_five_hundred_a_minute(books: Books, limited: Any) -> None:
    _, client = limited(per_second=1000)
    assert statuses(client, 501).count(429) == 1
    books.clock.advance(timedelta(seconds=60))
    assert statuses(client, 1) == [200]


def test_forty_batches_a_minute(books: Books, limited: Any) -> None:
    _, client = limited(per_second=1000)
    codes = [client.raw("POST", "batch", "{}").status_code for _ in range(41)]
    assert codes == [200] * 40 + [429]
    assert statuses(client, 1) == [200]


def test_companies_are_counted_apart(client_of: Any) -> None:
    options = Options(throttle=True, per_second=1, throttle_clock="books")
    pair = [Books("1001"), Books("1002")]
    pair[0].clock.freeze()
    with StandIn(pair, options=options) as standin:
        one, two = client_of(standin, "1001"), client_of(standin, "1002")
        assert statuses(one, 2) == [200, 429]
        assert statuses(two, 1) == [200]


def test_the_plain_throttle_is_xml_whatever_was_accepted(limited: Any) -> None:
    _, client = limited(per_second=0)
    client.http.headers["Accept"] = "application/json"
    answer = client.raw("GET", "companyinfo/1")
    assert answer.headers["Content-Type"] == "application/xml"
    assert "message=ThrottleExceeded; errorCode=003001; statusCode=429" in answer.text
    assert "Retry-After" not in answer.headers
    assert answer.headers["intuit_tid"]


@pytest.mark.parametrize(
    ("shape", "status", "kind"),
    [
        ("429_xml", 429, "application/xml"),
        ("429_json_lower", 429, "application/json"),
        ("429_json_upper", 429, "application/json"),
        ("429_html", 429, "text/html"),
        ("403_throttle", 403, "application/xml"),
    ],
)
def test_every_shape_can_be_had(
    standin: StandIn, qbo: Any, shape: str, status: int, kind: str
) -> None:
    standin.faults.next(shape, retry_after=True)
    answer = qbo.raw("GET", "companyinfo/1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)
    assert answer.headers["Retry-After"] == "60"
    assert qbo.raw("GET", "companyinfo/1").status_code == 200


def test_the_json_shapes_differ_in_their_case(standin: StandIn, qbo: Any) -> None:
    standin.faults.next("429_json_lower")
    standin.faults.next("429_json_upper")
    assert qbo.get("companyinfo/1")["fault"]["error"][0]["code"] == "3001"
    assert qbo.get("companyinfo/1")["Fault"]["Error"][0]["code"] == "003001"


def test_the_month_is_spent_until_the_next_begins(books: Books, client_of: Any) -> None:
    with StandIn(books, options=Options(monthly_reads=3)) as standin:
        client = client_of(standin)
        assert statuses(client, 4) == [200, 200, 200, 403]
        assert standin.throttle.reads(books.realm) == 3
        assert client.raw("POST", "customer", '{"DisplayName":"A"}').status_code == 200
        books.clock.advance(timedelta(days=31))
        client.use(standin.issue_grant()["access_token"])
        assert statuses(client, 1) == [200]


def test_a_block_can_be_planned(standin: StandIn, qbo: Any) -> None:
    standin.faults.next("monthly_block", times=2)
    assert statuses(qbo, 3) == [403, 403, 200]


def test_tests_are_not_throttled_unless_they_ask(qbo: Any) -> None:
    assert set(statuses(qbo, 30)) == {200}
