"""A ledger whose shelves a test fills by hand: pages are scripted, sweeps and reads are live."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Retriable
from recoup.connector.facades import Ledger
from recoup.connector.hookspecs import hookimpl
from recoup.connector.model import Company, Customer, DocumentRef, Invoice, Record
from recoup.connector.money import Money
from recoup.connector.pages import Fetched, Page, Payload, Swept, Tombstone, Window
from recoup.sync.store.companies import CompanyRow, add_company
from recoup.sync.store.engine import Store

START = datetime(2026, 1, 1, tzinfo=UTC)


class Shelf:
    """What the ledger holds, and what its next pull will say."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], dict[str, Any]] = {}
        self.pages: list[Page | Exception] = []
        self.cursors: list[Any] = []
        self.asked: list[str] = []
        self.can: set[Capability] = set()

    def put(self, ledger_id: str, *, hour: int = 0, customer: str = "1", total: int = 100) -> None:
        """Put an invoice on the shelf, created *hour* hours after the start."""
        created = (START + timedelta(hours=hour)).isoformat()
        row = {"id": ledger_id, "created": created, "customer": customer, "total": total}
        self.held["Invoice", ledger_id] = row

    def settle(self, ledger_id: str) -> None:
        """Have an invoice paid without a word about it in any page."""
        self.held["Invoice", ledger_id]["open"] = 0

    def put_customer(self, ledger_id: str) -> None:
        self.held["Customer", ledger_id] = {"id": ledger_id}

    def page(self, *keys: tuple[str, str], cursor: int = 1, **more: Any) -> Page:
        return Page(payloads=[self.payload(key) for key in keys], cursor={"at": cursor}, **more)

    def payload(self, key: tuple[str, str]) -> Payload:
        return Payload(*key, json.dumps(self.held[key]).encode())

    def within(self, source_type: str, window: Window) -> list[tuple[str, str]]:
        return [
            key
            for key, row in self.held.items()
            if key[0] == source_type and _covers(window, datetime.fromisoformat(row["created"]))
        ]


class ShelfLedger:
    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        return frozenset(self.shelf.can)

    @hookimpl
    def sweep_open(self) -> Iterator[Page]:
        self.shelf.asked.append("open")
        keys = [key for key, row in self.shelf.held.items() if row.get("open", 1)]
        for key in keys:
            yield Page(payloads=[self.shelf.payload(key)], cursor={}, calls=1)
        ids = frozenset(i for _, i in keys)
        swept = Swept(
            source_type="Invoice", window=Window(), count=len(ids), ids=ids, open_only=True
        )
        yield Page(swept=[swept], cursor={})

    @hookimpl
    def pull(self, cursor: Any) -> Iterator[Page]:
        self.shelf.cursors.append(cursor)
        return self._pages()

    def _pages(self) -> Iterator[Page]:
        for page in self.shelf.pages:
            if isinstance(page, Exception):
                raise page
            yield page

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        return [_mapped(payload) for payload in payloads]

    @hookimpl
    def sweep(self, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
        self.shelf.asked.append("list" if listed else "count")
        keys = self.shelf.within(source_type, window)
        ids = frozenset(i for _, i in keys) if listed else None
        swept = Swept(source_type=source_type, window=window, count=len(keys), ids=ids)
        return swept, Fetched(payloads=[self.shelf.payload(k) for k in keys] if listed else ())

    @hookimpl
    def count_objects(self) -> Sequence[Swept]:
        self.shelf.asked.append("count all")
        count = len(self.shelf.within("Invoice", Window()))
        return [Swept(source_type="Invoice", window=Window(), count=count)]

    @hookimpl
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        self.shelf.asked.append(f"fetch {len(wanted)}")
        here = [key for key in wanted if key in self.shelf.held]
        gone = [Tombstone(*key) for key in wanted if key not in self.shelf.held]
        return Fetched(payloads=[self.shelf.payload(key) for key in here], tombstones=gone)

    @hookimpl
    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[tuple[str, str]]:
        return [("Invoice", ref.ledger_id) for ref in refs]


def _covers(window: Window, at: datetime) -> bool:
    return (window.start is None or at >= window.start) and (window.end is None or at < window.end)


def _mapped(payload: Payload) -> Record:
    row = json.loads(payload.raw)
    if payload.source_type == "Customer":
        return Customer(ledger_id=row["id"], name=f"Customer {row['id']}", currency="USD")
    amount = Money(Decimal(row["total"]), "USD")
    return Invoice(
        ledger_id=row["id"],
        created_at=datetime.fromisoformat(row["created"]),
        customer_id=row["customer"],
        issued_on=date(2026, 1, 1),
        due_on=date(2026, 1, 31),
        total=amount,
        balance=Money(Decimal(row.get("open", row["total"])), "USD"),
    )


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def ledger(shelf: Shelf) -> Ledger:
    return Ledger(ShelfLedger(shelf))


@pytest.fixture
def company(store: Store) -> CompanyRow:
    described = Company(ledger="shelf", ledger_id="1", name="Shelf", home_currency="USD")
    with store.write() as conn:
        return add_company(conn, described, base_url=None, grant_id="g", at=START)


@pytest.fixture
def throttled() -> Retriable:
    return Retriable("the shelf is busy", retry_after=timedelta(minutes=1))
