"""A CSV history of invoices: its columns, its currencies, the days on which something happens.

One row is one invoice. Every platform's stand-in enters it in its own way.
"""

from __future__ import annotations

import csv
import heapq
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from recoup.connector.standin.seed_errors import SeedError

__all__ = ["HEADER", "Prices", "Row", "price", "read_rows", "until_day", "working_order"]

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


@dataclass(frozen=True, slots=True)
class Prices:
    """What the currencies of a history are worth; notes are for the person who asked."""

    home: str
    multicurrency: bool
    rates: Mapping[str, Decimal]  # home units per foreign unit; a currency without one counts as 1
    notes: list[str]

    def rate(self, currency: str) -> Decimal:
        """Home units per unit of *currency*."""
        return self.rates.get(currency, Decimal(1))


def price(
    rows: Sequence[Row], rates: Mapping[str, Decimal] | None = None, home: str | None = None
) -> Prices:
    """Settle the home currency, the one of most rows unless given, and what the others cost.

    Raises SeedError for a rate of a currency that no row is in, or of the home currency.
    """
    count = Counter(row.currency for row in rows)
    home = home or count.most_common(1)[0][0]
    prices = dict(rates or {})
    for currency in sorted(set(prices) - set(count)):
        raise SeedError(f"--rate {currency}: no row is in {currency}; leave it out")
    if prices.pop(home, Decimal(1)) != 1:
        raise SeedError(f"--rate {home}: {home} is the home currency; leave it out")
    notes = [
        f"{currency} has no --rate and is priced at 1 {home}; give --rate {currency}=R"
        for currency in sorted(set(count) - set(prices) - {home})
    ]
    return Prices(home, len(count) > 1, prices, notes)


def until_day(rows: Sequence[Row], until: date | None) -> list[Row]:
    """Rows issued up to *until*, inclusive. Raises SeedError when there is none."""
    kept = [row for row in rows if until is None or row.issued_on <= until]
    if not kept:
        first = min(row.issued_on for row in rows)
        raise SeedError(f"--until {until}: the first invoice is of {first}; choose a later day")
    return kept


def working_order(days: Iterable[date], until: date | None) -> Iterator[date]:
    """The days on which something happens, each followed by the next working day."""
    known = set(days)
    queue = sorted(known)
    seen: set[date] = set()
    while queue:
        day = heapq.heappop(queue)
        if day in seen:
            continue
        seen.add(day)
        yield day
        if day in known:
            after = day + timedelta(days=1)
            while after.weekday() > 4:
                after += timedelta(days=1)
            if until is None or after <= until:
                heapq.heappush(queue, after)
