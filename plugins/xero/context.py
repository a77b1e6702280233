"""What every mapping needs: the home currency, exact money, rates and the common fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Any

from recoup.connector.model import (
    Allocation,
    AllocationKind,
    DocumentKind,
    DocumentRef,
    DocumentState,
)
from recoup.connector.money import Money
from recoup.plugins.xero.dates import read_date, read_instant
from recoup.plugins.xero.structs import AllocationObject, ContactRef

__all__ = [
    "PAYABLE",
    "MappingContext",
    "allocations_of",
    "head",
    "read_money",
    "read_rate",
    "required_contact",
    "required_date",
    "state_of",
]

_STATES = {
    "DRAFT": DocumentState.DRAFT,
    "SUBMITTED": DocumentState.DRAFT,
    "VOIDED": DocumentState.VOID,
    "DELETED": DocumentState.DELETED,
}
# Types of documents that belong to payables; any other word is taken for a receivable.
PAYABLE = frozenset(
    {
        "ACCPAY",
        "ACCPAYCREDIT",
        "APOVERPAYMENT",
        "APPREPAYMENT",
        "SPEND-OVERPAYMENT",
        "SPEND-PREPAYMENT",
    }
)
_RATE_DIGITS = Context(prec=24)


@dataclass(frozen=True, slots=True)
class MappingContext:
    """What a payload does not say about the organisation it comes from."""

    home_currency: str | None = None  # Organisation.BaseCurrency; None until it has been read

    def currency(self, code: str | None) -> str:
        """Return the currency of an object: its own, else the home currency.

        Raises ValueError when neither is known.
        """
        if code:
            return code
        return self.home()

    def home(self) -> str:
        """Return the home currency. Raises ValueError while it is not known."""
        if self.home_currency is None:
            raise ValueError("the organisation's base currency is not known yet")
        return self.home_currency


def head(ledger_id: str, updated: str | None, raw: bytes) -> dict[str, Any]:
    """Return the fields that every record has. Xero says neither version nor time of creation."""
    return {"ledger_id": ledger_id, "changed_at": read_instant(updated), "raw": raw}


def read_money(amount: Decimal | None, currency: str) -> Money:
    """Read an amount; absent counts as zero. Raises InexactAmount when it does not fit."""
    if not amount:
        return Money(Decimal(0), currency)
    money = Money(amount, currency)
    if not money.fits:
        _ = money.minor  # raises, and says what is wrong
    return money


def read_rate(rate: Decimal | None) -> Decimal | None:
    """Turn Xero's rate round: it states units of the document's currency per home unit.

    Zero is how it writes that there is none, on documents in home currency and on many payments.
    """
    if not rate or rate < 0:
        return None
    return Decimal(1) if rate == 1 else _RATE_DIGITS.divide(Decimal(1), rate)


def state_of(status: str | None) -> DocumentState:
    """AUTHORISED and PAID are posted, and so is a word that nobody knows yet."""
    return _STATES.get(status or "", DocumentState.POSTED)


def required_contact(contact: ContactRef | None) -> str:
    """Return the contact's id. Raises ValueError when there is none."""
    if contact is None or not contact.contact_id:
        raise ValueError("it has no contact")
    return contact.contact_id


def required_date(*texts: str | None) -> date:
    """Return the first date there is. Raises ValueError when there is none."""
    for text in texts:
        day = read_date(text)
        if day is not None:
            return day
    raise ValueError("it has no date")


def allocations_of(
    source: DocumentRef, stated: Sequence[AllocationObject] | None, currency: str
) -> tuple[Allocation, ...]:
    """Return what a credit settles, as it states itself. Each has a date of its own."""
    return tuple(_allocations(source, stated or (), currency))


def _allocations(
    source: DocumentRef, stated: Sequence[AllocationObject], currency: str
) -> Iterator[Allocation]:
    kind = AllocationKind.CREDIT if source.kind is DocumentKind.CREDIT_NOTE else AllocationKind.CASH
    for at, part in enumerate(stated, 1):
        if part.is_deleted or not part.amount:
            continue
        if part.invoice is None or not part.invoice.invoice_id:
            raise ValueError(f"its allocation {at} names no invoice")
        if part.amount < 0:
            raise ValueError(f"its allocation {at} is negative")
        yield Allocation(
            part=part.allocation_id or f"#{at}",
            source=source,
            target=DocumentRef(DocumentKind.INVOICE, part.invoice.invoice_id),
            amount=read_money(part.amount, currency),
            kind=kind,
            made_on=read_date(part.date),
        )
