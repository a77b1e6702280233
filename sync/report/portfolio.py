"""Aged receivables of many companies: a line per company and currency, sums, one conversion.

Amounts of different currencies are never added. What is converted is converted with rates that
the ledgers' own documents carry, the newest on or before the day, and each rate used is stated
with its date and its document. A currency that no ledger has a rate for stays unconverted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from recoup.connector.money import Money, exponent
from recoup.sync.report.aging import Aging
from recoup.sync.store.aging import Basis
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.rates import BookedRate

__all__ = ["Part", "Portfolio", "PortfolioRow", "Quote", "common_currency", "portfolio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is known of one company, as the store holds it."""

    company: CompanyRow
    tables: Sequence[Aging]  # one per currency
    rates: Sequence[BookedRate]
    held_count: int  # customers on hold
    synced_at: datetime | None
    tied_out: bool | None  # whether it is proven for that day, with nothing come in since


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A rate that the conversion used: one unit of *currency* is *rate* of *into*."""

    currency: str
    into: str
    rate: Decimal
    on: date
    company: str  # slug of the company whose document carries it
    document: str
    inverted: bool  # the document states the opposite rate
    by_way_of: tuple[Quote, Quote] | None = None  # where no document states the two currencies

    @property
    def text(self) -> str:
        """``1 EUR = 0.86 GBP, payment 17 of alder-ltd, 2026-02-09``; both of two steps."""
        if self.by_way_of is not None:
            return "; ".join(step.text for step in self.by_way_of)
        rate = round(self.rate, 6).normalize()
        turned = ", inverted" if self.inverted else ""
        return (
            f"1 {self.currency} = {rate:f} {self.into}, {self.document} of {self.company}, "
            f"{self.on}{turned}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioRow:
    """One company in one currency, or the sum of a currency where *company* is None."""

    company: str | None
    name: str
    ledger: str
    currency: str
    bands: tuple[Money, ...]
    unapplied: Money
    converted: Money | None  # the total, in the portfolio's currency
    held_count: int = 0
    synced_at: datetime | None = None
    tied_out: bool | None = None

    @property
    def total(self) -> Money:
        return sum(self.bands, self.unapplied)

    @property
    def overdue(self) -> Money:
        """Everything past due: all bands but the first."""
        return sum(self.bands[1:], Money.zero(self.currency))

    def amounts(self, buckets: Sequence[str]) -> dict[str, str]:
        named = dict(zip(buckets, (band.text for band in self.bands), strict=True))
        return named | {"unapplied": self.unapplied.text, "total": self.total.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Rows by company name; *sums* one per currency; *total* what could be converted of it."""

    as_of: date
    basis: Basis
    currency: str  # converted into this one
    buckets: tuple[str, ...]
    rows: tuple[PortfolioRow, ...]
    sums: tuple[PortfolioRow, ...]
    quotes: tuple[Quote, ...]
    unconverted: tuple[str, ...]  # currencies with something open and no rate anywhere

    @property
    def total(self) -> Money:
        """Σ of the converted sums; what is unconverted is not in it."""
        converted = (row.converted for row in self.sums if row.converted is not None)
        return sum(converted, Money.zero(self.currency))

    def as_json(self) -> dict[str, Any]:
        """The object that ``report portfolio --format json`` prints."""
        return {
            "as_of": self.as_of.isoformat(),
            "basis": self.basis,
            "currency": self.currency,
            "buckets": list(self.buckets),
            "rows": [_row_json(row, self.buckets) for row in self.rows],
            "sums": [
                {
                    "currency": row.currency,
                    **row.amounts(self.buckets),
                    "converted": None if row.converted is None else row.converted.text,
                }
                for row in self.sums
            ],
            "total": self.total.text,
            "rates": [
                {
                    "currency": quote.currency,
                    "into": quote.into,
                    "rate": f"{quote.rate:f}",
                    "on": quote.on.isoformat(),
                    "company": quote.company,
                    "document": quote.document,
                    "inverted": quote.inverted,
                }
                for whole in self.quotes
                for quote in whole.by_way_of or (whole,)
            ],
            "unconverted": list(self.unconverted),
        }


def portfolio(parts: Sequence[Part], as_of: date, currency: str | None = None) -> Portfolio:
    """Roll up *parts*, whose tables share their day, basis and buckets.

    currency None is the home currency that most companies have, by alphabet where they are even.
    Each company's figure is converted and rounded half-up by itself, so that the rows add up.
    """
    into = currency or common_currency(part.company for part in parts)
    tables = [table for part in parts for table in part.tables]
    codes = {table.currency for table in tables}
    quotes = {
        code: _quote(code, into, parts) or _in_two_steps(code, into, parts)
        for code in sorted(codes - {into})
    }
    rows = [
        _row(part, table, into, quotes.get(table.currency))
        for part in sorted(
            parts, key=lambda part: (part.company.name.casefold(), part.company.slug)
        )
        for table in part.tables
    ]
    order = sorted({row.currency for row in rows}, key=lambda code: (code != into, code))
    sums = [_sum(code, [row for row in rows if row.currency == code], into) for code in order]
    open_in = {row.currency for row in rows if any(row.bands) or row.unapplied}
    return Portfolio(
        as_of=as_of,
        basis=tables[0].basis if tables else "due",
        currency=into,
        buckets=tables[0].buckets if tables else (),
        rows=tuple(rows),
        sums=tuple(sums),
        quotes=tuple(quote for code in order if (quote := quotes.get(code)) is not None),
        unconverted=tuple(c for c in order if c in open_in and c != into and quotes[c] is None),
    )


def common_currency(companies: Iterable[CompanyRow]) -> str:
    """The home currency that most of *companies* have."""
    counted = Counter(company.home_currency for company in companies)
    return min(counted, key=lambda code: (-counted[code], code))


def _quote(code: str, into: str, parts: Sequence[Part]) -> Quote | None:
    """The newest rate between the two; one that need not be turned round wins on the same day."""
    found = []
    for part in parts:
        for booked in part.rates:
            if {booked.currency, booked.home} != {code, into} or booked.rate <= 0:
                continue
            inverted = booked.home != into
            found.append(
                Quote(
                    currency=code,
                    into=into,
                    rate=1 / booked.rate if inverted else booked.rate,
                    on=booked.on,
                    company=part.company.slug,
                    document=str(booked.document),
                    inverted=inverted,
                )
            )
    return max(found, key=lambda q: (q.on, not q.inverted, q.company, q.document), default=None)


def _in_two_steps(code: str, into: str, parts: Sequence[Part]) -> Quote | None:
    """By way of the home currency of some company, the newest pair; None where there is none."""
    found = []
    for middle in sorted({part.company.home_currency for part in parts} - {code, into}):
        first, second = _quote(code, middle, parts), _quote(middle, into, parts)
        if first is not None and second is not None:
            whole = replace(
                first,
                into=into,
                rate=first.rate * second.rate,
                on=min(first.on, second.on),
                by_way_of=(first, second),
            )
            found.append(whole)
    return max(found, key=lambda quote: quote.on, default=None)


def _row(part: Part, table: Aging, into: str, quote: Quote | None) -> PortfolioRow:
    total = table.totals.total
    return PortfolioRow(
        company=part.company.slug,
        name=part.company.name,
        ledger=part.company.ledger,
        currency=table.currency,
        bands=table.totals.bands,
        unapplied=table.totals.unapplied,
        converted=_convert(total, into, quote),
        held_count=part.held_count,
        synced_at=part.synced_at,
        tied_out=part.tied_out,
    )


def _convert(amount: Money, into: str, quote: Quote | None) -> Money | None:
    if amount.currency == into:
        return amount
    if not amount:
        return Money.zero(into)
    if quote is None:
        return None
    cent = Decimal(1).scaleb(-exponent(into))
    return Money((amount.amount * quote.rate).quantize(cent, ROUND_HALF_UP), into)


def _sum(code: str, rows: Sequence[PortfolioRow], into: str) -> PortfolioRow:
    zero = Money.zero(code)
    converted = [row.converted for row in rows if row.converted is not None]
    return PortfolioRow(
        company=None,
        name=f"Total {code}",
        ledger="",
        currency=code,
        bands=tuple(sum(band, zero) for band in zip(*(row.bands for row in rows), strict=True)),
        unapplied=sum((row.unapplied for row in rows), zero),
        converted=sum(converted, Money.zero(into)) if len(converted) == len(rows) else None,
        held_count=sum(row.held_count for row in rows),
    )


def _row_json(row: PortfolioRow, buckets: Sequence[str]) -> dict[str, Any]:
    return {
        "company": row.company,
        "name": row.name,
        "ledger": row.ledger,
        "currency": row.currency,
        **row.amounts(buckets),
        "overdue": row.overdue.text,
        "converted": None if row.converted is None else row.converted.text,
        "held_customers": row.held_count,
        "synced_at": None if row.synced_at is None else row.synced_at.isoformat(),
        "tied_out": row.tied_out,
    }
