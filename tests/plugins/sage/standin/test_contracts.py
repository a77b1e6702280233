"""Every field that the stand-in asks for or sends stands in the published API descriptions."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from recoup.plugins.sage.standin.api import COMPUTED
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.seed_sources import open_seed
from recoup.plugins.sage.standin.server import StandIn
from recoup.plugins.sage.standin.shapes import SHAPES
from recoup.plugins.sage.standin.shelf import SINGLETONS
from recoup.plugins.sage.standin.vocabulary import WORDS

ROOT = Path(__file__).resolve().parents[4]
CONTRACTS = ROOT.parent / "shared" / "contracts" / "sage"
TODAY = date(2026, 3, 17)
ENVELOPE = {"$total", "$page", "$next", "$back", "$itemsPerPage", "$items"}
Payload = dict[str, Any]

# What the platform knows and its description does not, each with its reason. A reason that
# nothing needs any longer fails.
UNDESCRIBED = {
    "GET /businesses": "the user's own resources are described apart, without a base path",
    "GET /businesses/{key}": "as above",
    "GET /businesses/lead": "as above",
    "GET /user": "as above",
    "postContactPayments.contact_payment.idempotency_id": "told in the guide on repeating alone",
}


@dataclass(frozen=True)
class Sent:
    """One request of the walk: where, with what, and what came back."""

    method: str
    path: str
    query: dict[str, str]
    body: Payload | None
    status: int
    answer: Any


class Contract:
    """An API description: which fields an operation takes and gives."""

    def __init__(self, year: str) -> None:
        text = (CONTRACTS / f"accounting-v3.1-{year}.json").read_text(encoding="utf-8")
        self.document = json.loads(text)

    def operation(self, sent: Sent) -> tuple[str, Payload] | None:
        """(name, operation) of a request."""
        template = re.sub(r"/[0-9a-f]{32}(?=/|$)|(?<=/)[A-Z_0-9]{2,}$", "/{key}", sent.path)
        template = template.replace("//", "/")
        found = self.document["paths"].get(template, {}).get(sent.method.lower())
        return None if found is None else (f"{sent.method} {template}", found)

    def unknown(self, sent: Sent) -> Iterator[str]:
        """Yield every part of a request and its answer that the description does not know."""
        named = self.operation(sent)
        if named is None:
            template = re.sub(r"/[0-9a-f]{32}", "/{key}", sent.path)
            yield f"{sent.method} {template}"
            return
        name, operation = named
        yield from self._asked(name, operation, sent)
        if sent.status >= 400 or sent.answer is None:
            return
        schema = operation["responses"][str(sent.status)].get("schema", {})
        answer = sent.answer
        if schema.get("type") == "array":
            yield from (f"{name} {key}" for key in set(answer) ^ ENVELOPE)
            answer = answer["$items"]
        yield from self._fields(name, schema, answer)

    def _asked(self, name: str, operation: Payload, sent: Sent) -> Iterator[str]:
        parameters = operation.get("parameters", [])
        known = {one["name"] for one in parameters if one["in"] == "query"}
        yield from (f"{name}?{key}" for key in set(sent.query) - known)
        for one in parameters:
            if one["in"] == "body" and sent.body is not None:
                yield from self._fields(name, one["schema"], sent.body)

    def _fields(self, where: str, schema: Payload, value: Any) -> Iterator[str]:
        """Yield Type.field for every field that the type does not know, however deep."""
        named = schema.get("$ref", "").rpartition("/")[2]
        if named:
            where, schema = named, self.document["definitions"][named]
        kind = schema.get("type")
        if isinstance(value, list) and kind == "array":
            for part in value:
                yield from self._fields(where, schema["items"], part)
        elif isinstance(value, dict) and kind == "object":
            known = schema.get("properties", {})
            for key, part in value.items():
                if key in known:
                    yield from self._fields(f"{where}.{key}", known[key], part)
                else:
                    yield f"{where}.{key}"
        elif value is not None and (kind in ("array", "object") or isinstance(value, (list, dict))):
            yield f"{where} is of another type than {kind}"


def contract(year: str) -> Contract:
    if not CONTRACTS.is_dir():
        pytest.skip("needs ../shared/contracts/sage")
    return Contract(year)


Ask = Callable[..., Any]


@contextmanager
def asking(books: Books, log: list[Sent]) -> Iterator[Ask]:
    """Serve the books; ask(method, path, body=None, **query) logs and gives the answer."""
    with StandIn(books) as server:
        token = server.issue_grant()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "X-Business": books.business_id}

        def ask(method: str, path: str, body: Payload | None = None, **query: str) -> Any:
            connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
            target = f"/v3.1{path}" + (f"?{urlencode(query)}" if query else "")
            sent = None if body is None else json.dumps(body)
            kind = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, target, body=sent, headers=headers | kind)
            answer = connection.getresponse()
            raw = answer.read()
            connection.close()
            told = json.loads(raw) if raw and answer.headers["Content-Type"] == JSON else None
            log.append(Sent(method, path, query, body, answer.status, told))
            return told

        yield ask


JSON = "application/json"
LISTS = (*SHAPES, *COMPUTED)
FILTERS: dict[str, dict[str, str]] = {
    "contacts": {
        "contact_type_id": "CUSTOMER", "show_balance": "true", "exclude_system": "true",
        "nested_attributes": "all", "search": "a",
    },
    "sales_invoices": {
        "show_payments_allocations": "true", "status_id": "PART_PAID", "sort": "updated_at:desc",
        "from_date": "2020-01-01", "to_date": "2030-01-01", "has_attachments": "false",
    },
    "sales_credit_notes": {"show_payments_allocations": "true", "sort": "date"},
    "sales_quick_entries": {"show_payments_allocations": "true", "sort": "created_at"},
    "contact_payments": {"transaction_type_id": "CUSTOMER_REFUND", "sort": "updated_at"},
    "contact_allocations": {"transaction_type_id": "CUSTOMER_ALLOCATION", "sort": "updated_at"},
    "contact_opening_balances": {"contact_type_id": "CUSTOMER"},
    "ledger_accounts": {
        "show_balance_details": "true", "from_date": "2000-01-01", "to_date": "2030-01-01",
    },
}  # fmt: skip


def read_everything(ask: Ask) -> None:
    """Every list sparse, whole, filtered and of what was deleted, and one document of each."""
    for path in ("/businesses", "/businesses/lead", "/user"):
        ask("GET", path)
    ask("GET", ask("GET", "/businesses")["$items"][0]["$path"])
    for kind in LISTS:
        ask("GET", f"/{kind}", items_per_page="200")
        rows = ask("GET", f"/{kind}", attributes="all", items_per_page="200")["$items"]
        for row in rows[:1]:
            ask("GET", row["$path"])
        if kind in FILTERS:
            ask("GET", f"/{kind}", attributes="all", **FILTERS[kind])
        if kind in SINCE:
            since = {"updated_or_created_since": "2020-01-01T00:00:00Z"}
            ask("GET", f"/{kind}", attributes="all", items_per_page="200", **since)
            ask("GET", f"/{kind}", attributes="all", deleted_since="2020-01-01T00:00:00Z")
    for kind in WORDS:
        ask("GET", f"/{kind}")
        ask("GET", f"/{kind}/{next(iter(WORDS[kind]))}")
    for kind in SINGLETONS:
        ask("GET", f"/{kind}")


SINCE = frozenset(SHAPES) - {"journals", "ledger_accounts"}  # the others tell of deletions


def write_everything(ask: Ask, books: Books) -> None:
    """Make, change, read and undo one document of each kind."""
    day, bank = "2026-03-16", books.rows("bank_accounts")[0]["id"]
    sales = books.accounts["SALES"]
    buyer = ask(
        "POST", "/contacts", {"contact": {"name": "Newcomer", "contact_type_ids": ["CUSTOMER"]}}
    )["id"]
    ask("PUT", f"/contacts/{buyer}", {"contact": {"credit_days": 14}})
    row = {"description": "Tea", "ledger_account_id": sales, "quantity": "1.0",
           "unit_price": "80.0", "tax_rate_id": "IE_STANDARD"}  # fmt: skip
    head = {"contact_id": buyer, "date": day}
    made: dict[str, str] = {}
    for kind, lines in (("sales_invoice", "invoice_lines"), ("sales_credit_note",
                                                             "credit_note_lines")):  # fmt: skip
        made[kind] = ask("POST", f"/{kind}s", {kind: {**head, lines: [row]}})["id"]
        ask("PUT", f"/{kind}s/{made[kind]}", {kind: {"reference": "late"}})
        asked = {"show_payments_allocations": "true", "mark_as_sent": "false"}
        ask("GET", f"/{kind}s/{made[kind]}", **asked)
        draft = ask("POST", f"/{kind}s", {kind: {**head, lines: [row], "status_id": "DRAFT"}})
        ask("POST", f"/{kind}s/{draft['id']}/release")
        ask("DELETE", f"/{kind}s/{draft['id']}", void_reason="Typed twice")
    entry = {**head, "quick_entry_type_id": "INVOICE", "reference": "Q1",
             "ledger_account_id": sales, "net_amount": "10.0", "total_amount": "10.0"}  # fmt: skip
    brought = {**head, "contact_opening_balance_type_id": "INVOICE", "reference": "OB",
               "total_amount": "10.0"}  # fmt: skip
    for kind, path, body in (
        ("sales_quick_entry", "/sales_quick_entries", entry),
        ("contact_opening_balance", "/contact_opening_balances", brought),
    ):
        one = ask("POST", path, {kind: body})["id"]
        ask("PUT", f"{path}/{one}", {kind: {"details": "Moved"}})
        ask("DELETE", f"{path}/{one}")
    parts = [{"artefact_id": made["sales_invoice"], "amount": "20.0", "discount": "1.0"}]
    money = {**head, "transaction_type_id": "CUSTOMER_RECEIPT", "bank_account_id": bank,
             "total_amount": "30.0", "allocated_artefacts": parts,
             "idempotency_id": "0" * 31 + "1"}  # fmt: skip
    receipt = ask("POST", "/contact_payments", {"contact_payment": money})
    legs = [
        {"artefact_id": made["sales_invoice"], "amount": "10.0"},
        {"artefact_id": receipt["payment_on_account"]["id"], "amount": "-10.0"},
    ]
    body = {**head, "transaction_type_id": "CUSTOMER_ALLOCATION", "allocated_artefacts": legs}
    pair = ask("POST", "/contact_allocations", {"contact_allocation": body})["id"]
    ask("GET", f"/sales_invoices/{made['sales_invoice']}", show_payments_allocations="true")
    ask("DELETE", f"/contact_allocations/{pair}")
    undone: Payload = {"contact_payment": {"allocated_artefacts": []}}
    ask("PUT", f"/contact_payments/{receipt['id']}", undone)
    ask("DELETE", f"/contact_payments/{receipt['id']}")
    file = {"file": "aGk=", "file_name": "a.txt", "mime_type": "text/plain",
            "file_extension": ".txt", "attachment_context_id": made["sales_invoice"],
            "attachment_context_type_id": "SALES_INVOICE"}  # fmt: skip
    kept = ask("POST", "/attachments", {"attachment": file})["id"]
    ask("GET", f"/attachments/{kept}/file")
    ask("PUT", "/financial_settings", {"financial_settings": {"year_end_lockdown_date": ""}})


def walk(quirks: str) -> list[Sent]:
    """Every request of the walk through a demo business, with its answer."""
    [books] = open_seed("demo", until=TODAY, quirks=quirks)
    books.journal("5.0")
    log: list[Sent] = []
    with asking(books, log) as ask:
        read_everything(ask)
        write_everything(ask, books)
        read_everything(ask)
    return log


@pytest.fixture(scope="module")
def walked() -> dict[str, list[Sent]]:
    return {year: walk(year) for year in ("2022", "2025")}


@pytest.mark.parametrize("year", ["2022", "2025"])
def test_every_field_of_every_request_and_answer_is_described(
    walked: dict[str, list[Sent]], year: str
) -> None:
    described = contract(year)
    found = {name for sent in walked[year] for name in described.unknown(sent)}
    assert sorted(found - set(UNDESCRIBED)) == []
    assert sorted(set(UNDESCRIBED) - found) == [], "listed and needed no longer"
    assert {sent.path for sent in walked[year] if sent.status >= 400} == set()


def test_what_2025_added_is_sent_then_and_was_not_before(walked: dict[str, list[Sent]]) -> None:
    described = contract("2022")
    later = {name for sent in walked["2025"] for name in described.unknown(sent)}
    added = {"QuickEntry.due_date", "Contact.is_active", "Contact.credit_terms"}
    added |= {"BankAccount.is_active", "SalesInvoice.vat_reverse_charge"}
    assert added <= later
    assert not {name for name in later - set(UNDESCRIBED) if name.startswith("GET")}


def test_every_attribute_that_could_be_sent_is_described() -> None:
    described = contract("2025")
    for kind, shape in SHAPES.items():
        page = dict.fromkeys(ENVELOPE) | {"$items": [shape]}
        assert list(described.unknown(Sent("GET", f"/{kind}", {}, None, 200, page))) == []


def test_a_field_that_nobody_described_would_be_seen() -> None:
    described = contract("2025")
    page = dict.fromkeys(ENVELOPE - {"$items"}) | {"$items": [{"id": "1", "amuont": "2.0"}]}
    sent = Sent("GET", "/contact_payments", {"sorted": "id"}, None, 200, page)
    assert sorted(described.unknown(sent)) == [
        "ContactPayment.amuont", "GET /contact_payments?sorted",
    ]  # fmt: skip
