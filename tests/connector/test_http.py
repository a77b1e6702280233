"""Calls over HTTP: metered, repeated for seconds only, whole or not at all."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from recoup.connector.errors import OutcomeUnknown, Retriable, UsageError
from recoup.connector.http import READ_SECONDS, Caller, check_base_url, retry_after
from recoup.connector.protocols import Budget
from recoup.connector.testing.fakes import FakeClock, OpenGate

SECRET = "s3cr3t-t0ken"
MINUTE = Budget(key="minute", limit=60, per=timedelta(minutes=1))


class Script(ThreadingHTTPServer):
    """Answers requests with the scripted steps, in order; the last one is repeated."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.steps: list[Any] = [(200, b"{}", {})]
        self.seen: list[tuple[str, int]] = []  # header value, client port
        self.release = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v3/thing"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Script

    def do_GET(self) -> None:
        self.server.seen.append((self.headers.get("Accept-Encoding", ""), self.client_address[1]))
        steps = self.server.steps
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        if step == "drop":
            self.close_connection = True
            return
        if step == "hang":
            self.server.release.wait(5)
            self.close_connection = True
            return
        status, body, headers = step
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "tid": "t-1", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = "Content-Length" in headers

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Script]:
    opened = Script()
    thread = threading.Thread(target=opened.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield opened
    opened.release.set()
    opened.shutdown()
    opened.server_close()
    thread.join()


class Waiting(OpenGate):
    """A gate that names waits before it grants."""

    def __init__(self, *waits: float) -> None:
        super().__init__()
        self.waits = [timedelta(seconds=wait) for wait in waits]

    def take(self, budgets: Sequence[Budget], *, urgent: bool = False) -> timedelta:
        super().take(budgets, urgent=urgent)
        return self.waits.pop(0) if self.waits else timedelta(0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def caller(clock: FakeClock, gate: OpenGate | None = None, **options: Any) -> Caller:
    return Caller(platform="Ledger", clock=clock, gate=gate, request_id_header="tid", **options)


def test_the_request_id_is_kept_with_the_answer(server: Script, clock: FakeClock) -> None:
    assert caller(clock).call("GET", server.url).request_id == "t-1"


def test_calls_share_one_connection_and_ask_for_gzip(server: Script, clock: FakeClock) -> None:
    body = gzip.compress(b'{"a":1.10}')
    server.steps = [(200, body, {"Content-Encoding": "gzip", "Content-Length": str(len(body))})]
    server.steps[0][2].pop("Content-Length")
    ours = caller(clock)
    assert [ours.call("GET", server.url).body for _ in range(3)] == [b'{"a":1.10}'] * 3
    assert {encoding for encoding, _ in server.seen} == {"gzip"}
    assert len({port for _, port in server.seen}) == 1


def test_a_short_wait_of_the_gate_is_slept_through_the_clock(
    server: Script, clock: FakeClock
) -> None:
    caller(clock, Waiting(0.5, 2)).call("GET", server.url, budgets=[MINUTE])
    assert clock.sleeps == [0.5, 2]


def test_a_long_wait_of_the_gate_is_raised_and_nothing_is_sent(
    server: Script, clock: FakeClock
) -> None:
    with pytest.raises(Retriable) as refusal:
        caller(clock, Waiting(42)).call("GET", server.url, budgets=[MINUTE])
    assert refusal.value.retry_after == timedelta(seconds=42)
    assert server.seen == [] and clock.sleeps == []


def test_short_waits_do_not_add_up_to_a_long_one(server: Script, clock: FakeClock) -> None:
    with pytest.raises(Retriable):
        caller(clock, Waiting(3, 3)).call("GET", server.url, budgets=[MINUTE])
    assert clock.sleeps == [3]


@pytest.mark.parametrize("fault", ["drop", (503, b"", {}), (502, b"", {}), (500, b"", {})])
def test_a_fault_that_passes_is_met_by_one_repetition(
    server: Script, clock: FakeClock, fault: Any
) -> None:
    server.steps = [fault, (200, b"ok", {})]
    assert caller(clock).call("GET", server.url).body == b"ok"
    assert clock.sleeps == [0.5]


def test_every_repetition_is_metered(server: Script, clock: FakeClock) -> None:
    server.steps = [(503, b"", {}), (200, b"ok", {})]
    gate = OpenGate()
    caller(clock, gate).call("GET", server.url, budgets=[MINUTE])
    assert gate.taken == {"minute": 2}


def test_a_plain_500_is_repeated_once_and_then_handed_over(
    server: Script, clock: FakeClock
) -> None:
    server.steps = [(500, b"broken", {})]
    assert caller(clock).call("GET", server.url).status == 500
    assert len(server.seen) == 2


def test_a_fault_that_stays_is_raised_after_a_few_seconds(server: Script, clock: FakeClock) -> None:
    server.steps = ["drop"]
    with pytest.raises(Retriable) as failure:
        caller(clock).call("GET", server.url)
    assert len(server.seen) == 3 and sum(clock.sleeps) <= 10
    assert failure.value.retry_after > timedelta(0)


@pytest.mark.parametrize("fault", ["drop", (200, b"half", {"Content-Length": "99"})])
def test_a_call_that_changes_something_is_never_repeated(
    server: Script, clock: FakeClock, fault: Any
) -> None:
    server.steps = [fault, (200, b"ok", {})]
    with pytest.raises(OutcomeUnknown):
        caller(clock).call("POST", server.url, repeatable=False)
    assert len(server.seen) == 1


def test_an_answer_shorter_than_announced_is_no_answer(server: Script, clock: FakeClock) -> None:
    server.steps = [(200, b'{"rows": [1, 2', {"Content-Length": "999"})]
    with pytest.raises(Retriable, match="cut off"):
        caller(clock).call("GET", server.url)


def test_a_call_that_never_left_is_not_an_unknown_outcome(clock: FakeClock) -> None:
    with pytest.raises(Retriable, match="cannot connect") as failure:
        caller(clock).call("POST", "http://127.0.0.1:1/v3", repeatable=False)
    assert not isinstance(failure.value, OutcomeUnknown)


def test_a_platform_that_is_silent_is_not_waited_for(server: Script, clock: FakeClock) -> None:
    server.steps = ["hang"]
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        caller(clock, timeout=(0.05, 0.05)).call("POST", server.url, repeatable=False)
    assert READ_SECONDS > 120, "QuickBooks itself gives up after 120 s"


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    server: Script, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert caller(clock).call("GET", server.url).status == 200


def test_a_netrc_does_not_replace_our_authorization(clock: FakeClock) -> None:
    ours = caller(clock)
    prepared = ours._http.prepare_request(
        requests.Request("GET", "https://books.example", headers={"Authorization": "Bearer 1"})
    )
    assert prepared.headers["Authorization"] == "Bearer 1"


def test_errors_carry_no_secrets(server: Script, clock: FakeClock) -> None:
    server.steps = ["drop"]
    with pytest.raises(Retriable) as failure:
        caller(clock).call(
            "GET",
            server.url,
            params={"code": SECRET},
            headers={"Authorization": f"Bearer {SECRET}"},
            data={"refresh_token": SECRET},
        )
    assert SECRET not in str(failure.value) and SECRET not in repr(failure.value)
    assert failure.value.__cause__ is None and failure.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 60), ("90", 90), ("5", 60), ("junk", 60), ("Tue, 30 Jun 2026 12:02:00 GMT", 120)],
)
def test_retry_after_is_read_and_never_shortens_the_pause(text: str, seconds: int) -> None:
    now = datetime(2026, 6, 30, 12, tzinfo=UTC)
    headers = {"Retry-After": text} if text else {}
    assert retry_after(headers, now, timedelta(minutes=1)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "url", ["http://books.example", "ftp://x", "books", "https://u:p@x.example"]
)
def test_tokens_travel_only_where_nobody_listens(url: str) -> None:
    with pytest.raises(UsageError):
        check_base_url(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://[::1]:1", "https://x.example"])
def test_a_base_url_loses_its_last_slash(url: str) -> None:
    assert check_base_url(url) == url.rstrip("/")
