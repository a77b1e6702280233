"""Consent: one authorisation page, PKCE, tokens that slide and one that does not."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from recoup.connector.errors import NeedsReconnect, Retriable, UsageError
from recoup.connector.facades import Consent
from recoup.connector.protocols import ClientApp, TokenSet
from recoup.connector.testing.fakes import FakeClock
from recoup.plugins.quickbooks.consent import QuickBooksConsent

REDIRECT = "http://127.0.0.1:1/callback"
VERIFIER = "v" * 64
DIGEST = hashlib.sha256(VERIFIER.encode()).digest()
CHALLENGE = base64.urlsafe_b64encode(DIGEST).decode().rstrip("=")
APP = ClientApp(client_id="client", client_secret="not-a-secret")


def consented(world: Any) -> tuple[TokenSet, dict[str, str]]:
    """Walk through the stand-in's consent as a browser does."""
    url = world.consent.authorize_url(REDIRECT, "state-1", CHALLENGE)
    landed = requests.get(url, allow_redirects=False, timeout=5).headers["Location"]
    answer = dict(parse_qsl(urlsplit(landed).query))
    return world.consent.exchange_code(answer, REDIRECT, VERIFIER), answer


def test_the_platforms_page_is_built_without_a_call() -> None:
    consent = Consent(QuickBooksConsent(APP, None, FakeClock()))
    url = urlsplit(consent.authorize_url(REDIRECT, "state-1", CHALLENGE))
    query = dict(parse_qsl(url.query))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://appcenter.intuit.com/connect/oauth2"
    assert query["scope"] == "com.intuit.quickbooks.accounting"
    assert (query["state"], query["code_challenge_method"]) == ("state-1", "S256")
    assert query["code_challenge"] == CHALLENGE and query["redirect_uri"] == REDIRECT


def test_intuits_sandbox_has_the_platforms_consent() -> None:
    sandbox = "https://sandbox-quickbooks.api.intuit.com"
    consent = Consent(QuickBooksConsent(APP, sandbox, FakeClock()))
    assert "appcenter.intuit.com" in consent.authorize_url(REDIRECT, "s", CHALLENGE)


def test_a_code_becomes_tokens_with_all_three_ends(world: Any) -> None:
    tokens, answer = consented(world)
    now = world.clock.now()
    assert answer["state"] == "state-1"
    assert tokens.access_expires_at == now + timedelta(hours=1)
    assert tokens.refresh_expires_at is not None and tokens.hard_expires_at is not None
    assert tokens.hard_expires_at - now > timedelta(days=1800) > tokens.refresh_expires_at - now


def test_the_redirect_names_the_one_company(world: Any) -> None:
    tokens, answer = consented(world)
    assert world.consent.list_companies(tokens, answer) == [world.books.realm]
    with pytest.raises(UsageError, match="realmId"):
        world.consent.list_companies(tokens, {})


def test_a_code_with_another_verifier_is_refused(world: Any) -> None:
    url = world.consent.authorize_url(REDIRECT, "s", CHALLENGE)
    landed = requests.get(url, allow_redirects=False, timeout=5).headers["Location"]
    answer = dict(parse_qsl(urlsplit(landed).query))
    with pytest.raises(NeedsReconnect):
        world.consent.exchange_code(answer, REDIRECT, "another verifier")


def test_a_person_who_says_no_is_not_asked_for_a_code(world: Any) -> None:
    with pytest.raises(NeedsReconnect, match="access_denied"):
        world.consent.exchange_code({"error": "access_denied"}, REDIRECT, VERIFIER)


def test_a_refresh_keeps_the_hard_end_of_the_consent(world: Any) -> None:
    tokens, _ = consented(world)
    world.clock.advance(timedelta(days=2))
    renewed = world.consent.refresh(tokens)
    assert renewed.refresh_token != tokens.refresh_token
    assert renewed.hard_expires_at == tokens.hard_expires_at
    assert renewed.access_expires_at == world.clock.now() + timedelta(hours=1)


def test_a_revoked_consent_is_gone_and_can_be_revoked_again(world: Any) -> None:
    tokens, _ = consented(world)
    assert world.consent.revoke(tokens)
    assert world.consent.revoke(tokens)
    with pytest.raises(NeedsReconnect, match="run recoup connect quickbooks again"):
        world.consent.refresh(tokens)


def test_wrong_client_credentials_are_the_persons_to_correct(world: Any) -> None:
    tokens, _ = consented(world)
    world.options.client_secret = "another"
    with pytest.raises(UsageError, match="client id and secret") as refusal:
        world.consent.refresh(tokens)
    assert "not-a-secret" not in str(refusal.value)


@pytest.mark.parametrize("fault", ["503", "403_throttle", "429_xml"])
def test_a_token_endpoint_that_is_down_or_throttled_is_asked_later(world: Any, fault: str) -> None:
    tokens, _ = consented(world)
    world.standin.faults.next(fault, times=9)
    with pytest.raises(Retriable) as refusal:
        world.consent.refresh(tokens)
    assert refusal.value.retry_after >= timedelta(minutes=1)
    assert tokens.refresh_token not in str(refusal.value)


def test_an_address_that_is_no_standin_is_named(world: Any) -> None:
    consent = Consent(QuickBooksConsent(APP, f"{world.standin.url}/nowhere", FakeClock()))
    with pytest.raises(UsageError, match="does not describe"):
        consent.authorize_url(REDIRECT, "s", CHALLENGE)
