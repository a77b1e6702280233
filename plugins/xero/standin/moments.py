"""Dates and instants as Xero writes them: ``/Date(ms+0000)/`` and their plain twins."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_ONE = date(1970, 1, 1)
_MARK = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")


def milliseconds(instant: datetime) -> int:
    """Whole milliseconds since 1970 of an aware instant."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def stamp(instant: datetime) -> str:
    """Write an instant as UpdatedDateUTC carries it."""
    return f"/Date({milliseconds(instant)}+0000)/"


def bare_stamp(instant: datetime) -> str:
    """Write an instant as the envelope's DateTimeUTC carries it: without the offset."""
    return f"/Date({milliseconds(instant)})/"


def spelled(ms: int) -> str:
    """Write an instant as UpdatedDateUTCString carries it."""
    at = _EPOCH + timedelta(milliseconds=ms)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def day_stamp(day: date) -> str:
    """Write a calendar date: its midnight, stamped +0000 whatever the company's zone."""
    return f"/Date({(day - _DAY_ONE).days * 86_400_000}+0000)/"


def day_string(day: date) -> str:
    """Write the plain twin of a date."""
    return f"{day.isoformat()}T00:00:00"


def read_ms(text: object) -> int:
    """Read milliseconds of ``/Date(…)/`` or of an ISO instant; 0 when it is neither."""
    found = _MARK.match(str(text))
    if found:
        return int(found[1])
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return 0
    return milliseconds(at if at.tzinfo else at.replace(tzinfo=UTC))


def read_day(value: object) -> date:
    """Read a calendar date: a date, ``/Date(…)/`` or ISO text. Raises ValueError."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _MARK.match(str(value))
    if found:
        return (_EPOCH + timedelta(milliseconds=int(found[1]))).date()
    return date.fromisoformat(str(value)[:10])


def instant_of(ms: int) -> datetime:
    """The aware instant of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=ms)
