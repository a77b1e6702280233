"""QuickBooks Online behind the ledger hooks; stateless but for the company's home currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from recoup.connector.capabilities import Capability
from recoup.connector.hookspecs import hookimpl
from recoup.connector.intents import Intent, Outcome
from recoup.connector.model import Company, ControlTotals, DocumentRef, Record
from recoup.connector.pages import Cursor, Fetched, Page, Payload, Swept, Window
from recoup.connector.protocols import Connection
from recoup.plugins.quickbooks import company, control, mapping, writes
from recoup.plugins.quickbooks.capabilities import CAPABILITIES
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.confirm import confirm
from recoup.plugins.quickbooks.context import MappingContext
from recoup.plugins.quickbooks.entities import PAGE_ROWS, to_source_type
from recoup.plugins.quickbooks.foreseeing import foresee
from recoup.plugins.quickbooks.pull import pull
from recoup.plugins.quickbooks.sweep import count_all, sweep

__all__ = ["QuickBooksLedger"]


class QuickBooksLedger:
    """The ledger hooks of one company. One thread at a time."""

    def __init__(self, connection: Connection, *, page_rows: int = PAGE_ROWS) -> None:
        """page_rows: rows asked for per query, at most 1,000; the platform's most unless given."""
        self._connection = connection
        self._client = Client(connection, page_rows=page_rows)
        self._context = MappingContext(connection.home_currency)

    @hookimpl
    def describe_company(self) -> Company:
        """Return the company from CompanyInfo and Preferences: two calls."""
        found = company.describe(self._client, self._connection.company_id)
        self._know_home(found.home_currency)
        return found

    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        """Return what the adapter can do for any QuickBooks company."""
        return CAPABILITIES

    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield pages; see ``recoup.plugins.quickbooks.pull``."""
        return pull(self._client, cursor, on_home=self._know_home)

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        """Map payloads; documents without a currency take the home currency last heard of."""
        return mapping.map_payloads(payloads, self._context)

    @hookimpl
    def sweep(self, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
        """Count or list the objects of one type by their time of creation."""
        return sweep(self._client, source_type, window, listed)

    @hookimpl
    def count_objects(self) -> Sequence[Swept]:
        """Count every entity that a pull covers, in one batch."""
        return count_all(self._client)

    @hookimpl
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        """Read objects by id, live, drawing on the reserve of the budgets."""
        with self._client.session.urgently():
            return confirm(self._client, wanted)

    @hookimpl
    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[tuple[str, str]]:
        """Translate references into QuickBooks entity names and ids."""
        return [to_source_type(ref) for ref in refs]

    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        """Return the A/R accounts' balances, or the aged receivables of a past date."""
        return control.control_totals(self._client, as_of, detail)

    @hookimpl
    def invoice_link(self, invoice_id: str) -> str | None:
        """Return the link; the platform makes one only where online payments are on."""
        return company.invoice_link(self._client, invoice_id)

    @hookimpl
    def invoice_pdf(self, invoice_id: str) -> bytes:
        """Return the platform's PDF."""
        return self._client.pdf("Invoice", invoice_id)

    @hookimpl
    def foresee(self, intent: Intent) -> Mapping[str, Any]:
        """Read what the body of the write depends on."""
        return foresee(self._client, intent, home=self._context.home_currency)

    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        """Book a payment; optional in the request: rate (decimal string), memo."""
        return writes.create_payment(self._client, intent, home=self._context.home_currency)

    @hookimpl
    def allocate(self, intent: Intent) -> Outcome:
        """Apply a payment, or a credit memo through a payment over nothing."""
        return writes.allocate(self._client, intent)

    @hookimpl
    def reverse(self, intent: Intent) -> Outcome:
        """Take back an earlier write."""
        return writes.reverse(self._client, intent)

    @hookimpl
    def create_invoice(self, intent: Intent) -> Outcome:
        """Book an invoice."""
        return writes.create_invoice(self._client, intent)

    @hookimpl
    def email_invoice(self, intent: Intent) -> Outcome:
        """Have QuickBooks mail an invoice."""
        return writes.email_invoice(self._client, intent)

    @hookimpl
    def add_note(self, intent: Intent) -> Outcome:
        """Add a line to the private note. Request: document {kind, ledger_id}, note."""
        return writes.add_note(self._client, intent)

    def _know_home(self, currency: str) -> None:
        self._context = MappingContext(currency)
