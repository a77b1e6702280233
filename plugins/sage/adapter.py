"""Sage Accounting behind the ledger hooks, for one business."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from recoup.connector.capabilities import Capability
from recoup.connector.errors import NeedsReconnect, NotSupported, Retriable
from recoup.connector.hookspecs import hookimpl
from recoup.connector.intents import Intent, Outcome
from recoup.connector.model import Company, ControlTotals, DocumentRef, Record
from recoup.connector.pages import Cursor, Fetched, Page, Payload, Swept, Window
from recoup.connector.protocols import Connection
from recoup.plugins.sage import company, control, mapping, undoing, writes
from recoup.plugins.sage.capabilities import CAPABILITIES, REDUCED
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.confirm import confirm
from recoup.plugins.sage.context import MappingContext
from recoup.plugins.sage.cursor import State
from recoup.plugins.sage.enrich import Enricher
from recoup.plugins.sage.entities import ALLOCATIONS, PAGE_ROWS, to_source_type
from recoup.plugins.sage.faults import RoleRefused
from recoup.plugins.sage.limits import Limits
from recoup.plugins.sage.pull import pull
from recoup.plugins.sage.sweep import count_all, sweep, sweep_open

__all__ = ["SageLedger"]


class SageLedger:
    """The ledger hooks of one business. One thread at a time."""

    def __init__(
        self, connection: Connection, *, page_rows: int = PAGE_ROWS, limits: Limits | None = None
    ) -> None:
        """page_rows: rows asked for per page, at most 200; the platform's most unless given."""
        self._connection = connection
        self._client = Client(connection, page_rows=page_rows, limits=limits)
        self._context = MappingContext(connection.home_currency)
        self._books: company.Books | None = None
        self._reduced: bool | None = None  # None until somebody asked for the allocations

    @hookimpl
    def describe_company(self) -> Company:
        """Return the business from /businesses and its financial settings: two calls."""
        found = company.describe(self._client)
        self._context = MappingContext(found.home_currency)
        return found

    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        """Return what works for this business: less where allocations may not be read.

        Costs one call where nothing has asked for the allocations yet.
        """
        try:
            return REDUCED if self._is_reduced() else CAPABILITIES
        except (NeedsReconnect, Retriable):
            return CAPABILITIES  # who cannot ask now learns it from the operation itself

    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield pages; see ``recoup.plugins.sage.pull``."""
        return pull(self._client, cursor, on_state=self._know)

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        """Map payloads; documents without a currency take the base currency last heard of."""
        return mapping.map_payloads(payloads, self._context)

    @hookimpl
    def sweep(self, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
        """Count or list the objects of one resource by their time of creation."""
        return sweep(self._client, self._enricher(), source_type, window, listed)

    @hookimpl
    def count_objects(self) -> Sequence[Swept]:
        """Count every resource that a pull covers, in a call each."""
        return count_all(self._client, reduced=self._is_reduced())

    @hookimpl
    def sweep_open(self) -> Iterator[Page]:
        """Yield every document that is open, from the lists by status."""
        return sweep_open(self._client, self._enricher())

    @hookimpl
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        """Read objects by id, live, drawing on the reserve of the budgets."""
        with self._client.urgently():
            return confirm(self._client, self._enricher(), wanted)

    @hookimpl
    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[tuple[str, str]]:
        """Translate references into the resource that most likely holds each."""
        return [to_source_type(ref) for ref in refs]

    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        """Return the trade debtors account's balance, over all days or up to one of them."""
        return control.control_totals(
            self._client, as_of, detail, self._known_books().home_currency
        )

    @hookimpl
    def invoice_pdf(self, invoice_id: str) -> bytes:
        """Return the platform's PDF; the invoice is not marked as sent."""
        return self._client.pdf(invoice_id)

    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        """Book a receipt; optional in the request: see ``recoup.plugins.sage.writes``."""
        return writes.create_payment(self._client, intent)

    @hookimpl
    def allocate(self, intent: Intent) -> Outcome:
        """Set a credit note, or money on account, against invoices."""
        if self._is_reduced():
            raise NotSupported(
                "allocations need Full Access in Sales, Purchases and Contacts: give the person "
                "who consented that role in Sage"
            )
        return writes.allocate(self._client, intent)

    @hookimpl
    def reverse(self, intent: Intent) -> Outcome:
        """Take back an earlier write."""
        return undoing.reverse(self._client, intent)

    @hookimpl
    def create_invoice(self, intent: Intent) -> Outcome:
        """Book an invoice."""
        return writes.create_invoice(self._client, intent)

    def _enricher(self) -> Enricher:
        books = self._known_books()
        return Enricher(
            self._client,
            home=books.home_currency,
            multicurrency=books.multicurrency,
            reduced=self._is_reduced(),
        )

    def _known_books(self) -> company.Books:
        if self._books is None:
            self._books = company.read_books(self._client)
            self._context = MappingContext(self._books.home_currency)
        return self._books

    def _is_reduced(self) -> bool:
        if self._reduced is None:
            try:
                self._client.page(ALLOCATIONS, {}, rows=1)
                self._reduced = False
            except RoleRefused:
                self._reduced = True
        return self._reduced

    def _know(self, state: State) -> None:
        self._context = MappingContext(state.home)
        self._books = company.Books(state.home, state.multicurrency, None)
        # A first pass learns what may be read when it comes to the allocations.
        learns = state.phase == "first" and ALLOCATIONS in state.queue and not state.reduced
        self._reduced = None if learns else state.reduced
