"""Xero's dates: ``/Date(ms+0000)/`` in JSON, plain text in their twins, seconds in headers.

A calendar date is written as its midnight in UTC whatever the organisation's zone, so its UTC
date is taken and never converted.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

__all__ = ["date_literal", "header_stamp", "read_date", "read_instant"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_instant(text: str | None) -> datetime | None:
    """Read either form; None for nothing. Raises ValueError for anything else.

    The offset behind the milliseconds is for display: they count from 1970 in UTC.
    """
    if not text:
        return None
    if text.startswith("/Date("):
        number = text[6:-7] if text.endswith("+0000)/") else _milliseconds(text)
        try:
            return _EPOCH + timedelta(milliseconds=int(number))
        except (ValueError, OverflowError):
            raise ValueError(f"{text[:40]!r} is no date") from None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no date") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


@lru_cache(maxsize=8192)  # the days of a business repeat
def read_date(text: str | None) -> date | None:
    """Read a calendar date in either form."""
    at = read_instant(text)
    return None if at is None else at.date()


def _milliseconds(text: str) -> str:
    """The digits in front of any other offset, or of none; the first may be a minus."""
    digits = text[6:].partition(")")[0]
    return digits[:1] + digits[1:].partition("+")[0].partition("-")[0]


def header_stamp(at: datetime) -> str:
    """Write an instant for If-Modified-Since, which takes whole seconds of UTC without a zone."""
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()


def date_literal(day: date) -> str:
    """Write a date for a ``where`` clause."""
    return f"DateTime({day.year},{day.month:02},{day.day:02})"
