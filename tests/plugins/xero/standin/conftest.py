"""An organisation with a still clock, its stand-in, and a client that checks every answer.

Each JSON answer that the client sees is validated against Xero's own description of its API, where
that is at hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import yaml

from recoup.connector.standin.wire import dumps
from recoup.plugins.xero.standin.books import Books, Clock
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

NOON = datetime(2026, 5, 1, 0, 0, 0, 250_000, tzinfo=UTC)  # noon of 1 May in Auckland
CONTRACT = Path(__file__).parents[5] / "shared" / "contracts" / "xero" / "xero_accounting.yaml"


class Contract:
    """Xero's description of its accounting API, as a judge of answers."""

    def __init__(self, text: str) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.spec: dict[str, Any] = yaml.load(text, loader)
        schemas = self.spec["components"]["schemas"]
        self.root = {"components": {"schemas": {k: _plain(v) for k, v in schemas.items()}}}
        self._validators: dict[str, Any] = {}
        self._paths = [
            (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$", re.IGNORECASE), methods)
            for path, methods in sorted(self.spec["paths"].items(), key=lambda p: p[0].count("{"))
        ]

    def schema_of(self, method: str, path: str, status: int) -> dict[str, Any] | None:
        """The schema of an answer; None where the contract describes no JSON for it."""
        for pattern, methods in self._paths:
            if pattern.match(path) and method.lower() in methods:
                answers = methods[method.lower()]["responses"]
                answer = answers.get(str(status)) or {}
                if status == 400 and "$ref" in answer:
                    return {"$ref": "#/components/schemas/Error"}
                found = answer.get("content", {}).get("application/json", {}).get("schema")
                return _plain(found) if found else None
        return None

    def errors(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with the body of an answer; path is that below /api.xro/2.0."""
        schema = self.schema_of(method, path, status)
        if schema is None:
            return []
        key = json.dumps(schema, sort_keys=True, default=str)
        if key not in self._validators:
            kind = jsonschema.Draft7Validator
            checks = jsonschema.FormatChecker(formats=["uuid"])
            self._validators[key] = kind({**self.root, **schema}, format_checker=checks)
        found = self._validators[key].iter_errors(body)
        return [f"{method} {path} {status}: {e.json_path}: {e.message}"[:300] for e in found]


def _plain(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: ``nullable`` becomes a type."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(part) for key, part in schema.items() if key != "example"}
    if plain.pop("nullable", False) is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    return plain


@cache
def _contract() -> Contract | None:
    return Contract(CONTRACT.read_text(encoding="utf-8")) if CONTRACT.exists() else None


class Client:
    """Asks one organisation of a stand-in as an app does; answers have exact amounts."""

    def __init__(self, standin: StandIn, tenant: str | None = None, **grant: Any) -> None:
        self.url = standin.url
        self.tenant = tenant or standin.books.tenant_id
        self.grant = standin.issue_grant([self.tenant], **grant)
        self.http = requests.Session()
        self.http.headers["Accept"] = "application/json"
        self.http.headers["xero-tenant-id"] = self.tenant
        self.use(str(self.grant["access_token"]))
        self.contract = _contract()

    def use(self, access_token: str) -> None:
        self.http.headers["Authorization"] = f"Bearer {access_token}"

    def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        unchecked: bool = False,
        **params: str,
    ) -> requests.Response:
        content = body if body is None or isinstance(body, (str, bytes)) else dumps(body)
        answer = self.http.request(
            method,
            f"{self.url}/api.xro/2.0/{path}",
            params=params,
            data=content,
            headers=headers,
        )
        spoken = answer.text and "json" in answer.headers.get("Content-Type", "")
        if self.contract and spoken and not unchecked:
            below = "/" + path.partition("?")[0]
            seen = json.loads(answer.text)
            assert self.contract.errors(method, below, answer.status_code, seen) == []
        return answer

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.raw(method, path, body, **more)
        return json.loads(answer.text, parse_float=Decimal) if answer.text else None

    def get(self, path: str, **more: Any) -> Any:
        return self.ask("GET", path, **more)

    def put(self, path: str, body: Any, **more: Any) -> Any:
        return self.ask("PUT", path, body, **more)

    def post(self, path: str, body: Any, **more: Any) -> Any:
        return self.ask("POST", path, body, **more)

    def rows(self, kind: str, **more: Any) -> list[Any]:
        found: list[Any] = self.get(kind, **more)[kind]
        return found

    def one(self, kind: str, id: str) -> Any:
        return self.get(f"{kind}/{id}")[kind][0]


@pytest.fixture
def contract() -> Contract:
    """The judge of answers; tests that need it are skipped where the contract is not at hand."""
    found = _contract()
    if found is None:
        pytest.skip("the contracts of the platforms are not at hand")
    return found


@pytest.fixture
def books() -> Books:
    """Empty books of a company in Auckland at noon of 1 May 2026; the clock stands still."""
    return Books(clock=Clock(NOON), rates={"USD": Decimal("1.6")})


@pytest.fixture
def acme(books: Books) -> str:
    """The id of a contact."""
    return str(books.create_contact("Acme", email="acme@example.com")["ContactID"])


@pytest.fixture
def invoice(books: Books, acme: str) -> Callable[..., str]:
    """Enter an approved invoice of 100.00 or of what is told; returns its id."""

    def enter(amount: str = "100.00", **more: Any) -> str:
        return str(books.create_invoice(acme, amount, **more)["InvoiceID"])

    return enter


@pytest.fixture
def options() -> Options:
    """The switches of the stand-in, to be moved by the test."""
    return Options(throttle_clock="books")


@pytest.fixture
def standin(books: Books, options: Options) -> Iterator[StandIn]:
    """A running stand-in; every test ends with true books and no request to a wrong tenant."""
    with StandIn(books, options=options) as server:
        yield server
    assert server.wrong_tenant == 0


@pytest.fixture
def xero(standin: StandIn) -> Iterator[Client]:
    """A client of the one organisation."""
    client = Client(standin)
    with client.http:
        yield client


@pytest.fixture
def client_of() -> Iterator[Any]:
    """Open more clients: client_of(standin, tenant, scopes=…, person=…)."""
    opened: list[Client] = []

    def open_client(standin: StandIn, tenant: str | None = None, **grant: Any) -> Client:
        opened.append(Client(standin, tenant, **grant))
        return opened[-1]

    yield open_client
    for client in opened:
        client.http.close()
