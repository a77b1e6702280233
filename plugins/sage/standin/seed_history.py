"""A CSV history of invoices turned into the books of a business.

One row is one invoice. Rows of one customer paid on one day become one receipt. A customer who
trades in two currencies becomes two contacts of one name, as in Sage, where a contact has one
currency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from recoup.connector.standin.history import Row, price, until_day
from recoup.plugins.sage.standin.seed_documents import Firm, Payload, hex_id, line
from recoup.plugins.sage.standin.seed_filing import Chart, Part
from recoup.plugins.sage.standin.seed_register import Register

ZONES = {"CA": "America/Toronto", "GB": "Europe/London", "IE": "Europe/Dublin"}
COUNTRIES = {"CAD": "CA", "EUR": "IE"}


def history_register(
    rows: Sequence[Row],
    *,
    name: str,
    business_id: str,
    until: date | None = None,
    rates: Mapping[str, Decimal] | None = None,
    home: str | None = None,
    moves: bool = False,
    chart: Callable[[Firm], Chart] | None = None,
) -> tuple[Register, list[str]]:
    """Write the history into a register: (register, notes for the person who asked).

    until: the last day that has happened; later invoices and receipts are left out. rates: home
    units per foreign unit, for every document alike. home: the base currency, else the one with
    most rows. moves: as for the register. chart: makes the accounts of the firm, once it is known.
    """
    prices = price(rows, rates, home)
    country = COUNTRIES.get(prices.home, "GB")
    zone = ZoneInfo(ZONES[country])
    firm = Firm(business_id=business_id, name=name, home=prices.home, country=country, zone=zone)
    kept = until_day(rows, until)
    opened = at_hour(zone, min(row.issued_on for row in kept) - timedelta(days=1), 8, 0)
    register = Register(
        firm, opened, lambda currency, _: prices.rate(currency), moves=moves,
        chart=chart(firm) if chart else None,
    )  # fmt: skip
    return register, [*prices.notes, *_write(register, kept, until)]


def at_hour(zone: ZoneInfo, day: date, hour: int, second: int) -> datetime:
    """A company-local instant: *second* seconds after the full hour."""
    return datetime.combine(day, time(hour), tzinfo=zone) + timedelta(seconds=second)


def _write(register: Register, rows: Sequence[Row], until: date | None) -> list[str]:
    """Enter contacts, then day by day what was issued and what was paid."""
    zone = register.firm.zone
    contacts, notes = _contacts(register, rows)
    issued: dict[date, list[Row]] = {}
    paid: dict[date, dict[tuple[str, str], list[Row]]] = {}
    for row in rows:
        issued.setdefault(row.issued_on, []).append(row)
        if row.paid_on is not None and (until is None or row.paid_on <= until):
            day = paid.setdefault(row.paid_on, {})
            day.setdefault((row.customer, row.currency), []).append(row)
    invoices: dict[int, Payload] = {}
    for today in sorted({*issued, *paid}):
        for second, row in enumerate(issued.get(today, [])):
            at = at_hour(zone, today, 9, second)
            contact = contacts[row.customer, row.currency]
            invoices[id(row)] = _invoice(register, at, row, contact)
        for second, (key, group) in enumerate(paid.get(today, {}).items()):
            parts = [Part(invoices[id(row)], row.amount) for row in group]
            total = sum((row.amount for row in group), Decimal(0))
            at = at_hour(zone, today, 15, second)
            register.pay(at, contacts[key], total, parts, paid_on=today, method="CHECK")
    return notes


def _contacts(
    register: Register, rows: Sequence[Row]
) -> tuple[dict[tuple[str, str], Payload], list[str]]:
    """One contact per name and currency, in the order of their first invoice."""
    notes: list[str] = []
    first: dict[str, str] = {}
    contacts: dict[tuple[str, str], Payload] = {}
    for row in sorted(rows, key=lambda row: row.issued_on):
        key = (row.customer, row.currency)
        if key in contacts:
            continue
        if first.setdefault(row.customer, row.currency) != row.currency:
            notes.append(f"{row.customer} also trades in {row.currency}: a second contact")
        at = at_hour(register.firm.zone, row.issued_on, 8, 1)
        reference = f"C{len(contacts) + 1:05d}"  # the platform's are of ten characters at most
        contacts[key] = register.contact(at, row.customer, row.currency, reference=reference)
    return contacts, notes


def _invoice(register: Register, at: datetime, row: Row, contact: Payload) -> Payload:
    worth = register.worth(row.currency, row.issued_on, row.amount)
    number = row.invoice or f"SI-{register.count('number')}"
    goods = line(
        hex_id(number, len(number)), row.business_unit or "Goods", worth, register.chart.sales
    )
    invoice = register.form(
        "sales_invoices", at, contact, worth, number=number, issued_on=row.issued_on,
        lines=[goods],
    )  # fmt: skip
    invoice["due_date"] = row.due_on.isoformat()
    return invoice
