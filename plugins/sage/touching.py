"""The touch set: documents that a payment or allocation names are read again, one by one.

Nothing says that the time of change of an invoice moves when something is allocated to it, so
whoever is named by a payment or allocation that changed, or was deleted, is asked how it stands.
What such a one named before it was edited, nobody tells us any more: the open documents of its
contact are listed, because what it let go of is open again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from recoup.connector.pages import Payload, Tombstone
from recoup.plugins.sage.artefacts import resource_of
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.confirm import is_gone, read_live
from recoup.plugins.sage.decode import Row
from recoup.plugins.sage.enrich import Enricher
from recoup.plugins.sage.entities import (
    CREDIT_NOTES,
    INVOICES,
    OPENING_BALANCES,
    PAYMENTS,
    QUICK_ENTRIES,
)
from recoup.plugins.sage.faults import RoleRefused, SystemFault
from recoup.plugins.sage.listing import all_rows, faulty
from recoup.plugins.sage.structs import AllocatedLeg, Ref

__all__ = ["OPEN_STATUSES", "Toucher"]

OPEN_STATUSES = ("UNPAID", "PART_PAID")
SECOND = timedelta(seconds=1)
AGAIN = "again:"  # before a mark: what the row names is to be read once more
SHOWN = {"attributes": "all", "show_payments_allocations": "true"}
Found = tuple[list[Payload], list[Tombstone]]


class _Legs(msgspec.Struct):
    contact: Ref | None = None
    allocated_artefacts: list[AllocatedLeg] | None = None


_legs = msgspec.json.Decoder(_Legs, strict=False)


class Toucher:
    """Reads what changed rows touch. One per pass.

    What the pass has read since the change is not read again. A row that was looked into as it
    is now, in this pass or the one before, is not looked into again.
    """

    def __init__(
        self,
        client: Client,
        enricher: Enricher,
        *,
        read_until: datetime | None,
        handled: dict[str, str],
    ) -> None:
        """read_until: what was made later was never read before; None: anything may have been.
        handled: marks of rows, shared by the passes of one pull."""
        self._client = client
        self._enricher = enricher
        self._read_until = read_until
        self._handled = handled
        self._read_at: dict[tuple[str, str], datetime | None] = {}
        self._looked_at: dict[str, datetime | None] = {}

    def note(self, path: str, rows: Iterable[Row]) -> None:
        """These rows have just been read."""
        at = self._client.server_time
        self._read_at.update(((path, row.ledger_id), at) for row in rows)

    def foresee(self, rows: Sequence[Row], since: datetime) -> dict[str, str]:
        """Mark rows of a first pass, which reads the documents that they name after them.

        Only what is on account was read before, so a row that names some is touched once more.
        """
        marks = {}
        for row in rows:
            if row.updated_at is None or row.updated_at < since:
                continue
            legs = _read_legs(row).allocated_artefacts or ()
            named = all(leg.artefact is None or resource_of(leg.artefact) for leg in legs)
            marks[row.ledger_id] = _mark(row) if named else f"{AGAIN}{_mark(row)}"
        self._handled.update(marks)
        return marks

    def touch(self, rows: Sequence[Row]) -> tuple[Found, dict[str, str]]:
        """Read what *rows*, payments or allocations, name now and may have named before.

        Also returns the marks of the rows, for the cursor.
        """
        fresh = [row for row in rows if self._handled.get(row.ledger_id) != _mark(row)]
        payloads: list[Payload] = []
        gone: list[Tombstone] = []
        for path, ledger_id, at in self._named(fresh):
            if _is_later(self._read_at.get((path, ledger_id)), at):
                continue
            found = self._one(path, ledger_id)
            self._read_at[path, ledger_id] = self._client.server_time
            payloads.extend(found)
            if not found:
                gone.append(Tombstone(path, ledger_id))
        for contact_id in self._edited(fresh):
            payloads.extend(self._whole_contact(contact_id))
        marks = {row.ledger_id: _mark(row) for row in fresh}
        self._handled.update(marks)
        return (payloads, gone), marks

    def _named(self, rows: Sequence[Row]) -> Iterator[tuple[str, str, datetime | None]]:
        for row in rows:
            found = _read_legs(row)
            for leg in found.allocated_artefacts or ():
                ref = leg.artefact
                if ref is None or not ref.id:
                    continue
                path = resource_of(ref)
                if path is not None:
                    yield path, ref.id, _moved_at(row)
                    continue
                owner = self._enricher.owner_of(ref, row.contact_id)
                if owner is not None and owner[1] != row.ledger_id:
                    yield PAYMENTS, owner[1], _moved_at(row)

    def _edited(self, rows: Sequence[Row]) -> Iterator[str]:
        """Contacts of rows that may have let go of something: those that may have been read
        before in another version. What is deleted names what it settled last, no more."""
        for row in rows:
            if not row.contact_id or not self._may_be_known(row):
                continue
            if not _is_later(self._looked_at.get(row.contact_id), _moved_at(row)):
                self._looked_at[row.contact_id] = self._client.server_time
                yield row.contact_id

    def _may_be_known(self, row: Row) -> bool:
        if self._handled.get(row.ledger_id) == f"{AGAIN}{_mark(row)}":
            return False
        if row.ledger_id in self._handled or row.created_at is None or self._read_until is None:
            return True
        return row.created_at <= self._read_until

    def _one(self, path: str, ledger_id: str) -> list[Payload]:
        try:
            row = read_live(self._client, path, ledger_id)
        except SystemFault as fault:
            self._client.page(path, {}, rows=1)  # raises when it is more than this record
            return [Payload(path, ledger_id, faulty(ledger_id, None, str(fault)))]
        return [] if row is None else self._enricher.payloads(path, [row])

    def _whole_contact(self, contact_id: str) -> Iterator[Payload]:
        """Yield what the contact has open, its payments, and its opening balances."""
        mine = {"contact_id": contact_id}
        for path in (INVOICES, CREDIT_NOTES, QUICK_ENTRIES):
            for status in OPEN_STATUSES:
                wanted = {**mine, **SHOWN, "status_id": status}
                yield from self._listed(path, wanted)
        for path in (PAYMENTS, OPENING_BALANCES):
            yield from self._listed(path, {**mine, "attributes": "all"})

    def _listed(self, path: str, wanted: dict[str, str]) -> list[Payload]:
        try:
            rows = [row for row in all_rows(self._client, path, wanted) if not is_gone(row)]
        except RoleRefused:
            if path != OPENING_BALANCES:
                raise
            return []
        self.note(path, rows)
        return self._enricher.payloads(path, rows)


def _read_legs(row: Row) -> _Legs:
    try:
        return _legs.decode(row.raw)
    except msgspec.MsgspecError:
        return _Legs()


def _moved_at(row: Row) -> datetime | None:
    """When a row last moved; unknown of a deleted one, whose time of change is older."""
    return None if is_gone(row) else row.updated_at


def _mark(row: Row) -> str:
    """What tells this version of a row, and when it was made."""
    digest = hashlib.blake2b(row.raw, digest_size=6).hexdigest()
    return f"{digest}@{int(row.updated_at.timestamp()) if row.updated_at else 0}"


def _is_later(read_at: datetime | None, changed_at: datetime | None) -> bool:
    """Whether something was surely read after a change; time stamps are whole seconds."""
    return read_at is not None and changed_at is not None and read_at > changed_at + SECOND
