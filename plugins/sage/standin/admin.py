"""The admin surface: JSON over HTTP for whoever drives the stand-in from another process.

POST /admin/books/{action}     a bookkeeper's action: {"business"?, …the action's arguments}
POST /admin/clock              {"freeze": instant} | {"advance": seconds} | {"unfreeze": true}
POST /admin/faults             {"kind", "times"?, …} | {"clear": true} | {"poison": [kind, id]}
POST /admin/grant              {"businesses"?, "scope"?}: tokens without a browser
POST /admin/expire             every access token dies
POST /admin/withdraw           {"grant"}: the person takes back a consent (requested_by_id)
POST /admin/lead               {"business"}: another lead business
POST /admin/business           {"business"?, "roles"?, "edition"?, "subscription_active"?, …}
POST /admin/options            any option of the server by name
GET  /admin/stats              calls by kind, faults struck, violations
GET  /admin/companies          the ids and names of the businesses
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from recoup.connector.standin.listener import Answer, Request
from recoup.connector.standin.wire import dumps, loads
from recoup.plugins.sage.standin.answer import answer_fault, answer_json
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import Fault
from recoup.plugins.sage.standin.options import Options

if TYPE_CHECKING:
    from recoup.plugins.sage.standin.server import StandIn

Body = dict[str, Any]

ACTIONS: dict[str, Callable[[Books, Body], Any]] = {
    name: lambda books, body, name=name: getattr(books, name)(**body)  # type: ignore[misc]
    for name in (
        "create_contact", "edit_contact", "rename", "deactivate", "reactivate", "delete_contact",
        "create_invoice", "create_credit_note", "create_quick_entry", "opening_balance",
        "release", "edit", "edit_invoice", "void", "delete_draft", "delete_entry", "receive",
        "pay_on_account", "refund", "edit_payment", "delete_payment", "bank_match", "allocate",
        "edit_allocation", "unallocate", "journal", "delete_journal", "lockdown",
        "edit_settings", "touch", "get", "rows", "contact", "load", "add_bank", "check",
    )
}  # fmt: skip
SWITCHES = ("roles", "edition", "subscription_active", "moves_on_allocation", "quirks", "name")


def serve(standin: StandIn, request: Request, path: list[str]) -> Answer:
    """Answer one admin request; what is wrong with it is said in ``error``, status 400 or 404."""
    try:
        body = loads(request.body or b"{}") if request.method == "POST" else {}
        if not isinstance(body, dict):
            raise ValueError("a JSON object is needed")
        return answer_json(dumps(_run(standin, path, body)))
    except Fault as fault:
        return answer_fault(fault)
    except LookupError as error:
        return answer_json(dumps({"error": f"unknown or missing: {error}"}), 404)
    except (ValueError, TypeError, ArithmeticError) as error:
        return answer_json(dumps({"error": str(error)}), 400)


def _run(standin: StandIn, path: list[str], body: Body) -> Any:
    match path:
        case ["stats"]:
            return stats(standin)
        case ["companies"]:
            return [{"business": id, "name": each.name} for id, each in standin.businesses.items()]
        case ["books", action]:
            books = _books(standin, body)
            return ACTIONS[action](books, _amounts(body)) or {}
        case ["clock"]:
            return _clock(standin, body)
        case ["faults"]:
            return _faults(standin, body)
        case ["grant"]:
            scope = str(body.get("scope", "full_access"))
            return standin.issue_grant(body.get("businesses"), scope=scope)
        case ["expire"]:
            standin.consent.expire_access()
            return {}
        case ["withdraw"]:
            standin.consent.withdraw(str(body["grant"]))
            standin.save_grants()
            return {}
        case ["lead"]:
            standin.lead = str(body["business"])
            return {"lead": standin.lead}
        case ["business"]:
            return _switch(_books(standin, body), body)
        case ["options"]:
            return _options(standin, body)
    raise LookupError("/".join(["/admin", *path]))


def _books(standin: StandIn, body: Body) -> Books:
    return standin.businesses[str(body.pop("business", standin.books.business_id))]


def _amounts(body: Body) -> Body:
    """Rates are exact numbers; every other amount may stay a text."""
    if body.get("rate") is not None:
        body["rate"] = Decimal(str(body["rate"]))
    return body


def _faults(standin: StandIn, body: Body) -> Body:
    if body.pop("clear", False):
        standin.faults.clear()
    elif "poison" in body:
        kind, id = body["poison"]
        standin.faults.poisoned.add((str(kind), str(id)))
    else:
        standin.faults.next(**body)
    return {"waiting": standin.faults.waiting}


def _switch(books: Books, body: Body) -> Body:
    for name, value in body.items():
        if name not in SWITCHES:
            raise LookupError(name)
        setattr(books, name, value)
        books.forget_texts()
    return {name: getattr(books, name) for name in SWITCHES}


def stats(standin: StandIn) -> Body:
    """Return what the server has counted and whether its books are true."""
    return {
        "calls": dict(standin.calls),
        "client_requests": sum(standin.calls.values()),
        "requests_today": standin.throttle.today(),
        "refused": standin.throttle.refused,
        "most_at_once": standin.throttle.most_at_once,
        "most_a_minute": standin.throttle.most_a_minute,
        "wrong_business": standin.wrong_business,
        "reused_refresh_tokens": standin.consent.reused,
        "faults_struck": standin.faults.struck,
        "faults_waiting": standin.faults.waiting,
        "now": standin.books.clock.now().isoformat(),
        "violations": {id: books.check() for id, books in standin.businesses.items()},
        "documents": {
            id: {kind: len(books.table(kind)) for kind in books.kinds()}
            for id, books in standin.businesses.items()
        },
    }


def _clock(standin: StandIn, body: Body) -> Body:
    clocks = {id(books.clock): books.clock for books in standin.businesses.values()}
    for clock in clocks.values():
        if "freeze" in body:
            instant = body["freeze"]
            clock.freeze(None if instant is True else datetime.fromisoformat(str(instant)))
        if "advance" in body:
            clock.advance(timedelta(seconds=float(body["advance"])))
        if body.get("unfreeze"):
            clock.unfreeze()
    return {"now": standin.books.clock.now().isoformat()}


def _options(standin: StandIn, body: Body) -> Body:
    known = {field.name for field in fields(Options)}
    for name, value in body.items():
        if name not in known or name == "state":
            raise LookupError(name)
        setattr(standin.options, name, value)
    shown = known - {"client_secret"}
    return {name: getattr(standin.options, name) for name in sorted(shown)}
