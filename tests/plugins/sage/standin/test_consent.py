"""Consent: codes of a minute, tokens of five, refresh tokens that work once."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.server import StandIn

BACK = "http://127.0.0.1:9/back"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


def consent(standin: StandIn, **more: str) -> dict[str, str]:
    """Ask for consent; return what the callback carries."""
    asked = {
        "filter": "apiv3.1", "client_id": "app", "response_type": "code", "redirect_uri": BACK,
        "scope": "full_access", "state": "s1", "country": "gb", **more,
    }  # fmt: skip
    url = f"{standin.url}/oauth2/auth/central"
    answer = requests.get(url, params=asked, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return {
        key: values[0]
        for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()
    }


def token(standin: StandIn, **form: str) -> requests.Response:
    return requests.post(f"{standin.url}/token", data=form, timeout=5)


def exchange(standin: StandIn, code: str, **more: str) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
    return token(standin, **form)


def refresh(standin: StandIn, refresh_token: str) -> requests.Response:
    return token(standin, grant_type="refresh_token", refresh_token=refresh_token)


def test_consent_gives_a_code_and_the_code_gives_tokens(standin: StandIn) -> None:
    back = consent(standin)
    assert set(back) == {"code", "country", "state"} and back["country"] == "gb"
    granted = exchange(standin, back["code"]).json()
    assert (granted["token_type"], granted["expires_in"]) == ("bearer", 300)
    assert granted["refresh_token_expires_in"] == 2_678_400
    assert granted["scope"] == "full_access" and granted["requested_by_id"]
    assert exchange(standin, back["code"]).json()["error"] == "invalid_grant"


def test_a_code_lives_a_minute_and_only_for_its_address(books: Books, standin: StandIn) -> None:
    late, wrong = consent(standin)["code"], consent(standin)["code"]
    assert exchange(standin, wrong, redirect_uri=BACK + "/").status_code == 400
    books.clock.advance(timedelta(seconds=60))
    assert exchange(standin, late).json()["error"] == "invalid_grant"


def test_the_code_challenge_is_checked(standin: StandIn) -> None:
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    bad, good = consent(standin, **asked)["code"], consent(standin, **asked)["code"]
    assert exchange(standin, bad, code_verifier="other").status_code == 400
    assert exchange(standin, good, code_verifier=VERIFIER).status_code == 200


def test_an_access_token_lives_five_minutes(books: Books, sage: Any) -> None:
    assert sage.raw("GET", "contacts").status_code == 200
    books.clock.advance(timedelta(seconds=300))
    assert sage.raw("GET", "contacts").status_code == 401


def test_a_refresh_token_works_once(standin: StandIn) -> None:
    first = standin.issue_grant()["refresh_token"]
    second = refresh(standin, first).json()["refresh_token"]
    assert second != first
    again = refresh(standin, first)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert standin.consent.reused == 1
    assert refresh(standin, second).status_code == 200


def test_of_two_workers_that_refresh_together_one_gets_nothing(standin: StandIn) -> None:
    from concurrent.futures import ThreadPoolExecutor

    granted = standin.issue_grant()["refresh_token"]
    with ThreadPoolExecutor(4) as workers:
        answers = list(workers.map(lambda _: refresh(standin, granted).status_code, range(4)))
    assert sorted(answers) == [200, 400, 400, 400]
    assert standin.consent.reused == 3


def test_a_refresh_token_dies_after_31_days(books: Books, standin: StandIn) -> None:
    granted = standin.issue_grant()
    books.clock.advance(timedelta(days=31))
    assert refresh(standin, granted["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoking_ends_the_refreshing_but_not_the_access(standin: StandIn, sage: Any) -> None:
    form = {"token": sage.grant["refresh_token"]}
    answer = requests.post(f"{standin.url}/revoke", data=form, timeout=5)
    assert answer.json() == {"success": "ok"}
    assert sage.raw("GET", "contacts").status_code == 200
    assert refresh(standin, sage.grant["refresh_token"]).status_code == 400


def test_withdrawing_in_sage_ends_everything(standin: StandIn, sage: Any) -> None:
    standin.consent.withdraw(sage.grant["requested_by_id"])
    assert sage.raw("GET", "contacts").status_code == 401
    assert refresh(standin, sage.grant["refresh_token"]).status_code == 400


def test_the_token_endpoint_can_be_throttled(standin: StandIn) -> None:
    granted = standin.issue_grant()
    standin.faults.next("429_retry", match="/token", seconds=3)
    answer = refresh(standin, granted["refresh_token"])
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert refresh(standin, granted["refresh_token"]).status_code == 200


def test_a_lost_token_answer_has_used_up_the_token(standin: StandIn) -> None:
    granted = standin.issue_grant()
    standin.faults.next("500_after", match="/token")
    assert refresh(standin, granted["refresh_token"]).status_code == 500
    assert refresh(standin, granted["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_read_only_consent_writes_nothing(standin: StandIn, customer: str, sage: Any) -> None:
    sage.use(standin.issue_grant(scope="readonly"))
    assert sage.raw("GET", "contacts").status_code == 200
    assert sage.pay(customer, "1", {}).status_code == 403


def test_the_client_must_be_the_one_that_is_known(serving: Any, books: Books) -> None:
    standin = serving(books, client_id="app", client_secret="hush")
    granted = standin.issue_grant()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": granted, "client_id": "app"}
    bad = token(standin, **form, client_secret="guess")
    assert (bad.status_code, bad.json()["error"]) == (401, "invalid_client")
    assert token(standin, **form, client_secret="hush").status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"filter": "apiv3"}, {"response_type": "token"}, {"scope": "everything"}]
)
def test_a_wrong_question_gets_no_code(wrong: dict[str, str], standin: StandIn) -> None:
    with pytest.raises(AssertionError, match="invalid"):
        consent(standin, **wrong)
