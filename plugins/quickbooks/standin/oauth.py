"""Who may call: consent, codes, tokens and their deaths, all by the stand-in's clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from recoup.connector.standin.clock import Clock
from recoup.plugins.quickbooks.standin.options import Options

ACCESS_SECONDS = 3600
CODE_SECONDS = 300
REFRESH = timedelta(days=101)  # sliding: about 8.73 million seconds
HARD_LIMIT = timedelta(days=5 * 365)
ROTATION = timedelta(hours=24)
GRACE = timedelta(hours=24)


class Refused(Exception):
    """An OAuth refusal: the error word, e.g. invalid_grant, and the HTTP status."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass
class Grant:
    """One consent to one company; ``tokens`` maps each live refresh token to its end."""

    realm: str
    given_at: datetime
    current: str = ""
    current_since: datetime | None = None
    tokens: dict[str, datetime] = field(default_factory=dict)
    revoked: bool = False


@dataclass
class _Code:
    realm: str
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
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[Grant, datetime]] = {}

    # -- consent ------------------------------------------------------------------------------

    def authorize(self, query: dict[str, str], realm: str) -> str:
        """Consent at once; return where the browser is sent. Raises Refused."""
        redirect = query.get("redirect_uri", "")
        if not redirect or query.get("response_type", "code") != "code":
            raise Refused("invalid_request")
        if self.options.client_id not in (None, query.get("client_id")):
            raise Refused("invalid_client", 401)
        code = "AB1" + secrets.token_hex(20)
        method = query.get("code_challenge_method", "plain")
        with self.lock:
            self._codes[code] = _Code(
                realm,
                redirect,
                query.get("code_challenge"),
                method,
                self.clock.now() + timedelta(seconds=CODE_SECONDS),
            )
        answer = {"code": code, "state": query.get("state", ""), "realmId": realm}
        return redirect + ("&" if "?" in redirect else "?") + urlencode(answer)

    def token(self, headers: dict[str, str], body: str) -> dict[str, Any]:
        """Answer the token endpoint; raises Refused."""
        form = {key: values[0] for key, values in parse_qs(body).items()}
        self._client(headers)
        hard = headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true"
        with self.lock:
            if form.get("grant_type") == "authorization_code":
                return self._exchange(form, hard)
            if form.get("grant_type") == "refresh_token":
                return self._refresh(form.get("refresh_token", ""), hard)
        raise Refused("unsupported_grant_type")

    def _client(self, headers: dict[str, str]) -> None:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        try:
            text = base64.b64decode(credentials, validate=True).decode()
        except ValueError:
            raise Refused("invalid_client", 401) from None
        id, colon, secret = text.partition(":")
        if scheme.lower() != "basic" or not colon:
            raise Refused("invalid_client", 401)
        for wanted, given in (
            (self.options.client_id, unquote(id)),
            (self.options.client_secret, unquote(secret)),
        ):
            if wanted is not None and not hmac.compare_digest(wanted.encode(), given.encode()):
                raise Refused("invalid_client", 401)

    def _exchange(self, form: dict[str, str], hard: bool) -> dict[str, Any]:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires_at <= self.clock.now():
            raise Refused("invalid_grant")
        if form.get("redirect_uri") != code.redirect_uri:
            raise Refused("invalid_grant")
        if code.challenge is not None:
            verifier = form.get("code_verifier", "")
            if code.method == "S256":
                digest = hashlib.sha256(verifier.encode()).digest()
                verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if verifier != code.challenge:
                raise Refused("invalid_grant")
        return self.issue(code.realm, hard=hard)

    def issue(self, realm: str, *, hard: bool = False) -> dict[str, Any]:
        """Open a grant for a company and return its first tokens."""
        with self.lock:
            grant = Grant(realm, self.clock.now())
            self.grants.append(grant)
            self._rotate(grant)
            return self._answer(grant, hard)

    # -- refresh ------------------------------------------------------------------------------

    def _refresh(self, token: str, hard: bool) -> dict[str, Any]:
        now = self.clock.now()
        for grant in self.grants:
            end = grant.tokens.get(token)
            if end is None:
                continue
            if grant.revoked or end <= now or now >= grant.given_at + HARD_LIMIT:
                break
            if self.options.rotate == "always":
                self._retire(grant, token, timedelta(seconds=self.options.reuse_grace_seconds))
                self._rotate(grant)
            elif grant.current_since is None or now - grant.current_since >= ROTATION:
                self._retire(grant, grant.current, GRACE)
                self._rotate(grant)
            else:
                grant.tokens[grant.current] = now + REFRESH  # the hundred days slide with use
            return self._answer(grant, hard)
        raise Refused("invalid_grant")

    def _retire(self, grant: Grant, token: str, grace: timedelta) -> None:
        end = self.clock.now() + grace
        if token in grant.tokens:
            grant.tokens[token] = min(grant.tokens[token], end)

    def _rotate(self, grant: Grant) -> None:
        now = self.clock.now()
        grant.tokens = {token: end for token, end in grant.tokens.items() if end > now}
        grant.current = "RT1-" + secrets.token_hex(20)
        grant.current_since = now
        grant.tokens[grant.current] = now + REFRESH

    def _answer(self, grant: Grant, hard: bool) -> dict[str, Any]:
        now = self.clock.now()
        access = "eyJ" + secrets.token_hex(32)
        self._access = {key: held for key, held in self._access.items() if held[1] > now}
        self._access[access] = (grant, now + timedelta(seconds=ACCESS_SECONDS))
        left = min(grant.tokens[grant.current], grant.given_at + HARD_LIMIT) - now
        answer: dict[str, Any] = {
            "token_type": "bearer",
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "refresh_token": grant.current,
            "x_refresh_token_expires_in": int(left.total_seconds()),
        }
        if hard:
            until = grant.given_at + HARD_LIMIT - now
            answer["x_refresh_token_hard_expires_in"] = int(until.total_seconds())
        return answer

    def revoke(self, headers: dict[str, str], token: str) -> None:
        """Revoke the grant that a refresh or access token belongs to; raises Refused."""
        self._client(headers)
        with self.lock:
            held = self._access.get(token)
            for grant in self.grants:
                if token in grant.tokens or (held is not None and held[0] is grant):
                    grant.revoked = True
                    return
        raise Refused("invalid_request")

    # -- use ----------------------------------------------------------------------------------

    def realm_of(self, access_token: str) -> str | None:
        """Return the company an access token opens; None when it is unknown, old or revoked."""
        with self.lock:
            held = self._access.get(access_token)
            if held is None or held[0].revoked or held[1] <= self.clock.now():
                return None
            return held[0].realm

    def expire_access(self, realm: str) -> None:
        """Let every access token of a company die now; refresh tokens live on."""
        with self.lock:
            kept = {k: held for k, held in self._access.items() if held[0].realm != realm}
            self._access = kept

    # -- state --------------------------------------------------------------------------------

    def dump(self) -> list[dict[str, Any]]:
        """Return the grants as plain values, for the state file."""
        with self.lock:
            return [asdict(grant) for grant in self.grants]

    def restore(self, grants: list[dict[str, Any]]) -> None:
        """Take up grants that ``dump`` returned; access tokens are asked for anew."""
        with self.lock:
            self.grants = [Grant(**grant) for grant in grants]
