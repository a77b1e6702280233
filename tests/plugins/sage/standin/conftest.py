"""A business with a still clock, its stand-in, a client, and the checker of field names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from recoup.plugins.sage.standin.books import Books, Clock
from recoup.plugins.sage.standin.options import Options
from recoup.plugins.sage.standin.server import StandIn

NOON = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
CONTRACTS = Path(__file__).parents[4].parent / "shared" / "contracts" / "sage"

# What belongs to /businesses and /user is in no contract; these are the platform's own names.
_SUBSCRIPTION = {"id", "displayed_as", "created_at", "updated_at", "active", "status"}
_OUTSIDE = {
    "businesses": {
        "id", "displayed_as", "$path", "created_at", "updated_at", "name", "address_line_1",
        "address_line_2", "city", "postal_code", "country", "region", "telephone", "mobile",
        "website", "is_demo", "ni_based", "subscriptions",
    },
    "user": {
        "id", "displayed_as", "$path", "created_at", "updated_at", "first_name", "last_name",
        "initials", "email", "locale",
    },
}  # fmt: skip
_ENVELOPE = {"$total", "$page", "$next", "$back", "$itemsPerPage", "$items_per_page", "$items"}
_ERROR = {"$severity", "$dataCode", "$message", "$source"}


class Contract:
    """The published description of one year; says which names of an answer it does not know."""

    def __init__(self, year: str) -> None:
        path = CONTRACTS / f"accounting-v3.1-{year}.json"
        if not path.exists():
            pytest.skip(f"{path.name} is not here")
        self.document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    def schema_of(self, resource: str) -> dict[str, Any]:
        """What one row of a collection, or a settings object, looks like."""
        operation = self.document["paths"][f"/{resource}"]["get"]
        schema: dict[str, Any] = operation["responses"]["200"]["schema"]
        return schema["items"] if schema.get("type") == "array" else schema

    def unknown(self, resource: str, body: Any) -> list[str]:
        """The paths of the names in an answer that the contract does not have for *resource*."""
        if isinstance(body, list):  # a refusal
            return [f"error.{name}" for row in body for name in row if name not in _ERROR]
        if isinstance(body, dict) and "$items" in body:
            strange = [name for name in body if name not in _ENVELOPE]
            for row in body["$items"]:
                strange += self.unknown(resource, row)
            return strange
        if resource in _OUTSIDE:
            strange = [name for name in body if name not in _OUTSIDE[resource]]
            for row in body.get("subscriptions") or []:
                strange += [name for name in row if name not in _SUBSCRIPTION]
            return strange
        return list(self._strange(self.schema_of(resource), body, resource))

    def _strange(self, schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
        while "$ref" in schema:
            schema = self.document["definitions"][schema["$ref"].rpartition("/")[2]]
        if isinstance(value, list):
            for row in value:
                yield from self._strange(schema.get("items", {}), row, f"{path}[]")
        elif isinstance(value, dict):
            known = schema.get("properties", {})
            for name, part in value.items():
                if name in known:
                    yield from self._strange(known[name], part, f"{path}.{name}")
                else:
                    yield f"{path}.{name}"

    def unknown_in_request(
        self, method: str, resource: str, query: Iterable[str] = (), body: Any = None
    ) -> list[str]:
        """The parameters and the names in a body that the contract does not have.

        resource: a path such as ``sales_invoices`` or ``sales_invoices/{key}``.
        idempotency_id is documented elsewhere and always known.
        """
        operation = self.document["paths"][f"/{resource}"][method.lower()]
        parameters = operation.get("parameters", [])
        named = {each["name"] for each in parameters if each["in"] == "query"}
        strange = [f"?{name}" for name in query if name not in named]
        schemas = [each["schema"] for each in parameters if each["in"] == "body"]
        for schema in schemas if body is not None else []:
            found = self._strange(schema, body, resource)
            strange += [path for path in found if not path.endswith(".idempotency_id")]
        return strange


class Client:
    """Asks one business of a stand-in."""

    def __init__(self, standin: StandIn, business: str | None = None) -> None:
        self.standin = standin
        self.base = f"{standin.url}/v3.1"
        self.business = business or standin.books.business_id
        self.http = requests.Session()
        self.http.headers["X-Business"] = self.business
        self.grant = standin.issue_grant()
        self.use(self.grant)

    def use(self, grant: dict[str, Any]) -> None:
        self.grant = grant
        self.http.headers["Authorization"] = f"Bearer {grant['access_token']}"

    def raw(
        self, method: str, path: str, body: Any = None, headers: Any = None, **params: Any
    ) -> requests.Response:
        content = json.dumps(body) if isinstance(body, dict) else body
        return self.http.request(
            method, f"{self.base}/{path}", params=params, data=content, headers=headers
        )

    def get(self, path: str, **params: Any) -> Any:
        return self.raw("GET", path, **params).json()

    def rows(self, path: str, **params: Any) -> list[Any]:
        rows: list[Any] = self.get(path, **params)["$items"]
        return rows

    def ids(self, path: str, **params: Any) -> list[str]:
        return [row["id"] for row in self.rows(path, **params)]

    def send(self, method: str, path: str, root: str, **fields: Any) -> requests.Response:
        return self.raw(method, path, {root: fields})

    def pay(self, contact: str, amount: str, parts: dict[str, str], **more: Any) -> Any:
        """POST a receipt; parts: artefact id → amount."""
        bank = self.standin.businesses[self.business].rows("bank_accounts")[0]["id"]
        fields = {
            "transaction_type_id": "CUSTOMER_RECEIPT", "contact_id": contact,
            "bank_account_id": bank, "date": "2026-05-01", "total_amount": amount,
            "allocated_artefacts": [
                {"artefact_id": id, "amount": part} for id, part in parts.items()
            ],
        }  # fmt: skip
        return self.send("POST", "contact_payments", "contact_payment", **{**fields, **more})


@pytest.fixture
def books() -> Books:
    """Empty books of a British company at noon of 1 May 2026; the clock stands still."""
    return Books(clock=Clock(NOON))


@pytest.fixture
def customer(books: Books) -> str:
    return str(books.create_contact("Acme", reference="ACME")["id"])


@pytest.fixture
def standin(books: Books) -> Iterator[StandIn]:
    with StandIn(books) as server:
        yield server


@pytest.fixture
def sage(standin: StandIn) -> Iterator[Client]:
    client = Client(standin)
    with client.http:
        yield client


@pytest.fixture
def client_of() -> Iterator[Callable[..., Client]]:
    """Open more clients: client_of(standin, business)."""
    opened: list[Client] = []

    def open_client(standin: StandIn, business: str | None = None) -> Client:
        opened.append(Client(standin, business))
        return opened[-1]

    yield open_client
    for client in opened:
        client.http.close()


@pytest.fixture
def serving() -> Iterator[Callable[..., StandIn]]:
    """Start a stand-in of the books and options given; it stops when the test ends."""
    started: list[StandIn] = []

    def start(*books: Books, **options: Any) -> StandIn:
        started.append(StandIn(list(books), options=Options(**options)).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The contract of 2025."""
    return Contract("2025")


@pytest.fixture(scope="session")
def contract_2022() -> Contract:
    return Contract("2022")
