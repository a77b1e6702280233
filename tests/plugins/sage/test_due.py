"""The due date of a document that has none."""

from __future__ import annotations

from datetime import date

import pytest

from recoup.plugins.sage.due import Terms, due_on

ISSUED = date(2026, 1, 15)


@pytest.mark.parametrize(
    ("terms", "wanted"),
    [
        (Terms(), ISSUED),
        (Terms(30), date(2026, 2, 14)),
        (Terms(30, "date_from_invoice"), date(2026, 2, 14)),
        (Terms(30, "month_end_invoice"), date(2026, 2, 28)),
        (Terms(0, "month_end_invoice"), date(2026, 1, 31)),
        (Terms(30, "immediate_invoice"), ISSUED),
        (Terms(30, "on_the_next_full_moon"), date(2026, 2, 14)),
    ],
)
def test_terms_count_from_the_day_of_issue(terms: Terms, wanted: date) -> None:
    assert due_on(ISSUED, terms) == wanted


def test_what_the_contact_leaves_open_the_business_fills_in() -> None:
    default = Terms(30, "month_end_invoice")
    assert Terms().over(default) == default
    assert Terms(7).over(default) == Terms(7, "month_end_invoice")
    assert Terms(0, "immediate_invoice").over(default) == Terms(0, "immediate_invoice")
