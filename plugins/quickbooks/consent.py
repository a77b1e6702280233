"""Consent to QuickBooks Online: OAuth 2 with PKCE, one grant per company.

Source: Intuit's OAuth 2.0 pages. A refresh token lives about 100 days from its last use, its
value changes about daily, and consent ends five years after it was given whatever happens.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from recoup.connector.errors import Fatal, NeedsReconnect, Retriable, UsageError
from recoup.connector.events import ChangeHint
from recoup.connector.hookspecs import hookimpl
from recoup.connector.http import Answer, Caller, check_base_url, retry_after
from recoup.connector.protocols import ClientApp, Clock, TokenSet
from recoup.plugins.quickbooks import webhooks

__all__ = ["Endpoints", "QuickBooksConsent"]

SCOPE = "com.intuit.quickbooks.accounting"
REQUEST_ID = "intuit_tid"
API_HOSTS = frozenset({"quickbooks.api.intuit.com", "sandbox-quickbooks.api.intuit.com"})


class Endpoints(NamedTuple):
    """Where consent is asked for, traded and given back."""

    authorize: str
    token: str
    revoke: str


PLATFORM = Endpoints(
    "https://appcenter.intuit.com/connect/oauth2",
    "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
)


class _Discovery(msgspec.Struct):
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str


class _Tokens(msgspec.Struct):
    access_token: str
    expires_in: int
    refresh_token: str
    x_refresh_token_expires_in: int | None = None
    x_refresh_token_hard_expires_in: int | None = None


class QuickBooksConsent:
    """The consent hooks for one OAuth application."""

    def __init__(self, app: ClientApp, base_url: str | None, clock: Clock) -> None:
        """base_url: None or Intuit's sandbox is the platform itself, else a stand-in."""
        self._app = app
        self._base_url = check_base_url(base_url) if base_url is not None else None
        self._clock = clock
        self._found: Endpoints | None = None
        self._caller = Caller(
            platform="QuickBooks", clock=clock, gate=None, request_id_header=REQUEST_ID
        )

    @hookimpl
    def authorize_url(self, redirect_uri: str, state: str, code_challenge: str) -> str:
        """Return the page where a person consents."""
        query = {
            "client_id": self._app.client_id,
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._endpoints().authorize}?{urlencode(query, quote_via=quote)}"

    @hookimpl
    def exchange_code(
        self, answer: Mapping[str, str], redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        """Trade the redirect's code for the first tokens."""
        if "error" in answer or not answer.get("code"):
            why = answer.get("error", "no code came back")
            raise NeedsReconnect(f"QuickBooks did not give consent: {why[:100]}")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
        }
        return self._tokens(form)

    @hookimpl
    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Renew the tokens; the refresh token of the answer may be a new one."""
        if tokens.refresh_token is None:
            raise NeedsReconnect("there is no refresh token: run recoup connect quickbooks again")
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        return self._tokens(form, before=tokens)

    @hookimpl
    def revoke(self, tokens: TokenSet) -> bool:
        """Give the consent back; a grant that the platform no longer knows counts as revoked."""
        token = tokens.refresh_token or tokens.access_token
        answer = self._caller.call(
            "POST",
            self._endpoints().revoke,
            headers={
                **self._credentials(),
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
            data=msgspec.json.encode({"token": token}),
        )
        if answer.status in (200, 400):
            return True
        raise self._refusal(answer, "revoke the consent")

    @hookimpl
    def list_companies(self, tokens: TokenSet, answer: Mapping[str, str]) -> Sequence[str]:
        """Return the one company of the grant: the realmId of the redirect."""
        realm = answer.get("realmId", "")
        if not realm.isdecimal():
            raise UsageError("the redirect carried no realmId: connect once more, from the start")
        return [realm]

    @hookimpl
    def verify_webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Whether Intuit signed *body* with the app's verifier token."""
        return webhooks.verify(headers, body, secret)

    @hookimpl
    def parse_webhook(self, body: bytes) -> Sequence[ChangeHint]:
        """Read a verified body of either generation."""
        return webhooks.parse(body)

    def _endpoints(self) -> Endpoints:
        if self._found is None:
            host = urlsplit(self._base_url).hostname if self._base_url else None
            own = self._base_url is None or host in API_HOSTS
            self._found = PLATFORM if own else self._discover(f"{self._base_url}")
        return self._found

    def _discover(self, base_url: str) -> Endpoints:
        address = f"{base_url}/.well-known/openid_configuration"
        answer = self._caller.call("GET", address, headers={"Accept": "application/json"})
        try:
            found = msgspec.json.decode(answer.body, type=_Discovery)
        except msgspec.MsgspecError:
            raise UsageError(f"{base_url} does not describe a QuickBooks stand-in") from None
        addresses = (found.authorization_endpoint, found.token_endpoint, found.revocation_endpoint)
        return Endpoints(*(check_base_url(address) for address in addresses))

    def _tokens(self, form: Mapping[str, str], before: TokenSet | None = None) -> TokenSet:
        asked_at = self._clock.now()
        answer = self._caller.call(
            "POST",
            self._endpoints().token,
            headers={
                **self._credentials(),
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
                "x-include-refresh-token-hard-expires-in": "true",
            },
            data=form,
            repeatable=before is not None,  # a code can be traded once
        )
        if answer.status != 200:
            raise self._refusal(answer, "trade tokens")
        try:
            found = msgspec.json.decode(answer.body, type=_Tokens, strict=False)
        except msgspec.MsgspecError:
            raise Retriable(
                "QuickBooks sent tokens that cannot be read", request_id=answer.request_id
            ) from None

        def after(seconds: int | None) -> timedelta | None:
            return None if seconds is None else timedelta(seconds=seconds)

        slides = after(found.x_refresh_token_expires_in)
        hard = after(found.x_refresh_token_hard_expires_in)
        return TokenSet(
            access_token=found.access_token,
            refresh_token=found.refresh_token,
            access_expires_at=asked_at + timedelta(seconds=found.expires_in),
            refresh_expires_at=None if slides is None else asked_at + slides,
            hard_expires_at=(before.hard_expires_at if before else None)
            if hard is None
            else asked_at + hard,
        )

    def _credentials(self) -> dict[str, str]:
        # RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
        pair = f"{quote(self._app.client_id, '')}:{quote(self._app.client_secret, '')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def _refusal(self, answer: Answer, what: str) -> Exception:
        """Tell a dead grant from wrong credentials from a platform that is down."""
        try:
            error = str(msgspec.json.decode(answer.body).get("error", ""))
        except (msgspec.MsgspecError, AttributeError):
            error = ""
        tid = answer.request_id
        if error == "invalid_grant":
            return NeedsReconnect(
                "QuickBooks no longer accepts this consent: run recoup connect quickbooks again",
                request_id=tid,
            )
        if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
            return UsageError(
                "QuickBooks refuses the client id and secret: check them in the app's settings",
                request_id=tid,
            )
        # Throttling comes as 403 too; a refusal of OAuth says its own word.
        throttled = answer.status == 429 or (answer.status == 403 and not error)
        if throttled or answer.status >= 500:
            wait = retry_after(answer.headers, self._clock.now(), timedelta(minutes=1))
            return Retriable(
                f"QuickBooks cannot {what} now (HTTP {answer.status})",
                retry_after=wait,
                request_id=tid,
            )
        return Fatal(f"QuickBooks would not {what}: {error or answer.status}", request_id=tid)
