"""Every field that the stand-in sends stands in the official schemas, type by type."""

from __future__ import annotations

import http.client
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.seed_demo import demo_bookkeeper_day
from recoup.plugins.quickbooks.standin.seed_sources import open_seed
from recoup.plugins.quickbooks.standin.server import StandIn

ROOT = Path(__file__).resolve().parents[4]
CONTRACTS = ROOT.parent / "shared" / "contracts" / "quickbooks"
HISTORY = Path(__file__).with_name("fixtures") / "history.csv"
XS = "{http://www.w3.org/2001/XMLSchema}"

# Fields of the JSON that no schema has, as Type.field, each with its reason. A reason that no
# answer needs any longer fails.
JSON_ONLY = {
    "IntuitAnyType.any": "the schema's wildcard, under the name that the JSON gives it",
}


@dataclass
class Schema:
    """The complex types of the schemas: their base and their fields with types."""

    bases: dict[str, str] = field(default_factory=dict)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    entities: dict[str, str] = field(default_factory=dict)

    def known(self, type_name: str) -> dict[str, str]:
        """Every field of a type with its type, inherited ones included."""
        base = self.bases.get(type_name)
        inherited = self.known(base) if base in self.fields else {}
        return inherited | self.fields.get(type_name, {})

    def unknown(self, type_name: str, payload: dict[str, Any]) -> Iterator[str]:
        """Yield Type.field for every field that the schema does not know, however deep."""
        known = self.known(type_name)
        if "IntuitObject" in known:  # any entity may stand here under its own name
            known = self.entities | known
        for name, value in payload.items():
            if name not in known:
                yield f"{type_name}.{name}"
                continue
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    if known[name] in self.fields:
                        yield from self.unknown(known[name], part)
                    else:
                        yield f"{type_name}.{name} is no text but an object"


def local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


@pytest.fixture(scope="module")
def schema() -> Schema:
    if not CONTRACTS.is_dir():
        pytest.skip("needs ../shared/contracts/quickbooks")
    found = Schema()
    roots = [ElementTree.parse(path).getroot() for path in sorted(CONTRACTS.glob("*.xsd"))]
    groups = {
        group.get("name", ""): group for root in roots for group in root.findall(f"{XS}group")
    }
    tops = {
        e.get("name", ""): local(e.get("type")) for r in roots for e in r.findall(f"{XS}element")
    }
    for root in roots:
        for kind in root.findall(f"{XS}complexType"):
            read_type(found, kind, groups, tops)
    found.entities = tops
    return found


def read_type(
    found: Schema, kind: ElementTree.Element, groups: dict[str, Any], tops: dict[str, str]
) -> None:
    name = kind.get("name", "")
    fields = found.fields.setdefault(name, {})
    nodes = [kind]
    while nodes:
        for node in nodes.pop():
            tag = node.tag.removeprefix(XS)
            if tag in ("element", "attribute"):
                ref = local(node.get("ref"))
                fields[node.get("name") or ref] = local(node.get("type")) or tops.get(ref, "")
            elif tag == "extension":
                found.bases[name] = local(node.get("base"))
                nodes.append(node)
            elif tag == "group" and node.get("ref"):
                nodes.append(groups[local(node.get("ref"))])
            elif tag in ("simpleContent", "complexContent", "sequence", "choice", "all"):
                nodes.append(node)
            if tag == "simpleContent":
                fields["value"] = ""  # the text of the element, as JSON names it


Ask = Callable[..., dict[str, Any]]


@contextmanager
def asking(books: Books) -> Iterator[Ask]:
    """Serve the books and answer ask(path, body=None, **query) as the JSON of the answer."""
    with StandIn(books, port=0) as server:
        token = server.issue_grant(books.realm)["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        base = f"/v3/company/{books.realm}"

        def ask(path: str, body: object = None, **query: str) -> dict[str, Any]:
            connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
            target = f"{base}/{path}" + (f"?{urlencode(query)}" if query else "")
            sent = None if body is None else json.dumps(body, default=str)
            kind = {"Content-Type": "application/json"} if body is not None else {}
            method = "GET" if body is None else "POST"
            connection.request(method, target, body=sent, headers=headers | kind)
            answer = json.loads(connection.getresponse().read())
            connection.close()
            assert isinstance(answer, dict)
            return answer

        yield ask


def answers(books: Books) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what was asked, answer): every entity by every way of reading, reports and faults."""
    with asking(books) as ask:
        for entity in sorted(set(books.entities()) | {"Vendor"}):
            sql = f"select * from {entity} startposition 1 maxresults 1000"
            yield f"query {entity}", ask("query", query=sql)
            rows = books.rows(entity)
            if rows:
                path = f"{entity.lower()}/{rows[-1]['Id']}"
                yield f"read {entity}", ask(path)
        yield "count", ask("query", query="select count(*) from Invoice")
        since = (datetime.now(UTC) - timedelta(days=20)).isoformat()
        names = "Customer,Invoice,Payment,CreditMemo,Deposit,JournalEntry,Item,Account,Estimate"
        yield "changes", ask("cdc", entities=names, changedSince=since)
        yield "batch", ask("batch", {"BatchItemRequest": BATCH})
        yield "link", ask(f"invoice/{books.rows('Invoice')[0]['Id']}", include="invoiceLink")
        for report in ("AgedReceivables", "AgedReceivableDetail", "CustomerBalance",
                       "CustomerBalanceDetail"):  # fmt: skip
            shown = ask(f"reports/{report}")
            yield report, {"Report": shown}
        yield "fault", ask("query", query="select * from Custmoer")
        yield "missing", ask("invoice/99999999")
        yield (
            "send",
            ask(f"invoice/{books.rows('Invoice')[-1]['Id']}/send", {}, sendTo="a@b.example"),
        )
        body = {"CustomerRef": {"value": books.rows("Customer")[0]["Id"]}, "TotalAmt": 12.5}
        yield "receive", ask("payment", body)


BATCH = [
    {"bId": "1", "Query": "select * from Customer maxresults 5"},
    {"bId": "2", "operation": "delete", "Invoice": {"Id": "99999999", "SyncToken": "0"}},
    {"bId": "3", "operation": "create", "Customer": {"DisplayName": "Newcomer & Co"}},
]


def demo_after_a_day() -> Books:
    """The demo with the day's changes: documents of the bookkeeper beside those of the seed."""
    books = open_seed("demo")
    demo_bookkeeper_day(books)
    accounts = {row["AccountType"]: row["Id"] for row in reversed(books.rows("Account"))}
    customer = books.rows("Customer")[0]["Id"]
    memo = books.create("CreditMemo", {"CustomerRef": {"value": customer}, "Line": [LINE]})
    invoice = books.create("Invoice", {"CustomerRef": {"value": customer}, "Line": [LINE]})
    books.apply_credit(memo["Id"], {invoice["Id"]: Decimal(10)})
    debit = {"account": accounts["Accounts Receivable"], "posting": "Debit", "customer": customer}
    credit = {"account": accounts["Income"], "posting": "Credit"}
    books.journal([{**debit, "amount": Decimal(5)}, {**credit, "amount": Decimal(5)}])
    payment = books.create("Payment", {"CustomerRef": {"value": customer}, "TotalAmt": Decimal(7)})
    books.deposit([payment["Id"]])
    return books


LINE = {
    "Amount": Decimal(30),
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
}


@pytest.mark.parametrize("company", ["demo", "history"])
def test_every_field_of_every_answer_is_in_the_official_schemas(
    schema: Schema, company: str
) -> None:
    books = demo_after_a_day() if company == "demo" else open_seed(str(HISTORY))
    found: dict[str, str] = {}
    faulty: set[str] = set()
    for asked, answer in answers(books):
        if "Fault" in (answer.get("Report") or answer):
            faulty.add(asked)
        for name in schema.unknown("IntuitResponse", answer):
            found.setdefault(name, asked)
    assert faulty == {"fault", "missing"}
    unlisted = {name: asked for name, asked in found.items() if name not in JSON_ONLY}
    assert not unlisted
    if company == "demo":
        assert not set(JSON_ONLY) - set(found), "listed fields that no answer sends"


def test_a_field_of_another_type_would_be_seen(schema: Schema) -> None:
    payment = {"Payment": {"Id": "1", "DueDate": "2026-01-01", "Line": [{"Amuont": 1}]}}
    assert list(schema.unknown("IntuitResponse", payment)) == ["Payment.DueDate", "Line.Amuont"]
