"""A complete adapter over books in memory: the example for authors, and the suite's own proof."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from recoup.connector.capabilities import Capability
from recoup.connector.errors import (
    NeedsReconnect,
    NotSupported,
    RecoupError,
    Retriable,
    Skippable,
)
from recoup.connector.hookspecs import hookimpl
from recoup.connector.intents import Intent, Outcome
from recoup.connector.model import (
    Allocation,
    Company,
    ControlTotals,
    Customer,
    DocumentKind,
    DocumentRef,
    DocumentState,
    Invoice,
    Payment,
    Record,
    Unmapped,
)
from recoup.connector.money import InexactAmount, Money
from recoup.connector.pages import Cursor, Fetched, Page, Payload, Swept, Tombstone, Window
from recoup.connector.protocols import Connection, TokenSet
from recoup.connector.testing.fakes import tokens
from recoup.connector.testing.memory_books import MemoryBooks, Refused

__all__ = ["MemoryLedger"]

T = TypeVar("T")
CURRENCY = "USD"
TYPES = {DocumentKind.INVOICE: "Invoice", DocumentKind.PAYMENT: "Payment"}


class MemoryLedger:
    """Stateless but for its connection: cursors, tokens and budgets are the caller's."""

    def __init__(self, connection: Connection, books: MemoryBooks) -> None:
        self._connection = connection
        self._books = books

    @hookimpl
    def describe_company(self) -> Company:
        return Company(
            ledger="memory",
            ledger_id=self._connection.company_id,
            name="Memory Ltd",
            home_currency=CURRENCY,
        )

    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        return frozenset(
            {
                Capability.INCREMENTAL_PULL,
                Capability.DELETIONS,
                Capability.OPEN_SWEEP,
                Capability.LIVE_FETCH,
                Capability.CONTROL_NOW,
                Capability.CREATE_PAYMENT,
                Capability.REVERSE,
            }
        )

    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        after = 0 if cursor is None else cursor["after"]
        while changes := self._call(self._books.changes, after):
            after = changes[-1][0]
            yield Page(
                payloads=[Payload(kind, i, body) for _, kind, i, body in changes if body],
                tombstones=[Tombstone(kind, i) for _, kind, i, body in changes if body is None],
                cursor={"after": after},
                calls=1,
            )

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        return [_mapped(payload) for payload in payloads]

    @hookimpl
    def sweep_open(self) -> Iterator[Page]:
        listed = self._call(self._books.open_invoices)
        ids = frozenset(row_id for row_id, _ in listed)
        swept = Swept(
            source_type="Invoice", window=Window(), count=len(ids), ids=ids, open_only=True
        )
        payloads = [Payload("Invoice", row_id, body) for row_id, body in listed]
        yield Page(payloads=payloads, swept=[swept], cursor={}, calls=1)

    @hookimpl
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        payloads, gone = [], []
        for kind, row_id in wanted:
            body = self._call(self._read, kind, row_id)
            if body is None:
                gone.append(Tombstone(kind, row_id))
            else:
                payloads.append(Payload(kind, row_id, body))
        return Fetched(payloads=payloads, tombstones=gone)

    @hookimpl
    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[tuple[str, str]]:
        return [(TYPES[ref.kind], ref.ledger_id) for ref in refs if ref.kind in TYPES]

    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        if as_of is not None or detail:
            raise NotSupported("the memory ledger states only its total of now")
        total = Money(self._call(self._books.control), CURRENCY)
        return ControlTotals(as_of=None, read_at=self._connection.clock.now(), totals=(total,))

    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        if any("discount" in part for part in intent.request["allocations"]):
            raise NotSupported("the memory ledger grants no discount")
        raw = self._call(self._books.book_payment, intent.key, intent.request)
        booked = json.loads(raw)
        paid = tuple(DocumentRef(DocumentKind.INVOICE, line[0]) for line in booked["lines"])
        ref = DocumentRef(DocumentKind.PAYMENT, booked["id"])
        inverse = {"delete_payment": booked["id"], "touched": [invoice for _, invoice in paid]}
        return Outcome(document=ref, inverse=inverse, touched=(ref, *paid), raw=raw)

    @hookimpl
    def reverse(self, intent: Intent) -> Outcome:
        payment_id = intent.request["delete_payment"]
        touched = [DocumentRef(DocumentKind.INVOICE, i) for i in intent.request["touched"]]
        self._call(self._unbook, payment_id)
        ref = DocumentRef(DocumentKind.PAYMENT, payment_id)
        return Outcome(document=None, inverse={}, touched=(ref, *touched))

    def _read(self, token: str, kind: str, row_id: str) -> bytes | None:
        try:
            return self._books.read(token, kind, row_id)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def _unbook(self, token: str, payment_id: str) -> None:
        try:
            self._books.unbook_payment(token, payment_id)
        except Refused as refusal:
            if refusal.status != 410:  # gone already: the undo was sent twice
                raise

    def _call(self, method: Callable[..., T], *arguments: Any) -> T:
        """The one place where refusals become our errors and a dead token is renewed."""
        vault, grant_id = self._connection.vault, self._connection.grant_id
        held = vault.read(grant_id)
        try:
            try:
                return method(held.access_token, *arguments)
            except Refused as refusal:
                if refusal.status != 401:
                    raise
            held = vault.refresh(grant_id, held, self._renew)
            return method(held.access_token, *arguments)
        except Refused as refusal:
            raise _translated(refusal) from refusal

    def _renew(self, held: TokenSet) -> TokenSet:
        access, refresh = self._books.renew(held.refresh_token)
        return replace(tokens(access, at=self._connection.clock.now()), refresh_token=refresh)


def _translated(refusal: Refused) -> RecoupError:
    if refusal.status == 429:
        return Retriable("the memory ledger is busy", retry_after=timedelta(seconds=60))
    if refusal.status in (400, 401):
        return NeedsReconnect("the consent is gone: connect again")
    return Skippable(str(refusal))


def _mapped(payload: Payload) -> Record | Exception:
    row = json.loads(payload.raw)
    match payload.source_type:
        case "Customer":
            return Customer(
                ledger_id=row["id"], name=row["name"], currency=CURRENCY, raw=payload.raw
            )
        case "Invoice":
            return _exact(_invoice(row, payload.raw))
        case "Payment":
            return _exact(_payment(row, payload.raw))
    return Unmapped(ledger_id=row["id"], source_type=payload.source_type, raw=payload.raw)


def _exact(record: Invoice | Payment) -> Record | Exception:
    try:
        _ = record.total.minor, record.balance.minor
    except InexactAmount as error:
        return Skippable(f"{record.ref}: {error}")
    return record


def _invoice(row: Mapping[str, Any], raw: bytes) -> Invoice:
    return Invoice(
        ledger_id=row["id"],
        customer_id=row["customer"],
        created_at=datetime.fromisoformat(row["created"]).astimezone(UTC),
        issued_on=date.fromisoformat(row["issued"]),
        due_on=date.fromisoformat(row["due"]),
        total=Money.of(row["total"], CURRENCY),
        balance=Money.of(row["open"], CURRENCY),
        # A status that nobody knows counts as posted: the money is owed whatever it is called.
        state=DocumentState.VOID if row["status"] == "void" else DocumentState.POSTED,
        raw=raw,
    )


def _payment(row: Mapping[str, Any], raw: bytes) -> Payment:
    source = DocumentRef(DocumentKind.PAYMENT, row["id"])
    created_at = datetime.fromisoformat(row["created"]).astimezone(UTC)
    return Payment(
        ledger_id=row["id"],
        customer_id=row["customer"],
        created_at=created_at,
        issued_on=created_at.date(),
        total=Money.of(row["total"], CURRENCY),
        balance=Money.of(row["open"], CURRENCY),
        allocations=tuple(
            Allocation(
                part=str(part),
                source=source,
                target=DocumentRef(DocumentKind.INVOICE, invoice),
                amount=Money.of(amount, CURRENCY),
            )
            for part, (invoice, amount) in enumerate(row["lines"])
        ),
        raw=raw,
    )
