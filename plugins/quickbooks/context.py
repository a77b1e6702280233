"""What every mapping needs: the company's home currency, exact money, and the common fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from recoup.connector.model import DocumentState
from recoup.connector.money import Money
from recoup.plugins.quickbooks.structs import PlainObject, Ref

__all__ = [
    "MappingContext",
    "is_void",
    "read_money",
    "read_positive",
    "required_id",
    "stamps",
    "state_of",
]

VOID_NOTE = "Voided"
_POSTED, _VOID = DocumentState.POSTED, DocumentState.VOID


@dataclass(frozen=True, slots=True)
class MappingContext:
    """What a payload does not say about the company it comes from."""

    home_currency: str | None = None  # from Preferences; None until they have been read

    def currency(self, ref: Ref | None) -> str:
        """Return the currency of an object: its own, else the home currency.

        Raises ValueError when neither is known.
        """
        if ref is not None and ref.value:
            return ref.value
        if self.home_currency is None:
            raise ValueError("it names no currency and the company's home currency is not known")
        return self.home_currency


def stamps(found: PlainObject) -> tuple[datetime | None, datetime | None]:
    """Return when an object was created and last changed, in UTC."""
    meta = found.meta_data
    if meta is None:
        return None, None
    return _utc(meta.create_time), _utc(meta.last_updated_time)


def read_money(amount: Decimal | None, currency: str) -> Money:
    """Read an amount; absent counts as zero. Raises InexactAmount when it does not fit."""
    if not amount:
        return _zero(currency)
    money = Money(amount, currency)
    if not money.fits:
        _ = money.minor  # raises, and says what is wrong
    return money


@cache
def _zero(currency: str) -> Money:
    return Money(Decimal(0), currency)


def read_positive(amount: Decimal | None, currency: str) -> Money:
    """Read an amount that must not be negative."""
    money = read_money(amount, currency)
    if money.amount < 0:
        raise ValueError(f"negative amount {money}")
    return money


def is_void(total: Decimal | None, balance: Decimal | None, note: str | None) -> bool:
    """Whether a document was voided: nothing but zeros, and the platform's note put first.

    There is no status field. A genuine document over nothing does not have the note.
    """
    return not total and not balance and (note or "").startswith(VOID_NOTE)


def state_of(total: Decimal | None, balance: Decimal | None, note: str | None) -> DocumentState:
    return _VOID if not total and is_void(total, balance, note) else _POSTED


def required_id(ref: Ref | None, what: str) -> str:
    """Return the id of a reference. Raises ValueError when there is none."""
    if ref is None or not ref.value:
        raise ValueError(f"it has no {what}")
    return ref.value


def _utc(at: datetime | None) -> datetime | None:
    if at is None or at.tzinfo is None:
        return None
    return at.astimezone(UTC)
