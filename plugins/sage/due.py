"""When a document without a due date is due: from the customer's terms, else the business' own.

Source: Contact.credit_days and credit_terms; where null, InvoiceSettings.customer_credit_days and
customer_credit_terms. Old quick entries and opening balances have no due date of their own.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import NamedTuple

__all__ = ["Terms", "due_on"]

IMMEDIATE, MONTH_END = "immediate_invoice", "month_end_invoice"


class Terms(NamedTuple):
    """Credit terms; None is what the ledger leaves open."""

    days: int | None = None
    rule: str | None = None

    def over(self, default: Terms) -> Terms:
        """These terms, completed by *default*."""
        return Terms(
            default.days if self.days is None else self.days,
            default.rule if not self.rule else self.rule,
        )


def due_on(issued_on: date, terms: Terms) -> date:
    """Count the credit days from the day of issue; month_end goes on to the end of that month.

    Without any terms a document is due on the day of issue. An unknown rule counts days.
    """
    if terms.rule == IMMEDIATE:
        return issued_on
    day = issued_on + timedelta(days=max(terms.days or 0, 0))
    if terms.rule == MONTH_END:
        return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day
