"""Xero's dates carry the calendar's day at midnight UTC, whatever the zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from recoup.plugins.xero.dates import date_literal, header_stamp, read_date, read_instant


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/Date(1580428800000+0000)/", date(2020, 1, 31)),
        ("/Date(1580428800000)/", date(2020, 1, 31)),
        ("/Date(1580428800000+1300)/", date(2020, 1, 31)),
        ("2026-02-26T00:00:00", date(2026, 2, 26)),
        ("/Date(0+0000)/", date(1970, 1, 1)),
        ("/Date(-62135596800000+0000)/", date(1, 1, 1)),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_the_day_in_utc_and_never_converted(text: str | None, wanted: date) -> None:
    assert read_date(text) == wanted


@pytest.mark.parametrize("text", ["yesterday", "/Date(soon)/", "/Date(99999999999999999999)/"])
def test_what_is_no_date_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        read_instant(text)


def test_milliseconds_are_kept() -> None:
    assert read_instant("/Date(1289566516347+0000)/") == datetime(
        2010, 11, 12, 12, 55, 16, 347000, UTC
    )


def test_a_header_takes_whole_seconds_of_utc_without_a_zone() -> None:
    at = datetime(2026, 6, 30, 14, 5, 9, 999, timezone(timedelta(hours=2)))
    assert header_stamp(at) == "2026-06-30T12:05:09"


def test_a_condition_takes_a_date_by_its_parts() -> None:
    assert date_literal(date(2026, 3, 7)) == "DateTime(2026,03,07)"
