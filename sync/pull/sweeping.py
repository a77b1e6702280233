"""Sweeps: comparing what the ledger holds with what the store holds, and mending the gap.

Absence alone never deletes anything. What the store has and a sweep has not is read live; only
the ledger's own word makes it a tombstone. A count that differs is halved by creation time
until the window is small enough to list.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from recoup.connector.errors import Fatal
from recoup.connector.facades import Ledger
from recoup.connector.pages import Fetched, Payload, Swept, Window
from recoup.connector.protocols import Clock
from recoup.sync.store import cursors, holdings
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.store.ingest import store_payloads, store_tombstones
from recoup.sync.store.open_sweeps import held_open

__all__ = ["LISTABLE", "Healer", "halves"]

LISTABLE = 1000  # a window with no more objects than this is listed, not halved
_SECOND = timedelta(seconds=1)  # the finest step of the platforms' creation times


def halves(window: Window, low: datetime, high: datetime) -> tuple[Window, Window] | None:
    """Split *window* at the middle of its objects' creation times; None when it cannot be."""
    start = low if window.start is None else max(window.start, low)
    end = high + _SECOND if window.end is None else min(window.end, high + _SECOND)
    middle = (start + (end - start) / 2).replace(microsecond=0)
    if not start < middle < end:
        return None
    return Window(window.start, middle), Window(middle, window.end)


class Healer:
    """Settles what sweeps report about one company."""

    def __init__(self, store: Store, company: CompanyRow, ledger: Ledger, clock: Clock) -> None:
        self._store, self._company, self._ledger = store, company, ledger
        self._clock = clock

    def settle(self, swept: Swept, at_hand: Sequence[Payload] = ()) -> int:
        """Make the store agree with *swept*; returns how many objects were mended.

        at_hand are payloads that the caller is about to store: they are not missing.
        """
        if swept.open_only and swept.ids is None:
            raise Fatal(f"a sweep of the open {swept.source_type} objects must name their ids")
        if swept.ids is not None:
            return self._settle_list(swept, frozenset(swept.ids), {p.ledger_id for p in at_hand})
        return self._settle_count(swept)

    def check_counts(self) -> int:
        """Compare the counts of all types with the ledger's; returns how many were mended."""
        return sum(self._settle_count(swept) for swept in self._ledger.count_objects())

    def _settle_count(self, swept: Swept) -> int:
        with self._store.read(self._company.company_id) as conn:
            ours = holdings.count_live(
                conn, self._company.company_id, swept.source_type, swept.window
            )
            bounds = holdings.creation_bounds(conn, self._company.company_id, swept.source_type)
        if ours == swept.count:
            return 0
        parts = None
        if max(ours, swept.count) > LISTABLE and bounds is not None:
            parts = halves(swept.window, *bounds)
        if parts is None:
            return self._list(swept.source_type, swept.window)
        return sum(
            self._settle_count(self._ledger.sweep(swept.source_type, part, False)[0])
            for part in parts
        )

    def _list(self, source_type: str, window: Window) -> int:
        swept, fetched = self._ledger.sweep(source_type, window, True)
        mended = self.keep(fetched)
        return mended + self._settle_list(swept, swept.ids or frozenset(), frozenset())

    def _settle_list(
        self, swept: Swept, theirs: frozenset[str], at_hand: set[str] | frozenset[str]
    ) -> int:
        """Read live whatever only one side has."""
        company_id = self._company.company_id
        with self._store.read(company_id) as conn:
            if swept.open_only:  # what it shows was handed over as payloads
                differing = held_open(conn, company_id, swept.source_type) - theirs - at_hand
            else:
                ours = holdings.live_ids(conn, company_id, swept.source_type, swept.window)
                differing = (ours ^ theirs) - at_hand
        if not differing:
            return 0
        return self.keep(self._ledger.fetch([(swept.source_type, i) for i in sorted(differing)]))

    def keep(self, fetched: Fetched) -> int:
        """Store what a live read brought; returns how many objects it changed."""
        company_id, at = self._company.company_id, self._clock.now()
        with self._store.write(company_id) as conn:
            stored = store_payloads(
                conn, self._company, fetched.payloads, self._ledger.map_payloads, at
            )
            gone = store_tombstones(conn, company_id, fetched.tombstones, at)
            changed = stored.changed + stored.parked + gone
            if changed:
                cursors.count_changes(conn, company_id, changed, at)
        return changed
