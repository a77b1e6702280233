"""A QuickBooks company behind the stand-in, and the adapter that reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.facades import Consent, Ledger
from recoup.connector.pages import Cursor, Page
from recoup.connector.protocols import ClientApp, Connection, TokenSet
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, OpenGate, connection
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.consent import QuickBooksConsent
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.clock import Clock as BooksClock
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

APP = ClientApp(client_id="client", client_secret="not-a-secret")


class SharedTime(BooksClock):
    """The stand-in's clock, read off the one that the adapter waits on."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()


class World:
    """One company: the books, the server, the adapter's fakes, and a store of pulled payloads."""

    def __init__(self, **company: Any) -> None:
        self.clock = FakeClock(NOON)
        self.books = Books(clock=SharedTime(self.clock), **company)
        self.options = Options()
        self.standin = StandIn(self.books, options=self.options).start()
        self.vault = FakeVault()
        self.gate = OpenGate()
        self.consent = Consent(QuickBooksConsent(APP, self.standin.url, self.clock))
        self.cursor: Cursor | None = None
        self.connect()

    def connect(self) -> TokenSet:
        """Give the vault the tokens of a fresh consent."""
        return self.vault.save("grant-1", _tokens(self.standin.issue_grant(), self.clock.now()))

    def connection(self, realm: str | None = None) -> Connection:
        return connection(
            "quickbooks",
            realm or self.books.realm,
            clock=self.clock,
            vault=self.vault,
            gate=self.gate,
            base_url=self.standin.url,
            app=APP,
        )

    def ledger(self, *, realm: str | None = None, page_rows: int = 1000) -> Ledger:
        """Open the company anew, as a process that has just started does."""
        return Ledger(QuickBooksLedger(self.connection(realm), page_rows=page_rows))

    def pull(self, ledger: Ledger | None = None) -> list[Page]:
        """Pull to the end from the last cursor and keep the new one."""
        pages = list((ledger or self.ledger()).pull(self.cursor))
        self.cursor = pages[-1].cursor
        return pages

    def customer(self, name: str = "Buyer", **fields: Any) -> str:
        return str(self.books.create("Customer", {"DisplayName": name, **fields})["Id"])

    def invoice(self, customer_id: str, amount: str = "100.00", **fields: Any) -> str:
        body = {"CustomerRef": {"value": customer_id}, "Line": [line(amount)], **fields}
        return str(self.books.create("Invoice", body)["Id"])

    def pay(self, customer_id: str, amount: str, **applied: str) -> str:
        """Book a payment; applied maps ``i<invoice id>`` to an amount."""
        lines = [
            {"Amount": Decimal(part), "LinkedTxn": [{"TxnId": name[1:], "TxnType": "Invoice"}]}
            for name, part in applied.items()
        ]
        body = {"CustomerRef": {"value": customer_id}, "TotalAmt": Decimal(amount), "Line": lines}
        return str(self.books.create("Payment", body)["Id"])

    def close(self) -> None:
        self.standin.stop()


def line(amount: str) -> Mapping[str, Any]:
    return {
        "Amount": Decimal(amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {},
    }


def _tokens(granted: Mapping[str, Any], now: datetime) -> TokenSet:
    return TokenSet(
        access_token=granted["access_token"],
        refresh_token=granted["refresh_token"],
        access_expires_at=now + timedelta(seconds=granted["expires_in"]),
    )


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    """Builds companies; keyword arguments are those of Books."""
    opened: list[World] = []

    def build(**company: Any) -> World:
        opened.append(World(**company))
        return opened[-1]

    yield build
    for world in opened:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings beside the project; tests skip where it is absent."""
    root = Path(__file__).resolve().parents[3]
    folder = root.parent / "shared" / "recordings" / "quickbooks" / "qbo_api"
    if not folder.is_dir():
        pytest.skip("needs ../shared/recordings/quickbooks")
    return folder
