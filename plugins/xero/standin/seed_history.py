"""A CSV history of invoices turned into the books of an organisation.

One row is one ACCREC invoice; a paid row is also one payment. A contact trades in as many
currencies as its rows do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from recoup.connector.standin.history import Prices, Row
from recoup.plugins.xero.standin.seed_documents import Firm, Payload
from recoup.plugins.xero.standin.seed_register import Register


def history_register(
    rows: Sequence[Row],
    firm: Firm,
    accounts: Callable[[str], Payload],
    prices: Prices,
    *,
    until: date | None = None,
) -> Register:
    """Write the history into a register, day by day as it happened.

    rows: as `history.until_day` left them. until: the last day that has happened; later payments
    are left out. accounts: code → account.
    """
    register = Register(firm, lambda currency, _: prices.rate(currency), accounts)
    contacts: dict[str, Payload] = {}
    invoices: list[tuple[Row, Payload]] = []
    second: dict[date, int] = {}

    def moment(day: date, hour: int) -> datetime:
        # A second apart, as typed; entries of one day keep the order of the file.
        second[day] = second.get(day, -1) + 1
        return datetime.combine(day, time(hour), firm.zone) + timedelta(seconds=second[day])

    for row in sorted(rows, key=lambda row: row.issued_on):
        at = moment(row.issued_on, 9)
        if row.customer not in contacts:
            contacts[row.customer] = register.contact(at - timedelta(minutes=59), row.customer)
        invoices.append((row, _invoice(register, at, row, contacts[row.customer])))
    second.clear()
    for row, invoice in sorted(
        ((row, one) for row, one in invoices if row.paid_on is not None),
        key=lambda pair: pair[0].paid_on or date.max,
    ):
        assert row.paid_on is not None
        if until is None or row.paid_on <= until:
            register.pay(moment(row.paid_on, 15), invoice, row.amount)
    return register


def _invoice(register: Register, at: datetime, row: Row, contact: Payload) -> Payload:
    lines = [register.line(row.amount, row.business_unit or "Goods")]
    return register.invoice(
        at,
        contact,
        lines,
        number=row.invoice,
        due_on=row.due_on,
        currency=row.currency,
        reference=row.business_unit,
    )
