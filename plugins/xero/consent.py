"""Consent to Xero: OAuth 2 with PKCE; one person's grant reaches every organisation ticked.

Source: Xero's OAuth 2.0 pages. An access token lives 30 minutes; a refresh token serves once and
dies after 60 days unused. When the answer to a refresh was lost the old refresh token may be
sent again for 30 minutes, which is what happens by itself: the vault forgets it only once it has
the new one. A custom connection has no refresh token; its tokens come from the app's own secret.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import quote, urlencode

import msgspec

from recoup.connector.errors import Fatal, NeedsConsent, NeedsReconnect, Retriable, UsageError
from recoup.connector.events import ChangeHint
from recoup.connector.hookspecs import hookimpl
from recoup.connector.http import Answer, Caller, check_base_url, retry_after
from recoup.connector.protocols import ClientApp, Clock, TokenSet
from recoup.plugins.xero import webhooks
from recoup.plugins.xero.faults import REQUEST_ID

__all__ = ["API", "SCOPES", "XeroConsent"]

API = "https://api.xero.com"
LOGIN = "https://login.xero.com/identity/connect/authorize"
IDENTITY = "https://identity.xero.com"
REFRESH_LIVES = timedelta(days=60)
CUSTOM = "client_credentials"

# Granular scopes, each only as wide as what is done with it. Reading comes with writing.
SCOPES = (
    "offline_access",
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.contacts.read",
    "accounting.settings.read",
    "accounting.reports.trialbalance.read",
)


class _Tokens(msgspec.Struct):
    access_token: str
    expires_in: int
    refresh_token: str | None = None


class _Tenant(msgspec.Struct, rename="camel"):
    tenant_id: str | None = None
    tenant_type: str | None = None


class _Organisation(msgspec.Struct, rename={"id": "OrganisationID"}):
    id: str


class _Organisations(msgspec.Struct, rename={"found": "Organisations"}):
    found: list[_Organisation]


class XeroConsent:
    """The consent hooks for one OAuth application."""

    def __init__(self, app: ClientApp, base_url: str | None, clock: Clock) -> None:
        """base_url: None is the platform itself, else a stand-in that holds all its hosts."""
        self._app = app
        self._api = API if base_url is None else check_base_url(base_url)
        own = self._api == API
        self._identity = IDENTITY if own else self._api
        self._login = LOGIN if own else f"{self._api}/identity/connect/authorize"
        self._clock = clock
        self._caller = Caller(platform="Xero", clock=clock, gate=None, request_id_header=REQUEST_ID)

    @hookimpl
    def authorize_url(self, redirect_uri: str, state: str, code_challenge: str) -> str:
        """Return the page where a person consents and ticks organisations."""
        query = {
            "response_type": "code",
            "client_id": self._app.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(SCOPES),
            "state": state,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._login}?{urlencode(query, quote_via=quote)}"

    @hookimpl
    def exchange_code(
        self, answer: Mapping[str, str], redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        """Trade the redirect's code for the first tokens.

        An answer of ``{"grant_type": "client_credentials"}`` opens a custom connection instead.
        """
        if answer.get("grant_type") == CUSTOM:
            return self._tokens({"grant_type": CUSTOM, "scope": _custom_scopes()}, again=True)
        if "error" in answer or not answer.get("code"):
            why = answer.get("error", "no code came back")
            raise NeedsReconnect(f"Xero did not give consent: {why[:100]}")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
        }
        return self._tokens(form, again=False)  # a code can be traded once

    @hookimpl
    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Renew the tokens; the refresh token of the answer is always a new one."""
        if tokens.refresh_token is None:
            return self._tokens({"grant_type": CUSTOM, "scope": _custom_scopes()}, again=True)
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        return self._tokens(form, again=True)

    @hookimpl
    def revoke(self, tokens: TokenSet) -> bool:
        """Give the consent back, for all its organisations. One that is gone counts as revoked."""
        if tokens.refresh_token is None:
            return True  # a custom connection is ended in Xero; its tokens die by themselves
        answer = self._caller.call(
            "POST",
            f"{self._identity}/connect/revocation",
            headers={**self._credentials(), "Accept": "application/json"},
            data={"token": tokens.refresh_token},
        )
        if answer.status in (200, 204) or _error_of(answer) in ("invalid_grant", "invalid_token"):
            return True
        raise self._refusal(answer, "revoke the consent")

    @hookimpl
    def list_companies(self, tokens: TokenSet, answer: Mapping[str, str]) -> Sequence[str]:
        """Return the tenant ids of all organisations that the grant reaches; practices are none."""
        if tokens.refresh_token is None:
            return [self._own_organisation(tokens)]
        reply = self._get(tokens, "/Connections")
        try:
            found = msgspec.json.decode(reply.body, type=list[_Tenant])
        except msgspec.MsgspecError:
            raise Retriable("Xero sent a list of connections that cannot be read") from None
        kinds = ("ORGANISATION", None)
        ids = [t.tenant_id for t in found if t.tenant_id and t.tenant_type in kinds]
        return list(dict.fromkeys(ids))

    @hookimpl
    def verify_webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Whether Xero signed *body* with the webhook's key."""
        return webhooks.verify(headers, body, secret)

    @hookimpl
    def parse_webhook(self, body: bytes) -> Sequence[ChangeHint]:
        """Read a verified body; the one that asks whether anybody listens holds no hints."""
        return webhooks.parse(body)

    def _own_organisation(self, tokens: TokenSet) -> str:
        """Return the one organisation of a custom connection, which cannot ask /Connections."""
        reply = self._get(tokens, "/api.xro/2.0/Organisation")
        try:
            [organisation] = msgspec.json.decode(reply.body, type=_Organisations).found
        except (msgspec.MsgspecError, ValueError):
            raise Retriable("Xero sent an organisation that cannot be read") from None
        return organisation.id

    def _get(self, tokens: TokenSet, path: str) -> Answer:
        headers = {"Authorization": f"Bearer {tokens.access_token}", "Accept": "application/json"}
        answer = self._caller.call("GET", f"{self._api}{path}", headers=headers)
        if answer.status == 401 and "scope" in answer.headers.get("WWW-Authenticate", ""):
            raise NeedsConsent("the consent is too narrow: run recoup connect xero again")
        if answer.status in (401, 403):
            raise NeedsReconnect(
                "Xero refuses the new tokens: run recoup connect xero again",
                request_id=answer.request_id,
            )
        if answer.status != 200:
            raise self._refusal(answer, "list the organisations")
        return answer

    def _tokens(self, form: Mapping[str, str], *, again: bool) -> TokenSet:
        """again: the call may be repeated after a fault of a few seconds."""
        asked_at = self._clock.now()
        answer = self._caller.call(
            "POST",
            f"{self._identity}/connect/token",
            headers={**self._credentials(), "Accept": "application/json"},
            data=form,
            repeatable=again,
        )
        if answer.status != 200:
            raise self._refusal(answer, "trade tokens")
        try:
            found = msgspec.json.decode(answer.body, type=_Tokens, strict=False)
        except msgspec.MsgspecError:
            raise Retriable(
                "Xero sent tokens that cannot be read", request_id=answer.request_id
            ) from None
        renewable = found.refresh_token is not None
        if not renewable and form["grant_type"] != CUSTOM:
            raise Fatal("Xero sent no refresh token: the scope offline_access was not granted")
        return TokenSet(
            access_token=found.access_token,
            refresh_token=found.refresh_token,
            access_expires_at=asked_at + timedelta(seconds=found.expires_in),
            refresh_expires_at=asked_at + REFRESH_LIVES if renewable else None,
        )

    def _credentials(self) -> dict[str, str]:
        # RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
        pair = f"{quote(self._app.client_id, '')}:{quote(self._app.client_secret, '')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def _refusal(self, answer: Answer, what: str) -> Exception:
        """Tell a dead grant from wrong credentials from a platform that is down."""
        error, tid = _error_of(answer), answer.request_id
        if error == "invalid_grant":
            return NeedsReconnect(
                "Xero no longer accepts this consent: run recoup connect xero again",
                request_id=tid,
            )
        if error == "invalid_scope":
            return NeedsConsent(
                "Xero does not grant this app the scopes that recoup needs: see docs/xero.md",
                request_id=tid,
            )
        if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
            return UsageError(
                "Xero refuses the client id and secret: check them in the app's settings",
                request_id=tid,
            )
        if answer.status == 429 or answer.status >= 500:
            wait = retry_after(answer.headers, self._clock.now(), timedelta(minutes=1))
            return Retriable(
                f"Xero cannot {what} now (HTTP {answer.status})", retry_after=wait, request_id=tid
            )
        return Fatal(f"Xero would not {what}: {error or answer.status}", request_id=tid)


def _custom_scopes() -> str:
    return " ".join(scope for scope in SCOPES if scope != "offline_access")


def _error_of(answer: Answer) -> str:
    try:
        return str(msgspec.json.decode(answer.body).get("error", ""))
    except (msgspec.MsgspecError, AttributeError):
        return ""
