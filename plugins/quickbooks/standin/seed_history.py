"""A CSV history of invoices turned into the books of a company.

One row is one invoice. Rows of one customer paid on one day become one payment; the payments of a
day are banked on the next working day. A customer who trades in two currencies becomes two
customers, as in QuickBooks, where a customer has one currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from recoup.connector.standin.history import Row, price, until_day, working_order
from recoup.connector.standin.seed_errors import SeedError
from recoup.plugins.quickbooks.standin.seed_documents import Firm, Payload, item_line, subtotal_line
from recoup.plugins.quickbooks.standin.seed_register import Applied, Register

ZONE = ZoneInfo("America/Los_Angeles")


def history_register(
    rows: Sequence[Row],
    *,
    name: str,
    until: date | None = None,
    rates: Mapping[str, Decimal] | None = None,
    home: str | None = None,
) -> tuple[Register, list[str]]:
    """Write the history into a register: (register, notes for the person who asked).

    until: the last day that has happened; later invoices, payments and deposits are left out.
    rates: home units per foreign unit, for every document alike. home: the home currency, else
    the one with most rows.
    """
    prices = price(rows, rates, home)
    firm = Firm(
        name=name,
        home=prices.home,
        multicurrency=prices.multicurrency,
        country="CA" if prices.home == "CAD" else "US",
        zone=ZONE,
    )
    kept = until_day(rows, until)
    opened = at_hour(min(row.issued_on for row in kept) - timedelta(days=1), 8, 0)
    register = Register(firm, opened, lambda currency, _: prices.rate(currency))
    return register, [*prices.notes, *_write(register, kept, until)]


def at_hour(day: date, hour: int, second: int) -> datetime:
    """A company-local instant: *second* seconds after the full hour."""
    return datetime.combine(day, time(hour), tzinfo=ZONE) + timedelta(seconds=second)


def _write(register: Register, rows: Sequence[Row], until: date | None) -> list[str]:
    """Enter invoices by issue date, payments by pay date and deposits the working day after."""
    customers, notes = _customers(register, rows)
    issued: dict[date, list[Row]] = {}
    paid: dict[date, dict[tuple[str, str], list[Row]]] = {}
    for row in rows:
        issued.setdefault(row.issued_on, []).append(row)
        if row.paid_on is not None and (until is None or row.paid_on <= until):
            day = paid.setdefault(row.paid_on, {})
            day.setdefault((row.customer, row.currency), []).append(row)
    invoices: dict[int, Payload] = {}
    item = register.item("Goods")
    bank: dict[str, list[Payload]] = {}
    for today in working_order({*issued, *paid}, until):
        if bank and today.weekday() < 5:
            for currency in sorted(bank):
                received = [("Payment", payment) for payment in bank[currency]]
                register.deposit(at_hour(today, 8, 0), received, currency=currency)
            bank = {}
        for second, row in enumerate(issued.get(today, [])):
            customer = customers[row.customer, row.currency]
            invoices[id(row)] = _invoice(register, row, customer, item, second)
        for second, (key, group) in enumerate(paid.get(today, {}).items()):
            parts = [Applied("Invoice", invoices[id(row)], row.amount) for row in group]
            total = sum((row.amount for row in group), Decimal(0))
            at = at_hour(today, 15, second)
            payment = register.pay(at, customers[key], total, parts, method="Check")
            bank.setdefault(key[1], []).append(payment)
    return notes


def _customers(
    register: Register, rows: Sequence[Row]
) -> tuple[dict[tuple[str, str], Payload], list[str]]:
    """One customer per name and currency, in the order of their first invoice."""
    notes: list[str] = []
    first: dict[str, str] = {}
    customers: dict[tuple[str, str], Payload] = {}
    taken = {row.customer for row in rows}
    for row in sorted(rows, key=lambda row: row.issued_on):
        key = (row.customer, row.currency)
        if key in customers:
            continue
        name = row.customer
        if first.setdefault(row.customer, row.currency) != row.currency:
            name = f"{row.customer} ({row.currency})"
            notes.append(f"{row.customer} also trades in {row.currency}: see customer {name}")
            if name in taken:
                raise SeedError(f"customer {name!r} is needed twice; rename it in the CSV")
        customers[key] = register.customer(at_hour(row.issued_on, 8, 1), name, row.currency)
    return customers, notes


def _invoice(
    register: Register, row: Row, customer: Payload, item: Payload, second: int
) -> Payload:
    lines = [
        item_line(1, row.amount, item, description=row.business_unit or None),
        subtotal_line(row.amount),
    ]
    return register.sale(
        "Invoice",
        at_hour(row.issued_on, 9, second),
        customer,
        lines,
        row.amount,
        number=row.invoice or None,
        DueDate=row.due_on.isoformat(),
    )
