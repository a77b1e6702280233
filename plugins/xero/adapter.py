"""Xero behind the ledger hooks; stateless but for the home currency and the control account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Fatal
from recoup.connector.hookspecs import hookimpl
from recoup.connector.intents import Intent, Outcome
from recoup.connector.model import Company, ControlTotals, DocumentRef, Record
from recoup.connector.pages import Cursor, Fetched, Page, Payload
from recoup.connector.protocols import Connection
from recoup.plugins.xero import company, control, mapping, notes, payments, writes
from recoup.plugins.xero.capabilities import CAPABILITIES
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.confirm import confirm
from recoup.plugins.xero.context import MappingContext
from recoup.plugins.xero.entities import PAGE_ROWS, to_source_type
from recoup.plugins.xero.foreseeing import foresee
from recoup.plugins.xero.pull import pull
from recoup.plugins.xero.sweep import sweep_open

__all__ = ["XeroLedger"]


class XeroLedger:
    """The ledger hooks of one organisation. One thread at a time."""

    def __init__(self, connection: Connection, *, page_rows: int = PAGE_ROWS) -> None:
        """page_rows: rows asked for per page, at most 1,000; the platform's most unless given."""
        self._client = Client(connection, page_rows=page_rows)
        self._context = MappingContext(connection.home_currency)
        self._debtors: str | None = None

    @hookimpl
    def describe_company(self) -> Company:
        """Return the organisation from Organisation and Currencies: two calls."""
        found = company.describe(self._client)
        self._know_home(found.home_currency)
        return found

    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        """Return what the adapter can do for any organisation."""
        return CAPABILITIES

    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield pages; see ``recoup.plugins.xero.pull``."""
        return pull(self._client, cursor, on_home=self._know_home)

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        """Map payloads; contacts and the control account take the home currency last heard of."""
        return mapping.map_payloads(payloads, self._context)

    @hookimpl
    def sweep_open(self) -> Iterator[Page]:
        """Yield all open sales invoices as they are now."""
        return sweep_open(self._client)

    @hookimpl
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        """Read objects by id, live, drawing on the reserve of the budgets."""
        with self._client.urgently():
            return confirm(self._client, wanted)

    @hookimpl
    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[tuple[str, str]]:
        """Translate references into Xero's names of types and ids."""
        return [to_source_type(ref) for ref in refs]

    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        """Return the trial balance's figure for Accounts Receivable, in base currency."""
        client = self._client
        if self._context.home_currency is None:
            self._know_home(company.identify(client).home)
        if self._debtors is None:
            self._debtors = company.debtors_account(company.accounts(client))
        if self._debtors is None:
            raise Fatal("Xero names no Accounts Receivable account")
        return control.control_totals(client, self._debtors, self._context.home(), as_of, detail)

    @hookimpl
    def native_reminders(self) -> bool | None:
        """Return the switch of Xero's invoice reminders."""
        return company.native_reminders(self._client)

    @hookimpl
    def invoice_link(self, invoice_id: str) -> str | None:
        """Return the online invoice; one call, so ask only when something is sent."""
        return company.invoice_link(self._client, invoice_id)

    @hookimpl
    def invoice_pdf(self, invoice_id: str) -> bytes:
        """Return Xero's PDF."""
        return company.invoice_pdf(self._client, invoice_id)

    @hookimpl
    def foresee(self, intent: Intent) -> Mapping[str, Any]:
        """Return which accounts, days and values a write is built upon."""
        return foresee(self._client, intent)

    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        """Book money received; see ``recoup.plugins.xero.payments``."""
        return payments.create_payment(self._client, intent)

    @hookimpl
    def allocate(self, intent: Intent) -> Outcome:
        """Apply a credit note, overpayment or prepayment."""
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
        """Have Xero mail an invoice, in its own words, to the contact's own addresses."""
        return notes.email_invoice(self._client, intent)

    @hookimpl
    def add_note(self, intent: Intent) -> Outcome:
        """Add a note to a document's history. Request: document {kind, ledger_id}, note."""
        return notes.add_note(self._client, intent)

    @hookimpl
    def set_expected_payment(self, intent: Intent) -> Outcome:
        """Store the expected date. Request: invoice_id, expected_on (ISO date, null clears it)."""
        return notes.set_expected_payment(self._client, intent)

    def _know_home(self, currency: str) -> None:
        self._context = MappingContext(currency)
