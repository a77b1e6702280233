"""The admin surface: JSON over HTTP for whoever drives the stand-in from another process.

POST /admin/books/{action}     a bookkeeper's action: {"realm"?, …the action's arguments}
POST /admin/clock              {"freeze": instant} | {"advance": seconds} | {"unfreeze": true}
POST /admin/faults             {"kind", "times"?, "match"?, …} | {"clear": true}
POST /admin/grant              {"realm"?}: tokens without a browser
POST /admin/webhooks           {"url", "verifier"?, "generation"?} | {"deliver": true, …}
POST /admin/options            any option of the server by name
GET  /admin/stats              calls by kind, reads of the month, faults struck, violations
GET  /admin/companies          the realms and names
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recoup.connector.standin.listener import Answer, Request
from recoup.connector.standin.wire import dumps, loads
from recoup.plugins.quickbooks.standin.answer import answer_fault, answer_json
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.fault import Fault
from recoup.plugins.quickbooks.standin.options import Options

if TYPE_CHECKING:
    from recoup.plugins.quickbooks.standin.server import StandIn

Body = dict[str, Any]


def _amounts(body: Body) -> dict[str, Decimal]:
    return {str(id): Decimal(str(amount)) for id, amount in body["amounts"].items()}


ACTIONS: dict[str, Callable[[Books, Body], Any]] = {
    "create": lambda books, b: books.create(b["entity"], b["body"]),
    "update": lambda books, b: books.update(b["entity"], b["body"], bool(b.get("sparse", True))),
    "delete": lambda books, b: books.delete(b["entity"], str(b["id"])),
    "void": lambda books, b: books.void(b["entity"], str(b["id"])),
    "get": lambda books, b: books.get(b["entity"], str(b["id"])),
    "load": lambda books, b: books.load(b["entity"], b["body"]),
    "apply": lambda books, b: books.apply(str(b["payment"]), _amounts(b)),
    "unapply": lambda books, b: books.unapply(str(b["payment"])),
    "apply_credit": lambda books, b: books.apply_credit(str(b["credit_memo"]), _amounts(b)),
    "deposit": lambda books, b: books.deposit([str(id) for id in b["payments"]]),
    "merge_customers": lambda books, b: books.merge_customers(str(b["keep"]), str(b["gone"])),
    "rename": lambda books, b: books.rename(b["entity"], str(b["id"]), b["name"]),
    "deactivate": lambda books, b: books.deactivate(b["entity"], str(b["id"])),
    "journal": lambda books, b: books.journal(b["lines"], b.get("on")),
    "statement_charge": lambda books, b: books.statement_charge(
        str(b["customer"]), Decimal(str(b["amount"])), b.get("on")
    ),
    "bank_match": lambda books, b: books.bank_match(str(b["payment"])),
    "settle": lambda books, b: books.settle(),
}


def serve(standin: StandIn, request: Request, path: list[str]) -> Answer:
    """Answer one admin request; what is wrong with it is said in ``error``, status 400 or 404."""
    try:
        body = loads(request.body or b"{}") if request.method == "POST" else {}
        if not isinstance(body, dict):
            raise ValueError("a JSON object is needed")
        return answer_json(dumps(_run(standin, path, body)))
    except Fault as fault:
        return answer_fault(fault, standin.books.local())
    except LookupError as error:
        return answer_json(dumps({"error": f"unknown or missing: {error}"}), 404)
    except (ValueError, TypeError, ArithmeticError) as error:
        return answer_json(dumps({"error": str(error)}), 400)


def _run(standin: StandIn, path: list[str], body: Body) -> Any:
    match path:
        case ["stats"]:
            return stats(standin)
        case ["companies"]:
            return [
                {
                    "realm": realm,
                    "name": next(iter(books.table("CompanyInfo").values()))["CompanyName"],
                }
                for realm, books in standin.companies.items()
            ]
        case ["books", action]:
            books = standin.companies[str(body.get("realm", standin.books.realm))]
            return ACTIONS[action](books, body) or {}
        case ["clock"]:
            return _clock(standin, body)
        case ["faults"]:
            if body.pop("clear", False):
                standin.faults.clear()
            else:
                standin.faults.next(**body)
            return {"waiting": standin.faults.waiting}
        case ["grant"]:
            return standin.issue_grant(body.get("realm"))
        case ["expire"]:
            standin.consent.expire_access(str(body.get("realm", standin.books.realm)))
            return {}
        case ["webhooks"]:
            return _webhooks(standin, body)
        case ["options"]:
            return _options(standin, body)
    raise LookupError("/".join(["/admin", *path]))


def stats(standin: StandIn) -> Body:
    """Return what the server has counted and whether its books are true."""
    return {
        "calls": dict(standin.calls),
        "client_requests": sum(standin.calls.values()),
        "reads_this_month": {realm: standin.throttle.reads(realm) for realm in standin.companies},
        "faults_struck": standin.faults.struck,
        "faults_waiting": standin.faults.waiting,
        "now": standin.books.clock.now().isoformat(),
        "violations": {realm: books.check() for realm, books in standin.companies.items()},
        "documents": {
            realm: {entity: len(books.table(entity)) for entity in books.entities()}
            for realm, books in standin.companies.items()
        },
    }


def _clock(standin: StandIn, body: Body) -> Body:
    clocks = {id(books.clock): books.clock for books in standin.companies.values()}
    for clock in clocks.values():
        if "freeze" in body:
            instant = body["freeze"]
            clock.freeze(None if instant is True else datetime.fromisoformat(str(instant)))
        if "advance" in body:
            clock.advance(timedelta(seconds=float(body["advance"])))
        if body.get("unfreeze"):
            clock.unfreeze()
    return {"now": standin.books.clock.now().isoformat()}


def _webhooks(standin: StandIn, body: Body) -> Body:
    if body.get("deliver"):
        twice, newest = bool(body.get("twice")), bool(body.get("newest_first"))
        return {"taken": standin.webhooks.deliver(post, twice=twice, newest_first=newest)}
    url = str(body["url"])
    generation = body.get("generation", "cloudevents")
    if generation not in ("legacy", "cloudevents"):
        raise ValueError(f"generation is legacy or cloudevents, not {generation!r}")
    standin.webhooks.subscribe(url, str(body.get("verifier", "verifier")), generation)
    return {"url": url}


def _options(standin: StandIn, body: Body) -> Body:
    known = {field.name for field in fields(Options)}
    for name, value in body.items():
        if name not in known or name == "state":
            raise LookupError(name)
        setattr(standin.options, name, value)
    shown = known - {"client_secret"}
    return {name: getattr(standin.options, name) for name in sorted(shown)}


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a webhook with the three seconds the platform grants; 0 when nobody answers."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=3)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
