"""Reading a list in parts by the documents' own dates, where Xero will not walk it whole.

Above 100,000 documents Xero refuses a request whose order or filter it has not optimised. A date
that is edited meanwhile moves a document between parts, and stamps it: the next pass brings it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from recoup.plugins.xero.dates import date_literal

__all__ = ["condition", "first_slices", "halves", "narrower"]

EARLIEST = 2000  # what is older shares one part
AHEAD = 2  # years beyond the present one; what is later shares one part
DAY = timedelta(days=1)


def first_slices(today: date) -> tuple[str, ...]:
    """One part a year, written ``start/end`` with the end exclusive; the outer ones are open."""
    starts = [date(year, 1, 1).isoformat() for year in range(EARLIEST, today.year + AHEAD + 1)]
    return tuple(f"{start}/{end}" for start, end in zip(["", *starts], [*starts, ""], strict=True))


def halves(part: str) -> tuple[str, str] | None:
    """Split a part at its middle; None when it cannot be."""
    first, last = part.split("/")
    if not first or not last:
        return None
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    if end - start <= DAY:
        return None
    middle = (start + (end - start) / 2).isoformat()
    return f"{first}/{middle}", f"{middle}/{last}"


def narrower(parts: Sequence[str], today: date) -> tuple[str, ...] | None:
    """What to read instead of *parts*, the first of which Xero refused; None when nothing is
    smaller. No parts at all is the whole list."""
    if not parts:
        return first_slices(today)
    both = halves(parts[0])
    return None if both is None else (*both, *parts[1:])


def condition(part: str) -> str:
    """Write a part as a condition on Date, which Xero has optimised."""
    first, last = part.split("/")
    bounds = []
    if first:
        bounds.append(f"Date>={date_literal(date.fromisoformat(first))}")
    if last:
        bounds.append(f"Date<{date_literal(date.fromisoformat(last))}")
    return " AND ".join(bounds)
