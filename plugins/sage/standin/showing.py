"""How much of a document an answer shows: sparse, named attributes, all, nested ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from recoup.connector.standin.wire import Doc, dumps
from recoup.plugins.sage.standin.books import Books

BASE = ("id", "displayed_as", "$path")
LIVE = ("contacts", "bank_accounts", "ledger_accounts")  # these show a balance
SETTLED = ("sales_invoices", "sales_credit_notes", "sales_quick_entries")


def true(query: Mapping[str, str], name: str) -> bool:
    """Read a switch of the query."""
    return query.get(name, "").strip().lower() in ("true", "1")


@dataclass(frozen=True)
class Wanted:
    """What a request asks to see. names None: everything; empty: the base alone."""

    names: frozenset[str] | None
    nested: frozenset[str] | None
    legs: bool
    balance: bool

    @classmethod
    def of(cls, query: Mapping[str, str], *, single: bool) -> Wanted:
        """Read attributes, nested_attributes and the switches; a single shows all by default."""
        names = _names(query.get("attributes", "all" if single else ""))
        legs, balance = true(query, "show_payments_allocations"), true(query, "show_balance")
        return cls(names, _names(query.get("nested_attributes", "")), legs, balance)

    @property
    def plain(self) -> bool:
        """Whether a document looks the same for every request of this kind."""
        return self.names is None and self.nested == frozenset()


def _names(text: str) -> frozenset[str] | None:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    return None if "all" in names else names


def text_of(books: Books, kind: str, doc: Doc, wanted: Wanted) -> str:
    """The JSON text of a document as a request wants it."""
    id = str(doc.get("id") or "")
    kept = wanted.plain and not wanted.legs and kind not in LIVE
    if kept:
        text = books.kept_text(kind, id)
        if text is not None:
            return text
        return books.keep_text(kind, id, shown(books, kind, doc, wanted))
    return dumps(shown(books, kind, doc, wanted))


def shown(books: Books, kind: str, doc: Doc, wanted: Wanted) -> Doc:
    """A document as a request wants it."""
    whole = books.whole(kind, doc)
    if kind in SETTLED:
        _show_legs(books, doc, whole, wanted)
    elif kind == "contacts":
        if wanted.balance:
            whole["balance"] = books.balance_of(str(doc["id"]))
        elif not books.is_raw(kind, str(doc["id"])):
            whole["balance"] = None
    elif kind == "bank_accounts" and "balance" in whole and _asks(wanted, "balance"):
        whole["balance"] = books.bank_balance(doc)
    if wanted.names is not None:
        extra = {"balance"} if kind == "contacts" and wanted.balance else set()
        kept = {*BASE, *wanted.names, *extra}
        whole = {name: value for name, value in whole.items() if name in kept}
    if wanted.nested is None or wanted.nested:
        whole = {name: _nested(books, value, wanted) for name, value in whole.items()}
    return whole


def _asks(wanted: Wanted, name: str) -> bool:
    return wanted.names is None or name in wanted.names


def _show_legs(books: Books, doc: Doc, whole: Doc, wanted: Wanted) -> None:
    id = str(doc["id"])
    if wanted.legs and _asks(wanted, "payments_allocations"):
        if books.legs_of.get(id) or not whole.get("payments_allocations"):
            whole["payments_allocations"] = books.payments_allocations(id)
    elif "payments_allocations" in whole and not books.is_raw("sales_invoices", id):
        whole["payments_allocations"] = []


def _nested(books: Books, value: object, wanted: Wanted) -> object:
    """Show more of a referred document, one level deep."""
    if not isinstance(value, dict) or "$path" not in value:
        return value
    kind = str(value["$path"]).strip("/").partition("/")[0]
    target = books.find(kind, str(value.get("id")))
    if target is None:
        return value
    whole = books.whole(kind, target)
    if kind == "contacts":
        whole["balance"] = None
    names = wanted.nested
    if names is None:
        return whole
    return {name: part for name, part in whole.items() if name in BASE or name in names}
