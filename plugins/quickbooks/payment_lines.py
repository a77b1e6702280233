"""The lines of a payment: what they settle, and lines built from what is asked for.

They are written all or none, even in a sparse update, so every write sends those that are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from recoup.connector.errors import Fatal
from recoup.connector.model import DocumentKind
from recoup.plugins.quickbooks.mapping_payments import settled_ref
from recoup.plugins.quickbooks.structs import LinkedTxn

__all__ = [
    "applied",
    "check_lines",
    "exact_lines",
    "invoice_of",
    "plain_lines",
    "settling_line",
    "with_more",
    "without",
]

Object = dict[str, Any]


def check_lines(tree: Object, wanted: Sequence[tuple[str, Decimal]]) -> None:
    """Credits that the platform applies by itself may come on top; nothing may be missing."""
    lines = plain_lines(tree)
    for id, amount in wanted:
        if applied(lines, id) < amount:
            raise Fatal(
                f"QuickBooks set {applied(lines, id)} of payment {tree['Id']} against invoice "
                f"{id}, not {amount}"
            )


def settling_line(kind: str, id: str, amount: Decimal) -> Object:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": id, "TxnType": kind}]}


def plain_lines(tree: Object) -> list[Object]:
    """The lines of a payment with amounts and links only; LineEx is the platform's own."""
    return [
        {"Amount": Decimal(line.get("Amount") or 0), "LinkedTxn": line.get("LinkedTxn") or []}
        for line in tree.get("Line") or []
    ]


def exact_lines(lines: Sequence[Mapping[str, Any]]) -> list[Object]:
    return [{**line, "Amount": Decimal(line["Amount"])} for line in lines]


def invoice_of(line: Object) -> str | None:
    for link in line["LinkedTxn"]:
        ref = settled_ref(LinkedTxn(str(link["TxnId"]), str(link["TxnType"])))
        if ref.kind is DocumentKind.INVOICE:
            return ref.ledger_id
    return None


def applied(lines: Sequence[Object], invoice_id: str) -> Decimal:
    amounts = (line["Amount"] for line in lines if invoice_of(line) == invoice_id)
    return sum(amounts, Decimal(0))


def with_more(lines: list[Object], more: Sequence[tuple[str, Decimal]]) -> list[Object]:
    """Add amounts to the lines of their invoices; new invoices get lines of their own."""
    added = dict(more)
    result = []
    for line in lines:
        extra = added.pop(invoice_of(line) or "", Decimal(0))
        result.append({**line, "Amount": line["Amount"] + extra})
    return [*result, *(settling_line("Invoice", id, amount) for id, amount in added.items())]


def without(lines: list[Object], less: Sequence[tuple[str, Decimal]]) -> list[Object]:
    """Take amounts off the lines of their invoices; a line over nothing goes."""
    taken = dict(less)
    result = []
    for line in lines:
        left = line["Amount"] - taken.pop(invoice_of(line) or "", Decimal(0))
        if left > 0:
            result.append({**line, "Amount": left})
    return result
