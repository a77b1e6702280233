"""The sweep of open documents: finding what a ledger changed without saying so.

Some ledgers leave the change stamp of an invoice as it was when money is allocated to it, and a
pull by change stamps is blind to that. Reading everything that is open now, and live what we hold
open and the ledger does not show any more, makes the store agree. Once a day, and before anything
is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from recoup.connector.capabilities import Capability
from recoup.connector.facades import Ledger
from recoup.connector.pages import Fetched
from recoup.connector.protocols import Clock
from recoup.sync.pull.sweeping import Healer
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.store.open_sweeps import last_open_sweep, note_open_sweep

__all__ = ["OpenSweep", "has_blind_spot", "is_due", "note_whole_pull", "read_open"]


@dataclass(slots=True, kw_only=True)
class OpenSweep:
    """What a sweep of the open documents came to."""

    calls: int = 0  # API calls of its pages; live reads of what it missed not counted
    seen: int = 0
    healed: int = 0  # objects that were not as we held them


def has_blind_spot(ledger: Ledger) -> bool:
    """Whether the ledger needs the sweep: its adapter declares OPEN_SWEEP."""
    return Capability.OPEN_SWEEP in ledger.capabilities()


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether no sweep has been made yet on the UTC day of *now*."""
    return last is None or last.astimezone(UTC).date() != now.astimezone(UTC).date()


def read_open(
    store: Store,
    company: CompanyRow,
    ledger: Ledger,
    clock: Clock,
    *,
    if_due: bool,
    on_page: Callable[[], None] = lambda: None,
) -> OpenSweep:
    """Read everything open and settle it; the caller holds the company's pull.

    if_due: not more than once a UTC day. Does nothing where the ledger has no blind spot.
    on_page is called after each stored page. Raises whatever the adapter raises; what was
    stored until then stays, and the sweep counts as not made.
    """
    result, healer = OpenSweep(), Healer(store, company, ledger, clock)
    began_at = clock.now()
    if not has_blind_spot(ledger):
        return result
    if if_due and not is_due(last_open_sweep(store, company.company_id), began_at):
        return result
    for page in ledger.sweep_open():
        result.calls += page.calls
        result.seen += len(page.payloads)
        if page.payloads or page.tombstones:
            fetched = Fetched(payloads=page.payloads, tombstones=page.tombstones)
            result.healed += healer.keep(fetched)
        for swept in page.swept:
            result.healed += healer.settle(swept)
        on_page()
    note_open_sweep(store, company.company_id, began_at)
    return result


def note_whole_pull(store: Store, company: CompanyRow, ledger: Ledger, began_at: datetime) -> None:
    """A pull that read everything in one go has seen what is open: the day's sweep is made."""
    if has_blind_spot(ledger):
        note_open_sweep(store, company.company_id, began_at)
