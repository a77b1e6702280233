"""Pulling one company: every page and its cursor in one transaction, whatever is killed.

The adapter says what changed; this shell stores it, has missing documents confirmed and keeps
a log. One process pulls a company at a time; a second one is told that the first is at it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recoup.connector.errors import Busy, RecoupError
from recoup.connector.facades import Ledger
from recoup.connector.pages import Cursor, Fetched, Page
from recoup.connector.protocols import Clock
from recoup.sync.pull.open_sweep import OpenSweep, note_whole_pull, read_open
from recoup.sync.pull.sweeping import Healer
from recoup.sync.store import cursors, holdings
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.store.ingest import Stored, store_payloads, store_tombstones
from recoup.sync.store.leases import Lease
from recoup.sync.store.pulls import log_pull

__all__ = ["Progress", "PullResult", "pull_company", "store_fetched", "sweep_open_documents"]

_LEASE = timedelta(minutes=5)  # longer than any one call may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a pull is, after a page was stored."""

    seen: int
    changed: int
    calls: int
    expected: int | None  # documents in this pull, where the ledger told
    source_type: str | None  # what the page held, by the platform's own name


@dataclass(slots=True, kw_only=True)
class PullResult:
    """What a pull came to."""

    calls: int = 0  # API calls spent
    stored: Stored = field(default_factory=Stored)
    gone: int = 0  # deletions that were news
    healed: int = 0  # objects that a sweep found missing here or there
    started_at: datetime
    ended_at: datetime | None = None


def pull_company(
    store: Store,
    company: CompanyRow,
    ledger: Ledger,
    *,
    clock: Clock,
    on_progress: Callable[[Progress], None] | None = None,
    wait: timedelta = timedelta(0),
    open_sweep: bool = False,
) -> PullResult:
    """Bring over everything that changed since the last stored cursor.

    Where the ledger has a blind spot its open documents are read too: once a UTC day, or now
    with *open_sweep*. Raises Busy when another process pulls this company and does not end
    within *wait*, and whatever the adapter raises; what was stored until then stays and is not
    pulled again.
    """
    result = PullResult(started_at=clock.now())
    with _alone(store, company, wait) as lease:
        try:
            puller = _Puller(store, company, ledger, clock, result)
            cursor = puller.cursor()

            def stored(page: Page | None = None) -> None:
                lease.renew()
                if on_progress is not None:
                    on_progress(puller.progress(page))

            for page in ledger.pull(cursor):
                puller.store_page(page)
                stored(page)
            if cursor is None and not open_sweep:
                note_whole_pull(store, company, ledger, result.started_at)
            swept = read_open(store, company, ledger, clock, if_due=not open_sweep, on_page=stored)
            result.calls += swept.calls
            result.healed += swept.healed
            puller.follow_merges()
            result.ended_at = clock.now()
            _log(store, company, result, "done")
        except RecoupError as error:
            result.ended_at = clock.now()
            try:
                _log(store, company, result, str(error))
            except RecoupError as second:
                error.add_note(f"nor could the pull be logged: {second}")
            raise
    return result


def sweep_open_documents(
    store: Store,
    company: CompanyRow,
    ledger: Ledger,
    clock: Clock,
    *,
    wait: timedelta = timedelta(minutes=1),
) -> OpenSweep:
    """Make every document that is open here or there agree with the ledger as it is now.

    For the moment before something is sent. Costs nothing where the ledger has no blind spot.
    Raises Busy when a pull of this company does not end within *wait*, and whatever the adapter
    raises.
    """
    with _alone(store, company, wait) as lease:
        return read_open(store, company, ledger, clock, if_due=False, on_page=lease.renew)


def store_fetched(
    store: Store, company: CompanyRow, ledger: Ledger, fetched: Fetched, clock: Clock
) -> int:
    """Store what a live read brought; returns how many objects it changed."""
    return Healer(store, company, ledger, clock).keep(fetched)


@contextmanager
def _alone(store: Store, company: CompanyRow, wait: timedelta) -> Iterator[Lease]:
    """Hold the company's pull. Raises Busy in words that name the company."""
    with ExitStack() as stack:
        try:
            held = store.lease(f"pull:{company.company_id}", ttl=_LEASE, wait=wait)
            lease = stack.enter_context(held)
        except Busy as busy:
            raise Busy(
                "another sync of this company is running; run the command again when it has ended",
                retry_after=busy.retry_after,
            ) from None
        yield lease


class _Puller:
    def __init__(
        self,
        store: Store,
        company: CompanyRow,
        ledger: Ledger,
        clock: Clock,
        result: PullResult,
    ) -> None:
        self.store, self.company, self.ledger = store, company, ledger
        self.clock, self.result = clock, result
        self.healer = Healer(store, company, ledger, clock)

    def cursor(self) -> Cursor | None:
        with self.store.read(self.company.company_id) as conn:
            return cursors.read_cursor(conn, self.company.company_id)

    def store_page(self, page: Page) -> None:
        """Have a sweep's findings fetched first: once the cursor is stored it will not return."""
        for swept in page.swept:
            self.result.healed += self.healer.settle(swept, page.payloads)
        company_id, at = self.company.company_id, self.clock.now()
        with self.store.write(company_id) as conn:
            stored = store_payloads(conn, self.company, page.payloads, self.ledger.map_payloads, at)
            gone = store_tombstones(conn, company_id, page.tombstones, at)
            changed = stored.changed + stored.parked + gone
            cursors.write_cursor(conn, company_id, json.dumps(page.cursor), changed, at)
        self.result.stored.add(stored)
        self.result.gone += gone
        self.result.calls += page.calls

    def follow_merges(self) -> None:
        """Read again what names a vanished customer: a merge moves it without a trace."""
        with self.store.read(self.company.company_id) as conn:
            wanted = holdings.orphans(conn, self.company.company_id)
        if wanted:
            fetched = self.ledger.fetch(wanted)
            self.result.healed += self.healer.keep(fetched)
        with self.store.write(self.company.company_id) as conn:
            cursors.finish(conn, self.company.company_id, self.clock.now())

    def progress(self, page: Page | None) -> Progress:
        return Progress(
            seen=self.result.stored.seen,
            changed=self.result.stored.changed,
            calls=self.result.calls,
            expected=page.total if page else None,
            source_type=page.payloads[0].source_type if page and page.payloads else None,
        )


def _log(store: Store, company: CompanyRow, result: PullResult, outcome: str) -> None:
    with store.write(company.company_id) as conn:
        log_pull(
            conn,
            company.company_id,
            started_at=result.started_at,
            ended_at=result.ended_at or result.started_at,
            calls=result.calls,
            seen=result.stored.seen,
            stored=result.stored.changed,
            outcome=outcome,
        )
