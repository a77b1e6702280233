"""Targeted re-reads: what is fetched live before a tie-out says that something does not tie."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection, select

from recoup.connector.capabilities import Capability
from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentKind, DocumentRef, OpenEntry
from recoup.connector.protocols import Clock
from recoup.sync.pull.run import store_fetched
from recoup.sync.pull.sweeping import Healer
from recoup.sync.store import contributors as entries
from recoup.sync.store import tieout as figures
from recoup.sync.store.aging import View, open_documents
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.tieout.contributors import Contributor, read_name, standing_lines
from recoup.sync.tieout.identities import Finding

__all__ = ["Mender"]

_CUSTOMERS = 50  # who do not tie are read again, the largest differences first
_DOCUMENTS = 100  # of each of them


class Mender:
    """Reads again, through the pull's own door, whatever a judgement doubts."""

    def __init__(self, store: Store, company: CompanyRow, ledger: Ledger, clock: Clock) -> None:
        self.store, self.company, self.ledger, self.clock = store, company, ledger, clock
        self.changed = 0  # objects that came back different
        self.can = ledger.capabilities()
        with self._read() as conn:
            self._types = figures.live_types(conn, company.company_id)

    def reread(self, findings: Sequence[Finding]) -> None:
        """Fetch the customers who do not tie, their documents and the control accounts."""
        if Capability.LIVE_FETCH not in self.can:
            return
        customers = _worst_first(findings)[:_CUSTOMERS]
        refs: list[DocumentRef] = []
        with self._read() as conn:
            accounts = figures.control_account_ids(conn, self.company.company_id)
            for customer in customers:
                refs += figures.documents_of(
                    conn, self.company.company_id, customer, limit=_DOCUMENTS
                )
            parked = figures.parked_objects(conn, self.company.company_id)
        wanted = self._pairs("control_account", accounts) + self._pairs("customer", customers)
        wanted += [(unread.source_type, unread.ledger_id) for unread in parked[:_DOCUMENTS]]
        self._fetch(wanted, refs)

    def recount(self) -> None:
        """Compare the number of objects of every type, halving the time span on a difference."""
        if Capability.COUNT_SWEEP not in self.can:
            return
        healer = Healer(self.store, self.company, self.ledger, self.clock)
        self.changed += healer.check_counts()

    def compare_open_items(self) -> list[Contributor]:
        """Fetch what the ledger's own list of open items has otherwise; name what it has alone.

        Returns the entries that are no documents of ours, such as statement charges.
        """
        if Capability.OPEN_ENTRIES not in self.can:
            return []
        theirs = self.ledger.control_totals(None, True).open_entries
        ours = self._open_items()
        listed: dict[DocumentRef, int] = {}
        for entry in theirs:
            ref = _ref(entry)
            if ref is not None:
                listed[ref] = listed.get(ref, 0) + entry.amount.minor
        differing = sorted(
            ref for ref in listed.keys() | ours.keys() if listed.get(ref) != ours.get(ref)
        )
        if differing and Capability.LIVE_FETCH in self.can:
            self._fetch([], differing)
            ours = self._open_items()
        return [
            _foreign(entry)
            for entry in theirs
            if entry.ref is None and entry.amount and _ref(entry) not in ours
        ]

    def _open_items(self) -> dict[DocumentRef, int]:
        """What the store calls open: documents, and postings by what stands of their lines."""
        company_id = self.company.company_id
        item = open_documents(View(company_id, None))
        statement = select(item.c.kind, item.c.ledger_id, item.c.open_minor)
        with self._read() as conn:
            rows = conn.execute(statement.where(item.c.open_minor != 0))
            ours = {DocumentRef(DocumentKind(kind), i): int(minor) for kind, i, minor in rows}
            lines = entries.control_lines(conn, company_id)
            standing = standing_lines(lines, entries.settlements(conn, company_id))
        for line in lines:
            ours.setdefault(DocumentRef(DocumentKind(line.kind), line.ledger_id), 0)
        for left in standing:
            ref = read_name(left.document)
            if ref is not None:
                ours[ref] += left.minor
        return ours

    def _fetch(self, wanted: list[tuple[str, str]], refs: Sequence[DocumentRef]) -> None:
        pairs = list(dict.fromkeys([*wanted, *self.ledger.source_types(refs)]))
        if pairs:
            fetched = self.ledger.fetch(pairs)
            self.changed += store_fetched(
                self.store, self.company, self.ledger, fetched, self.clock
            )

    def _pairs(self, record: str, ids: Sequence[str]) -> list[tuple[str, str]]:
        return [(name, i) for name in self._types.get(record, ()) for i in ids]

    def _read(self) -> AbstractContextManager[Connection]:
        return self.store.read(self.company.company_id)


def _worst_first(findings: Sequence[Finding]) -> list[str]:
    """Customers in the findings, by the largest amount that is missing."""
    worst: dict[str, int] = {}
    for finding in findings:
        if finding.customer_id is not None:
            off = 0
            if finding.stated is not None and finding.derived is not None:
                off = abs((finding.stated - finding.derived).minor)
            worst[finding.customer_id] = max(worst.get(finding.customer_id, 0), off)
    return sorted(worst, key=lambda customer: (-worst[customer], customer))


def _ref(entry: OpenEntry) -> DocumentRef | None:
    """The document or posting behind a line of the ledger's list; None for what we never read."""
    return entry.ref or read_name(entry.document)


def _foreign(entry: OpenEntry) -> Contributor:
    return Contributor(
        document=entry.document,
        customer_id=entry.customer_id,
        currency=entry.amount.currency,
        minor=entry.amount.minor,
        why=entry.why,
    )
