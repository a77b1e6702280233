"""What can happen to a company's receivables, in words that every ledger's bookkeeper knows.

An act names documents and customers by labels of the story, never by a ledger's ids. Amounts
are decimal strings in the customer's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

__all__ = [
    "Act",
    "Applies",
    "Bills",
    "Credits",
    "Deletes",
    "Edits",
    "Event",
    "Merges",
    "Opens",
    "Receives",
    "Refunds",
    "Renames",
    "Voids",
]


@dataclass(frozen=True, slots=True)
class Opens:
    """A customer is entered; *currency* None is the home currency."""

    customer: str
    currency: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Bills:
    """An invoice is issued; *rate* is home units per unit of a foreign currency."""

    invoice: str
    customer: str
    amount: str
    due_on: date
    rate: str = "1"


@dataclass(frozen=True, slots=True)
class Credits:
    """A credit note is issued and applied to nothing yet."""

    credit_note: str
    customer: str
    amount: str
    rate: str = "1"


@dataclass(frozen=True, slots=True)
class Receives:
    """Money comes in: *against* settles invoices, *discount* is granted beside it, rest stays."""

    receipt: str
    customer: str
    amount: str
    against: Mapping[str, str] = field(default_factory=dict)
    discount: Mapping[str, str] = field(default_factory=dict)
    rate: str = "1"


@dataclass(frozen=True, slots=True)
class Applies:
    """What is left of a credit note or receipt is set against an invoice."""

    source: str
    invoice: str
    amount: str


@dataclass(frozen=True, slots=True)
class Refunds:
    """Part of a credit note is given back in money."""

    refund: str
    credit_note: str
    amount: str


@dataclass(frozen=True, slots=True)
class Edits:
    """An invoice that nothing was applied to gets another total."""

    invoice: str
    amount: str


@dataclass(frozen=True, slots=True)
class Voids:
    invoice: str


@dataclass(frozen=True, slots=True)
class Deletes:
    """An invoice that nothing was applied to, or a receipt: its invoices are open again."""

    document: str


@dataclass(frozen=True, slots=True)
class Renames:
    customer: str
    name: str


@dataclass(frozen=True, slots=True)
class Merges:
    """*gone* disappears; its documents belong to *kept*."""

    gone: str
    kept: str


Act = (
    Opens | Bills | Credits | Receives | Applies | Refunds | Edits | Voids | Deletes | Renames
    | Merges
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One act on one day of the company's calendar."""

    on: date
    act: Act
