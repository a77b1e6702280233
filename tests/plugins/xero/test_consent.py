"""One grant reaches many organisations; refresh tokens serve once; scopes are granular."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from recoup.connector.errors import Fatal, NeedsConsent, NeedsReconnect, Retriable, UsageError
from recoup.connector.facades import Consent
from recoup.connector.protocols import ClientApp, TokenSet
from recoup.connector.testing.fakes import NOON, FakeClock
from recoup.plugins.xero import open_consent

TOKENS = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 1800}


def consent(server: Any) -> Consent:
    return Consent(server.consent())


def held(refresh: str | None = "refresh-1") -> TokenSet:
    return TokenSet(access_token="access-1", refresh_token=refresh, access_expires_at=NOON)


def form(server: Any) -> dict[str, str]:
    return {name: value[0] for name, value in parse_qs(server.requests[-1].body.decode()).items()}


def test_consent_asks_for_granular_scopes_only() -> None:
    asked = Consent(open_consent(ClientApp(client_id="c", client_secret="s"), None, FakeClock()))
    address = urlsplit(asked.authorize_url("http://127.0.0.1/x", "state-1", "challenge"))
    query = {name: value[0] for name, value in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        "https://login.xero.com/identity/connect/authorize"
    )
    scopes = query["scope"].split()
    assert "offline_access" in scopes and "accounting.transactions" not in scopes
    assert (query["code_challenge_method"], query["state"]) == ("S256", "state-1")


def test_a_code_is_traded_once_with_its_verifier(server: Any) -> None:
    server.say(TOKENS)
    tokens = consent(server).exchange_code({"code": "c-1"}, "http://127.0.0.1/x", "verifier-1")
    assert (tokens.access_token, tokens.refresh_token) == ("access-2", "refresh-2")
    assert tokens.access_expires_at == NOON + timedelta(minutes=30)
    assert tokens.refresh_expires_at == NOON + timedelta(days=60)
    assert form(server)["code_verifier"] == "verifier-1"
    basic = base64.b64decode(server.requests[-1].headers["authorization"].removeprefix("Basic "))
    assert basic == b"client:not-a-secret"


def test_a_code_whose_answer_was_lost_is_not_sent_again(server: Any) -> None:
    server.drop()
    with pytest.raises(Retriable):
        consent(server).exchange_code({"code": "c-1"}, "http://127.0.0.1/x", "verifier-1")
    assert len(server.requests) == 1


def test_a_refresh_whose_answer_was_lost_is_sent_again_with_the_old_token(server: Any) -> None:
    server.drop()
    server.say(TOKENS)
    tokens = consent(server).refresh(held())
    assert tokens.refresh_token == "refresh-2"
    assert len(server.requests) == 2
    assert form(server)["refresh_token"] == "refresh-1"


def test_tokens_without_a_refresh_token_are_refused(server: Any) -> None:
    server.say({"access_token": "a", "expires_in": 1800})
    with pytest.raises(Fatal, match="offline_access"):
        consent(server).exchange_code({"code": "c-1"}, "http://127.0.0.1/x", "verifier-1")


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (400, {"error": "invalid_grant"}, NeedsReconnect),
        (400, {"error": "invalid_scope"}, NeedsConsent),
        (400, {"error": "invalid_client"}, UsageError),
        (401, {}, UsageError),
        (400, {"error": "odd"}, Fatal),
        (429, {}, Retriable),
        (503, {}, Retriable),
        (200, {"access_token": 7}, Retriable),
    ],
)
def test_a_refused_refresh_says_who_must_act(
    server: Any, status: int, body: Any, wanted: type[Exception]
) -> None:
    server.say(body, status=status)
    with pytest.raises(wanted) as raised:
        consent(server).refresh(held())
    assert type(raised.value) is wanted
    assert "refresh-1" not in str(raised.value)


def test_all_organisations_are_listed_and_no_practice(server: Any) -> None:
    server.say(
        [
            {"id": "1", "tenantId": "t-1", "tenantType": "ORGANISATION", "tenantName": "A"},
            {"id": "2", "tenantId": "t-2", "tenantType": "PRACTICE"},
            {"id": "3", "tenantId": "t-3", "tenantType": "ORGANISATION"},
        ]
    )
    assert list(consent(server).list_companies(held(), {})) == ["t-1", "t-3"]
    assert server.requests[-1].headers["authorization"] == "Bearer access-1"


def test_a_grant_that_reaches_nothing_lists_nothing(server: Any) -> None:
    server.say([])
    server.replies[0].body = b"[]"
    assert list(consent(server).list_companies(held(), {})) == []


def test_a_custom_connection_is_opened_and_renewed_by_the_secret(server: Any) -> None:
    server.say({"access_token": "a-1", "expires_in": 1800})
    tokens = consent(server).exchange_code({"grant_type": "client_credentials"}, "", "")
    assert tokens.refresh_token is None
    assert "offline_access" not in form(server)["scope"]
    consent(server).refresh(tokens)
    assert form(server)["grant_type"] == "client_credentials"


def test_a_custom_connection_has_the_one_organisation_that_answers(server: Any) -> None:
    server.rows("Organisations", {"OrganisationID": "o-1"})
    assert list(consent(server).list_companies(held(None), {})) == ["o-1"]
    sent = server.requests[-1]
    assert sent.target == "/api.xro/2.0/Organisation"
    assert "xero-tenant-id" not in sent.headers


@pytest.mark.parametrize(("status", "body"), [(200, {}), (400, {"error": "invalid_grant"})])
def test_what_xero_no_longer_knows_counts_as_revoked(server: Any, status: int, body: Any) -> None:
    server.say(body, status=status)
    assert consent(server).revoke(held())
    assert form(server)["token"] == "refresh-1"


def test_a_refused_consent_says_why() -> None:
    asked = Consent(open_consent(ClientApp(client_id="c", client_secret="s"), None, FakeClock()))
    with pytest.raises(NeedsReconnect, match="access_denied"):
        asked.exchange_code({"error": "access_denied"}, "http://127.0.0.1/x", "v")


def test_a_clock_that_is_five_minutes_off_costs_no_refresh_loop(server: Any) -> None:
    server.say(TOKENS)
    server.clock.advance(timedelta(minutes=5))
    tokens = consent(server).refresh(held())
    assert not tokens.expires_within(timedelta(minutes=7), server.clock.now())
