"""What an adapter author writes: his ledger's stand-in, with hands on its books."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentRef
from recoup.connector.money import Money
from recoup.connector.testing.fakes import FakeClock

__all__ = ["LedgerCase", "Truth", "Unplayable"]

Truth = Mapping[DocumentRef, Money]


class Unplayable(Exception):
    """The ledger has no such act; the scenario that needs it is skipped with this reason."""


class LedgerCase(ABC):
    """One fresh company behind a stand-in, and the bookkeeper who works in it.

    A case is made for each scenario and closed after it. The bookkeeper's verbs act on the
    books directly, as a person in the platform's own screens does, never through the adapter.
    Amounts are decimal strings in *currency*. A verb that the platform has no counterpart for
    raises Unplayable.
    """

    currency: str = "USD"
    clock: FakeClock  # the one that the connection carries
    many: int = 12  # invoices that fill at least three pages of a pull
    invoice_type: str = "Invoice"  # the platform's own name of it, as in Payload.source_type

    @abstractmethod
    def open_ledger(self) -> Ledger:
        """Open the company anew, as a process that has just started does.

        Tokens, gate and clock stay the same over all openings of one case.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop the stand-in."""

    @abstractmethod
    def truth(self) -> Truth:
        """Every live document with its open amount, straight from the books.

        Invoices, credit notes and payments; what is void or deleted is left out, what is
        settled stands with zero.
        """

    @abstractmethod
    def add_customer(self, name: str) -> str:
        """Create a customer; returns its ledger id. So do the verbs below for what they create."""

    @abstractmethod
    def add_invoice(self, customer_id: str, amount: str) -> str: ...

    @abstractmethod
    def pay(self, invoice_id: str, amount: str) -> str:
        """Book a payment of the invoice's customer that settles *amount* of it."""

    def pay_on_account(self, invoice_id: str, amount: str) -> DocumentRef:
        """Book money of the invoice's customer that settles nothing yet; of any kind of payment."""
        raise Unplayable("this ledger has no payments on account")

    def item_id(self) -> str | None:
        """The product or account that a line of our own invoice may name; None needs none."""
        return None

    @abstractmethod
    def edit_invoice(self, invoice_id: str, amount: str) -> None:
        """Change the invoice's total."""

    def void_invoice(self, invoice_id: str) -> None:
        raise Unplayable("this ledger cannot void an invoice")

    def delete_invoice(self, invoice_id: str) -> None:
        raise Unplayable("this ledger cannot delete an invoice")

    def change_silently(self, invoice_id: str) -> None:
        """Change the open invoice in a way that moves no change stamp of the ledger."""
        raise Unplayable("this ledger stamps every change")

    def delete_payment(self, payment_id: str) -> None:
        raise Unplayable("this ledger cannot delete a payment")

    @abstractmethod
    def write_raw(self, invoice_id: str, fields: Mapping[str, Any]) -> None:
        """Merge *fields* into the invoice as the API will send it, and mark it as changed."""

    @abstractmethod
    def strange_fields(self) -> Mapping[str, Any]:
        """Fields for write_raw: one that no version of the API has, with a nested value."""

    @abstractmethod
    def strange_values(self) -> Mapping[str, Any]:
        """Fields for write_raw: a value that a known enumeration does not list."""

    @abstractmethod
    def total_field(self, amount: str) -> Mapping[str, Any]:
        """Fields for write_raw that state *amount* as the invoice's total and open balance."""

    def notes(self, invoice_id: str) -> Sequence[str]:
        """The bookkeeper's notes on the invoice, oldest first."""
        raise Unplayable("this ledger keeps no notes")

    def expected_on(self, invoice_id: str) -> date | None:
        """The day on which payment of the invoice is expected."""
        raise Unplayable("this ledger expects payment on no day")

    def lock_books(self, until: date) -> None:
        """Lock every day up to and including *until*, as when a period is closed."""
        raise Unplayable("this ledger locks no period")

    def match_with_bank(self, document: DocumentRef) -> None:
        """Match booked money with a line of the bank statement, so that it stays as it is."""
        raise Unplayable("this ledger knows no bank statement")

    def throttle(self, calls: int) -> None:
        """Refuse the next *calls* API calls as the platform does when it is asked too often."""
        raise Unplayable("this ledger never refuses a call")

    def expire_token(self) -> None:
        """Let the access token die at once; the refresh token lives."""
        raise Unplayable("this ledger knows no tokens")

    def revoke_grant(self) -> None:
        """Withdraw the consent: neither token works any more."""
        raise Unplayable("this ledger asks nobody for consent")

    def refresh_count(self) -> int:
        """How often tokens were renewed and stored in the vault since the case began."""
        return 0
