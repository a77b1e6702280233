"""A server that answers as it is told, and the adapter that reaches it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from recoup.connector.errors import OutcomeUnknown, Retriable
from recoup.connector.facades import Ledger
from recoup.connector.intents import Intent, IntentState, Operation, Outcome, intent_key
from recoup.connector.model import DocumentKind
from recoup.connector.pages import Page
from recoup.connector.protocols import ClientApp, Connection, TokenSet
from recoup.connector.standin.clock import Clock as BooksClock
from recoup.connector.standin.listener import Answer, Dropped, Listener, Request
from recoup.connector.testing import Mirror
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, OpenGate, connection
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.consent import XeroConsent
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

APP = ClientApp(client_id="client", client_secret="not-a-secret")
TENANT = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"
NOON_MS = int(NOON.timestamp() * 1000)

Reply = Answer | Exception | Callable[[Request], Answer]


class Scripted:
    """Answers requests in the order of ``replies``; the last one is repeated."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests: list[Request] = []
        self.clock = FakeClock(NOON)
        self.vault = FakeVault()
        self.gate = OpenGate()
        self.listener = Listener(self._handle, lambda: NOON, 0)
        threading.Thread(target=self.listener.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.listener.server_address[1]}"
        self.keep("access-1", "refresh-1")

    def keep(self, access: str, refresh: str | None, lives: float = 30) -> None:
        ends = self.clock.now() + timedelta(minutes=lives)
        tokens = TokenSet(access_token=access, refresh_token=refresh, access_expires_at=ends)
        self.vault.save("grant-1", tokens)

    def _handle(self, request: Request) -> Answer:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Answer) else reply(request)

    def say(self, body: Any = None, status: int = 200, **headers: str) -> Answer:
        """Queue an answer; the headers' underscores are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        answer = Answer(status, text, headers=named)
        self.replies.append(answer)
        return answer

    def rows(self, plural: str, *rows: Any, **members: Any) -> Answer:
        """Queue a list in Xero's envelope, as of noon."""
        head = {"Id": "1", "Status": "OK", "DateTimeUTC": f"/Date({NOON_MS})/"}
        return self.say({**head, **members, plural: list(rows)})

    def drop(self) -> None:
        """Queue a connection that is cut without an answer."""
        self.replies.append(Dropped())

    def query(self, at: int = -1) -> dict[str, str]:
        """The query of a request that came."""
        found = parse_qs(urlsplit(self.requests[at].target).query)
        return {name: values[0] for name, values in found.items()}

    @property
    def connection(self) -> Connection:
        return connection(
            "xero",
            TENANT,
            clock=self.clock,
            vault=self.vault,
            gate=self.gate,
            base_url=self.url,
            app=APP,
        )

    def client(self, *, page_rows: int = 1000) -> Client:
        return Client(self.connection, page_rows=page_rows)

    def consent(self) -> XeroConsent:
        return XeroConsent(APP, self.url, self.clock)

    def close(self) -> None:
        self.listener.shutdown()
        self.listener.close_all()


class World:
    """An organisation behind the stand-in, the bookkeeper's hands on it, and what was pulled."""

    def __init__(self, page_rows: int = 1000, **organisation: Any) -> None:
        self.clock = FakeClock(NOON)
        self.time = SharedTime(self.clock)
        self.books = Books(clock=self.time, **organisation)
        self.options = Options(throttle_clock="books")
        self.standin = StandIn(self.books, options=self.options).start()
        self.vault = FakeVault()
        self.gate = OpenGate()
        self.page_rows = page_rows
        self.mirror = Mirror()
        self.connect()

    def connect(self, scopes: str | None = None) -> None:
        """Give the vault the tokens of a fresh consent."""
        granted = self.standin.issue_grant(scopes=scopes, person="owner")
        ends = self.clock.now() + timedelta(seconds=granted["expires_in"])
        tokens = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=ends,
        )
        self.vault.save("grant-1", tokens)

    @property
    def connection(self) -> Connection:
        reached = connection(
            "xero",
            self.books.tenant_id,
            clock=self.clock,
            vault=self.vault,
            gate=self.gate,
            base_url=self.standin.url,
            app=APP,
        )
        return replace(reached, home_currency=self.books.base_currency)

    def ledger(self) -> Ledger:
        """Open the organisation anew, as a process that has just started does."""
        return Ledger(XeroLedger(self.connection, page_rows=self.page_rows))

    def pull(self, ledger: Ledger | None = None) -> list[Page]:
        """Pull to the end from the last cursor, as the engine stores it."""
        ledger, pages = ledger or self.ledger(), []
        for page in self.mirror.pages(ledger):
            self.mirror.take(ledger, page)
            pages.append(page)
        return pages

    def wait(self, **span: float) -> None:
        """Let time pass, with a fresh token at its end."""
        self.clock.advance(timedelta(**span))
        self.connect()

    def customer(self, name: str = "Buyer", **fields: Any) -> str:
        return str(self.books.create_contact(name, **fields)["ContactID"])

    def invoice(self, customer: str, amount: str = "100.00", **fields: Any) -> str:
        return str(self.books.create_invoice(customer, amount, **fields)["InvoiceID"])

    def intent(self, operation: Operation, **request: Any) -> Intent:
        """An intent of now; the same request makes the same key."""
        key, at = intent_key("test", operation, "meaning", request), self.clock.now()
        return Intent(
            key=key, operation=operation, natural_key="meaning", request=request, created_at=at
        )

    def payment(self, customer: str, amount: str, *parts: tuple[str, str], **more: Any) -> Intent:
        """The intent to book money; parts are (invoice, amount)."""
        return self.intent(
            Operation.CREATE_PAYMENT,
            customer_id=customer,
            currency=more.pop("currency", self.books.base_currency),
            amount=amount,
            issued_on="2026-06-30",
            reference="CHQ 1",
            allocations=[{"invoice_id": invoice, "amount": part} for invoice, part in parts],
            **more,
        )

    def apply(self, kind: DocumentKind, source: str, *parts: tuple[str, str]) -> Intent:
        return self.intent(
            Operation.ALLOCATE,
            source={"kind": kind.value, "ledger_id": source},
            allocations=[{"invoice_id": invoice, "amount": part} for invoice, part in parts],
        )

    def undo(self, outcome: Outcome) -> Intent:
        return self.intent(Operation.REVERSE, **outcome.inverse)

    def owing(self, *amounts: str, **fields: Any) -> tuple[str, list[str]]:
        buyer = self.customer()
        return buyer, [self.invoice(buyer, amount, on="2026-06-01", **fields) for amount in amounts]

    def due(self, invoice: str) -> str:
        return str(self.books.get("Invoices", invoice)["AmountDue"])

    def truth(self) -> dict[tuple[str, str], Decimal]:
        """What every live document has open; of payments, what they are."""
        fields = {"Invoices": "AmountDue", "CreditNotes": "RemainingCredit"}
        fields |= {"Overpayments": "RemainingCredit", "Payments": "Amount"}
        return {
            (plural, id): Decimal(doc[field])
            for plural, field in fields.items()
            for id, doc in self.books.table(plural).items()
            if doc["Status"] in ("AUTHORISED", "PAID")
        }

    def carry_out(self, operation: str, asked: Intent) -> Outcome:
        """Do what the engine does: the same intent again, waiting where told, until it is done."""
        for _ in range(12):
            try:
                outcome: Outcome = getattr(self.ledger(), operation)(asked)
            except Retriable as error:
                lost = isinstance(error, OutcomeUnknown)
                asked = replace(asked, state=IntentState.UNKNOWN if lost else IntentState.SENT)
                self.wait(seconds=error.retry_after.total_seconds())
            else:
                return outcome
        raise AssertionError("still refused")

    def asked(self, since: int = 0) -> list[str]:
        """The paths that were asked for, from a position of the log on."""
        served = self.standin.log[since:]
        return [entry.path.removeprefix("/api.xro/2.0/") for entry in served]

    def close(self) -> None:
        assert self.standin.wrong_tenant == 0
        self.standin.stop()


class SharedTime(BooksClock):
    """The stand-in's clock, read off the one that the adapter waits on."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    """Builds organisations; keyword arguments are those of Books."""
    opened: list[World] = []

    def build(**organisation: Any) -> World:
        opened.append(World(**organisation))
        return opened[-1]

    yield build
    for world in opened:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def server() -> Iterator[Scripted]:
    opened = Scripted()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings beside the project; tests skip where it is absent."""
    folder = Path(__file__).resolve().parents[3].parent / "shared" / "recordings" / "xero"
    if not folder.is_dir():
        pytest.skip("needs ../shared/recordings/xero")
    return folder
