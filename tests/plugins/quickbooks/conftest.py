"""A QuickBooks company behind the stand-in, and the adapter that reaches it."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import vcr  # type: ignore[import-untyped]

from recoup.connector.facades import Consent, Ledger
from recoup.connector.pages import Cursor, Page
from recoup.connector.protocols import ClientApp, Connection, TokenSet
from recoup.connector.standin.clock import Clock as BooksClock
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, OpenGate, connection
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.consent import QuickBooksConsent
from recoup.plugins.quickbooks.standin.books import Books
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


# -- cassettes ------------------------------------------------------------------------------
#
# Recorded from the stand-in with RECOUP_RECORD=1, replayed otherwise. What is not named here is
# not written: only these headers, no secret anywhere in an address or a body. Bodies stay the
# text that came, so that 362.10 stays 362.10.

CASSETTES = Path(__file__).parent / "cassettes"
CANONICAL = "http://127.0.0.1:1"
REALM = "4620816365000000001"
HEADERS = {
    "request": frozenset({"accept", "content-type"}),
    "response": frozenset({"content-type", "intuit_tid", "retry-after", "location"}),
}
SECRETS = "access_token|refresh_token|id_token|token|client_secret"
_IN_JSON = re.compile(rf'("(?:{SECRETS})"\s*:\s*")[^"]*')
_IN_FORM = re.compile(rf"(^|[?&])((?:{SECRETS}|code|code_verifier|state)=)[^&\s]*")


def scrubbed(text: str) -> str:
    """Blank out every secret at any depth of a JSON text, and in forms and query strings."""
    forms = _IN_FORM.sub(r"\1\2SCRUBBED", text) if not text.startswith("{") else text
    return _IN_JSON.sub(r"\1SCRUBBED", forms)


def _keep(headers: Mapping[str, Any], side: str) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if name.lower() in HEADERS[side]}


def _clean_request(request: Any) -> Any:
    clean = copy.copy(request)
    address = urlsplit(request.uri)
    clean.uri = scrubbed(urlunsplit(address._replace(netloc=urlsplit(CANONICAL).netloc)))
    body = request.body
    text = body.decode() if isinstance(body, bytes) else str(body or "")
    clean.body = scrubbed(text).encode()
    clean.headers = _keep(request.headers, "request")
    return clean


def _clean_response(response: Any) -> Any:
    clean = copy.deepcopy(response)
    clean["headers"] = {
        name: [_local(scrubbed(value)) for value in values]
        for name, values in _keep(response["headers"], "response").items()
    }
    text = response["body"]["string"].decode()
    clean["body"]["string"] = _local(scrubbed(text)).encode()
    return clean


def _local(text: str) -> str:
    """The stand-in's port changes from run to run."""
    return re.sub(r"http://127\.0\.0\.1:\d+", CANONICAL, text)


def recorder() -> vcr.VCR:
    """The one configuration of all cassettes; writes are matched by their bodies too."""
    return vcr.VCR(
        cassette_library_dir=str(CASSETTES),
        record_mode="all" if recording() else "none",
        match_on=["method", "scheme", "host", "path", "query", "body"],
        before_record_request=_clean_request,
        before_record_response=_clean_response,
        decode_compressed_response=True,
    )


def recording() -> bool:
    return bool(os.environ.get("RECOUP_RECORD"))


class Tape:
    """A company on a cassette. While it is recorded there are books, and ``world`` to act on."""

    def __init__(self, world: World | None) -> None:
        self.world = world
        self.clock = world.clock if world is not None else FakeClock(NOON)
        self.vault = FakeVault()
        self.connection = connection(
            "quickbooks",
            REALM,
            clock=self.clock,
            vault=self.vault,
            base_url=world.standin.url if world is not None else CANONICAL,
            app=APP,
        )
        granted = world.standin.issue_grant() if world is not None else _NOBODYS
        self.vault.save("grant-1", _tokens(granted, self.clock.now()))
        self.ledger = Ledger(QuickBooksLedger(self.connection))
        self.consent = Consent(QuickBooksConsent(APP, self.connection.base_url, self.clock))

    def act(self, step: Callable[[World], object]) -> None:
        """Let the bookkeeper act; on replay his acts are on the cassette."""
        if self.world is not None:
            step(self.world)


_NOBODYS = {"access_token": "replayed", "refresh_token": "replayed", "expires_in": 86400}


@pytest.fixture
def tape(request: pytest.FixtureRequest) -> Iterator[Tape]:
    """The cassette named after the test."""
    world = World(realm=REALM) if recording() else None
    name = request.node.name.removeprefix("test_")
    if world is not None:
        (CASSETTES / f"{name}.yaml").unlink(missing_ok=True)
    with recorder().use_cassette(f"{name}.yaml"):
        yield Tape(world)
    if world is not None:
        world.close()
