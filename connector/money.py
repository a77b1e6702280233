"""Exact amounts: decimals with a currency outside, integer minor units in the database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

__all__ = ["InexactAmount", "Money", "exponent"]

# ISO 4217 minor units, wherever they are not two.
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


_MOST = 2**63  # what a column of 64 bits does not hold any more


class InexactAmount(ValueError):
    """An amount has more decimals than its currency, or more digits than the store holds; the
    caller parks the document."""


def exponent(currency: str) -> int:
    """How many decimals the minor unit of *currency* has: 2, but 0 for JPY and 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


@cache
def _step(currency: str) -> Decimal:
    return Decimal(1).scaleb(-exponent(currency))


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency. Sums and comparisons of two currencies are refused."""

    amount: Decimal  # major units: Decimal("10.25") is ten dollars and a quarter
    currency: str  # ISO 4217, upper case

    @classmethod
    def of(cls, value: Decimal | int | str, currency: str) -> Money:
        """Read an API value. JSON gives an int for 0 or 100; a float is refused.

        Raises TypeError for a float or bool, ValueError for text that is no finite number.
        """
        if isinstance(value, Decimal):
            amount = value
        elif isinstance(value, bool) or not isinstance(value, int | str):
            raise TypeError(f"refusing inexact amount {value!r}")
        else:
            try:
                amount = Decimal(value)
            except InvalidOperation:
                raise ValueError(f"{value!r} is not an amount") from None
        if not amount.is_finite():
            raise ValueError(f"{value!r} is not an amount")
        return cls(amount, currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """Read a database value: 1025 USD is 10.25, 1025 JPY is 1025."""
        return cls(Decimal(minor).scaleb(-exponent(currency)), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls.from_minor(0, currency)

    @property
    def minor(self) -> int:
        """Whole minor units. Raises InexactAmount when the currency or 64 bits cannot hold the
        amount."""
        scaled = self.amount.scaleb(exponent(self.currency))
        whole = int(scaled)
        if whole != scaled:
            raise InexactAmount(
                f"{self.amount} {self.currency} has more decimals than {self.currency} allows "
                f"({exponent(self.currency)})"
            )
        if not -_MOST < whole < _MOST:
            raise InexactAmount(f"{self.amount} {self.currency} is larger than can be stored")
        return whole

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    @property
    def text(self) -> str:
        """The amount alone with the currency's decimals: ``"0.00"``; extra decimals are kept."""
        return str(self.amount.quantize(_step(self.currency)) if self.fits else self.amount)

    @property
    def fits(self) -> bool:
        """Whether the currency has all the decimals that the amount needs."""
        try:
            return self.amount == self.amount.quantize(_step(self.currency))
        except InvalidOperation:  # more digits than arithmetic carries
            return False

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.amount
