"""Who may call: codes of a minute, tokens of five, refresh tokens that work once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from recoup.connector.standin.clock import Clock
from recoup.plugins.sage.standin.options import Options

ACCESS_SECONDS = 300
CODE_SECONDS = 60
REFRESH_SECONDS = 31 * 24 * 3600
SCOPES = ("readonly", "full_access")


class Refused(Exception):
    """An OAuth refusal: the error word, e.g. invalid_grant, and what it describes."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


@dataclass
class Grant:
    """One consent of one user; businesses: their ids, None reaches all that there are."""

    id: str
    businesses: list[str] | None
    scope: str
    refresh_token: str = ""
    refresh_until: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True)
class _Code:
    businesses: list[str] | None
    scope: str
    redirect_uri: str
    challenge: str | None
    method: str
    expires_at: datetime


class Consent:
    """The authorisation server: every person consents at once, tokens age by the clock."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self.clock = clock
        self.options = options
        self.lock = threading.RLock()
        self.grants: list[Grant] = []
        self.reused = 0  # how often a refresh token came a second time
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[Grant, datetime]] = {}
        self._spent: set[str] = set()

    # -- consent ------------------------------------------------------------------------------

    def authorize(self, query: Mapping[str, str], country: str) -> str:
        """Consent at once; return where the browser is sent. Raises Refused.

        businesses (ours): a comma list of the ids the person may see; all when absent.
        """
        redirect = query.get("redirect_uri", "")
        if not redirect or query.get("response_type", "code") != "code":
            raise Refused("invalid_request", "redirect_uri and response_type=code are needed")
        if query.get("filter") != "apiv3.1":
            raise Refused("invalid_request", "filter=apiv3.1 is needed")
        if self.options.client_id not in (None, query.get("client_id")):
            raise Refused("invalid_client", "Unknown client", 401)
        scope = query.get("scope", "readonly")
        if scope not in SCOPES:
            raise Refused("invalid_scope", f"{scope} is no scope")
        seen = query.get("businesses")
        code = f"{country.upper()}/{secrets.token_hex(20)}"
        with self.lock:
            self._codes[code] = _Code(
                seen.split(",") if seen else None,
                scope,
                redirect,
                query.get("code_challenge"),
                query.get("code_challenge_method", "plain"),
                self.clock.now() + timedelta(seconds=CODE_SECONDS),
            )
        answer = {"code": code, "country": country.lower()}
        if "state" in query:
            answer["state"] = query["state"]
        return redirect + ("&" if "?" in redirect else "?") + urlencode(answer)

    def token(self, headers: Mapping[str, str], body: str) -> dict[str, Any]:
        """Answer the token endpoint; raises Refused."""
        form = {key: values[0] for key, values in parse_qs(body).items()}
        self._client(headers, form)
        with self.lock:
            if form.get("grant_type") == "authorization_code":
                return self._exchange(form)
            if form.get("grant_type") == "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
        raise Refused("unsupported_grant_type", "The grant type is not supported")

    def _client(self, headers: Mapping[str, str], form: Mapping[str, str]) -> None:
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
            except ValueError:
                raise Refused("invalid_client", "Bad credentials", 401) from None
            given = (unquote(id), unquote(secret))
        wanted = (self.options.client_id, self.options.client_secret)
        for expected, told in zip(wanted, given, strict=True):
            if expected is not None and not hmac.compare_digest(expected.encode(), told.encode()):
                raise Refused("invalid_client", "Client authentication failed", 401)

    def _exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires_at <= self.clock.now():
            raise Refused("invalid_grant", "The code is unknown, used or expired")
        if form.get("redirect_uri") != code.redirect_uri:
            raise Refused("invalid_grant", "redirect_uri does not match")
        if code.challenge is not None:
            verifier = form.get("code_verifier", "")
            if code.method == "S256":
                digest = hashlib.sha256(verifier.encode()).digest()
                verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if not hmac.compare_digest(verifier.encode(), code.challenge.encode()):
                raise Refused("invalid_grant", "code_verifier does not match")
        return self.issue(code.businesses, scope=code.scope)

    def issue(
        self, businesses: Sequence[str] | None = None, *, scope: str = "full_access"
    ) -> dict[str, Any]:
        """Open a grant and return its first tokens."""
        with self.lock:
            reach = None if businesses is None else list(businesses)
            grant = Grant(secrets.token_hex(16), reach, scope)
            self.grants.append(grant)
            return self._answer(grant)

    # -- refresh ------------------------------------------------------------------------------

    def _refresh(self, token: str) -> dict[str, Any]:
        if token in self._spent:
            self.reused += 1
        for grant in self.grants:
            until = grant.refresh_until
            if grant.refresh_token != token or not token or grant.revoked:
                continue
            if until is not None and until > self.clock.now():
                self._spent.add(token)
                return self._answer(grant)
        raise Refused("invalid_grant", "The refresh token is invalid, used, expired or revoked")

    def _answer(self, grant: Grant) -> dict[str, Any]:
        now = self.clock.now()
        grant.refresh_token = secrets.token_urlsafe(48)
        grant.refresh_until = now + timedelta(seconds=REFRESH_SECONDS)
        access = "eyJhbGciOi" + secrets.token_urlsafe(512)
        self._access = {key: held for key, held in self._access.items() if held[1] > now}
        self._access[access] = (grant, now + timedelta(seconds=ACCESS_SECONDS))
        return {
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "token_type": "bearer",
            "refresh_token": grant.refresh_token,
            "refresh_token_expires_in": REFRESH_SECONDS,
            "scope": grant.scope,
            "requested_by_id": grant.id,
        }

    def revoke(self, headers: Mapping[str, str], body: str) -> None:
        """Revoke the grant a refresh token belongs to; access tokens live out their minutes."""
        form = {key: values[0] for key, values in parse_qs(body).items()}
        self._client(headers, form)
        with self.lock:
            for grant in self.grants:
                if grant.refresh_token and grant.refresh_token == form.get("token"):
                    grant.revoked = True
                    return
        raise Refused("invalid_request", "The token is unknown")

    def withdraw(self, grant_id: str) -> None:
        """Let the person take back the consent in Sage: nothing of it works any more."""
        with self.lock:
            for grant in self.grants:
                if grant.id == grant_id:
                    grant.revoked = True
            kept = {key: held for key, held in self._access.items() if held[0].id != grant_id}
            self._access = kept

    # -- use ----------------------------------------------------------------------------------

    def grant_of(self, access_token: str) -> Grant | None:
        """The grant an access token opens; None when it is unknown or old."""
        with self.lock:
            held = self._access.get(access_token)
            if held is None or held[1] <= self.clock.now():
                return None
            return held[0]

    def expire_access(self) -> None:
        """Let every access token die now; refresh tokens live on."""
        with self.lock:
            self._access.clear()

    # -- state --------------------------------------------------------------------------------

    def dump(self) -> list[dict[str, Any]]:
        """The grants as plain values, for the state file."""
        with self.lock:
            return [asdict(grant) for grant in self.grants]

    def restore(self, grants: list[dict[str, Any]]) -> None:
        """Take up grants that ``dump`` returned; access tokens are asked for anew."""
        with self.lock:
            self.grants = [
                Grant(**{**grant, "refresh_until": _instant(grant["refresh_until"])})
                for grant in grants
            ]


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
