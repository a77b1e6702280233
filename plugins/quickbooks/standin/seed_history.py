"""A CSV history of invoices turned into the books of a company.

One row is one invoice. Rows of one customer paid on one day become one payment; the payments of a
day are banked on the next working day. A customer who trades in two currencies becomes two
customers, as in QuickBooks, where a customer has one currency.
"""

from __future__ import annotations

import csv
import heapq
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from recoup.plugins.quickbooks.standin.seed_documents import Firm, Payload, item_line, subtotal_line
from recoup.plugins.quickbooks.standin.seed_errors import SeedError
from recoup.plugins.quickbooks.standin.seed_register import Applied, Register

HEADER = (
    "invoice",
    "customer",
    "business_unit",
    "currency",
    "amount",
    "issued_on",
    "due_on",
    "paid_on",
)
ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the history."""

    invoice: str
    customer: str
    business_unit: str
    currency: str  # ISO 4217
    amount: Decimal
    issued_on: date
    due_on: date
    paid_on: date | None  # None: still open


def read_rows(path: Path) -> list[Row]:
    """Every row of the file, in its order.

    Raises SeedError for a wrong header, a wrong number of columns, an amount that is not a
    positive number of cents, a date that is not YYYY-MM-DD, a payment before its invoice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeedError(f"{path}: is not UTF-8 text; save it as UTF-8 CSV") from error
    lines = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip() for cell in next(lines, [])]
    if tuple(header) != HEADER:
        found = ",".join(header) or "an empty line"
        raise SeedError(f"{path}: line 1: the header must be {','.join(HEADER)}, not {found}")
    try:
        rows = [_row(path, lines.line_num, cells) for cells in lines if cells]
    except csv.Error as error:
        raise SeedError(
            f"{path}: line {lines.line_num}: is no CSV ({error}); save it anew"
        ) from error
    if not rows:
        raise SeedError(f"{path}: holds a header and no rows; add at least one invoice")
    return rows


def _row(path: Path, line: int, cells: Sequence[str]) -> Row:
    where = f"{path}: line {line}"
    if len(cells) != len(HEADER):
        raise SeedError(f"{where}: {len(cells)} columns where {len(HEADER)} are needed")
    number, customer, unit, currency, amount, issued, due, paid = (cell.strip() for cell in cells)
    if not 0 < len(customer) <= 500 or set(customer) & set(":\t\r\n"):
        raise SeedError(
            f"{where}: customer {customer[:40]!r}: give a name of 1 to 500 characters without "
            "colon, tab or line break"
        )
    if len(number) > 21:
        raise SeedError(f"{where}: invoice {number!r} is longer than 21 characters; shorten it")
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise SeedError(f"{where}: currency {currency!r} is no ISO 4217 code such as USD")
    row = Row(
        number,
        customer,
        unit,
        currency,
        _amount(where, amount),
        _date(where, "issued_on", issued),
        _date(where, "due_on", due),
        _date(where, "paid_on", paid) if paid else None,
    )
    if row.paid_on is not None and row.paid_on < row.issued_on:
        raise SeedError(f"{where}: paid_on {paid} lies before issued_on {issued}; correct one")
    return row


def _amount(where: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
        exact = amount == amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        exact, amount = False, Decimal(0)
    if not exact or amount <= 0:
        raise SeedError(
            f"{where}: amount {text!r} must be a positive number with at most two decimals"
        )
    return amount.quantize(Decimal("0.01"))


def _date(where: str, column: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SeedError(f"{where}: {column} {text!r} is no date; write YYYY-MM-DD") from error


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
    notes: list[str] = []
    count = Counter(row.currency for row in rows)
    home = home or count.most_common(1)[0][0]
    prices = dict(rates or {})
    for currency in sorted(set(prices) - set(count)):
        raise SeedError(f"--rate {currency}: no row is in {currency}; leave it out")
    if prices.pop(home, Decimal(1)) != 1:
        raise SeedError(f"--rate {home}: {home} is the home currency; leave it out")
    for currency in sorted(set(count) - set(prices) - {home}):
        notes.append(
            f"{currency} has no --rate and is priced at 1 {home}; give --rate {currency}=R"
        )
    firm = Firm(
        name=name,
        home=home,
        multicurrency=len(count) > 1,
        country="CA" if home == "CAD" else "US",
        zone=ZONE,
    )
    kept = [row for row in rows if until is None or row.issued_on <= until]
    if not kept:
        first = min(row.issued_on for row in rows)
        raise SeedError(f"--until {until}: the first invoice is of {first}; choose a later day")
    opened = at_hour(min(row.issued_on for row in kept) - timedelta(days=1), 8, 0)
    register = Register(firm, opened, lambda currency, _: prices.get(currency, Decimal(1)))
    notes += _write(register, kept, until)
    return register, notes


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
    for today in _working_order({*issued, *paid}, until):
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


def _working_order(days: set[date], until: date | None) -> Iterator[date]:
    """The days on which something happens, each followed by the next working day."""
    queue = sorted(days)
    seen: set[date] = set()
    while queue:
        day = heapq.heappop(queue)
        if day in seen:
            continue
        seen.add(day)
        yield day
        if day in days:
            after = day + timedelta(days=1)
            while after.weekday() > 4:
                after += timedelta(days=1)
            if until is None or after <= until:
                heapq.heappush(queue, after)


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
