"""The receivables model: what every ledger's records become.

Dates are in the company's calendar and carry no zone; instants are aware UTC. Every record
keeps the payload it was read from, byte for byte, so that a mapping can be corrected and
replayed without asking the ledger again. Numbers on documents are labels, never keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recoup.connector.money import Money

__all__ = [
    "Allocation",
    "AllocationKind",
    "Company",
    "Contact",
    "ControlAccount",
    "ControlLine",
    "ControlPosting",
    "ControlTotals",
    "CreditNote",
    "Customer",
    "Document",
    "DocumentKind",
    "DocumentRef",
    "DocumentState",
    "Invoice",
    "OpenEntry",
    "Payment",
    "Record",
    "Refund",
    "StatementLine",
    "Unmapped",
]


class DocumentKind(StrEnum):
    """What a reference points at. Only the first six are documents with an open amount."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    PREPAYMENT = "prepayment"
    OVERPAYMENT = "overpayment"
    REFUND = "refund"
    JOURNAL = "journal"  # an entry posted straight to the control account
    DEPOSIT = "deposit"  # a bank deposit, some of whose lines may be posted to it
    EXPENSE = "expense"  # a cheque or expense posted to it, e.g. money given back


class DocumentState(StrEnum):
    DRAFT = "draft"
    POSTED = "posted"
    VOID = "void"  # the ledger keeps it and counts it as nothing
    DELETED = "deleted"  # the ledger no longer has it; we keep what we last saw


class AllocationKind(StrEnum):
    CASH = "cash"
    CREDIT = "credit"
    DISCOUNT = "discount"
    WRITE_OFF = "write_off"
    EXCHANGE_DIFFERENCE = "exchange_difference"


class DocumentRef(NamedTuple):
    """Which document of a company: the ledger's id is unique within its kind."""

    kind: DocumentKind
    ledger_id: str

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.ledger_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One set of books as the ledger describes it."""

    ledger: str  # "quickbooks", "xero", "sage"
    ledger_id: str  # realm, tenant or business id
    name: str
    home_currency: str  # ISO 4217
    country: str | None = None  # as the ledger writes it
    time_zone: str | None = None  # IANA name; None means the ledger does not say
    multicurrency: bool = False
    books_closed_on: date | None = None  # inclusive: documents up to this date are frozen
    ages_from_issue: bool = False  # the ledger's own aged report counts from the issue date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody at a customer. *role* is "billing" unless the ledger says otherwise."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    role: str = "billing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What every record read from a ledger carries."""

    ledger_id: str
    version: str | None = None  # the ledger's optimistic-lock token, where it has one
    created_at: datetime | None = None  # aware UTC, by the ledger's clock
    changed_at: datetime | None = None  # aware UTC, by the ledger's clock
    raw: bytes = field(default=b"", repr=False, compare=False)  # payload exactly as received


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(_Read):
    """A debtor; a job or sub-customer names its parent."""

    name: str
    currency: str
    parent_id: str | None = None
    bills_with_parent: bool = False  # the parent pays for it
    active: bool = True
    contacts: tuple[Contact, ...] = ()
    terms: str | None = None  # the ledger's id of the payment terms
    debtor_type: str | None = None  # "business" or "person", where known
    balance: Money | None = None  # the ledger's own figure for its own documents, no children
    balance_in_home: bool = False  # it sums documents of every currency at their booked rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """*amount* of *source* set against *target*, as stated by the document that carries it.

    Always positive. Money flows from source to target: payment → invoice, credit note →
    invoice, or credit note → payment where the ledger settles credits inside a payment.
    """

    part: str  # position within the carrying document, stable between reads of one version
    source: DocumentRef
    target: DocumentRef
    amount: Money
    kind: AllocationKind = AllocationKind.CASH
    made_on: date | None = None  # its own date where the ledger has one


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(_Read):
    """A receivable. *balance* is the ledger's own figure of what is open."""

    customer_id: str
    number: str | None = None
    issued_on: date
    due_on: date
    total: Money
    balance: Money
    rate: Decimal | None = None  # home units per unit of the document's currency, as booked
    state: DocumentState = DocumentState.POSTED
    terms: str | None = None
    memo: str | None = None

    @property
    def ref(self) -> DocumentRef:
        return DocumentRef(DocumentKind.INVOICE, self.ledger_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote(_Read):
    """A credit to a customer. *balance* is what is left of it, never negative."""

    customer_id: str
    number: str | None = None
    issued_on: date
    total: Money
    balance: Money
    rate: Decimal | None = None
    state: DocumentState = DocumentState.POSTED
    allocations: tuple[Allocation, ...] = ()  # where the ledger states them on the note itself

    @property
    def ref(self) -> DocumentRef:
        return DocumentRef(DocumentKind.CREDIT_NOTE, self.ledger_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(_Read):
    """Money received. *balance* is its unapplied part: total + credits in − allocations out."""

    kind: DocumentKind = DocumentKind.PAYMENT  # or prepayment, overpayment
    customer_id: str
    number: str | None = None  # the remittance or cheque reference
    issued_on: date
    total: Money
    balance: Money
    rate: Decimal | None = None
    state: DocumentState = DocumentState.POSTED
    allocations: tuple[Allocation, ...] = ()

    @property
    def ref(self) -> DocumentRef:
        return DocumentRef(self.kind, self.ledger_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(_Read):
    """Money given back. *balance* is what no credit covers yet: total − allocations in.

    A credit note, payment or overpayment is its source: credit note → refund.
    """

    customer_id: str
    number: str | None = None
    issued_on: date
    total: Money
    balance: Money
    rate: Decimal | None = None
    state: DocumentState = DocumentState.POSTED
    allocations: tuple[Allocation, ...] = ()

    @property
    def ref(self) -> DocumentRef:
        return DocumentRef(DocumentKind.REFUND, self.ledger_id)


Document = Invoice | CreditNote | Payment | Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlLine:
    """One line of a posting. Whether its account is a control account, the accounts say."""

    part: str  # the ledger's line id
    account_id: str
    customer_id: str | None
    amount: Money  # positive raises what the customer owes, negative lowers it


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPosting(_Read):
    """A journal entry or deposit: not a document, yet it can move the control account."""

    kind: DocumentKind  # journal or deposit
    issued_on: date
    number: str | None = None
    rate: Decimal | None = None
    state: DocumentState = DocumentState.POSTED
    lines: tuple[ControlLine, ...] = ()
    deposited: tuple[str, ...] = ()  # ids of the payments that a deposit took to the bank

    @property
    def ref(self) -> DocumentRef:
        return DocumentRef(self.kind, self.ledger_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlAccount(_Read):
    """An accounts-receivable account with its balance as the ledger states it now."""

    name: str
    balance: Money
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped(_Read):
    """An object of the ledger that receivables do not read; kept verbatim, nothing derived."""

    source_type: str  # the platform's own name of the type


Record = (
    Customer | Invoice | CreditNote | Payment | Refund | ControlPosting | ControlAccount | Unmapped
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEntry:
    """A line of the ledger's own list of open items, of any type, for naming a difference."""

    document: str  # the ledger's id, prefixed by its type where it is no document of ours
    customer_id: str | None
    amount: Money  # positive is owed to the company
    why: str  # the ledger's own name of the type, e.g. "Statement Charge"
    ref: DocumentRef | None = None  # set where it is a document that we also read


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotals:
    """What the ledger says its control accounts hold.

    as_of None is the state now, whatever the dates of the documents; a date is the ledger's
    own dated report, inclusive. A currency that the ledger cannot state is absent.
    """

    as_of: date | None
    read_at: datetime
    totals: tuple[Money, ...]  # one per currency
    open_entries: tuple[OpenEntry, ...] = ()  # only where detail was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A line of a bank statement; positive is money in."""

    account: str
    booked_on: date
    amount: Money
    reference: str | None = None
    payer: str | None = None
    line_id: str  # identity within the statement, multiplicity included
    raw: bytes = field(default=b"", repr=False, compare=False)
