"""A list of Sage's in memory, and a Sage business behind the stand-in with its adapter."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.facades import Consent, Ledger
from recoup.connector.http import Answer
from recoup.connector.intents import Intent, Operation, intent_key
from recoup.connector.pages import Cursor, Page
from recoup.connector.protocols import ClientApp, Connection, TokenSet
from recoup.connector.standin.clock import Clock as BooksClock
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, OpenGate, connection
from recoup.connector.testing.mirror import Mirror
from recoup.plugins.sage.adapter import SageLedger
from recoup.plugins.sage.consent import SageConsent
from recoup.plugins.sage.decode import ListPage, read_page
from recoup.plugins.sage.faults import SystemFault
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.options import Options
from recoup.plugins.sage.standin.server import StandIn

APP = ClientApp(client_id="client", client_secret="not-a-secret")

SECOND = timedelta(seconds=1)


class FakeList:
    """One list as Sage serves it: by time of change, inclusive, the last page repeated.

    Stands in for the client of a Lister. between is called before each answer, as people are
    busy between two calls.
    """

    def __init__(self, rows: int, *, page_rows: int = 10, tied: int = 0) -> None:
        """tied: so many of the rows share the first second."""
        self.page_rows = page_rows
        self.at = NOON + rows * SECOND
        self.rows = {f"r{n:05}": NOON if n < tied else NOON + (n + 1) * SECOND for n in range(rows)}
        self.between: Callable[[], None] = lambda: None
        self.calls: list[Mapping[str, str]] = []
        self.singles: list[str] = []
        self.poison: set[str] = set()  # breaks every page that shows it, and its own
        self.heavy_rows = 10**6  # attributes=all with more rows than this breaks
        self.unlisted: set[str] = set()  # breaks even a page without attributes
        self.total: Callable[[int], int | None] = lambda count: count

    def touch(self, name: str) -> None:
        self.at += SECOND
        self.rows[name] = self.at

    def page(self, path: str, params: Mapping[str, str], *, rows: int, page: int = 1) -> ListPage:
        self.between()
        self.calls.append({**params, "rows": str(rows), "page": str(page)})
        found = sorted(self.rows.items(), key=lambda item: (item[1], item[0]))
        if "updated_or_created_since" in params:
            since = datetime.fromisoformat(params["updated_or_created_since"])
            found = [item for item in found if item[1] >= since]
        last = max(0, (len(found) - 1) // rows)
        start = min(page - 1, last) * rows
        shown = found[start : start + rows]
        names = {name for name, _ in shown}
        is_whole = params.get("attributes") == "all"
        if names & self.unlisted or (is_whole and names & self.poison):
            raise SystemFault("Sage says nothing more (HTTP 500)")
        if is_whole and rows > self.heavy_rows:
            raise SystemFault("Sage says nothing more (HTTP 504)")
        body = {"$total": self.total(len(found)), "$items": [_item(*one) for one in shown]}
        return read_page(json.dumps(body).encode())

    def read(self, path: str, ledger_id: str) -> bytes:
        self.singles.append(ledger_id)
        if ledger_id in self.poison:
            raise SystemFault("Sage says nothing more (HTTP 500)")
        return json.dumps(_item(ledger_id, self.rows[ledger_id])).encode()


def _item(name: str, at: datetime) -> dict[str, Any]:
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": name, "created_at": stamp, "updated_at": stamp}


@pytest.fixture
def fake_list() -> type[FakeList]:
    return FakeList


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of contracts and recordings beside the project; tests skip where it is absent."""
    folder = Path(__file__).resolve().parents[3].parent / "shared"
    if not (folder / "recordings" / "sage").is_dir():
        pytest.skip("needs ../shared")
    return folder


# -- a business behind the stand-in -------------------------------------------------------------


class SharedTime(BooksClock):
    """The stand-in's clock, read off the one that the adapter waits on."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()


class World:
    """One business: the books, the server, the adapter's fakes, and what was pulled so far."""

    def __init__(self, *, options: Options | None = None, more: int = 0, **books: Any) -> None:
        """more: businesses that the grant reaches besides. The rest is for Books."""
        self.clock = FakeClock(NOON)
        self.books = Books(clock=SharedTime(self.clock), **books)
        others = [
            Books(f"{n:032x}", name=f"Other {n}", clock=SharedTime(self.clock))
            for n in range(1, more + 1)
        ]
        self.options = options or Options()
        self.standin = StandIn([self.books, *others], options=self.options).start()
        self.vault = FakeVault()
        self.gate = OpenGate()
        self.consent = Consent(SageConsent(APP, self.standin.url, self.clock))
        self.mirror = Mirror()
        self.cursor: Cursor | None = None
        self.connect()

    def connect(self, businesses: Sequence[str] | None = None) -> TokenSet:
        """Give the vault the tokens of a fresh consent."""
        granted = self.standin.issue_grant(businesses)
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=self.clock.now() + timedelta(seconds=granted["expires_in"]),
        )
        return self.vault.save("grant-1", fresh)

    def connection(self, business: str | None = None) -> Connection:
        return connection(
            "sage",
            business or self.books.business_id,
            clock=self.clock,
            vault=self.vault,
            gate=self.gate,
            base_url=self.standin.url,
            app=APP,
        )

    def adapter(self, **more: Any) -> SageLedger:
        return SageLedger(self.connection(), **more)

    def ledger(self, **more: Any) -> Ledger:
        """Open the business anew, as a process that has just started does."""
        return Ledger(self.adapter(**more))

    def pull(self, ledger: Ledger | None = None) -> list[Page]:
        """Pull to the end from the last cursor, store what came and keep the new cursor."""
        ledger = ledger or self.ledger()
        pages = []
        for page in ledger.pull(self.cursor):
            self.mirror.take(ledger, page)
            self.cursor = page.cursor
            pages.append(page)
        return pages

    def customer(self, name: str = "Buyer", **fields: Any) -> str:
        return str(self.books.create_contact(name, **fields)["id"])

    def invoice(self, contact: str, amount: str = "100.00", **fields: Any) -> str:
        return str(self.books.create_invoice(contact, amount, **fields)["id"])

    def close(self) -> None:
        self.standin.stop()


class Recorder:
    """A caller that keeps what it was asked to send."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.sent: list[tuple[str, str, Mapping[str, str], Any]] = []
        self.headers: list[Mapping[str, str]] = []

    def call(self, method: str, url: str, **more: Any) -> Answer:
        body = more.get("data")
        path = url.partition("/v3.1")[2]
        decoded = json.loads(body) if isinstance(body, bytes) else body
        self.sent.append((method, path, more.get("params") or {}, decoded))
        self.headers.append(more.get("headers") or {})
        answer: Answer = self._inner.call(method, url, **more)
        return answer


def intent(operation: Operation, meaning: str, **request: Any) -> Intent:
    key = intent_key("tests", operation, meaning, request)
    return Intent(key=key, operation=operation, natural_key=meaning, request=request)


@pytest.fixture
def make_intent() -> Callable[..., Intent]:
    return intent


@pytest.fixture
def record() -> Callable[[SageLedger], Recorder]:
    """Put a recorder between an adapter and the wire."""

    def put(adapter: SageLedger) -> Recorder:
        client = adapter._client
        recorder = Recorder(client._caller)
        client._caller = recorder  # type: ignore[assignment]
        return recorder

    return put


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    """Builds businesses; keyword arguments are those of World."""
    opened: list[World] = []

    def build(**more: Any) -> World:
        opened.append(World(**more))
        return opened[-1]

    yield build
    for world in opened:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
