"""The admin surface: JSON over HTTP for whoever drives the stand-in from another process.

POST /admin/books/{action}   a person's act: {"tenant"?, …the arguments of the verb of Books}
POST /admin/clock            {"freeze": instant} | {"advance": seconds} | {"unfreeze": true}
POST /admin/faults           {"kind", "times"?, …} | {"clear": true} | {"poison": [kind, id]}
POST /admin/grant            {"tenants"?, "scopes"?, "person"?}: tokens without a browser
POST /admin/webhooks         {"url", "key"?, "enabled"?} | {"intend": true} | {"deliver": true, …}
POST /admin/options          any option of the server by name
POST /admin/warm             render every document now, so that no client waits for it
GET  /admin/stats            calls by kind, limits used, faults struck, violations, wrong tenants
GET  /admin/companies        the tenant ids and names
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
from recoup.plugins.xero.standin.answer import answer_fault, answer_json
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.fault import Fault
from recoup.plugins.xero.standin.options import Options

if TYPE_CHECKING:
    from recoup.plugins.xero.standin.server import StandIn

Body = dict[str, Any]

# The verbs of Books; the arguments are those of the method, by name.
VERBS = frozenset(
    {
        "create_contact", "edit_contact", "rename", "archive", "restore", "merge_contacts",
        "create_invoice", "edit_invoice", "edit_due_date", "expect", "mark_sent", "approve", "void",
        "delete", "set_status", "create_credit_note", "create_prepayment", "create_overpayment",
        "pay", "refund", "receive_money", "delete_payment", "delete_batch", "reconcile", "allocate",
        "unallocate", "lock_books", "reset_demo", "get", "rows", "load", "check",
    }
)  # fmt: skip


def serve(standin: StandIn, request: Request, path: list[str]) -> Answer:
    """Answer one admin request; what is wrong with it is a 400 with one line."""
    handlers: dict[tuple[str, str], Callable[[StandIn, Body], Any]] = {
        ("POST", "clock"): _clock,
        ("POST", "faults"): _faults,
        ("POST", "grant"): _grant,
        ("POST", "webhooks"): _webhooks,
        ("POST", "options"): _options,
        ("POST", "warm"): _warm,
        ("GET", "stats"): _stats,
        ("GET", "companies"): _companies,
    }
    try:
        body = loads(request.body or b"{}")
        if not isinstance(body, dict):
            raise ValueError("a JSON object is needed")
        if path[:1] == ["books"] and len(path) == 2 and request.method == "POST":
            return answer_json(dumps({"result": act(standin, path[1], body)}))
        handler = handlers.get((request.method, "/".join(path)))
        if handler is None:
            return answer_json(dumps({"error": f"no admin action {'/'.join(path)}"}), 404)
        return answer_json(dumps(handler(standin, body)))
    except Fault as fault:
        return answer_fault(fault, json=True)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        return answer_json(dumps({"error": f"{type(error).__name__}: {error}"}), 400)


def act(standin: StandIn, action: str, body: Body) -> Any:
    """Let a person act in one organisation; returns what the verb returns."""
    asked = dict(body)
    books = _books(standin, asked.pop("tenant", None))
    if action == "batch_pay":
        asked["amounts"] = [(str(id), Decimal(str(part))) for id, part in asked["amounts"]]
    elif action not in VERBS:
        raise LookupError(action)
    verb = books.batch_pay if action == "batch_pay" else getattr(books, action)
    return verb(**asked)


def _books(standin: StandIn, tenant: str | None) -> Books:
    return standin.books if tenant is None else standin.companies[tenant]


def _clock(standin: StandIn, body: Body) -> Body:
    for clock in {id(one.clock): one.clock for one in standin.all_books}.values():
        if "freeze" in body:
            instant = body["freeze"]
            clock.freeze(None if instant is True else datetime.fromisoformat(str(instant)))
        if "advance" in body:
            clock.advance(timedelta(seconds=float(body["advance"])))
        if body.get("unfreeze"):
            clock.unfreeze()
    return {"now": standin.clock.now().isoformat()}


def _faults(standin: StandIn, body: Body) -> Body:
    if body.get("clear"):
        standin.faults.clear()
    elif "poison" in body:
        kind, id = body["poison"]
        standin.faults.poisoned.add((str(kind), str(id)))
    else:
        standin.faults.next(**body)
    return {"waiting": standin.faults.waiting}


def _grant(standin: StandIn, body: Body) -> Body:
    return standin.issue_grant(
        body.get("tenants"), scopes=body.get("scopes"), person=body.get("person")
    )


def _webhooks(standin: StandIn, body: Body) -> Body:
    hooks = standin.webhooks
    if body.get("intend"):
        return {"enabled": hooks.intend(post)}
    if body.get("deliver"):
        twice, newest = bool(body.get("twice")), bool(body.get("newest_first"))
        signed = bool(body.get("signed", True))
        return {"taken": hooks.deliver(post, twice=twice, newest_first=newest, signed=signed)}
    if body.get("lose"):
        return {"lost": hooks.lose()}
    url = str(body["url"])
    hooks.subscribe(url, str(body.get("key", "key")), enabled=bool(body.get("enabled", True)))
    return {"url": url}


def _options(standin: StandIn, body: Body) -> Body:
    known = {field.name for field in fields(Options)}
    for name, value in body.items():
        if name not in known or name == "state":
            raise LookupError(name)
        setattr(standin.options, name, value)
    shown = known - {"client_secret"}
    return {name: getattr(standin.options, name) for name in sorted(shown)}


def _warm(standin: StandIn, body: Body) -> Body:
    del body
    return {"rendered": standin.warm()}


def _stats(standin: StandIn, body: Body) -> Body:
    del body
    return {
        "calls": dict(standin.calls),
        "client_requests": sum(standin.calls.values()),
        "wrong_tenant": standin.wrong_tenant,
        "limits": {tenant: standin.limits.used(tenant) for tenant in standin.companies},
        "refused": standin.limits.refused,
        "egress": dict(standin.egress),
        "faults_struck": standin.faults.struck,
        "faults_waiting": standin.faults.waiting,
        "now": standin.clock.now().isoformat(),
        "violations": {tenant: one.check() for tenant, one in standin.companies.items()},
    }


def _companies(standin: StandIn, body: Body) -> Body:
    del body
    companies = standin.companies.items()
    return {
        "companies": [
            {"tenant": t, "name": b.name, "currency": b.base_currency} for t, b in companies
        ]
    }


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a webhook with the five seconds that Xero grants; 0 when nobody answers."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
