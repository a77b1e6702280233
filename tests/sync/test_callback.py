"""The answer to a consent: one, with our state, at our address, in time."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest

from recoup.connector.errors import UsageError
from recoup.sync.callback import Callback, is_loopback, read_pasted


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def heard(callback: Callback, *urls: str) -> tuple[Mapping[str, str], list[tuple[int, str]]]:
    """Fetch *urls* one after the other while the callback waits."""
    pages: list[tuple[int, str]] = []
    caller = threading.Thread(target=lambda: pages.extend(get(url) for url in urls))
    caller.start()
    answer = callback.wait(10)
    caller.join()
    return answer, pages


def test_the_answer_with_our_state_is_taken_and_the_person_thanked() -> None:
    with Callback("s1") as callback:
        answer, pages = heard(callback, f"{callback.redirect_uri}?code=c&state=s1&realmId=9")
    assert answer == {"code": "c", "state": "s1", "realmId": "9"}
    assert pages[0][0] == 200 and "Go back to the terminal" in pages[0][1]


def test_a_wrong_state_is_refused_and_the_wait_goes_on() -> None:
    with Callback("s1") as callback:
        uri = callback.redirect_uri
        answer, pages = heard(callback, f"{uri}?code=evil&state=s2", f"{uri}?code=c&state=s1")
    assert [status for status, _ in pages] == [400, 200]
    assert answer["code"] == "c"


def test_another_path_is_not_ours() -> None:
    with Callback("s1") as callback:
        uri = callback.redirect_uri
        _, pages = heard(callback, f"{uri}/x?code=c&state=s1", f"{uri}?code=c&state=s1")
    assert [status for status, _ in pages] == [404, 200]


def test_it_listens_on_this_machine_only_and_on_a_free_port() -> None:
    with Callback("s1") as one, Callback("s1") as two:
        assert one.redirect_uri != two.redirect_uri
        assert one.redirect_uri.startswith("http://127.0.0.1:")


def test_a_refused_consent_comes_back_as_an_error() -> None:
    with Callback("s1") as callback:
        answer, pages = heard(callback, f"{callback.redirect_uri}?error=access_denied&state=s1")
    assert answer["error"] == "access_denied" and "refused" in pages[0][1]


def test_nobody_coming_ends_the_wait() -> None:
    with Callback("s1") as callback, pytest.raises(UsageError, match="nobody consented within 0"):
        callback.wait(0)


def test_a_taken_port_is_named() -> None:
    with Callback("s1") as first, pytest.raises(UsageError, match=r"port \d+ of .* is in use"):
        Callback("s2", first.redirect_uri)


def test_a_pasted_address_is_read_when_it_is_ours() -> None:
    ours = "https://firm.example/recoup"
    assert read_pasted(f" {ours}?code=c&state=s1 \n", ours, "s1")["code"] == "c"
    with pytest.raises(UsageError, match="not the redirected address"):
        read_pasted("https://other.example/recoup?code=c&state=s1", ours, "s1")
    with pytest.raises(UsageError, match="another consent"):
        read_pasted(f"{ours}?code=c&state=s2", ours, "s1")


def test_only_plain_http_to_this_machine_is_loopback() -> None:
    assert is_loopback("http://localhost:8000/x") and is_loopback("http://127.0.0.1/x")
    assert not is_loopback("https://localhost/x") and not is_loopback("http://firm.example/")
