"""What a record needs beside its own bytes, read once and put in front of them.

An allocation has no currency and names money on account by an id that only the payment tells. An
opening balance has no open amount. Old quick entries have no due date. Mapping calls nobody, so
the pull asks here before it hands a payload over. Whatever a pull has read already is not asked
for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from recoup.connector.errors import Gone
from recoup.connector.pages import Payload
from recoup.plugins.sage.artefacts import resource_of
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.context import read_date, word
from recoup.plugins.sage.decode import Row, read_row, read_tree, with_context
from recoup.plugins.sage.due import Terms, due_on
from recoup.plugins.sage.entities import (
    ALLOCATIONS,
    CONTACTS,
    CREDIT_NOTES,
    INVOICES,
    OPENING_BALANCES,
    PAYMENTS,
    QUICK_ENTRIES,
    SETTLEMENTS,
)
from recoup.plugins.sage.faults import RoleRefused
from recoup.plugins.sage.listing import all_rows
from recoup.plugins.sage.structs import Edge, OnAccount, Ref

__all__ = ["EDGED", "Enricher"]

EDGED = frozenset({INVOICES, CREDIT_NOTES, QUICK_ENTRIES})


class _Peek(msgspec.Struct, kw_only=True):
    """The few fields that decide what is missing."""

    contact: Ref | None = None
    transaction_type: Ref | None = None
    quick_entry_type: Ref | None = None
    contact_opening_balance_type: Ref | None = None
    currency: Ref | None = None
    date: str | None = None
    due_date: str | None = None
    credit_days: int | None = None
    credit_terms: str | None = None
    allocated_artefacts: list[_PeekLeg] | None = None
    payment_on_account: OnAccount | None = None
    payments_allocations: list[Edge] | None = None


class _PeekLeg(msgspec.Struct):
    artefact: Ref | None = None
    amount: Decimal | None = None
    discount: Decimal | None = None


_peek = msgspec.json.Decoder(_Peek, strict=False)


class _Party(NamedTuple):
    currency: str | None
    terms: Terms


class Enricher:
    """Turns rows into payloads. One per pull; what it remembers is bounded by one business."""

    def __init__(self, client: Client, *, home: str, multicurrency: bool, reduced: bool) -> None:
        """reduced: allocations may not be read, so that documents tell what settles them."""
        self.home = home
        self.multicurrency = multicurrency
        self.reduced = reduced
        self.rereads = True  # payments whose rest a document names, where nothing else would
        self.has_all_legs = False  # every leg of the books went through here
        self._client = client
        self._parties: dict[str, _Party] = {}
        self._owners: dict[str, tuple[str, str]] = {}
        self._legs: dict[str, Decimal] = {}  # Σ of legs by the id of what they settle
        self._missed: set[str] = set()  # ids on account that were searched for
        self._default: Terms | None = None

    def payloads(self, path: str, rows: Iterable[Row]) -> list[Payload]:
        """Complete *rows* of *path*; vendors' payments and allocations are left out."""
        found: list[Payload] = []
        used: set[str] = set()
        for row in rows:
            if row.kind.startswith("VENDOR"):
                continue
            try:
                seen = _peek.decode(row.raw)
            except (
                msgspec.MsgspecError,
                UnicodeDecodeError,
            ):  # the mapping says what is wrong with it
                found.append(Payload(path, row.ledger_id, row.raw))
                continue
            beside = self._beside(path, row, seen)
            found.append(Payload(path, row.ledger_id, with_context(row.raw, beside)))
            if self.reduced and path in EDGED:
                found.append(self._settlements(path, row, seen))
                used |= self._used(seen)
        for payment_id in sorted(used):
            found.extend(self._read_again(payment_id))
        return found

    def owner_of(self, artefact: Ref, contact_id: str | None) -> tuple[str, str] | None:
        """Which payment or refund has this on account; looked up among the contact's payments."""
        if artefact.id is None:
            return None
        if artefact.id not in self._owners and contact_id and artefact.id not in self._missed:
            self._missed.add(artefact.id)
            wanted = {"contact_id": contact_id, "attributes": "all"}
            for row in all_rows(self._client, PAYMENTS, wanted):
                self._note_payment(row, _peeked(row.raw), counted=False)
        return self._owners.get(artefact.id)

    def _beside(self, path: str, row: Row, seen: _Peek) -> dict[str, Any]:
        beside: dict[str, Any] = {}
        if path == CONTACTS:
            terms = Terms(seen.credit_days, seen.credit_terms)
            self._parties[row.ledger_id] = _Party(_id(seen.currency), terms)
            return beside if _id(seen.currency) else {"currency": self.home}
        contact_id = _id(seen.contact)
        if path == PAYMENTS:
            self._note_payment(row, seen, counted=True)
        elif path == ALLOCATIONS:
            self._note_legs(seen)
        if not _id(seen.currency):
            beside["currency"] = self._currency(contact_id)
        if path in (PAYMENTS, ALLOCATIONS):
            owners = self._owners_of(seen, contact_id)
            if owners:
                beside["owners"] = owners
        elif path in (INVOICES, QUICK_ENTRIES, OPENING_BALANCES):
            try:
                derived = self._due(seen, contact_id)
            except OverflowError:  # the day of issue instead would chase too early
                beside["fault"] = "its terms end beyond the calendar"
                derived = None
            if derived:
                beside["due_on"] = derived
        if path == OPENING_BALANCES:
            beside["settled"] = str(self._settled(row.ledger_id, contact_id))
        return beside

    def _currency(self, contact_id: str | None) -> str:
        """What a document is in that does not say: its contact's one currency."""
        own = self._party(contact_id).currency if self.multicurrency and contact_id else None
        return (own or self.home).upper()

    def _due(self, seen: _Peek, contact_id: str | None) -> str | None:
        kind = word(seen.quick_entry_type) or word(seen.contact_opening_balance_type)
        try:
            issued_on = read_date(seen.date)
        except ValueError:
            return None  # the mapping says what is wrong with it
        if (seen.due_date or "").strip() or issued_on is None or "CREDIT" in kind:
            return None
        terms = self._party(contact_id).terms if contact_id else Terms()
        return due_on(issued_on, terms.over(self._default_terms())).isoformat()

    def _default_terms(self) -> Terms:
        if self._default is None:
            self._default = self._read_terms()
        return self._default

    def _read_terms(self) -> Terms:
        """The business' own terms; a role that may not see them leaves the day of issue."""
        try:
            tree = read_tree(self._client.settings("invoice_settings"))
        except RoleRefused:
            return Terms()
        if not isinstance(tree, dict):
            return Terms()
        days, rule = tree.get("customer_credit_days"), tree.get("customer_credit_terms")
        try:
            known = int(days) if days not in (None, "") else None
        except (TypeError, ValueError, ArithmeticError):
            known = None
        return Terms(known, rule if isinstance(rule, str) and rule else None)

    def _party(self, contact_id: str) -> _Party:
        if contact_id not in self._parties:
            try:
                seen = _peeked(self._client.read(CONTACTS, contact_id))
                terms = Terms(seen.credit_days, seen.credit_terms)
                self._parties[contact_id] = _Party(_id(seen.currency), terms)
            except Gone:
                self._parties[contact_id] = _Party(None, Terms())
        return self._parties[contact_id]

    def _owners_of(self, seen: _Peek, contact_id: str | None) -> dict[str, list[str]]:
        """Who owns what the legs name, where it is no document."""
        own = seen.payment_on_account.id if seen.payment_on_account is not None else None
        owners: dict[str, list[str]] = {}
        for leg in seen.allocated_artefacts or ():
            ref = leg.artefact
            if ref is None or ref.id in (None, own) or resource_of(ref) is not None:
                continue
            owner = self.owner_of(ref, contact_id)
            if owner is not None and ref.id is not None:
                owners[ref.id] = list(owner)
        return owners

    def _note_payment(self, row: Row, seen: _Peek, *, counted: bool) -> None:
        over = seen.payment_on_account
        if over is not None and over.id:
            is_refund = "REFUND" in word(seen.transaction_type)
            self._owners[over.id] = ("refund" if is_refund else "payment", row.ledger_id)
        if counted:
            self._note_legs(seen)

    def _note_legs(self, seen: _Peek) -> None:
        for leg in seen.allocated_artefacts or ():
            if leg.artefact is None or not leg.artefact.id:
                continue
            if resource_of(leg.artefact) in EDGED:
                continue  # these say themselves what is open
            before = self._legs.get(leg.artefact.id, Decimal(0))
            self._legs[leg.artefact.id] = before + _taken(leg)

    def _settled(self, ledger_id: str, contact_id: str | None) -> Decimal:
        """Σ of the legs that name an opening balance: from this pull, else from its contact."""
        if self.has_all_legs or contact_id is None:
            return self._legs.get(ledger_id, Decimal(0))
        settled = Decimal(0)
        for path in (PAYMENTS,) if self.reduced else (PAYMENTS, ALLOCATIONS):
            wanted = {"contact_id": contact_id, "attributes": "all"}
            for row in all_rows(self._client, path, wanted):
                for leg in _peeked(row.raw).allocated_artefacts or ():
                    if not row.is_deleted and _id(leg.artefact) == ledger_id:
                        settled += _taken(leg)
        return settled

    def _used(self, seen: _Peek) -> set[str]:
        """Payments whose rest settles this document; their own stamps need not move for it."""
        used: set[str] = set()
        for edge in seen.payments_allocations or () if self.rereads else ():
            if edge.artefact is not None and resource_of(edge.artefact) is None:
                owner = self.owner_of(edge.artefact, _id(seen.contact))
                used |= {owner[1]} if owner is not None else set()
        return used

    def _read_again(self, payment_id: str) -> list[Payload]:
        try:
            row = read_row(self._client.read(PAYMENTS, payment_id), payment_id)
        except Gone:
            return []
        return [] if row is None or row.is_deleted else self.payloads(PAYMENTS, [row])

    def _settlements(self, path: str, row: Row, seen: _Peek) -> Payload:
        """What allocations settle of one document, as a payload of our own making.

        It is made anew whenever the document is read, so that nothing stale is left.
        """
        kind = word(seen.quick_entry_type)
        edges = [e for e in seen.payments_allocations or () if e.contact_allocation is not None]
        itself = {"id": row.ledger_id, "$path": f"/{path}/{row.ledger_id}"}
        owners: dict[str, Sequence[str]] = {}
        for edge in edges:
            if edge.artefact is not None and resource_of(edge.artefact) is None:
                owner = self.owner_of(edge.artefact, _id(seen.contact))
                if owner is not None and edge.artefact.id:
                    owners[edge.artefact.id] = owner
        body = {
            "id": row.ledger_id,
            "contact": seen.contact,
            "date": seen.date,
            "currency": seen.currency,
            "itself": itself,
            "is_debit": path != CREDIT_NOTES and "CREDIT" not in kind,
            "edges": edges,
        }
        raw = with_context(msgspec.json.encode(body), {"owners": owners} if owners else {})
        return Payload(SETTLEMENTS, row.ledger_id, raw)


def _peeked(raw: bytes) -> _Peek:
    """What deciding needs of an object; nothing of one that cannot be read: it is parked itself."""
    try:
        return _peek.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Peek()


def _taken(leg: _PeekLeg) -> Decimal:
    """What a leg settles; what is no number settles nothing, and its own record is parked."""
    parts = [part or Decimal(0) for part in (leg.amount, leg.discount)]
    return sum((abs(part) for part in parts if part.is_finite()), Decimal(0))


def _id(ref: Ref | None) -> str | None:
    return ref.id if ref is not None else None
