"""The bands of an aging: their names, and which one a number of days falls into."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from recoup.connector.errors import UsageError

__all__ = ["DEFAULT_BOUNDS", "bucket_keys", "bucket_of"]

DEFAULT_BOUNDS = (30, 60, 90)  # last day past due of each band; what is older is the last band
_MOST_DAYS = 36_500  # a century; no due date is older


def bucket_keys(bounds: Sequence[int]) -> tuple[str, ...]:
    """Name the bands: (30, 60) gives ``current``, ``1-30``, ``31-60``, ``61+``.

    Raises UsageError unless the bounds are whole days from 1 to 36,500 that rise.
    """
    rising = all(low < high for low, high in zip((0, *bounds), bounds, strict=False))
    if not rising or max(bounds, default=0) > _MOST_DAYS:
        given = ", ".join(map(str, bounds))
        raise UsageError(
            f"buckets must be days from 1 to {_MOST_DAYS} that rise, such as 30,60,90: not {given}"
        )
    firsts = [bound + 1 for bound in (0, *bounds)]
    middle = [f"{first}-{last}" for first, last in zip(firsts, bounds, strict=False)]
    return ("current", *middle, f"{firsts[-1]}+")


def bucket_of(days: int, bounds: Sequence[int]) -> int:
    """Band of *days* past due: 0 is current, the due day itself included; bounds are inclusive."""
    return bisect_left((0, *bounds), days)
