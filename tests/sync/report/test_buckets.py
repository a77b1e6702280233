"""Which band a day falls into, and what the bands are called."""

from __future__ import annotations

import pytest

from recoup.connector.errors import UsageError
from recoup.sync.report.buckets import bucket_keys, bucket_of


def test_the_bands_are_named_after_their_first_and_last_day() -> None:
    assert bucket_keys((30, 60, 90)) == ("current", "1-30", "31-60", "61-90", "91+")


def test_other_bounds_give_other_bands() -> None:
    assert bucket_keys((7,)) == ("current", "1-7", "8+")


def test_no_bounds_leave_current_and_late() -> None:
    assert bucket_keys(()) == ("current", "1+")


@pytest.mark.parametrize(
    ("days", "band"), [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (90, 3), (91, 4)]
)
def test_due_today_is_current_and_a_bound_belongs_to_the_band_it_ends(days: int, band: int) -> None:
    assert bucket_of(days, (30, 60, 90)) == band


@pytest.mark.parametrize("bounds", [(0, 30), (30, 30), (60, 30), (-1,), (30, 10**20)])
def test_bounds_that_do_not_rise_within_a_century_are_refused_with_the_ones_given(
    bounds: tuple[int, ...],
) -> None:
    with pytest.raises(UsageError, match=", ".join(map(str, bounds))):
        bucket_keys(bounds)
