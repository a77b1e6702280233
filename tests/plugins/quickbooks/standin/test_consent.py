"""Behaviour 8: consent, tokens, and every way in which they die."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

BACK = "http://127.0.0.1:9/callback"
CLIENT = ("id", "secret")


def consent(standin: StandIn, **more: str) -> dict[str, str]:
    asked = {"client_id": "id", "response_type": "code", "state": "s1", "redirect_uri": BACK}
    answer = requests.get(
        f"{standin.url}/connect/oauth2", params={**asked, **more}, allow_redirects=False, timeout=5
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(BACK)
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def token(standin: StandIn, *, headers: Any = None, auth: Any = CLIENT, **form: str) -> Any:
    url = f"{standin.url}/oauth2/v1/tokens/bearer"
    return requests.post(url, data=form, auth=auth, headers=headers, timeout=5)


def refresh(standin: StandIn, old: str, **more: Any) -> Any:
    return token(standin, grant_type="refresh_token", refresh_token=old, **more)


def exchange(standin: StandIn, code: str, **more: str) -> Any:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
    return token(standin, **form)


def test_the_person_consents_at_once(standin: StandIn, qbo: Any) -> None:
    back = consent(standin)
    assert (back["state"], back["realmId"]) == ("s1", standin.books.realm)
    granted = exchange(standin, back["code"]).json()
    assert (granted["token_type"], granted["expires_in"]) == ("bearer", 3600)
    assert granted["x_refresh_token_expires_in"] == 101 * 86400
    qbo.use(granted["access_token"])
    assert qbo.get("companyinfo/1")["CompanyInfo"]["Id"] == "1"


def test_the_person_chooses_among_the_companies_there_are() -> None:
    with StandIn([Books("1001"), Books("1002")]) as standin:
        assert consent(standin)["realmId"] == "1001"
        assert consent(standin, realm="1002")["realmId"] == "1002"
        url = f"{standin.url}/connect/oauth2"
        asked = {"redirect_uri": BACK, "realm": "1003"}
        assert requests.get(url, params=asked, timeout=5).json() == {"error": "invalid_request"}


def test_a_code_works_once_and_for_its_own_redirect(standin: StandIn) -> None:
    code = consent(standin)["code"]
    assert exchange(standin, code).status_code == 200
    assert exchange(standin, code).json() == {"error": "invalid_grant"}
    code = consent(standin)["code"]
    other = exchange(standin, code, redirect_uri="http://127.0.0.1:9/other")
    assert (other.status_code, other.text) == (400, '{"error":"invalid_grant"}')


def test_a_code_grows_old(standin: StandIn, books: Books) -> None:
    code = consent(standin)["code"]
    books.clock.advance(timedelta(minutes=6))
    assert exchange(standin, code).json() == {"error": "invalid_grant"}


def test_a_challenge_wants_its_verifier(standin: StandIn) -> None:
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    code = consent(standin, **asked)["code"]
    assert exchange(standin, code, code_verifier="wrong").json() == {"error": "invalid_grant"}
    code = consent(standin, **asked)["code"]
    assert exchange(standin, code).json() == {"error": "invalid_grant"}
    code = consent(standin, **asked)["code"]
    assert exchange(standin, code, code_verifier=verifier).status_code == 200


def test_discovery_names_the_endpoints(standin: StandIn) -> None:
    found = requests.get(f"{standin.url}/.well-known/openid_configuration", timeout=5).json()
    for name in ("authorization", "token", "revocation", "userinfo"):
        assert found[f"{name}_endpoint"].startswith(standin.url)
    assert {"issuer", "jwks_uri"} <= found.keys()


def test_a_pinned_client_must_show_its_secret(books: Books) -> None:
    options = Options(client_id="id", client_secret="secret")
    with StandIn(books, options=options) as standin:
        granted = standin.issue_grant()
        for auth in (("id", "wrong"), ("other", "secret"), None):
            answer = refresh(standin, granted["refresh_token"], auth=auth)
            assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
        assert refresh(standin, granted["refresh_token"]).status_code == 200


def test_an_access_token_dies_after_an_hour(books: Books, standin: StandIn, qbo: Any) -> None:
    books.clock.advance(timedelta(seconds=3599))
    assert qbo.raw("GET", "companyinfo/1").status_code == 200
    books.clock.advance(timedelta(seconds=1))
    answer = qbo.raw("GET", "companyinfo/1")
    body = answer.json()
    assert answer.status_code == 401
    assert answer.headers["Www-Authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    assert body["fault"]["error"][0]["code"] == "3200"
    assert body["fault"]["error"][0]["detail"].startswith("Token expired: ")
    assert body["fault"]["type"] == "AUTHENTICATION"
    assert isinstance(body["time"], int)
    fresh = refresh(standin, qbo.grant["refresh_token"]).json()
    qbo.use(fresh["access_token"])
    assert qbo.raw("GET", "companyinfo/1").status_code == 200


def test_the_refresh_token_changes_after_a_day_and_the_old_one_lives_one_more(
    books: Books, standin: StandIn
) -> None:
    first = standin.issue_grant()["refresh_token"]
    books.clock.advance(timedelta(hours=23))
    assert refresh(standin, first).json()["refresh_token"] == first
    books.clock.advance(timedelta(hours=2))
    second = refresh(standin, first).json()["refresh_token"]
    assert second != first
    books.clock.advance(timedelta(hours=23))
    assert refresh(standin, first).json()["refresh_token"] == second
    books.clock.advance(timedelta(hours=1))
    assert refresh(standin, first).json() == {"error": "invalid_grant"}
    assert refresh(standin, second).status_code == 200


def test_a_server_that_always_rotates_kills_the_old_token_at_once(books: Books) -> None:
    with StandIn(books, options=Options(rotate="always")) as standin:
        first = standin.issue_grant()["refresh_token"]
        second = refresh(standin, first).json()["refresh_token"]
        assert refresh(standin, first).json() == {"error": "invalid_grant"}
        assert refresh(standin, second).status_code == 200


def test_a_grace_for_the_old_token_can_be_given(books: Books) -> None:
    options = Options(rotate="always", reuse_grace_seconds=60)
    with StandIn(books, options=options) as standin:
        first = standin.issue_grant()["refresh_token"]
        refresh(standin, first)
        assert refresh(standin, first).status_code == 200
        books.clock.advance(timedelta(seconds=60))
        assert refresh(standin, first).status_code == 400


def test_a_refresh_token_unused_for_its_days_is_dead(books: Books, standin: StandIn) -> None:
    old = standin.issue_grant()["refresh_token"]
    books.clock.advance(timedelta(days=101))
    assert refresh(standin, old).json() == {"error": "invalid_grant"}


def test_after_five_years_the_grant_ends_however_often_it_was_used(
    books: Books, standin: StandIn
) -> None:
    current = standin.issue_grant()["refresh_token"]
    for _ in range(18):
        books.clock.advance(timedelta(days=100))
        current = refresh(standin, current).json()["refresh_token"]
    assert refresh(standin, current).json()["x_refresh_token_expires_in"] == 25 * 86400
    books.clock.advance(timedelta(days=25))
    assert refresh(standin, current).json() == {"error": "invalid_grant"}


def test_the_hard_end_is_told_only_to_who_asks(standin: StandIn) -> None:
    field, old = "x_refresh_token_hard_expires_in", standin.issue_grant()["refresh_token"]
    assert field not in refresh(standin, old).json()
    asked = {"x-include-refresh-token-hard-expires-in": "true"}
    assert refresh(standin, old, headers=asked).json()[field] == 5 * 365 * 86400


def test_a_revoked_grant_opens_nothing(standin: StandIn, qbo: Any) -> None:
    url = f"{standin.url}/v2/oauth2/tokens/revoke"
    old = qbo.grant["refresh_token"]
    assert requests.post(url, json={"token": old}, auth=CLIENT, timeout=5).status_code == 200
    assert refresh(standin, old).json() == {"error": "invalid_grant"}
    assert qbo.raw("GET", "companyinfo/1").status_code == 401


def test_a_token_opens_only_its_own_company(client_of: Any) -> None:
    with StandIn([Books("1001"), Books("1002")]) as standin:
        client = client_of(standin, "1001")
        for realm in ("1002", "1003"):
            url = f"{standin.url}/v3/company/{realm}/companyinfo/1"
            answer = client.http.get(url)
            assert answer.status_code == 403
            assert answer.json()["fault"]["error"][0]["code"] == "3100"


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic YTpi"])
def test_without_a_good_bearer_there_is_401(standin: StandIn, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    url = f"{standin.url}/v3/company/{standin.books.realm}/query?query=x"
    assert requests.get(url, headers=headers, timeout=5).status_code == 401


def test_lost_access_is_401_with_code_120(standin: StandIn, qbo: Any) -> None:
    standin.faults.next("auth_120")
    answer = qbo.raw("GET", "companyinfo/1")
    assert answer.status_code == 401
    assert answer.json()["fault"]["error"][0]["code"] == "120"


def test_two_refreshes_at_once_under_always_leave_one_living_chain(books: Books) -> None:
    with StandIn(books, options=Options(rotate="always")) as standin:
        old = standin.issue_grant()["refresh_token"]
        answers = [refresh(standin, old) for _ in range(2)]
        assert sorted(answer.status_code for answer in answers) == [200, 400]
