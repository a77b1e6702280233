"""What a write needs to know before it is sent, and what must be true after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from recoup.connector.errors import Fatal, Gone, Skippable
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.company import Books
from recoup.plugins.sage.confirm import read_live
from recoup.plugins.sage.decode import read_tree
from recoup.plugins.sage.entities import INVOICES, siblings_of
from recoup.plugins.sage.listing import all_rows

__all__ = [
    "Object",
    "Wanted",
    "allocations_of",
    "amount_text",
    "bank_account",
    "booked_like",
    "check_allocation",
    "check_open_period",
    "check_payment",
    "exchange_rate",
    "invoice_refs",
    "read_document",
]

Object = dict[str, Any]
CURRENT = "CHECKING"


class Wanted(NamedTuple):
    """One allocation of a request."""

    invoice_id: str
    amount: Decimal
    discount: Decimal

    def body(self) -> Object:
        sent: Object = {"artefact_id": self.invoice_id, "amount": str(self.amount)}
        if self.discount:
            sent["discount"] = str(self.discount)
        return sent


def allocations_of(asked: Mapping[str, Any]) -> list[Wanted]:
    return [
        Wanted(
            str(part["invoice_id"]),
            Decimal(part["amount"]),
            Decimal(part.get("discount") or 0),
        )
        for part in asked.get("allocations", ())
    ]


def invoice_refs(wanted: Sequence[Wanted]) -> tuple[DocumentRef, ...]:
    return tuple(DocumentRef(DocumentKind.INVOICE, one.invoice_id) for one in wanted)


def amount_text(amount: str) -> str:
    """A decimal as Sage wants it: text. Raises Skippable for what is none."""
    try:
        return str(Decimal(amount))
    except (InvalidOperation, TypeError):
        raise Skippable(f"{amount!r} is no amount") from None


def check_open_period(books: Books, issued_on: str) -> None:
    """Raise Skippable when the day lies in the period that the business has locked."""
    if books.locked_until is not None and issued_on <= books.locked_until:
        raise Skippable(
            f"the books are locked up to {books.locked_until}: nothing can be dated {issued_on}"
        )


def bank_account(client: Client, asked: Mapping[str, Any]) -> str:
    """Choose the account the money came to: the one asked for, the one that invoices name, else
    the only current account in the currency. Raises Skippable when that is not one."""
    if asked.get("account"):
        return str(asked["account"])
    settings = read_tree(client.settings("invoice_settings"))
    named = settings.get("payment_bank_account") or {}
    if named.get("id"):
        return str(named["id"])
    rows = list(all_rows(client, "bank_accounts", {"attributes": "all"}))
    trees = [read_tree(row.raw) for row in rows if not row.is_deleted]
    usable = [tree for tree in trees if tree.get("is_active") is not False]
    fitting = [tree for tree in usable if _is_in(tree, asked["currency"])] or usable
    current = [
        tree for tree in fitting if (tree.get("bank_account_type") or {}).get("id") == CURRENT
    ]
    chosen = current or fitting
    if len(chosen) != 1:
        raise Skippable(
            f"{len(chosen)} bank accounts could have received the money: name one as "
            "account, or set the payment bank account in Sage's invoice settings"
        )
    return str(chosen[0]["id"])


def read_document(client: Client, path: str, ledger_id: str) -> Object:
    """Read a document from *path* or wherever else its kind lives. Raises Gone."""
    for place in (path, *siblings_of(path)):
        row = read_live(client, place, ledger_id)
        if row is not None:
            return dict(read_tree(row.raw))
    raise Gone(f"Sage has no document {ledger_id} any more")


def exchange_rate(client: Client, asked: Mapping[str, Any], wanted: Sequence[Wanted]) -> str:
    """The rate to send: Sage books a foreign amount at 1 where none is given.

    Taken off the first invoice as Sage writes it. Raises Skippable when there is none.
    """
    if asked.get("rate"):
        return str(Decimal(asked["rate"]))
    for one in wanted:
        tree = read_document(client, INVOICES, one.invoice_id)
        if tree.get("exchange_rate"):
            return str(tree["exchange_rate"])
    raise Skippable(
        f"a document in {asked['currency']} needs its exchange rate: nothing that it pays has one"
    )


def check_payment(tree: Object, total: Decimal, wanted: Sequence[Wanted]) -> None:
    """Raise Fatal unless a receipt is what was asked for."""
    booked = Decimal(tree["total_amount"])
    if booked != total:
        raise Fatal(f"Sage booked receipt {tree['id']} over {booked}, not {total}")
    _check_legs(tree, {one.invoice_id: one.amount for one in wanted})
    over = tree.get("payment_on_account") or {}
    left = Decimal(over.get("total_amount") or 0)
    applied = sum((one.amount for one in wanted), Decimal(0))
    if applied + left != total:
        raise Fatal(f"Sage put {left} of receipt {tree['id']} on account, not {total - applied}")


def check_allocation(tree: Object, credit_id: str, wanted: Sequence[Wanted]) -> None:
    """Raise Fatal unless an allocation is what was asked for."""
    total = sum((one.amount for one in wanted), Decimal(0))
    legs = {one.invoice_id: one.amount for one in wanted}
    _check_legs(tree, {**legs, credit_id: -total})


def booked_like(client: Client, path: str, body: Object) -> dict[str, datetime | None]:
    """Every object that is what *body* asks for, down to its legs, with when it was made."""
    wanted = {"contact_id": str(body["contact_id"]), "attributes": "all"}
    if "transaction_type_id" in body:
        wanted["transaction_type_id"] = str(body["transaction_type_id"])
    if body.get("date"):
        wanted |= {"from_date": str(body["date"]), "to_date": str(body["date"])}
    return {
        row.ledger_id: row.created_at
        for row in all_rows(client, path, wanted)
        if not row.is_deleted and row.status != "VOID" and _is_same(read_tree(row.raw), body)
    }


def _is_same(tree: Object, body: Object) -> bool:
    net = [Decimal(line["unit_price"]) for line in body.get("invoice_lines", ())]
    if net and Decimal(tree.get("net_amount") or 0) != sum(net):
        return False
    total = body.get("total_amount")
    if total is not None and Decimal(tree.get("total_amount") or 0) != Decimal(total):
        return False
    if (tree.get("reference") or "") != (body.get("reference") or ""):
        return False
    asked = {
        leg["artefact_id"]: Decimal(leg["amount"]) for leg in body.get("allocated_artefacts", ())
    }
    return _legs_of(tree) == asked


def _legs_of(tree: Object) -> dict[str, Decimal]:
    booked: dict[str, Decimal] = {}
    for leg in tree.get("allocated_artefacts") or ():
        artefact = (leg.get("artefact") or {}).get("id")
        if artefact:
            booked[artefact] = booked.get(artefact, Decimal(0)) + Decimal(leg.get("amount") or 0)
    return booked


def _check_legs(tree: Object, wanted: Mapping[str, Decimal]) -> None:
    booked = _legs_of(tree)
    for artefact, amount in wanted.items():
        if booked.get(artefact, Decimal(0)) != amount:
            raise Fatal(
                f"Sage set {booked.get(artefact, Decimal(0))} against {artefact}, not {amount}"
            )


def _is_in(tree: Object, currency: str) -> bool:
    own = (tree.get("currency") or {}).get("id")
    return not own or own == currency
