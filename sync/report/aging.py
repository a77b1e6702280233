"""Aged receivables of one company as of any day, with the proof under it.

Bands hold invoices. ``unapplied`` is what credit notes and payments have left, negative, plus the
refunds that nothing covers yet, so that Σ bands + unapplied = total. A day is judged by the
documents issued and allocations effective on or before it: what was paid later is open again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from recoup.connector.errors import UsageError
from recoup.connector.money import Money
from recoup.sync.report.buckets import DEFAULT_BOUNDS, bucket_keys
from recoup.sync.store.aging import AgedSum, Basis, View, aged_sums, foreign_items
from recoup.sync.store.beginnings import first_seen_uncreated
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.families import Families, read_families
from recoup.sync.tieout.control import Control, is_now, read_controls
from recoup.sync.tieout.homing import AtHome, value_at_home

__all__ = ["Aging", "AgingRow", "aging", "known_before"]

HOME_NOTE = "in home currency at each document's booked rate; proof is per currency"
UNPROVEN_NOTE = "not proven for this date"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgingRow:
    """What one customer owes. Amounts of one currency; customer_id None is the totals row."""

    customer_id: str | None
    customer: str
    bands: tuple[Money, ...]  # in the order of the buckets
    unapplied: Money  # negative for credits, positive where money given back exceeds them

    @property
    def total(self) -> Money:
        return sum(self.bands, self.unapplied)

    def amounts(self, buckets: Sequence[str]) -> dict[str, str]:
        """Decimal strings by column name."""
        named = dict(zip(buckets, (band.text for band in self.bands), strict=True))
        return named | {"unapplied": self.unapplied.text, "total": self.total.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aging:
    """One company in one currency. Rows stand by name; customers without anything are left out."""

    company: str  # slug
    as_of: date
    basis: Basis
    currency: str
    buckets: tuple[str, ...]
    rows: tuple[AgingRow, ...]
    totals: AgingRow
    control: Control
    note: str | None = None  # why the control account is not stated

    def as_json(self) -> dict[str, Any]:
        """The object that ``report aging --format json`` lists."""
        control = self.control
        return {
            "company": self.company,
            "as_of": self.as_of.isoformat(),
            "basis": self.basis,
            "currency": self.currency,
            "buckets": list(self.buckets),
            "rows": [
                {
                    "customer_id": row.customer_id,
                    "customer": row.customer,
                    **row.amounts(self.buckets),
                }
                for row in self.rows
            ],
            "totals": self.totals.amounts(self.buckets),
            "control": {
                "ledger": None if control.ledger is None else control.ledger.text,
                "ours": control.ours.text,
                "difference": None if control.difference is None else control.difference.text,
                "explained": [
                    {"document": item.document, "amount": item.amount.text, "why": item.why}
                    for item in control.explained
                ],
                "proven": control.proven,
            },
        }


def aging(
    conn: Connection,
    company: CompanyRow,
    *,
    as_of: date,
    basis: Basis = "due",
    buckets: Sequence[int] = DEFAULT_BOUNDS,
    rolled_up: bool = True,
    home: bool = False,
    as_known: bool = False,
) -> list[Aging]:
    """Age what was open on *as_of*: one result per currency, the home currency first.

    rolled_up adds sub-customers to their topmost parent, whoever pays their bills. home turns
    everything into the home currency by each document's booked rate, rounded half-up per
    document. as_known leaves out what became known after that day (company time) and takes back
    voids and edits made since. Raises UsageError for bands that do not rise, and for *home*
    where an open foreign document carries no rate, and for *as_known* of a day before the first
    sync where the ledger tells no creation times.
    """
    frame = _Frame(
        company, as_of, basis, bucket_keys(buckets), read_families(conn, company.company_id)
    )
    known_at = known_before(as_of, company.time_zone) if as_known else None
    if known_at is not None:
        _check_known(conn, company, as_of, known_at)
    view = View(company.company_id, as_of, known_at)
    if home:
        sums, foreign = _sums_at_home(conn, company, view, basis, buckets)
    else:
        sums, foreign = list(aged_sums(conn, view, basis, buckets)), None
    grouped = frame.group(sums, rolled_up)
    ours = {currency: sum(map(sum, rows.values())) for currency, rows in grouped.items()}
    ours = ours or {company.home_currency: 0}
    # no ledger states what it would have said before it knew better
    unstated = as_known and not is_now(conn, company, as_of)
    controls = {} if unstated else read_controls(conn, company, as_of, ours, counted=foreign)
    converted = foreign is not None and bool(foreign.valued)
    if home:
        currencies = {company.home_currency}
        if controls.keys() - currencies:  # an account in another currency is not in this table
            converted, controls = True, {}
    else:
        open_in = {c for c, rows in grouped.items() if any(any(row) for row in rows.values())}
        currencies = open_in | controls.keys() or {company.home_currency}
    return [
        frame.result(
            currency,
            grouped.get(currency, {}),
            controls.get(currency),
            HOME_NOTE if converted else UNPROVEN_NOTE,
        )
        for currency in sorted(currencies, key=lambda c: (c != company.home_currency, c))
    ]


def _check_known(conn: Connection, company: CompanyRow, as_of: date, known_at: datetime) -> None:
    """Refuse a day of which nobody can say what was known, rather than show that nobody owed."""
    begun = first_seen_uncreated(conn, company.company_id)
    if begun is not None and begun >= known_at:
        raise UsageError(
            f"nobody can say what was known on {as_of}: this ledger tells no creation times, and "
            f"recoup first looked on {begun:%Y-%m-%d}; leave --as-known out"
        )


def known_before(as_of: date, zone: str | None) -> datetime:
    """The instant at which *as_of* ended in the company's time zone; UTC where it has none."""
    try:
        tz = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        tz = UTC
    return datetime.combine(as_of + timedelta(days=1), time(), tz).astimezone(UTC)


_Rows = dict[str, list[int]]  # customer → unapplied, then each band, in minor units


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all currencies of one report share."""

    company: CompanyRow
    as_of: date
    basis: Basis
    keys: tuple[str, ...]
    families: Families

    def group(self, sums: Iterable[AgedSum], rolled_up: bool) -> dict[str, _Rows]:
        """Rows per currency; a customer that was merged away counts for the one that is left."""
        owner = self.families.top if rolled_up else self.families.survivor
        width = len(self.keys) + 1
        grouped: dict[str, _Rows] = {}
        for aged in sums:
            rows = grouped.setdefault(aged.currency, {})
            row = rows.setdefault(owner(aged.customer_id), [0] * width)
            row[aged.band + 1] += aged.minor
        return grouped

    def result(self, currency: str, amounts: _Rows, control: Control | None, note: str) -> Aging:
        rows = [
            _row(customer_id, self.families.name(customer_id), minors, currency)
            for customer_id, minors in amounts.items()
            if any(minors)
        ]
        rows.sort(key=lambda row: (row.customer.casefold(), row.customer_id or ""))
        sums = [sum(column) for column in zip(*amounts.values(), strict=True)]
        totals = _row(None, "Total", sums or [0] * (len(self.keys) + 1), currency)
        control = control or Control(ledger=None, ours=totals.total)
        return Aging(
            company=self.company.slug,
            as_of=self.as_of,
            basis=self.basis,
            currency=currency,
            buckets=self.keys,
            rows=tuple(rows),
            totals=totals,
            control=control,
            note=(control.note or note) if control.ledger is None else None,
        )


def _sums_at_home(
    conn: Connection, company: CompanyRow, view: View, basis: Basis, bounds: Sequence[int]
) -> tuple[list[AgedSum], AtHome]:
    """Sums in the home currency, and the foreign documents that are in them."""
    home = company.home_currency
    sums = list(aged_sums(conn, view, basis, bounds, only=home))
    items = list(foreign_items(conn, view, home, basis, bounds))
    foreign = value_at_home(items, home)
    for item in foreign.without_rate:
        raise UsageError(
            f"{item.kind.replace('_', ' ')} {item.ledger_id} is in {item.currency} but carries no "
            f"exchange rate: report each currency apart, or correct it in the ledger and sync"
        )
    for item, valued in zip(items, foreign.valued, strict=True):
        sums.append(AgedSum(item.customer_id, home, item.band, valued.minor))
    return sums, foreign


def _row(customer_id: str | None, name: str, minors: Sequence[int], currency: str) -> AgingRow:
    unapplied, *bands = (Money.from_minor(minor, currency) for minor in minors)
    return AgingRow(customer_id=customer_id, customer=name, bands=tuple(bands), unapplied=unapplied)
