"""Consent to Sage Accounting: OAuth 2 with PKCE, one grant over every business of a person.

Source: Sage's authentication guide. A code lives 60 seconds. An access token lives 5 minutes, a
refresh token 31 days and for one use: its answer carries the next one, so that whoever loses the
answer has lost the grant. Access tokens cannot be revoked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from recoup.connector.errors import Fatal, NeedsReconnect, Retriable, UsageError
from recoup.connector.hookspecs import hookimpl
from recoup.connector.http import Answer, Caller, check_base_url, retry_after
from recoup.connector.protocols import ClientApp, Clock, TokenSet
from recoup.plugins.sage import businesses
from recoup.plugins.sage.faults import CONNECT_AGAIN, judge, read_words

__all__ = ["REQUEST_ID", "Endpoints", "SageConsent", "endpoints_of"]

REQUEST_ID = "x_request_id"
SCOPE = "full_access"


class Endpoints(NamedTuple):
    """Where consent is asked for, traded and given back, and where the API is."""

    authorize: str
    token: str
    revoke: str
    api: str


PLATFORM = Endpoints(
    "https://www.sageone.com/oauth2/auth/central",
    "https://oauth.accounting.sage.com/token",
    "https://oauth.accounting.sage.com/revoke",
    "https://api.accounting.sage.com/v3.1",
)


def endpoints_of(base_url: str | None) -> Endpoints:
    """The platform's own addresses, or those of a stand-in at *base_url*."""
    if base_url is None:
        return PLATFORM
    base = check_base_url(base_url)
    return Endpoints(
        f"{base}/oauth2/auth/central", f"{base}/token", f"{base}/revoke", f"{base}/v3.1"
    )


class _Tokens(msgspec.Struct):
    access_token: str
    refresh_token: str
    expires_in: int = 300
    refresh_token_expires_in: int | None = None


class SageConsent:
    """The consent hooks for one OAuth application."""

    def __init__(self, app: ClientApp, base_url: str | None, clock: Clock) -> None:
        """base_url: None is the platform itself, else a stand-in."""
        self._app = app
        self._clock = clock
        self._at = endpoints_of(base_url)
        self._caller = Caller(platform="Sage", clock=clock, gate=None, request_id_header=REQUEST_ID)

    @hookimpl
    def authorize_url(self, redirect_uri: str, state: str, code_challenge: str) -> str:
        """Return the page where a person picks a country, signs in and consents."""
        query = {
            "filter": "apiv3.1",
            "client_id": self._app.client_id,
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._at.authorize}?{urlencode(query, quote_via=quote)}"

    @hookimpl
    def exchange_code(
        self, answer: Mapping[str, str], redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        """Trade the redirect's code for the first tokens; it also says the country."""
        if "error" in answer or not answer.get("code"):
            why = answer.get("error", "no code came back")
            raise NeedsReconnect(f"Sage did not give consent: {why[:100]}")
        country = answer.get("country", "")
        if country and not businesses.is_promised(country):
            raise UsageError(businesses.not_promised("the consent", country))
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
        }
        return self._tokens(form)

    @hookimpl
    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Renew the tokens. Never repeated: the refresh token is used up by the first try."""
        if tokens.refresh_token is None:
            raise NeedsReconnect(f"there is no refresh token: {CONNECT_AGAIN}")
        return self._tokens({"grant_type": "refresh_token", "refresh_token": tokens.refresh_token})

    @hookimpl
    def revoke(self, tokens: TokenSet) -> bool:
        """Give the consent back; a grant that the platform no longer knows counts as revoked."""
        answer = self._caller.call(
            "POST",
            self._at.revoke,
            headers={"Accept": "application/json"},
            data={**self._credentials(), "token": tokens.refresh_token or tokens.access_token},
        )
        if answer.status in (200, 400):
            return True
        raise self._refusal(answer, "revoke the consent")

    @hookimpl
    def list_companies(self, tokens: TokenSet, answer: Mapping[str, str]) -> Sequence[str]:
        """Return every business that the person can see.

        One that cannot be read (no subscription, another country, a role without Settings) says
        so when it is asked who it is, and is left out then by its name.
        """
        listed = businesses.read_list(self._get(tokens, "/businesses").body)
        return list(dict.fromkeys(one.id for one in listed))

    def _get(self, tokens: TokenSet, path: str) -> Answer:
        answer = self._caller.call(
            "GET",
            f"{self._at.api}{path}",
            headers={
                "Authorization": f"Bearer {tokens.access_token}",
                "Accept": "application/json",
            },
        )
        error = judge(answer, self._clock.now())
        if error is not None:
            raise error
        return answer

    def _tokens(self, form: Mapping[str, str]) -> TokenSet:
        asked_at = self._clock.now()
        answer = self._caller.call(
            "POST",
            self._at.token,
            headers={"Accept": "application/json"},
            data={**self._credentials(), **form},
            repeatable=False,  # a code and a refresh token can each be traded once
        )
        if answer.status != 200:
            raise self._refusal(answer, "trade tokens")
        try:
            found = msgspec.json.decode(answer.body, type=_Tokens, strict=False)
        except msgspec.MsgspecError:
            raise Retriable(
                "Sage sent tokens that cannot be read", request_id=answer.request_id
            ) from None
        slides = found.refresh_token_expires_in
        return TokenSet(
            access_token=found.access_token,
            refresh_token=found.refresh_token,
            access_expires_at=asked_at + timedelta(seconds=found.expires_in),
            refresh_expires_at=None if slides is None else asked_at + timedelta(seconds=slides),
        )

    def _credentials(self) -> dict[str, str]:
        return {"client_id": self._app.client_id, "client_secret": self._app.client_secret}

    def _refusal(self, answer: Answer, what: str) -> Exception:
        """Tell a dead grant from wrong credentials from a platform that is down."""
        error = read_words(answer.body).code
        request_id = answer.request_id
        if error == "invalid_grant":
            return NeedsReconnect(
                f"Sage no longer accepts this consent: {CONNECT_AGAIN}", request_id=request_id
            )
        if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
            return UsageError(
                "Sage refuses the client id and secret: check them in the app's settings",
                request_id=request_id,
            )
        if answer.status == 429 or answer.status >= 500:
            wait = retry_after(answer.headers, self._clock.now(), timedelta(seconds=5))
            return Retriable(
                f"Sage cannot {what} now (HTTP {answer.status})",
                retry_after=wait,
                request_id=request_id,
            )
        return Fatal(f"Sage would not {what}: {error or answer.status}", request_id=request_id)
