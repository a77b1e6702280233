"""Where one organisation's documents stand: stored, indexed, rendered once, rolled back whole."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc, decimal, dumps
from recoup.plugins.xero.standin.fault import not_found
from recoup.plugins.xero.standin.kinds import KINDS, kind_of
from recoup.plugins.xero.standin.moments import read_ms, stamp


def copied(value: Any) -> Any:
    """A deep copy of plain JSON values."""
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if isinstance(value, list):
        return [copied(part) for part in value]
    return value


class Shelf:
    """The documents of one organisation by kind and id; stored documents are never altered.

    One lock guards everything. ``commit`` is called, under the lock, after each change that held.
    """

    def __init__(self, tenant_id: str, zone: ZoneInfo, clock: Clock) -> None:
        self.tenant_id = tenant_id
        self.zone = zone
        self.clock = clock
        self.lock = threading.RLock()
        self.commit: Callable[[], None] | None = None
        self.on_change: Callable[[str, str, str], None] | None = None  # kind, id, CREATE|UPDATE
        self.stamps: dict[str, int] = {}  # moves with every write to the kind
        self.dirty: set[tuple[str, str]] = set()  # written since the state was last saved
        self.given_ids = 0
        self._depth = 0
        self._undo: list[tuple[str, str, Doc | None]] = []
        self._told: list[tuple[str, str, str]] = []
        self._rows: dict[str, dict[str, Doc]] = {plural: {} for plural in KINDS}
        self._ms: dict[str, dict[str, int]] = {plural: {} for plural in KINDS}
        self._text: dict[tuple[str, str], dict[str, str]] = {}
        self._numbers: dict[tuple[str, str], dict[str, None]] = {}
        self._of_contact: dict[str, dict[tuple[str, str], None]] = {}
        self._payments_of: dict[str, dict[str, None]] = {}
        self._order: dict[str, tuple[int, list[str]]] = {}

    # -- reading ------------------------------------------------------------------------------

    def table(self, kind: str) -> dict[str, Doc]:
        """The documents of a kind by id: not copies, read under the lock."""
        return self._rows[kind_of(kind).plural]

    def get(self, kind: str, id: str) -> Doc:
        """A copy of one document. Raises Fault 404."""
        with self.lock:
            doc = self.find(kind, id)
            if doc is None:
                raise not_found()
            return copied(doc)  # type: ignore[no-any-return]

    def find(self, kind: str, id: str) -> Doc | None:
        """The stored document itself, by id or by number, or None."""
        known = kind_of(kind)
        doc = self._rows[known.plural].get(id.lower())
        if doc is None and known.number:
            for other in self._numbers.get((known.plural, id.casefold()), ()):
                return self._rows[known.plural][other]
        return doc

    def rows(self, kind: str, **wanted: Any) -> list[Doc]:
        """Copies of all documents of a kind whose fields equal those *wanted*."""
        with self.lock:
            return [
                copied(doc)
                for doc in self.table(kind).values()
                if all(doc.get(field) == value for field, value in wanted.items())
            ]

    def numbered(self, kind: str, number: str) -> list[str]:
        """The ids of the documents of a kind that bear a number, whatever its case."""
        return list(self._numbers.get((kind_of(kind).plural, number.casefold()), ()))

    def of_contact(self, contact_id: str) -> list[tuple[str, str]]:
        """The (kind, id) of every document of a contact."""
        return list(self._of_contact.get(contact_id, ()))

    def payments_of(self, id: str) -> list[Doc]:
        """The payments, deleted ones included, that name a document."""
        rows = self._rows["Payments"]
        return [rows[payment] for payment in self._payments_of.get(id, ())]

    def changed_ms(self, kind: str, id: str) -> int:
        """When a document last changed, in milliseconds since 1970; 0 when it does not say."""
        return self._ms[kind].get(id, 0)

    def ordered(self, kind: str) -> list[str]:
        """The ids of a kind by last change, then id; not a copy."""
        stamp_now = self.stamps.get(kind, 0)
        held = self._order.get(kind)
        if held is None or held[0] != stamp_now:
            ms = self._ms[kind]
            before = [id for id in held[1] if id in ms] if held else []
            ids = before if len(before) == len(ms) else list(ms)
            held = self._order[kind] = (stamp_now, sorted(ids, key=lambda id: (ms[id], id)))
        return held[1]

    def text(self, kind: str, id: str, view: str, shape: Callable[[Doc], Doc]) -> str:
        """The JSON text of one document as *view* shows it, rendered once until it changes."""
        cache = self._text.setdefault((kind, view), {})
        found = cache.get(id)
        if found is None:
            found = cache[id] = dumps(shape(self._rows[kind][id]))
        return found

    # -- writing ------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One change: all of it or, when it raises, nothing."""
        with self.lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._roll_back()
                raise
            else:
                if self._depth == 1:
                    self._done()
            finally:
                self._depth -= 1

    def _roll_back(self) -> None:
        undo, self._undo = self._undo, []
        self._told = []
        for kind, id, before in reversed(undo):
            if before is None:
                self._drop(kind, id)
            else:
                self._place(kind, id, before)

    def _done(self) -> None:
        self._undo = []
        told, self._told = self._told, []
        if self.commit is not None:
            self.commit()
        if self.on_change is not None:
            for kind, id, event in dict.fromkeys(told):
                self.on_change(kind, id, event)

    def put(self, kind: str, doc: Doc) -> None:
        """Store a document as it stands, replacing the one of that id."""
        known = kind_of(kind)
        id = str(doc.get(known.id) or "").lower()
        if not id:
            raise ValueError(f"a {known.singular} needs {known.id}")
        if self._depth:
            self._undo.append((known.plural, id, self._rows[known.plural].get(id)))
        self._place(known.plural, id, doc)

    def remove(self, kind: str, id: str) -> None:
        """Take a document off the shelf for good; only what Xero forgets itself."""
        if self._depth:
            self._undo.append((kind, id, self._rows[kind].get(id)))
        self._drop(kind, id)

    def tell(self, kind: str, id: str, event: str) -> None:
        """Report a change to whoever sends webhooks, once it holds."""
        self._told.append((kind, id, event))

    def amend(self, kind: str, id: str) -> Doc:
        """A copy of one document to alter and put back. Raises Fault 404."""
        return self.get(kind, id)

    def touch(self, doc: Doc) -> Doc:
        """Stamp a document as changed now."""
        doc["UpdatedDateUTC"] = stamp(self.clock.now())
        return doc

    def forget(self) -> None:
        """Empty the shelf."""
        for kind in KINDS:
            self.stamps[kind] = self.stamps.get(kind, 0) + 1
            self.dirty.update((kind, id) for id in self._rows[kind])
            self._rows[kind].clear()
            self._ms[kind].clear()
        for store in (self._text, self._numbers, self._of_contact, self._payments_of):
            store.clear()

    def new_id(self) -> str:
        """An id never given before; the same sequence for the same organisation."""
        self.given_ids += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.tenant_id}/{self.given_ids}"))

    def moved(self, kind: str, id: str, before: Doc | None, after: Doc | None) -> None:
        """Called with every replacement of a document; keeps what is derived of it."""

    def _place(self, kind: str, id: str, doc: Doc) -> None:
        before = self._rows[kind].get(id)
        if before is not None:
            self._unlink(kind, id, before)
        self._rows[kind][id] = doc
        touched = KINDS[kind].touched
        self._ms[kind][id] = read_ms(doc.get(touched)) if touched else 0
        self._link(kind, id, doc)
        self._noted(kind, id, before, doc)

    def _drop(self, kind: str, id: str) -> None:
        before = self._rows[kind].pop(id, None)
        if before is not None:
            self._unlink(kind, id, before)
            self._ms[kind].pop(id, None)
            self._noted(kind, id, before, None)

    def _noted(self, kind: str, id: str, before: Doc | None, after: Doc | None) -> None:
        for (of, _), cache in self._text.items():
            if of == kind:
                cache.pop(id, None)
        self.stamps[kind] = self.stamps.get(kind, 0) + 1
        self.dirty.add((kind, id))
        self.moved(kind, id, before, after)

    def _link(self, kind: str, id: str, doc: Doc) -> None:
        number = KINDS[kind].number
        if number and doc.get(number):
            self._numbers.setdefault((kind, str(doc[number]).casefold()), {})[id] = None
        if kind == "Contacts":
            name = str(doc.get("Name", "")).casefold()
            self._numbers.setdefault(("name", name), {})[id] = None
        contact = doc.get("Contact")
        if contact and kind != "Contacts":
            self._of_contact.setdefault(str(contact.get("ContactID")), {})[kind, id] = None
        if kind == "Payments":
            self._payments_of.setdefault(settled_id(doc), {})[id] = None

    def _unlink(self, kind: str, id: str, doc: Doc) -> None:
        number = KINDS[kind].number
        if number and doc.get(number):
            self._numbers.get((kind, str(doc[number]).casefold()), {}).pop(id, None)
        if kind == "Contacts":
            name = str(doc.get("Name", "")).casefold()
            self._numbers.get(("name", name), {}).pop(id, None)
        contact = doc.get("Contact")
        if contact and kind != "Contacts":
            self._of_contact.get(str(contact.get("ContactID")), {}).pop((kind, id), None)
        if kind == "Payments":
            self._payments_of.get(settled_id(doc), {}).pop(id, None)

    # -- time ---------------------------------------------------------------------------------

    def today(self) -> date:
        """The organisation's date."""
        return self.clock.now().astimezone(self.zone).date()


def settled_id(payment: Doc) -> str:
    """The id of the document that a payment settles or refunds; empty when it names none."""
    for field in ("Invoice", "CreditNote", "Overpayment", "Prepayment"):
        part = payment.get(field)
        if part:
            return str(part.get(f"{field}ID") or part.get("InvoiceID") or "")
    return ""


def amount_of(doc: Doc, field: str) -> Any:
    """One amount of a document as a Decimal; absent counts as zero."""
    return decimal(doc.get(field))
