"""Who may call: people, their connections, grants and tokens, all by the stand-in's clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import uuid
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from recoup.connector.standin.clock import Clock
from recoup.plugins.xero.standin.options import Options

ACCESS = timedelta(minutes=30)
CODE = timedelta(minutes=5)
REFRESH = timedelta(days=60)
GRACE = timedelta(minutes=30)


class Refused(Exception):
    """An OAuth refusal: the error word, e.g. invalid_grant, and the HTTP status."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass
class Connection:
    """One organisation that a person connected to the app."""

    id: str
    tenant: str
    event: str
    created_at: datetime
    updated_at: datetime


@dataclass
class Person:
    """Who consents: their tokens reach all of their connections."""

    name: str
    connections: list[Connection] = field(default_factory=list)
    ever: set[str] = field(default_factory=set)  # tenants reached at any time


@dataclass
class Grant:
    """One consent; ``tokens`` maps each live refresh token to its end."""

    person: str
    event: str
    scopes: str
    current: str = ""
    tokens: dict[str, datetime] = field(default_factory=dict)
    revoked: bool = False
    custom: str | None = None  # the one tenant of a custom connection


@dataclass
class _Code:
    grant: Grant
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
        self.people: dict[str, Person] = {}
        self.grants: list[Grant] = []
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[Grant, datetime]] = {}

    # -- consent ------------------------------------------------------------------------------

    def authorize(self, query: dict[str, str], tenants: list[str]) -> str:
        """Consent at once; return where the browser is sent. Raises Refused.

        The query may name the ``person`` who consents; without it there is only one.
        """
        redirect = query.get("redirect_uri", "")
        if not redirect or query.get("response_type", "code") != "code":
            raise Refused("invalid_request")
        if self.options.client_id not in (None, query.get("client_id")):
            raise Refused("unauthorized_client")
        scopes = query.get("scope") or self.options.scopes
        code = secrets.token_urlsafe(32)
        with self.lock:
            grant = self._consent(tenants, scopes, query.get("person", "owner"))
            self._codes[code] = _Code(
                grant,
                redirect,
                query.get("code_challenge"),
                query.get("code_challenge_method", "plain"),
                self.clock.now() + CODE,
            )
        answer = {"code": code, "scope": scopes, "state": query.get("state", "")}
        return redirect + ("&" if "?" in redirect else "?") + urlencode(answer)

    def _consent(self, tenants: list[str], scopes: str, name: str) -> Grant:
        person = self.people.setdefault(name, Person(name))
        event, now = str(uuid.uuid4()), self.clock.now()
        for tenant in tenants:
            held = next((c for c in person.connections if c.tenant == tenant), None)
            if held is None:
                made = Connection(str(uuid.uuid4()), tenant, event, now, now)
                person.connections.append(made)
            else:
                held.event, held.updated_at = event, now
            person.ever.add(tenant)
        return Grant(name, event, scopes)

    def issue(
        self, tenants: list[str], scopes: str | None = None, person: str | None = None
    ) -> dict[str, Any]:
        """Consent without a browser and return the token answer; a new person unless named."""
        with self.lock:
            name = person or f"person {len(self.people) + 1}"
            grant = self._consent(tenants, scopes or self.options.scopes, name)
            return self._open(grant)

    def token(self, headers: dict[str, str], body: str, custom: list[str]) -> dict[str, Any]:
        """Answer the token endpoint; raises Refused. custom: the tenant of a custom connection."""
        form = {key: values[0] for key, values in parse_qs(body).items()}
        kind = form.get("grant_type")
        self._client(headers, form, secret_needed=kind != "authorization_code")
        with self.lock:
            if kind == "authorization_code":
                return self._exchange(form)
            if kind == "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
            if kind == "client_credentials":
                grant = Grant("", str(uuid.uuid4()), form.get("scope") or self.options.scopes)
                grant.custom = custom[0]
                self.grants.append(grant)
                return self._answer(grant)
        raise Refused("unsupported_grant_type")

    def _client(
        self, headers: dict[str, str], form: dict[str, str], *, secret_needed: bool
    ) -> None:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if scheme.lower() == "basic":
            try:
                id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
            except ValueError:
                raise Refused("invalid_client") from None
            id, secret = unquote(id), unquote(secret)
        if not id:
            raise Refused("invalid_client")
        pkce = "code_verifier" in form and not secret and not secret_needed
        wanted = [(self.options.client_id, id)]
        if not pkce:
            wanted.append((self.options.client_secret, secret))
        for right, given in wanted:
            if right is not None and not hmac.compare_digest(right.encode(), given.encode()):
                raise Refused("invalid_client")

    def _exchange(self, form: dict[str, str]) -> dict[str, Any]:
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
        return self._open(code.grant)

    def _open(self, grant: Grant) -> dict[str, Any]:
        self.grants.append(grant)
        self._rotate(grant)
        return self._answer(grant)

    # -- refresh ------------------------------------------------------------------------------

    def _refresh(self, token: str) -> dict[str, Any]:
        now = self.clock.now()
        for grant in self.grants:
            end = grant.tokens.get(token)
            if end is None:
                continue
            if grant.revoked or end <= now:
                break
            for old in (token, grant.current):  # what was used, and the answer that was lost
                grant.tokens[old] = min(grant.tokens.get(old, now), now + GRACE)
            self._rotate(grant)
            return self._answer(grant)
        raise Refused("invalid_grant")

    def _rotate(self, grant: Grant) -> None:
        now = self.clock.now()
        grant.tokens = {token: end for token, end in grant.tokens.items() if end > now}
        if "offline_access" in grant.scopes.split():
            grant.current = secrets.token_urlsafe(32)
            grant.tokens[grant.current] = now + REFRESH

    def _answer(self, grant: Grant) -> dict[str, Any]:
        now = self.clock.now()
        claims = {
            "nbf": int(now.timestamp()),
            "exp": int((now + ACCESS).timestamp()),
            "jti": secrets.token_hex(16),
            "authentication_event_id": grant.event,
            "scope": grant.scopes.split(),
        }
        access = ".".join((_part({"alg": "none"}), _part(claims), secrets.token_urlsafe(16)))
        self._access = {key: held for key, held in self._access.items() if held[1] > now}
        self._access[access] = (grant, now + ACCESS)
        answer: dict[str, Any] = {
            "access_token": access,
            "expires_in": int(ACCESS.total_seconds()),
            "token_type": "Bearer",
            "scope": grant.scopes,
        }
        if grant.current:
            answer["refresh_token"] = grant.current
        if "openid" in grant.scopes.split():
            who = str(uuid.uuid5(uuid.NAMESPACE_OID, grant.person))
            answer["id_token"] = f"{_part({'alg': 'none'})}.{_part({'xero_userid': who})}.none"
        return answer

    def revoke(self, headers: dict[str, str], body: str) -> None:
        """Revoke a refresh token: the person's connections go with it. Raises Refused."""
        form = {key: values[0] for key, values in parse_qs(body).items()}
        self._client(headers, form, secret_needed=True)
        with self.lock:
            for grant in self.grants:
                if form.get("token") in grant.tokens:
                    grant.revoked = True
                    person = self.people.get(grant.person)
                    if person is not None:
                        person.connections = []

    # -- use ----------------------------------------------------------------------------------

    def grant_of(self, access_token: str) -> Grant | None:
        """The grant that an access token opens; None when it is unknown, old or revoked."""
        with self.lock:
            held = self._access.get(access_token)
            if held is None or held[0].revoked or held[1] <= self.clock.now():
                return None
            return held[0]

    def connections(self, grant: Grant) -> list[Connection]:
        """What the person behind a grant has connected."""
        person = self.people.get(grant.person)
        return list(person.connections) if person else []

    def reached(self, grant: Grant) -> set[str]:
        """Every tenant that the person behind a grant reached at any time."""
        person = self.people.get(grant.person)
        return set(person.ever) if person else {grant.custom or ""}

    def disconnect(
        self, *, tenant: str = "", connection: str = "", grant: Grant | None = None
    ) -> bool:
        """Take a connection away: of one grant's person, or a tenant's from everybody."""
        with self.lock:
            found = False
            for person in self.people.values():
                if grant is not None and person.name != grant.person:
                    continue
                kept = [c for c in person.connections if c.tenant != tenant and c.id != connection]
                found |= len(kept) != len(person.connections)
                person.connections = kept
            return found

    def expire_access(self, grant: Grant | None = None) -> None:
        """Let access tokens die now, of one grant or all; refresh tokens live on."""
        with self.lock:
            kept = {
                k: h for k, h in self._access.items() if grant is not None and h[0] is not grant
            }
            self._access = kept

    # -- state --------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """People and grants as plain values, for the state file."""
        with self.lock:
            people = [{**asdict(p), "ever": sorted(p.ever)} for p in self.people.values()]
            return {"people": people, "grants": [asdict(grant) for grant in self.grants]}

    def restore(self, kept: dict[str, Any]) -> None:
        """Take up what ``dump`` returned; access tokens are asked for anew."""
        with self.lock:
            for entry in kept["people"]:
                links = [_link(link) for link in entry["connections"]]
                self.people[entry["name"]] = Person(entry["name"], links, set(entry["ever"]))
            for entry in kept["grants"]:
                ends = {k: datetime.fromisoformat(v) for k, v in entry.pop("tokens").items()}
                self.grants.append(Grant(**entry, tokens=ends))


def _link(kept: dict[str, Any]) -> Connection:
    times = {name: datetime.fromisoformat(kept[name]) for name in ("created_at", "updated_at")}
    return Connection(kept["id"], kept["tenant"], kept["event"], **times)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
