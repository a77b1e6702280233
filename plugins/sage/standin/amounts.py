"""Amounts, dates and instants as Sage Accounting writes them: strings, all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from recoup.connector.standin.wire import decimal

ZERO = Decimal(0)


@lru_cache(maxsize=65536)
def text(value: Decimal) -> str:
    """Write an amount: no trailing zeros, but always a point (``100.0``, ``95.5``, ``0.0``)."""
    if not value:
        return "0.0"
    plain = f"{value:f}"
    if "." not in plain:
        return plain + ".0"
    plain = plain.rstrip("0")
    return plain + "0" if plain.endswith(".") else plain


def read(value: object) -> Decimal:
    """Read an amount; null and the empty string count as zero."""
    return ZERO if value is None or value == "" else decimal(value)


def day(value: date | str | None, default: str) -> str:
    """Write a date as YYYY-MM-DD; raises ValueError on anything else."""
    if value is None or value == "":
        return default
    if isinstance(value, date):
        return value.isoformat()[:10]
    return date.fromisoformat(value[:10]).isoformat()


def stamp(instant: datetime) -> str:
    """Write an instant to the second, in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(value: str) -> str:
    """Read a date or date-time, with or without an offset, into a text that sorts by time.

    Parts of a second are kept, so that a later instant never sorts before an earlier one.
    """
    if len(value) == 20 and value[-1] == "Z":
        return value[:19]
    at = datetime.fromisoformat(value)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    part = f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + part
