"""One pass over a business: a queue of steps, one resource or its deletions each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from msgspec.structs import replace

from recoup.connector.errors import Skippable
from recoup.connector.pages import Page, Payload, Swept, Tombstone, Window
from recoup.plugins.sage.client import Client, stamp
from recoup.plugins.sage.confirm import is_gone, read_live
from recoup.plugins.sage.control import debtors_payloads
from recoup.plugins.sage.cursor import EVERY_CONTACT, OVERLAP, State
from recoup.plugins.sage.decode import Row
from recoup.plugins.sage.enrich import EDGED, Enricher
from recoup.plugins.sage.entities import (
    ALLOCATIONS,
    CONTACTS,
    CREDIT_NOTES,
    INVOICES,
    OPENING_BALANCES,
    PAYMENTS,
    QUICK_ENTRIES,
    RESOURCES,
    SETTLEMENTS,
)
from recoup.plugins.sage.faults import RoleRefused
from recoup.plugins.sage.keyset import SINCE, SORT, Step, walk_changes
from recoup.plugins.sage.listing import Lister, walk_pages
from recoup.plugins.sage.metered import Metered
from recoup.plugins.sage.touching import Toucher

__all__ = ["CHANGES", "FIRST", "Pass"]

DELETED = "deleted:"  # before a resource: its deletions
BALANCES, CONTROL = "balances", "control"
FEW_CONTACTS = 10  # are read one by one, more of them as a list
_TOUCHING = frozenset({PAYMENTS, ALLOCATIONS})

# Payments before allocations, which name what is on account; opening balances after all legs.
FIRST = (
    CONTACTS,
    PAYMENTS,
    ALLOCATIONS,
    INVOICES,
    CREDIT_NOTES,
    QUICK_ENTRIES,
    OPENING_BALANCES,
    CONTROL,
)
# Documents first, so that what a payment touches has mostly been read already.
_CHANGED = (INVOICES, CREDIT_NOTES, QUICK_ENTRIES, PAYMENTS, ALLOCATIONS, OPENING_BALANCES)
CHANGES = (
    *_CHANGED,
    *(f"{DELETED}{path}" for path in (*_CHANGED, CONTACTS)),
    CONTACTS,
    BALANCES,
    CONTROL,
)


class Pass:
    """Works through the queue of one state; each page's cursor knows what is left.

    When what may be read of the allocations turns out to have changed, the pass over changes
    ends with a state that begins a first pass anew.
    """

    def __init__(
        self,
        client: Client,
        state: State,
        meter: Metered,
        handled: dict[str, str],
        *,
        whole: bool,
        on_state: Callable[[State], None],
    ) -> None:
        """whole: the pass begins here, so that everything it reads goes through this object; what
        an earlier process stored of a pass that was cut off, nobody knows any more.
        handled: what the passes of one pull have looked into; on_state: told the state before a
        page that needs it."""
        self.state = state
        self._client = client
        self._meter = meter
        self._whole = whole and state.phase == "first"
        self._on_state = on_state
        self._enricher = Enricher(
            client,
            home=state.home,
            multicurrency=state.multicurrency,
            reduced=state.reduced,
        )
        self._enricher.rereads = state.phase == "changes"
        self._toucher = Toucher(
            client,
            self._enricher,
            read_until=state.read_until if whole else client.server_time,
            handled=handled,
        )
        on_state(state)

    def pages(self) -> Iterator[Page]:
        """Yield the pages; the last one's cursor is at rest, or begins anew."""
        phase = self.state.phase
        while self.state.queue:
            yield from self._step(self.state.queue[0])
            if self.state.phase != phase:
                return
            self._go(queue=self.state.queue[1:], position=None)
        keep_from = self.state.high_water - OVERLAP
        self.state = self.state.at_rest(self._client.server_time, keep_from)
        yield Page(cursor=self.state.dump(), calls=self._meter.take())

    def _step(self, step: str) -> Iterator[Page]:
        if step == CONTROL:
            yield from self._control()
        elif step == BALANCES:
            yield from self._balances()
        elif step.startswith(DELETED):
            path = step.removeprefix(DELETED)
            yield from self._permitted(path, self._deletions(path))
        elif step == ALLOCATIONS:
            yield from self._allocations()
        else:
            if step == OPENING_BALANCES:
                self._enricher.has_all_legs = self._whole
            yield from self._permitted(step, self._changed(step))

    def _permitted(self, path: str, pages: Iterator[Page]) -> Iterator[Page]:
        """Go without opening balances where the role does not reach them: the customers who have
        one do not foot then, and are held."""
        try:
            yield from pages
        except RoleRefused:
            if path != OPENING_BALANCES:
                raise

    def _changed(self, path: str) -> Iterator[Page]:
        """Read a resource, or what changed of it; a cut-off walk goes on at its position."""
        for step in self._walk(path):
            if step.position is not None and RESOURCES[path].sortable:
                self._go(position=step.position)
            yield from self._page(path, step.rows)

    def _walk(self, path: str) -> Iterator[Step]:
        resource = RESOURCES[path]
        params = dict(resource.listed)
        if self.state.reduced and path in EDGED:
            params["show_payments_allocations"] = "true"
        since = self.state.position or self.state.since
        if resource.sortable:
            yield from walk_changes(Lister(self._client, path, {**params, **SORT}), since)
            return
        if self.state.since is not None:
            params[SINCE] = stamp(self.state.since)
        for rows in walk_pages(Lister(self._client, path, params)):
            yield Step(rows, None)

    def _allocations(self) -> Iterator[Page]:
        """Read the allocations. A consent that may not is told apart by its first refusal."""
        walk = self._walk(ALLOCATIONS)
        try:
            first = next(walk, None)
        except RoleRefused:
            if self.state.reduced:
                return
            yield from self._flip(reduced=True, leave=ALLOCATIONS)
            return
        if self.state.reduced:
            resumes = self.state.phase == "first"
            yield from self._flip(reduced=False, leave=SETTLEMENTS)
            if not resumes:
                return  # a first pass begins, which reads them
        for step in chain(() if first is None else (first,), walk):
            self._go(position=step.position)
            yield from self._page(ALLOCATIONS, step.rows)

    def _flip(self, *, reduced: bool, leave: str) -> Iterator[Page]:
        """Go over to the other source of edges; what came of *leave* is read live, and goes."""
        if self.state.phase == "first":
            self._enricher.reduced = reduced
            self._go(reduced=reduced, position=None)
        else:  # what this pass would still have asked for is asked for by the one that follows
            mark = self.state.since + OVERLAP if self.state.since else self.state.high_water
            self._go(phase="first", reduced=reduced, queue=FIRST, high_water=mark)
            self._go(position=None, since=None, contacts=())
        self._on_state(self.state)
        swept = Swept(source_type=leave, window=Window(), count=0, ids=frozenset())
        yield Page(swept=[swept], cursor=self.state.dump(), calls=self._meter.take())

    def _deletions(self, path: str) -> Iterator[Page]:
        if path == ALLOCATIONS and self.state.reduced:
            return
        resource = RESOURCES[path]
        since = self.state.since or self.state.high_water
        params = {**resource.listed, "deleted_since": stamp(since)}
        if resource.sortable:
            params |= SORT
        for rows in walk_pages(Lister(self._client, path, params)):
            marked = [
                row if row.status == "VOID" else row._replace(is_deleted=True) for row in rows
            ]
            yield from self._page(path, marked)

    def _page(self, path: str, rows: Sequence[Row]) -> Iterator[Page]:
        """Hand over *rows* with what they touch; nothing at all where there are none."""
        rows = [row for row in rows if not row.kind.startswith("VENDOR")]
        if not rows:
            return
        living = [row for row in rows if not is_gone(row)]
        payloads = self._enricher.payloads(path, living)
        gone = [Tombstone(path, row.ledger_id) for row in rows if is_gone(row)]
        self._toucher.note(path, living)
        if self.state.phase == "first" and path in _TOUCHING:
            marks = self._toucher.foresee(living, self.state.high_water - OVERLAP)
            self.state = self.state.having_handled(marks)
        if self.state.phase == "changes":
            if path in _TOUCHING:
                (more, lost), marks = self._toucher.touch(rows)
                payloads, gone = [*payloads, *more], [*gone, *lost]
                self.state = self.state.having_handled(marks)
            if path != CONTACTS:
                self.state = self.state.moved({row.contact_id for row in rows if row.contact_id})
        yield self._stored(payloads, gone)

    def _balances(self) -> Iterator[Page]:
        """Read the contacts whose documents moved: their own time of change need not."""
        contacts = self.state.contacts
        if not contacts:
            return
        if len(contacts) > FEW_CONTACTS or contacts == (EVERY_CONTACT,):
            listed = Lister(self._client, CONTACTS, RESOURCES[CONTACTS].listed)
            for rows in walk_pages(listed):
                living = [row for row in rows if not row.is_deleted]
                yield self._stored(self._enricher.payloads(CONTACTS, living), [])
            return
        payloads: list[Payload] = []
        for contact_id in contacts:
            row = read_live(self._client, CONTACTS, contact_id)
            if row is not None:
                payloads.extend(self._enricher.payloads(CONTACTS, [row]))
        yield self._stored(payloads, [])

    def _control(self) -> Iterator[Page]:
        """Read the control account; without it nothing is proven, and nothing else is lost."""
        try:
            payloads = debtors_payloads(self._client, self.state.home)
        except (Skippable, RoleRefused):
            return
        yield self._stored(payloads, [])

    def _stored(self, payloads: Sequence[Payload], gone: Sequence[Tombstone]) -> Page:
        return Page(
            payloads=payloads,
            tombstones=gone,
            cursor=self.state.dump(),
            calls=self._meter.take(),
        )

    def _go(self, **changed: object) -> None:
        self.state = replace(self.state, **changed)
