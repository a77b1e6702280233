"""Where documents lie: tables, tombstones, ids, sorted views, and one transaction at a time."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import threading
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc, dumps
from recoup.plugins.sage.standin.amounts import moment, stamp
from recoup.plugins.sage.standin.fault import not_found
from recoup.plugins.sage.standin.shapes import compact, full

MOST_TEXTS = 60_000  # rendered documents that all businesses of a process keep
SINGLETONS = ("financial_settings", "invoice_settings", "business_settings")

_SHELVES: weakref.WeakSet[Shelf] = weakref.WeakSet()


def _texts_kept() -> int:
    return sum(len(shelf._texts) for shelf in list(_SHELVES))


class Shelf:
    """The documents of one business by kind, the name of their resource in the API.

    A stored document is never written into: whoever changes one puts a new one in its place.
    """

    def __init__(self, business_id: str, clock: Clock, quirks: str) -> None:
        self.business_id = business_id
        self.clock = clock
        self.quirks = quirks
        self.lock = threading.RLock()
        self.commit: Callable[[], None] | None = None  # called after every transaction
        self.dirty: dict[tuple[str, str], None] = {}  # in the order of the changes
        self.stamps: dict[str, int] = {}  # kind → how often it changed
        self.stamp_skew = timedelta(0)  # how far created_at and updated_at go wrong
        self._rows: dict[str, dict[str, Doc]] = {}
        self._gone: dict[str, dict[str, Doc]] = {}
        self._raw: dict[tuple[str, str], tuple[str, ...]] = {}  # what was loaded → its names
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}  # each kept once
        self._texts: dict[tuple[str, str], str] = {}
        self._views: dict[tuple[str, str], tuple[int, tuple[list[str], list[str]]]] = {}
        self._last: dict[str, int] = {}
        _SHELVES.add(self)
        self._undo: list[Callable[[], object]] = []
        self._depth = 0

    # -- reading ------------------------------------------------------------------------------

    def kinds(self) -> list[str]:
        """The resources that hold documents."""
        return list(self._rows)

    def table(self, kind: str) -> dict[str, Doc]:
        """The stored documents of a kind by id, deleted ones left out; not to be written."""
        return self._rows.get(kind, {})

    def tombstones(self, kind: str) -> dict[str, Doc]:
        """The deleted documents of a kind by id, each with its ``deleted_at``."""
        return self._gone.get(kind, {})

    def find(self, kind: str, id: str) -> Doc | None:
        """The stored document itself, without what is as in SHAPES; None when there is none."""
        return self._rows.get(kind, {}).get(id)

    def need(self, kind: str, id: str) -> Doc:
        """The stored document; raises Fault 404."""
        doc = self.find(kind, id)
        if doc is None:
            raise not_found()
        return doc

    def whole(self, kind: str, doc: Doc) -> Doc:
        """A document with every attribute it has for the API, as a new dict."""
        names = self._raw.get((kind, str(doc.get("id", ""))))
        return full(kind, doc, names, quirks=self.quirks)

    def loaded_form(self, kind: str, doc: Doc) -> Doc:
        """A loaded document with the names it was loaded with, whatever the contract's year."""
        return full(kind, doc, self._raw[kind, str(doc.get("id", ""))], quirks="2025")

    def is_raw(self, kind: str, id: str) -> bool:
        """Tell whether a document was loaded rather than made here."""
        return (kind, id) in self._raw

    def get(self, kind: str, id: str) -> Doc:
        """A deep copy of one document with every attribute; raises Fault 404."""
        with self.lock:
            return copy.deepcopy(self.whole(kind, self.need(kind, id)))

    def rows(self, kind: str) -> list[Doc]:
        """Deep copies of all documents of a kind, deleted ones left out."""
        with self.lock:
            return [copy.deepcopy(self.whole(kind, doc)) for doc in self.table(kind).values()]

    def kept_text(self, kind: str, id: str) -> str | None:
        """The kept JSON text of a document whose attributes are all of its own."""
        return self._texts.get((kind, id))

    def keep_text(self, kind: str, id: str, shown: Doc) -> str:
        """Write and keep the JSON text of a document."""
        if len(self._texts) % 256 == 255 and _texts_kept() >= MOST_TEXTS:
            self._texts.clear()
        text = self._texts[kind, id] = dumps(shown)
        return text

    def view(self, kind: str, field: str) -> tuple[list[str], list[str]]:
        """Values and ids of every document of a kind, ascending by one of its attributes."""
        changed = self.stamps.get(kind, 0)
        kept = self._views.get((kind, field))
        if kept is None or kept[0] != changed:
            read = moment if field.endswith("_at") else str
            pairs = [
                (read(str(doc[field])) if doc.get(field) else "", id)
                for id, doc in self.table(kind).items()
            ]
            pairs.sort()
            columns = ([value for value, _ in pairs], [id for _, id in pairs])
            kept = self._views[kind, field] = (changed, columns)
        return kept[1]

    # -- writing ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it happens, or nothing does and the error goes on."""
        with self.lock:
            if self._depth == 0:
                self.absorb()
                self._undo.clear()
            self._depth += 1
            try:
                yield
            except BaseException:
                while self._undo:
                    self._undo.pop()()
                raise
            finally:
                self._depth -= 1
            if self._depth == 0:
                self._undo.clear()
                if self.commit is not None:
                    self.commit()

    def absorb(self) -> None:
        """Take into account what was loaded since the last transaction."""

    def on_undo(self, action: Callable[[], object]) -> None:
        """Run *action* when the present transaction fails."""
        if self._depth:
            self._undo.append(action)

    def put(self, kind: str, doc: Doc) -> None:
        """Store a document, replacing the one of that id."""
        id = str(doc.get("id") or "")
        before = self._rows.setdefault(kind, {}).get(id)
        self._rows[kind][id] = doc
        self.changed(kind, id)
        if self._depth:
            self._undo.append(lambda: self._restore(kind, id, before))

    def _restore(self, kind: str, id: str, before: Doc | None) -> None:
        if before is None:
            self._rows[kind].pop(id, None)
        else:
            self._rows[kind][id] = before
        self.changed(kind, id)

    def put_raw(self, kind: str, doc: Doc) -> None:
        """Store a document that shows exactly the attributes it has."""
        id = str(doc.get("id") or "")
        doc = self.compacted(kind, doc)
        if doc.get("deleted_at") and kind not in SINGLETONS:
            self._gone.setdefault(kind, {})[id] = doc
            self.changed(kind, id)
        else:
            self.put(kind, doc)

    def compacted(self, kind: str, doc: Doc) -> Doc:
        """The same document in less memory; what it was loaded with is remembered beside it."""
        names = tuple(doc)
        self._raw[kind, str(doc.get("id") or "")] = self._shapes.setdefault(names, names)
        return compact(kind, doc)

    def bury(self, kind: str, id: str, last: Doc | None = None) -> None:
        """Take a document off the shelf; its tombstone carries ``deleted_at``."""
        before = self._rows[kind].pop(id)
        at = self.now()
        stone = {**(last or before), "deleted_at": at, "updated_at": at}
        self._gone.setdefault(kind, {})[id] = stone
        self.changed(kind, id)

        def unbury() -> None:
            self._gone[kind].pop(id, None)
            self._restore(kind, id, before)

        self.on_undo(unbury)

    def put_gone(self, kind: str, doc: Doc) -> None:
        """Store a tombstone as it stands."""
        self._gone.setdefault(kind, {})[str(doc["id"])] = doc
        self.changed(kind, str(doc["id"]))

    def changed(self, kind: str, id: str) -> None:
        """Forget what was rendered of a document."""
        self._texts.pop((kind, id), None)
        self.stamps[kind] = self.stamps.get(kind, 0) + 1
        self.dirty[kind, id] = None

    def forget_texts(self) -> None:
        """Forget every rendered document: a name that many show has changed."""
        self._texts.clear()

    def forget(self) -> None:
        """Empty the shelf, tombstones and all."""
        for store in (self._rows, self._gone, self._texts, self._views):
            store.clear()
        self._raw.clear()
        for kind in self.stamps:
            self.stamps[kind] += 1

    # -- ids and time -------------------------------------------------------------------------

    def new_id(self, kind: str) -> str:
        """32 hex digits, the same ones in every run that does the same."""
        self._last[kind] = self._last.get(kind, 0) + 1
        seed = f"{self.business_id}/{kind}/{self._last[kind]}"
        return hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest()

    def next_number(self, series: str) -> int:
        """The next number of a series."""
        self._last[series] = self._last.get(series, 0) + 1
        return self._last[series]

    def counters(self) -> dict[str, int]:
        """How far every series has come, for the state file."""
        return dict(self._last)

    def resume(self, counters: dict[str, int]) -> None:
        """Never give out again what an earlier run gave out."""
        for name, number in counters.items():
            self._last[name] = max(self._last.get(name, 0), number)

    def now(self) -> str:
        """The present instant to the second, as it goes into documents."""
        return stamp(self.clock.now() + self.stamp_skew)

    def today(self) -> str:
        """The date of the company: Sage's countries keep close to UTC."""
        return self.clock.now().date().isoformat()
