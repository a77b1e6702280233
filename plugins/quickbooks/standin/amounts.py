"""Amounts as QuickBooks writes them."""

from __future__ import annotations

from decimal import Decimal

from recoup.connector.standin.wire import cents


def money(value: Decimal) -> Decimal | int:
    """Shape an amount for the wire: two places, but a bare 0."""
    rounded = cents(value)
    return rounded if rounded else 0
