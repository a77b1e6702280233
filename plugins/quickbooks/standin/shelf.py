"""Where one company's raw documents stand: stored, numbered, rendered, remembered when gone."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc, dumps
from recoup.plugins.quickbooks.standin.entities import (
    LISTS,
    REF_TARGET,
    SINGLETONS,
    id_family,
    name_field,
    named_kind,
)

_NAMELESS = frozenset({"DepositToAccountRef", "SalesTermRef", "ARAccountRef"})


def zone_of(name: str) -> tzinfo:
    """Read a time zone: an IANA name (DST aware) or a fixed offset such as ``-08:00``."""
    if name[:1] in "+-":
        sign = -1 if name[0] == "-" else 1
        hours, _, minutes = name[1:].partition(":")
        return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes or 0)))
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError(f"unknown time zone {name!r}: use an IANA name or ±hh:mm") from None


class Shelf:
    """The documents of one company by entity and id, with the JSON text of each kept ready.

    One lock guards everything. A document handed out is a copy; ref names are those of today.
    """

    def __init__(self, realm: str, zone: tzinfo, clock: Clock) -> None:
        self.realm = realm
        self.zone = zone
        self.clock = clock
        self.lock = threading.RLock()
        self.stamps: dict[str, int] = {}  # moves with every write to the entity
        self.dirty: set[tuple[str, str]] = set()  # written since the state was last saved
        self.on_change: Callable[[str, str, str, str | None], None] | None = None
        self._rows: dict[str, dict[str, Doc]] = {}
        self._gone: dict[str, dict[str, datetime]] = {}
        self._text: dict[str, dict[str, str]] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._last_id: dict[str, int] = {}
        self._bearers: dict[tuple[str, str], set[tuple[str, str]]] = {}  # who bears a name
        self._label: dict[tuple[str, str], tuple[str, str]] = {}

    # -- reading ------------------------------------------------------------------------------

    def table(self, entity: str) -> dict[str, Doc]:
        """Return the live documents of an entity by id: not a copy, read under the lock."""
        return self._rows.get(entity, {})

    def entities(self) -> list[str]:
        """Return the names of the entities that hold or held documents."""
        return sorted(set(self._rows) | set(self._gone))

    def find(self, entity: str, id: str) -> Doc | None:
        """Return the live document itself, or None."""
        return self._rows.get(entity, {}).get(id)

    def rows(self, entity: str) -> list[Doc]:
        """Return copies of all documents of an entity, inactive ones included."""
        with self.lock:
            return [self.copy_of(doc) for doc in self.table(entity).values()]

    def copy_of(self, doc: Doc) -> Doc:
        """Return a deep copy with the ref names of today."""
        self._name_refs(doc)
        return copy.deepcopy(doc)

    def text(self, entity: str, id: str) -> str:
        """Return the JSON text of one document, from the cache where it is still true."""
        cache = self._text.setdefault(entity, {})
        found = cache.get(id)
        if found is None:
            doc = self._rows[entity][id]
            self._name_refs(doc)
            found = cache[id] = dumps(doc)
        return found

    def tombstones(self, entity: str) -> Iterator[tuple[str, datetime]]:
        """Yield the id of each deleted document and the instant of its deletion."""
        yield from self._gone.get(entity, {}).items()

    # -- writing ------------------------------------------------------------------------------

    def put(self, entity: str, doc: Doc) -> None:
        """Store a document as it stands, replacing the one of that id."""
        id = str(doc.get("Id") or "1")
        if entity in SINGLETONS:
            self._rows[entity] = {}
            self._text.pop(entity, None)
        self._rows.setdefault(entity, {})[id] = doc
        self._gone.get(entity, {}).pop(id, None)
        if id.isdecimal():
            family = id_family(entity)
            self._last_id[family] = max(self._last_id.get(family, 0), int(id))
        self._remember_name(entity, id, doc)
        self.changed(entity, id)

    def changed(self, entity: str, id: str) -> None:
        """Forget what was cached of a document that was altered in place."""
        self._text.get(entity, {}).pop(id, None)
        self.stamps[entity] = self.stamps.get(entity, 0) + 1
        self.dirty.add((entity, id))

    def bury(self, entity: str, id: str, at: datetime | None = None) -> None:
        """Take a document off the shelf and keep its tombstone."""
        self._rows.get(entity, {}).pop(id, None)
        self.forget_name(entity, id)
        self._gone.setdefault(entity, {})[id] = at or self.instant()
        self.changed(entity, id)

    def next_id(self, entity: str) -> str:
        """Allocate an id above every one seen in the entity's family."""
        family = id_family(entity)
        self._last_id[family] = self._last_id.get(family, 0) + 1
        return str(self._last_id[family])

    def last_ids(self) -> dict[str, int]:
        """Return the last id given out in each family."""
        return dict(self._last_id)

    def resume_ids(self, last: dict[str, int]) -> None:
        """Never give out again what an earlier run gave out."""
        for family, id in last.items():
            self._last_id[family] = max(self._last_id.get(family, 0), id)

    def forget(self) -> None:
        """Empty the shelf, tombstones and all."""
        for store in (self._rows, self._gone, self._text, self._last_id):
            store.clear()
        for names in (self._names, self._bearers, self._label):
            names.clear()
        for entity in self.stamps:
            self.stamps[entity] += 1

    def tell(self, entity: str, id: str, operation: str, deleted_id: str | None = None) -> None:
        """Report a change to whoever sends webhooks."""
        if self.on_change is not None:
            self.on_change(entity, id, operation, deleted_id)

    # -- time ---------------------------------------------------------------------------------

    def instant(self) -> datetime:
        """Return the present instant cut to the second, as the platform stores it."""
        return self.clock.now().replace(microsecond=0)

    def local(self, instant: datetime | None = None) -> str:
        """Write an instant in the company's offset of that moment, to the second."""
        return (instant or self.instant()).astimezone(self.zone).isoformat(timespec="seconds")

    def today(self) -> str:
        """Return the company's date, YYYY-MM-DD."""
        return self.clock.now().astimezone(self.zone).date().isoformat()

    def read_time(self, text: str) -> datetime:
        """Read an ISO date or time; without an offset it is the company's local time."""
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)

    # -- names --------------------------------------------------------------------------------

    def name_of(self, entity: str, id: str) -> str | None:
        """Return the name under which references show a list entry today."""
        return self._names.get((entity, id))

    def bearers(self, entity: str, name: str) -> set[tuple[str, str]]:
        """Return the (entity, id) that bear a name, whatever its case, within its family."""
        return self._bearers.get((id_family(entity), name.casefold()), set())

    def forget_name(self, entity: str, id: str) -> None:
        """Free the name of a list entry that is gone."""
        self._names.pop((entity, id), None)
        label = self._label.pop((entity, id), None)
        if label is not None:
            self._bearers[label].discard((entity, id))

    def add_names(self, value: object) -> None:
        """Give every reference to a known list entry its name, as stored answers carry it."""
        if isinstance(value, dict):
            for key, part in value.items():
                target = REF_TARGET.get(key) if key not in _NAMELESS else None
                if key in ("EntityRef", "Entity") and isinstance(part, dict) and "value" in part:
                    target = named_kind(part.get("type") or value.get("Type"))
                if target and isinstance(part, dict):
                    name = self._names.get((target, str(part.get("value"))))
                    if name is not None:
                        part["name"] = name
                else:
                    self.add_names(part)
        elif isinstance(value, list):
            for part in value:
                self.add_names(part)

    def _remember_name(self, entity: str, id: str, doc: Doc) -> None:
        if entity not in LISTS:
            return
        label = (id_family(entity), str(doc.get(name_field(entity), "")).casefold())
        old = self._label.get((entity, id))
        if old != label:
            self._bearers.get(old or label, set()).discard((entity, id))
            self._bearers.setdefault(label, set()).add((entity, id))
            self._label[entity, id] = label
        full = doc.get("FullyQualifiedName") if entity in ("Customer", "Account") else None
        name = full or doc.get(name_field(entity))
        if name and self._names.get((entity, id)) != name:
            if (entity, id) in self._names:
                self._text.clear()  # every document may show the old name
            self._names[(entity, id)] = str(name)

    def _name_refs(self, value: object) -> None:
        if isinstance(value, dict):
            for key, part in value.items():
                if isinstance(part, dict):
                    if "name" in part and (key.endswith("Ref") or key == "Entity"):
                        kind = part.get("type") or value.get("Type")
                        target = REF_TARGET.get(key) or named_kind(kind)
                        name = self._names.get((target, str(part.get("value"))))
                        if name is not None:
                            part["name"] = name
                    else:
                        self._name_refs(part)
                elif isinstance(part, list):
                    self._name_refs(part)
        elif isinstance(value, list):
            for part in value:
                if isinstance(part, dict):
                    self._name_refs(part)
