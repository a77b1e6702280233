"""Consent, tokens and connections, as login.xero.com and identity.xero.com answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from recoup.connector.standin.listener import Answer, Request
from recoup.connector.standin.wire import dumps
from recoup.plugins.xero.standin.answer import TEXT, answer_json, expired, forbidden
from recoup.plugins.xero.standin.oauth import Connection, Refused

if TYPE_CHECKING:
    from recoup.plugins.xero.standin.server import StandIn


def refused(error: str, status: int = 400) -> Answer:
    """The body of an OAuth refusal."""
    return answer_json(dumps({"error": error}), status)


def serve(standin: StandIn, request: Request, path: str, query: str) -> Answer:
    """Answer one request; a refusal is an answer too."""
    consent = standin.consent
    parts = path.strip("/").split("/")
    try:
        if path == "/identity/connect/authorize":
            asked = dict(parse_qsl(query))
            tenants = [part for part in asked.get("tenants", "").split(",") if part]
            place = consent.authorize(asked, tenants or list(standin.companies))
            standin.save_grants()
            return Answer(302, b"", TEXT, {"Location": place})
        if path in ("/connect/token", "/identity/connect/token") and request.method == "POST":
            body = request.body.decode()
            granted = consent.token(request.headers, body, list(standin.companies))
            standin.save_grants()
            return answer_json(dumps(granted))
        if path == "/connect/revocation" and request.method == "POST":
            consent.revoke(request.headers, request.body.decode())
            standin.save_grants()
            return Answer(200, b"")
        if path == "/.well-known/openid-configuration":
            return answer_json(dumps(_discovery(standin.url)))
        if parts[0].lower() == "connections":
            return _connections(standin, request, parts[1:], query)
    except Refused as error:
        return refused(error.error, error.status)
    return Answer(404, b"Not Found", TEXT)


def _discovery(url: str) -> dict[str, Any]:
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/identity/connect/authorize",
        "token_endpoint": f"{url}/connect/token",
        "revocation_endpoint": f"{url}/connect/revocation",
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["plain", "S256"],
    }


def _connections(standin: StandIn, request: Request, rest: list[str], query: str) -> Answer:
    bearer = request.headers.get("authorization", "")
    token = bearer.partition(" ")[2]
    grant = standin.consent.grant_of(token)
    if grant is None:
        return expired(token, standin.clock.now())
    if grant.custom is not None:
        return forbidden()
    links = standin.consent.connections(grant)
    if request.method == "GET" and not rest:
        event = dict(parse_qsl(query)).get("authEventId")
        shown = [_shown(standin, link) for link in links if event in (None, link.event)]
        return answer_json(dumps(shown))
    if request.method == "DELETE" and len(rest) == 1:
        # By the connection's own id: the tenant's id is not found.
        if not standin.consent.disconnect(connection=rest[0], grant=grant):
            return Answer(404, b"Resource not found", TEXT)
        standin.save_grants()
        return Answer(204, b"", "application/json")
    return Answer(404, b"Not Found", TEXT)


def _shown(standin: StandIn, link: Connection) -> dict[str, Any]:
    books = standin.companies.get(link.tenant)
    return {
        "id": link.id,
        "authEventId": link.event,
        "tenantId": link.tenant,
        "tenantType": "ORGANISATION",
        "tenantName": books.name if books else "",
        "createdDateUtc": _time(link.created_at),
        "updatedDateUtc": _time(link.updated_at),
    }


def _time(at: datetime) -> str:
    """An instant with the seven places and without the zone that Xero writes."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"
