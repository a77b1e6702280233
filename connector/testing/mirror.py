"""The smallest engine that keeps its side of the pull contract, in memory."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from datetime import datetime

from recoup.connector.facades import Ledger
from recoup.connector.model import (
    Allocation,
    CreditNote,
    Customer,
    DocumentRef,
    DocumentState,
    Invoice,
    Payment,
    Record,
    Refund,
)
from recoup.connector.money import InexactAmount, Money
from recoup.connector.pages import Cursor, Page, Payload, Swept

__all__ = ["Mirror"]

Key = tuple[str, str]  # source type, ledger id


class Mirror:
    """What a pull has told so far. A page counts as stored once ``take`` has returned."""

    def __init__(self) -> None:
        self.payloads: dict[Key, Payload] = {}
        self.records: dict[Key, Record] = {}
        self.parked: dict[Key, Exception] = {}
        self.cursor: Cursor | None = None
        self.page_count = 0
        self.call_count = 0

    def pull(self, ledger: Ledger) -> int:
        """Pull to the end from the last stored cursor; returns the number of pages."""
        before = self.page_count
        self.take_all(ledger, self.pages(ledger))
        self._follow_merges(ledger)
        return self.page_count - before

    def pages(self, ledger: Ledger) -> Iterator[Page]:
        return ledger.pull(copy.deepcopy(self.cursor))

    def take_all(self, ledger: Ledger, pages: Iterable[Page]) -> None:
        for page in pages:
            self.take(ledger, page)

    def take(self, ledger: Ledger, page: Page) -> None:
        """Store one page with its cursor."""
        self._store(ledger, page.payloads)
        self._drop((stone.source_type, stone.ledger_id) for stone in page.tombstones)
        for swept in page.swept:
            self._compare(ledger, swept)
        self.cursor = page.cursor
        self.page_count += 1
        self.call_count += page.calls

    def open_amounts(self) -> dict[DocumentRef, Money]:
        """Every live document with its open amount, as LedgerCase.truth() gives it."""
        return {
            record.ref: record.balance
            for record in self.records.values()
            if isinstance(record, Invoice | CreditNote | Payment | Refund)
            and record.state is DocumentState.POSTED
        }

    def allocations(self) -> list[Allocation]:
        return [
            allocation
            for record in self.records.values()
            if isinstance(record, CreditNote | Payment | Refund)
            and record.state is DocumentState.POSTED
            for allocation in record.allocations
        ]

    def customers(self) -> list[Customer]:
        return [record for record in self.records.values() if isinstance(record, Customer)]

    def _follow_merges(self, ledger: Ledger) -> None:
        """Read again what names a vanished customer: a merge moves it without a trace."""
        here = {customer.ledger_id for customer in self.customers()}
        lost = [
            key
            for key, record in self.records.items()
            if isinstance(record, Invoice | CreditNote | Payment | Refund)
            and record.customer_id not in here
        ]
        if lost:
            self._store(ledger, ledger.fetch(lost).payloads)

    def _store(self, ledger: Ledger, payloads: Iterable[Payload]) -> None:
        listed = list(payloads)
        for payload, record in zip(listed, ledger.map_payloads(listed), strict=True):
            key = (payload.source_type, payload.ledger_id)
            self.payloads[key] = payload
            self.parked.pop(key, None)
            if isinstance(record, Exception):
                self.parked[key] = record
            elif (reason := _inexact(record)) is not None:
                self.parked[key] = reason
            else:
                self.records[key] = record

    def _drop(self, keys: Iterable[Key]) -> None:
        for key in keys:
            for shelf in (self.payloads, self.records, self.parked):
                shelf.pop(key, None)

    def _compare(self, ledger: Ledger, swept: Swept) -> None:
        """Ask live for what the ledger did not list; only its own word drops anything."""
        if swept.ids is None:
            here = sum(1 for _ in self._within(swept))
            if here == swept.count:
                return
            swept, listed = ledger.sweep(swept.source_type, swept.window, True)
            self._store(ledger, listed.payloads)
        missing = [key for key in self._within(swept) if key[1] not in (swept.ids or ())]
        if missing:
            found = ledger.fetch(missing)
            self._store(ledger, found.payloads)
            self._drop((stone.source_type, stone.ledger_id) for stone in found.tombstones)

    def _within(self, swept: Swept) -> Iterator[Key]:
        for key, record in list(self.records.items()):
            if key[0] == swept.source_type and _inside(record.created_at, swept):
                yield key


def _inside(created_at: datetime | None, swept: Swept) -> bool:
    if created_at is None:
        return True
    start, end = swept.window
    return (start is None or start <= created_at) and (end is None or created_at < end)


def _inexact(record: Record) -> InexactAmount | None:
    """The engine parks a document whose amounts its currency cannot hold; so does this."""
    if not isinstance(record, Invoice | CreditNote | Payment | Refund):
        return None
    try:
        _ = record.total.minor, record.balance.minor
    except InexactAmount as error:
        return error
    return None
