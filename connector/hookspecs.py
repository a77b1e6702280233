"""Every hook of recoup on one page.

Three families. *Consent* hooks are asked once per grant, before any company exists. *Ledger*
hooks are asked of exactly one adapter: one plugin manager per company, first result wins.
*Everybody* hooks gather a list from all plugins or tell all of them. Call them through the
typed facades (``recoup.connector.facades``), never through pluggy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pluggy

from recoup.connector.capabilities import Capability
from recoup.connector.events import ChangeHint, Event
from recoup.connector.intents import Intent, Outcome
from recoup.connector.model import Company, ControlTotals, DocumentRef, Record
from recoup.connector.pages import Cursor, Fetched, Page, Payload, Swept, Window
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import TokenSet

__all__ = ["ConsentSpec", "EverybodySpec", "LedgerSpec", "hookimpl", "hookspec"]

hookspec = pluggy.HookspecMarker("recoup")
hookimpl = pluggy.HookimplMarker("recoup")


class ConsentSpec:
    """Asked once per grant."""

    @hookspec(firstresult=True)
    def authorize_url(self, redirect_uri: str, state: str, code_challenge: str) -> str:
        """Return the page where a person consents. code_challenge is PKCE S256."""
        raise AssertionError

    @hookspec(firstresult=True)
    def exchange_code(
        self, answer: Mapping[str, str], redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        """Trade the query parameters of the redirect for tokens.

        The caller has checked state. Raises NeedsReconnect when the code is refused.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def refresh(self, tokens: TokenSet) -> TokenSet:
        """Renew *tokens*; the vault persists the answer before anybody uses it.

        Raises NeedsReconnect when the grant is gone, Retriable when the platform is.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def revoke(self, tokens: TokenSet) -> bool:
        """Give the consent back; True also when the platform no longer knew it."""
        raise AssertionError

    @hookspec(firstresult=True)
    def list_companies(self, tokens: TokenSet, answer: Mapping[str, str]) -> Sequence[str]:
        """Return the ledger's ids of the companies that the grant reaches."""
        raise AssertionError

    @hookspec(firstresult=True)
    def verify_webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Whether the platform signed *body*; compared in constant time, before any parsing."""
        raise AssertionError

    @hookspec(firstresult=True)
    def parse_webhook(self, body: bytes) -> Sequence[ChangeHint]:
        """Read a verified body. Hints only say where to look; their content is never trusted."""
        raise AssertionError


class LedgerSpec:
    """Asked of the one adapter behind a company."""

    @hookspec(firstresult=True)
    def describe_company(self) -> Company:
        """Return the books behind the connection, read live.

        Raises WrongCompany when the ledger answers for others than the connected ones.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def capabilities(self) -> frozenset[Capability]:
        """Return what works for this company; everything else raises NotSupported."""
        raise AssertionError

    @hookspec(firstresult=True)
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        """Yield everything that changed since *cursor*, oldest work first; None means all.

        The caller stores each page with its cursor in one transaction before it asks for the
        next, and starts again from the last stored cursor after a crash. The same payload may
        come twice; none is left out. Raises Retriable on throttling, NeedsReconnect when the
        consent is gone.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        """Map payloads to records, in order; a pure function that calls nobody.

        A payload that cannot be a record gives the Unreadable that says why, in its place.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def sweep(self, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
        """Count what the ledger holds of *source_type* in *window*; list it too when *listed*.

        The listed objects come as payloads beside their ids.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def count_objects(self) -> Sequence[Swept]:
        """Count all objects of every type that pull() covers, in as few calls as can be.

        Needs COUNT_SWEEP. What differs from the store is narrowed down with sweep().
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def sweep_open(self) -> Iterator[Page]:
        """Yield every open document as the ledger holds it now, whatever its change stamp says.

        Needs OPEN_SWEEP: for ledgers that change documents without saying so. Each page carries
        payloads and, when a type is complete, its Swept with open_only. The cursors are empty
        and not stored. The engine asks daily and before anything is sent.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        """Read the named objects live, as (source_type, ledger_id) pairs.

        Each comes back as a payload or, when the ledger says that it is gone, as a tombstone.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[tuple[str, str]]:
        """Translate references of the model into the pairs that fetch() takes."""
        raise AssertionError

    @hookspec(firstresult=True)
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        """Return the receivables control account per currency; see ControlTotals.

        detail adds the ledger's own list of open items. Raises NotSupported for a date that
        the ledger cannot report on.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def native_reminders(self) -> bool | None:
        """Whether the platform's own reminders are on; None when it does not say."""
        raise AssertionError

    @hookspec(firstresult=True)
    def invoice_link(self, invoice_id: str) -> str | None:
        """Return the customer's pay or view link; None when the ledger makes none for it."""
        raise AssertionError

    @hookspec(firstresult=True)
    def invoice_pdf(self, invoice_id: str) -> bytes:
        """Return the ledger's own PDF of the invoice."""
        raise AssertionError

    @hookspec(firstresult=True)
    def foresee(self, intent: Intent) -> Mapping[str, Any]:
        """Read what *intent* will overwrite or be built upon, as it is before anything is sent.

        Optional. The engine stores the answer as the intent's inverse together with the plan,
        and every try of the write gets it back there: after a crash it cannot be read any more.
        Raises Skippable where the write itself would.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def add_note(self, intent: Intent) -> Outcome:
        """Add a note for the bookkeeper to a document."""
        raise AssertionError

    @hookspec(firstresult=True)
    def set_expected_payment(self, intent: Intent) -> Outcome:
        """Store the day on which payment is expected, where the ledger has such a field.

        Request: invoice_id, expected_on (an ISO date; None takes the day away).
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def create_payment(self, intent: Intent) -> Outcome:
        """Book a customer payment with its allocations.

        Request: customer_id, currency, amount, issued_on, reference, allocations
        [{invoice_id, amount}]; amounts are decimal strings. Optional: discount in an
        allocation, what is let off besides its amount; account, the ledger's id of the account
        that took the money; rate, home units per unit of currency. Raises NotSupported for an
        option that the ledger has no form for, OutcomeUnknown when no answer came, Stale when a
        document changed, Skippable when the ledger refuses it.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def allocate(self, intent: Intent) -> Outcome:
        """Apply a payment or credit note that exists.

        Request: source {kind, ledger_id}, allocations [{invoice_id, amount}]. Allocations that
        are there already stay as they are. Raises as create_payment.
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def reverse(self, intent: Intent) -> Outcome:
        """Take back an earlier write; the request is the inverse that its outcome carried."""
        raise AssertionError

    @hookspec(firstresult=True)
    def create_invoice(self, intent: Intent) -> Outcome:
        """Book an invoice of our own making, such as a late fee.

        Request: customer_id, currency, issued_on, due_on, number, memo, lines
        [{amount, description, item_id}].
        """
        raise AssertionError

    @hookspec(firstresult=True)
    def email_invoice(self, intent: Intent) -> Outcome:
        """Have the platform mail an invoice. Request: invoice_id, to (None is its own address)."""
        raise AssertionError


class EverybodySpec:
    """Asked or told of all plugins; one plugin's failure never loses another's answer."""

    @hookspec
    def ledger_platforms(self) -> Sequence[LedgerPlatform]:
        """Return the platforms that this plugin connects; their SDK is not imported yet."""
        raise AssertionError

    @hookspec
    def on_event(self, event: Event) -> None:
        """Hear what happened: a company connected, a sync ended, a customer was held."""
        raise AssertionError
