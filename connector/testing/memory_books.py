"""The books behind ``memory_ledger``: a platform in one class, with its API and its screens.

It is what an adapter's stand-in is in full size: objects with a change counter, pages, tokens,
throttling, request keys. API methods take the token and may refuse; the rest are the
bookkeeper's screens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from recoup.connector.protocols import Clock

__all__ = ["MemoryBooks", "Refused"]

Row = dict[str, Any]


class Refused(Exception):
    """The API's way of saying no; the adapter translates the status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status  # 400, 401, 404, 410, 422 or 429 as over HTTP


class MemoryBooks:
    """One company. Amounts are decimal strings; every change gets the next number."""

    def __init__(self, clock: Clock, *, page_rows: int = 4) -> None:
        self.clock = clock
        self.page_rows = page_rows
        self.rows: dict[tuple[str, str], Row] = {}
        self.gone: dict[tuple[str, str], int] = {}  # when it was deleted, by the same counter
        self.access: str | None = "access-1"
        self.refresh: str | None = "refresh-1"
        self.refusals = 0  # calls yet to be throttled
        self._count = 0
        self._answers: dict[str, str] = {}  # request key → id of the payment it made

    # --- the API ----------------------------------------------------------------------

    def renew(self, refresh: str | None) -> tuple[str, str]:
        """Trade a refresh token, which dies with it, for a new pair."""
        if self.refresh is None or refresh != self.refresh:
            raise Refused(400, "invalid_grant")
        self.access, self.refresh = f"access-{self._next()}", f"refresh-{self._next()}"
        return self.access, self.refresh

    def changes(self, token: str, after: int) -> list[tuple[int, str, str, bytes | None]]:
        """One page of (number, type, id, body) above *after*, oldest first; a None body is gone."""
        self._admit(token)
        numbers = {key: row["seq"] for key, row in self.rows.items()} | self.gone
        page = sorted((seq, key) for key, seq in numbers.items() if seq > after)[: self.page_rows]
        rows = self.rows
        return [(seq, *key, _body(rows[key]) if key in rows else None) for seq, key in page]

    def read(self, token: str, kind: str, row_id: str) -> bytes:
        self._admit(token)
        if (kind, row_id) not in self.rows:
            raise Refused(404, f"no {kind} {row_id}")
        return _body(self.rows[kind, row_id])

    def open_invoices(self, token: str) -> list[tuple[str, bytes]]:
        """Every invoice with something open, as (id, body)."""
        self._admit(token)
        return [
            (row_id, _body(row))
            for (kind, row_id), row in self.rows.items()
            if kind == "Invoice" and Decimal(row["open"])
        ]

    def control(self, token: str) -> Decimal:
        self._admit(token)
        sign = {"Invoice": 1, "Payment": -1, "Customer": 0}
        return sum(
            (sign[k] * Decimal(r.get("open", 0)) for (k, _), r in self.rows.items()), Decimal(0)
        )

    def book_payment(self, token: str, key: str, request: Mapping[str, Any]) -> bytes:
        """Book a payment; the same key again answers with the first one."""
        self._admit(token)
        if key not in self._answers:
            lines = [(line["invoice_id"], line["amount"]) for line in request["allocations"]]
            for invoice, part in lines:
                if Decimal(part) > Decimal(self.rows["Invoice", invoice]["open"]):
                    raise Refused(422, f"invoice {invoice} has less than {part} open")
            self._answers[key] = self.pay(request["customer_id"], request["amount"], lines)
        return self.read(token, "Payment", self._answers[key])

    def unbook_payment(self, token: str, payment_id: str) -> None:
        self._admit(token)
        if ("Payment", payment_id) not in self.rows:
            raise Refused(410, f"payment {payment_id} is gone")
        self.delete("Payment", payment_id)

    # --- the bookkeeper's screens -------------------------------------------------------

    def add(self, kind: str, **fields: Any) -> str:
        row_id = str(self._next())
        created = self.clock.now().isoformat()
        self.rows[kind, row_id] = {"id": row_id, "created": created, **fields}
        self.change(kind, row_id)
        return row_id

    def change(self, kind: str, row_id: str, **fields: Any) -> None:
        self.rows[kind, row_id].update(fields, seq=self._next())

    def pay(self, customer: str, amount: str, lines: list[tuple[str, str]]) -> str:
        left = Decimal(amount) - sum(Decimal(part) for _, part in lines)
        for invoice, part in lines:
            self._settle(invoice, Decimal(part))
        return self.add(
            "Payment", customer=customer, total=amount, open=str(left), lines=lines, status="posted"
        )

    def void(self, invoice: str) -> None:
        self.change("Invoice", invoice, status="void", total="0.00", open="0.00")

    def delete(self, kind: str, row_id: str) -> None:
        row = self.rows.pop((kind, row_id))
        self.gone[kind, row_id] = self._next()
        for invoice, part in row.get("lines", ()):
            self._settle(invoice, -Decimal(part))

    def _settle(self, invoice: str, amount: Decimal) -> None:
        row = self.rows["Invoice", invoice]
        self.change("Invoice", invoice, open=str(Decimal(row["open"]) - amount))

    def _admit(self, token: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Refused(429, "come back in 60 seconds")
        if token != self.access:
            raise Refused(401, "token expired")

    def _next(self) -> int:
        self._count += 1
        return self._count


def _body(row: Row) -> bytes:
    return json.dumps(row, sort_keys=True).encode()
