"""A company with a still clock, its stand-in, and a client that says little and shows all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from recoup.connector.standin.wire import dumps
from recoup.plugins.quickbooks.standin.books import Books, Clock
from recoup.plugins.quickbooks.standin.server import StandIn

NOON = datetime(2026, 5, 1, 19, 0, 0, 250_000, tzinfo=UTC)  # noon in Los Angeles


class Company:
    """Books with shorthands: every method returns the id of what it made."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def customer(self, name: str = "Acme", **more: Any) -> str:
        return str(self.books.create("Customer", {"DisplayName": name, **more})["Id"])

    def invoice(self, customer: str, amount: str = "100.00", **more: Any) -> str:
        return str(self._form("Invoice", customer, amount, more)["Id"])

    def credit(self, customer: str, amount: str = "100.00", **more: Any) -> str:
        return str(self._form("CreditMemo", customer, amount, more)["Id"])

    def _form(self, entity: str, customer: str, amount: str, more: dict[str, Any]) -> Any:
        line = {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail"}
        line["SalesItemLineDetail"] = {"ItemRef": {"value": "1"}}
        body = {"CustomerRef": {"value": customer}, "Line": [line], **more}
        return self.books.create(entity, body)

    def payment(self, customer: str, amount: str, settles: dict[str, str] | None = None) -> str:
        lines = [
            {"Amount": Decimal(part), "LinkedTxn": [{"TxnId": id, "TxnType": "Invoice"}]}
            for id, part in (settles or {}).items()
        ]
        body = {"CustomerRef": {"value": customer}, "TotalAmt": Decimal(amount), "Line": lines}
        return str(self.books.create("Payment", body)["Id"])

    def receivable(self) -> Decimal:
        account = self.books.receivable_account(self.books.home_currency)
        return Decimal(self.books.get("Account", account)["CurrentBalance"])


class Client:
    """Asks one company of a stand-in; answers are parsed with exact amounts."""

    def __init__(self, standin: StandIn, realm: str | None = None) -> None:
        self.realm = realm or standin.books.realm
        self.base = f"{standin.url}/v3/company/{self.realm}"
        self.grant = standin.issue_grant(self.realm)
        self.http = requests.Session()
        self.use(str(self.grant["access_token"]))

    def use(self, access_token: str) -> None:
        self.http.headers["Authorization"] = f"Bearer {access_token}"

    def raw(self, method: str, path: str, body: Any = None, **params: str) -> requests.Response:
        content = body.encode() if isinstance(body, str) else body
        return self.http.request(method, f"{self.base}/{path}", params=params, data=content)

    def get(self, path: str, **params: str) -> Any:
        return json.loads(self.raw("GET", path, **params).text, parse_float=Decimal)

    def post(self, path: str, body: Any = None, **params: str) -> Any:
        answer = self.raw("POST", path, dumps(body or {}), **params)
        return json.loads(answer.text, parse_float=Decimal)

    def query(self, sql: str) -> Any:
        answer = self.raw("POST", "query", sql)
        body = json.loads(answer.text, parse_float=Decimal)
        return body.get("QueryResponse", body)

    def rows(self, sql: str) -> list[Any]:
        found = self.query(sql)
        return next((value for value in found.values() if isinstance(value, list)), [])

    def ids(self, sql: str) -> list[str]:
        return [row["Id"] for row in self.rows(sql)]


@pytest.fixture
def books() -> Books:
    """Empty books of a company in Los Angeles at noon of 1 May 2026; the clock stands still."""
    return Books(clock=Clock(NOON))


@pytest.fixture
def company(books: Books) -> Company:
    return Company(books)


@pytest.fixture
def standin(books: Books) -> Iterator[StandIn]:
    with StandIn(books) as server:
        yield server


@pytest.fixture
def qbo(standin: StandIn) -> Iterator[Client]:
    client = Client(standin)
    with client.http:
        yield client


@pytest.fixture
def client_of() -> Iterator[Any]:
    """Open more clients: client_of(standin, realm)."""
    opened: list[Client] = []

    def open_client(standin: StandIn, realm: str | None = None) -> Client:
        opened.append(Client(standin, realm))
        return opened[-1]

    yield open_client
    for client in opened:
        client.http.close()


@pytest.fixture
def company_of() -> type[Company]:
    """Wrap other books in the shorthands."""
    return Company


def code_of(answer: Any) -> str:
    return str(answer["Fault"]["Error"][0]["code"])


@pytest.fixture
def code() -> Any:
    """Return the code of a fault body."""
    return code_of
