"""Which side a line of a payment is on, found by the payment's own identity."""

from __future__ import annotations

from decimal import Decimal

import pytest

from recoup.plugins.quickbooks.mapping_payments import CREDIT, DEBIT, sides_of

D = Decimal


def test_sides_that_are_known_are_kept() -> None:
    assert sides_of(D(0), D(0), [(D(5), DEBIT), (D(5), CREDIT)]) == [DEBIT, CREDIT]


@pytest.mark.parametrize(("total", "unapplied", "side"), [("30", "20", DEBIT), ("0", "10", CREDIT)])
def test_one_unknown_line_is_on_the_side_that_balances(
    total: str, unapplied: str, side: int
) -> None:
    assert sides_of(D(total), D(unapplied), [(D(10), 0)]) == [side]


def test_several_unknown_lines_are_resolved_when_one_combination_fits() -> None:
    assert sides_of(D(0), D(0), [(D(30), 0), (D(20), 0), (D(50), CREDIT)]) == [DEBIT, DEBIT, CREDIT]


def test_two_combinations_that_fit_are_not_chosen_from() -> None:
    with pytest.raises(ValueError, match="more than one way"):
        sides_of(D(0), D(0), [(D(20), 0), (D(20), 0)])


def test_lines_that_add_up_in_no_way_are_not_guessed() -> None:
    with pytest.raises(ValueError, match="no way"):
        sides_of(D(100), D(0), [(D(7), 0)])


def test_a_line_over_nothing_needs_no_side() -> None:
    assert sides_of(D(10), D(10), [(D(0), 0)]) == [DEBIT]


def test_very_many_unknown_lines_must_be_on_one_side() -> None:
    assert sides_of(D(40), D(0), [(D(1), 0)] * 40) == [DEBIT] * 40
