"""The story as the example adapter's books can tell it: one currency, invoices and payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar

from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.testing.acts import (
    Act,
    Bills,
    Deletes,
    Edits,
    Opens,
    Receives,
    Renames,
    Voids,
)
from recoup.connector.testing.case import Unplayable
from recoup.connector.testing.fakes import FakeClock, FakeVault, connection, tokens
from recoup.connector.testing.memory_books import MemoryBooks
from recoup.connector.testing.memory_ledger import CURRENCY, MemoryLedger
from recoup.connector.testing.teller import Known, Teller

__all__ = ["MemoryTeller"]


class MemoryTeller(Teller):
    """A company in memory; a subclass may name another adapter over the same books."""

    adapter: type[MemoryLedger] = MemoryLedger
    home = CURRENCY
    differences: ClassVar[Mapping[str, str]] = {
        "Birch North": "a customer has no parent",
    }

    def __init__(self) -> None:
        self.clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.books = MemoryBooks(self.clock)
        self.vault = FakeVault()
        held = replace(tokens(at=self.clock.at), refresh_token=self.books.refresh)
        self.vault.save("grant-1", held)

    def open_ledger(self) -> Ledger:
        return Ledger(self.adapter(connection(clock=self.clock, vault=self.vault), self.books))

    def close(self) -> None:
        """Nothing runs."""

    def turn_to(self, day: date) -> None:
        noon = datetime.combine(day, time(12), tzinfo=UTC)
        self.clock.at = max(noon, self.clock.at + timedelta(seconds=1))

    def open_customer(self, act: Opens, known: Known) -> str:
        if act.currency is not None:
            raise Unplayable("these books have one currency")
        return self.books.add("Customer", name=act.customer)

    def tell(self, act: Act, known: Known) -> Mapping[str, Sequence[DocumentRef]]:
        match act:
            case Bills():
                return {act.invoice: [self._bill(act, known)]}
            case Receives() if not act.discount:
                return {act.receipt: [self._receive(act, known)]}
            case Edits():
                invoice = known.only(act.invoice)
                self.books.change("Invoice", invoice, total=act.amount, open=act.amount)
            case Voids():
                self.books.void(known.only(act.invoice))
            case Deletes():
                [ref] = known.documents[act.document]
                self.books.delete(ref.kind.value.capitalize(), ref.ledger_id)
            case Renames():
                self.books.change("Customer", known.customers[act.customer], name=act.name)
            case _:
                raise Unplayable("these books hold invoices and payments, no credits")
        return {}

    def _bill(self, act: Bills, known: Known) -> DocumentRef:
        made = self.books.add(
            "Invoice",
            customer=known.customers[act.customer],
            issued=self.clock.at.date().isoformat(),
            due=act.due_on.isoformat(),
            status="open",
            total=act.amount,
            open=act.amount,
        )
        return DocumentRef(DocumentKind.INVOICE, made)

    def _receive(self, act: Receives, known: Known) -> DocumentRef:
        lines = [(known.only(invoice), amount) for invoice, amount in act.against.items()]
        for invoice, amount in lines:
            assert Decimal(amount) <= Decimal(self.books.rows["Invoice", invoice]["open"])
        made = self.books.pay(known.customers[act.customer], act.amount, lines)
        return DocumentRef(DocumentKind.PAYMENT, made)
