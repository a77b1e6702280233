"""Consent is asked for, traded, renewed once and given back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from recoup.connector.errors import NeedsReconnect, Retriable, UsageError
from recoup.connector.facades import Consent
from recoup.connector.testing.fakes import FakeClock
from recoup.plugins.sage import open_consent
from recoup.plugins.sage.consent import SageConsent

REDIRECT = "http://127.0.0.1:9/callback"
VERIFIER = "v" * 43
CHALLENGE = "zBdwWsNMI0Ul6CSC4_P6lu6hNIBdBU46w2LEBFgKX2c"


def answer_of(world: Any, **more: str) -> dict[str, str]:
    """Walk the consent page as a browser does; returns the query of the redirect."""
    import base64
    import hashlib

    digest = hashlib.sha256(VERIFIER.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    page = world.consent.authorize_url(REDIRECT, "state-1", challenge)
    response = requests.get(page, params=more, allow_redirects=False, timeout=5)
    landed = parse_qs(urlsplit(response.headers["Location"]).query)
    return {name: values[0] for name, values in landed.items()}


def test_the_page_is_the_central_one_for_this_version_of_the_api() -> None:
    consent = Consent(SageConsent(_app(), None, FakeClock()))
    page = urlsplit(consent.authorize_url(REDIRECT, "s", CHALLENGE))
    asked = {name: values[0] for name, values in parse_qs(page.query).items()}
    assert f"{page.scheme}://{page.netloc}{page.path}" == (
        "https://www.sageone.com/oauth2/auth/central"
    )
    assert asked["filter"] == "apiv3.1" and asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "full_access"


def test_a_code_is_traded_for_tokens_of_five_minutes(world: Any) -> None:
    answer = answer_of(world)
    tokens = world.consent.exchange_code(answer, REDIRECT, VERIFIER)
    assert answer["country"].lower() == "gb"
    assert tokens.access_expires_at == world.clock.now() + timedelta(minutes=5)
    assert tokens.refresh_expires_at == world.clock.now() + timedelta(days=31)


def test_consent_in_another_country_is_refused_in_one_line(world: Any) -> None:
    answer = {**answer_of(world), "country": "fr"}
    with pytest.raises(UsageError, match=r"is in FR: recoup reads Sage books of the United"):
        world.consent.exchange_code(answer, REDIRECT, VERIFIER)


@pytest.mark.parametrize("answer", [{}, {"error": "access_denied"}, {"code": "stale"}])
def test_without_a_good_code_there_is_no_consent(world: Any, answer: dict[str, str]) -> None:
    with pytest.raises(NeedsReconnect):
        world.consent.exchange_code(answer, REDIRECT, VERIFIER)


def test_a_refresh_token_works_once(world: Any) -> None:
    tokens = world.consent.exchange_code(answer_of(world), REDIRECT, VERIFIER)
    renewed = world.consent.refresh(tokens)
    assert renewed.refresh_token != tokens.refresh_token
    with pytest.raises(NeedsReconnect, match="recoup connect sage again"):
        world.consent.refresh(tokens)


def test_a_throttled_refresh_is_tried_later(world: Any) -> None:
    tokens = world.vault.read("grant-1")
    world.standin.faults.next("429_retry", match="token", seconds=9)
    with pytest.raises(Retriable) as refusal:
        world.consent.refresh(tokens)
    assert refusal.value.retry_after == timedelta(seconds=9)
    assert world.consent.refresh(tokens).access_token


def test_a_refresh_is_never_sent_twice_by_the_way(world: Any) -> None:
    tokens = world.vault.read("grant-1")
    world.standin.faults.next("drop_after", match="token")
    with pytest.raises(Retriable):
        world.consent.refresh(tokens)
    assert world.standin.consent.reused == 0


def test_a_consent_given_back_is_gone(world: Any) -> None:
    tokens = world.vault.read("grant-1")
    assert world.consent.revoke(tokens)
    with pytest.raises(NeedsReconnect):
        world.consent.refresh(tokens)
    assert world.consent.revoke(tokens), "what is gone already counts as given back"


def test_every_business_of_the_grant_is_listed(make_world: Callable[..., Any]) -> None:
    world = make_world(more=3)
    [*_, last] = world.standin.businesses.values()
    last.subscription_active = False
    found = world.consent.list_companies(world.vault.read("grant-1"), {})
    assert set(found) == world.standin.businesses.keys(), "who cannot be read says why by itself"


def test_tokens_and_secret_are_in_no_repr(world: Any) -> None:
    tokens = world.vault.read("grant-1")
    text = repr(tokens) + repr(world.connection())
    assert tokens.access_token not in text and "not-a-secret" not in text


def test_opening_the_consent_needs_no_network() -> None:
    assert isinstance(open_consent(_app(), None, FakeClock()), SageConsent)


def _app() -> Any:
    from recoup.connector.protocols import ClientApp

    return ClientApp(client_id="client", client_secret="not-a-secret")
