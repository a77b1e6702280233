"""What every mapping needs: dates and instants as Sage writes them, exact money, common fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from recoup.connector.model import DocumentState
from recoup.connector.money import Money
from recoup.plugins.sage.decode import read_instant
from recoup.plugins.sage.structs import Ref, SageObject

__all__ = [
    "MappingContext",
    "head",
    "read_date",
    "read_money",
    "read_positive",
    "read_rate",
    "required_date",
    "required_id",
    "state_of",
    "word",
]

_ZERO = Decimal(0)
_DRAFTS = frozenset({"DRAFT", "PRO_FORMA"})


@dataclass(frozen=True, slots=True)
class MappingContext:
    """What a payload does not say about the business it comes from."""

    home_currency: str | None = None  # from the financial settings; None until they were read

    def currency(self, found: SageObject, ref: Ref | None) -> str:
        """Return the currency of an object: its own, its contact's, else the home currency.

        Raises ValueError when none is known.
        """
        if ref is not None and ref.id:
            return ref.id.upper()
        if found.context is not None and found.context.currency:
            return found.context.currency
        if self.home_currency is None:
            raise ValueError("it names no currency and the business' base currency is not known")
        return self.home_currency


def head(found: SageObject, raw: bytes) -> dict[str, Any]:
    """Return the fields that every record has. Sage has no version tokens."""
    return {
        "ledger_id": found.id,
        "created_at": read_instant(found.created_at),
        "changed_at": read_instant(found.updated_at),
        "raw": raw,
    }


@lru_cache(maxsize=8192)  # the days of a business repeat
def read_date(text: str | None) -> date | None:
    """Read a date; null, empty and blank text count as none, a time of day is left off."""
    cleaned = (text or "").strip()
    return date.fromisoformat(cleaned[:10]) if cleaned else None


def required_date(text: str | None) -> date:
    found = read_date(text)
    if found is None:
        raise ValueError("it has no date")
    return found


def read_money(amount: Decimal | None, currency: str) -> Money:
    """Read an amount; null counts as zero. Raises InexactAmount when it does not fit."""
    if not amount:
        return Money(_ZERO, currency)
    money = Money(amount, currency)
    if not money.fits:
        _ = money.minor  # raises, and says what is wrong
    return money


def read_positive(amount: Decimal | None, currency: str) -> Money:
    """Read an amount that must not be negative."""
    money = read_money(amount, currency)
    if money.amount < 0:
        raise ValueError(f"negative amount {money}")
    return money


def read_rate(
    rate: Decimal | None, total: Decimal | None, base_total: Decimal | None
) -> Decimal | None:
    """Return home units per unit of the document's currency.

    Sage's description does not say which way round exchange_rate is. The two totals do: the
    direction that comes closer to them is taken. Without them the rate stands as it is.
    """
    if not rate or not total or not base_total:
        return rate or None
    straight = abs(total * rate - base_total)
    inverted = abs(total / rate - base_total)
    return rate if straight <= inverted else (1 / rate).quantize(Decimal("1.0000000000"))


def required_id(ref: Ref | None, what: str) -> str:
    """Return the id of a reference. Raises ValueError when there is none."""
    if ref is None or not ref.id:
        raise ValueError(f"it has no {what}")
    return ref.id


def word(ref: Ref | None) -> str:
    """The id of an enumeration's value, upper case; unknown ones come through as they are."""
    return (ref.id or "").strip().upper() if ref is not None else ""


def state_of(status: Ref | None, deleted_at: str | None = None) -> DocumentState:
    """Drafts and pro-formas are no receivables yet; an unknown status is posted."""
    if word(status) == "VOID":
        return DocumentState.VOID
    if read_instant(deleted_at) is not None:
        return DocumentState.DELETED
    return DocumentState.DRAFT if word(status) in _DRAFTS else DocumentState.POSTED
