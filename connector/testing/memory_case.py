"""The fixtures class that goes with the example adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.money import Money
from recoup.connector.testing.case import LedgerCase, Truth
from recoup.connector.testing.fakes import FakeClock, FakeVault, connection, tokens
from recoup.connector.testing.memory_books import MemoryBooks
from recoup.connector.testing.memory_ledger import MemoryLedger

__all__ = ["MemoryCase"]


class MemoryCase(LedgerCase):
    """A company in memory; a subclass may name another adapter over the same books."""

    adapter: type[MemoryLedger] = MemoryLedger

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.books = MemoryBooks(self.clock)
        self.vault = FakeVault()
        self.vault.save("grant-1", replace(tokens(), refresh_token=self.books.refresh))

    def open_ledger(self) -> Ledger:
        return Ledger(self.adapter(connection(clock=self.clock, vault=self.vault), self.books))

    def close(self) -> None:
        """Nothing runs."""

    def truth(self) -> Truth:
        return {
            DocumentRef(DocumentKind(kind.lower()), row_id): Money.of(row["open"], self.currency)
            for (kind, row_id), row in self.books.rows.items()
            if kind != "Customer" and row["status"] != "void"
        }

    def add_customer(self, name: str) -> str:
        return self.books.add("Customer", name=name)

    def add_invoice(self, customer_id: str, amount: str) -> str:
        day = self.clock.now().date().isoformat()
        fields = {"customer": customer_id, "issued": day, "due": day, "status": "open"}
        return self.books.add("Invoice", total=amount, open=amount, **fields)

    def pay(self, invoice_id: str, amount: str) -> str:
        buyer = self.books.rows["Invoice", invoice_id]["customer"]
        return self.books.pay(buyer, amount, [(invoice_id, amount)])

    def edit_invoice(self, invoice_id: str, amount: str) -> None:
        self.books.change("Invoice", invoice_id, total=amount, open=amount)

    def void_invoice(self, invoice_id: str) -> None:
        self.books.void(invoice_id)

    def delete_invoice(self, invoice_id: str) -> None:
        self.books.delete("Invoice", invoice_id)

    def change_silently(self, invoice_id: str) -> None:
        self.books.rows["Invoice", invoice_id]["due"] = "2030-01-01"

    def delete_payment(self, payment_id: str) -> None:
        self.books.delete("Payment", payment_id)

    def write_raw(self, invoice_id: str, fields: Mapping[str, Any]) -> None:
        self.books.change("Invoice", invoice_id, **fields)

    def strange_fields(self) -> Mapping[str, Any]:
        return {"moon_phase": {"name": "waxing", "days": [1, 2, None]}}

    def strange_values(self) -> Mapping[str, Any]:
        return {"status": "on_hold_since_2031"}

    def total_field(self, amount: str) -> Mapping[str, Any]:
        return {"total": amount, "open": amount}

    def throttle(self, calls: int) -> None:
        self.books.refusals = calls

    def expire_token(self) -> None:
        self.books.access = None

    def revoke_grant(self) -> None:
        self.books.access = self.books.refresh = None

    def refresh_count(self) -> int:
        return self.vault.refresh_count
