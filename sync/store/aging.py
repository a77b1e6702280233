"""What every document still had open on a day, in SQL: the base of aging and open items.

Open on a day = total − allocations in (an invoice or refund), total + in − out (a credit note or
payment), over documents issued and allocations effective on or before it. Credits count as
negative, so that sums are what is owed. One correlated sum per document on a covering index:
joins of grouped allocations took three times as long on a million documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.types import BigInteger

from recoup.connector.model import DocumentKind
from recoup.sync.store.schema import allocations, documents, past_allocations, past_documents

__all__ = [
    "CREDIT_KINDS",
    "DEBIT_KINDS",
    "UNAPPLIED",
    "AgedSum",
    "Basis",
    "ForeignItem",
    "View",
    "aged_sums",
    "foreign_items",
    "open_documents",
    "open_sums",
]

# plain text, not members: psycopg writes an enum member by its name
CREDIT_KINDS = tuple(
    kind.value
    for kind in (
        DocumentKind.CREDIT_NOTE,
        DocumentKind.PAYMENT,
        DocumentKind.PREPAYMENT,
        DocumentKind.OVERPAYMENT,
    )
)
_INVOICE = DocumentKind.INVOICE.value
DEBIT_KINDS = (_INVOICE, DocumentKind.REFUND.value)
UNAPPLIED = -1  # the band of everything but invoices, refunds positive; those count from 0

Basis = Literal["due", "issue"]


@dataclass(frozen=True, slots=True)
class View:
    """Which state of the books is asked for.

    as_of: documents and allocations dated later are left out; None leaves out nothing.
    known_at: None is as dated; an instant is what was known before it, whatever came out later.
    customers: None is everybody.
    """

    company_id: int
    as_of: date | None
    known_at: datetime | None = None
    customers: frozenset[str] | None = None


class AgedSum(NamedTuple):
    customer_id: str
    currency: str
    band: int  # 0 is current, UNAPPLIED what credits have left, less refunds
    minor: int


class ForeignItem(NamedTuple):
    kind: str
    ledger_id: str
    customer_id: str
    currency: str
    band: int
    rate: str | None
    minor: int


def aged_sums(
    conn: Connection, view: View, basis: Basis, bounds: Sequence[int], *, only: str | None = None
) -> Iterator[AgedSum]:
    """Yield Σ open per customer, currency and band; *only* one currency where it is named."""
    parts = []
    for half in _halves(view):
        if only is not None:
            half = half.where(half.selected_columns.currency == only)
        item = half.subquery()
        parts.append(
            select(
                item.c.customer_id,
                item.c.currency,
                _band(item, view, basis, bounds).label("band"),
                item.c.open_minor,
            ).where(item.c.open_minor != 0)
        )
    aged = union_all(*parts).subquery()
    statement = select(
        aged.c.customer_id, aged.c.currency, aged.c.band, func.sum(aged.c.open_minor)
    ).group_by(aged.c.customer_id, aged.c.currency, aged.c.band)
    for customer_id, currency, band, minor in conn.execute(statement):
        yield AgedSum(customer_id, currency, band, int(minor))


def foreign_items(
    conn: Connection, view: View, home: str, basis: Basis = "due", bounds: Sequence[int] = ()
) -> Iterator[ForeignItem]:
    """Yield each open document in another currency than *home*, with its booked rate.

    The band is 0 in a view of no day.
    """
    for half in _halves(view):
        item = half.where(half.selected_columns.currency != home).subquery()
        statement = select(
            item.c.kind,
            item.c.ledger_id,
            item.c.customer_id,
            item.c.currency,
            literal(0) if view.as_of is None else _band(item, view, basis, bounds),
            item.c.rate,
            item.c.open_minor,
        ).where(item.c.open_minor != 0)
        for row in conn.execute(statement):
            yield ForeignItem(*row)


def open_sums(conn: Connection, view: View) -> dict[str, int]:
    """Σ open per currency, zeros too."""
    sums: dict[str, int] = {}
    for half in _halves(view):
        item = half.subquery()
        statement = select(item.c.currency, func.sum(item.c.open_minor)).group_by(item.c.currency)
        for currency, minor in conn.execute(statement):
            sums[currency] = sums.get(currency, 0) + int(minor)
    return sums


def open_documents(view: View) -> Subquery:
    """Every document of the view with its open_minor, zeros too, as a table to select from.

    Columns: kind, ledger_id, customer_id, number, issued_on, due_on, currency, total_minor,
    rate, open_minor (what it adds to the debt: negative for credits).
    """
    return union_all(*_halves(view)).subquery("open_documents")


def _halves(view: View) -> list[Select[*tuple[Any, ...]]]:
    """Debits and credits apart: their open amounts are different sums on different indexes."""
    return [
        half
        for source in _sources(view)
        for half in (*(_debits(source, kind) for kind in DEBIT_KINDS), _credits(source))
    ]


class _Source(NamedTuple):
    view: View
    table: FromClause
    where: ColumnElement[bool]
    taken_back: Mapping[str, Subquery]  # by the side of the allocation; empty as dated


def _sources(view: View) -> list[_Source]:
    posted = documents.c.state == "posted"
    if view.known_at is None:
        return [_Source(view, documents, posted, {})]
    taken_back = {side: _taken_back(view, side) for side in ("target", "source")}
    known = and_(posted, documents.c.known_from < view.known_at)
    past = and_(
        past_documents.c.state == "posted",
        past_documents.c.known_from < view.known_at,
        past_documents.c.known_until >= view.known_at,
    )
    return [
        _Source(view, documents, known, taken_back),
        _Source(view, past_documents, past, taken_back),
    ]


def _debits(source: _Source, kind: str) -> Select[*tuple[Any, ...]]:
    total = source.table.c.total_minor
    owed = total - _allocated(source, "target", literal(kind), source.table.c.ledger_id)
    return _items(source, owed, source.table.c.kind == kind)


def _credits(source: _Source) -> Select[*tuple[Any, ...]]:
    kind, ledger_id = source.table.c.kind, source.table.c.ledger_id
    used = _allocated(source, "source", kind, ledger_id)
    added = _allocated(source, "target", kind, ledger_id)
    return _items(source, used - source.table.c.total_minor - added, kind.in_(CREDIT_KINDS))


def _items(
    source: _Source, open_minor: ColumnElement[int], kinds: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    view, table = source.view, source.table
    statement = select(
        table.c.kind,
        table.c.ledger_id,
        table.c.customer_id,
        table.c.number if "number" in table.c else null().label("number"),
        table.c.issued_on,
        table.c.due_on,
        table.c.currency,
        table.c.total_minor,
        table.c.rate,
        open_minor.label("open_minor"),
    ).where(table.c.company_id == view.company_id, kinds, source.where)
    if source.taken_back:
        joined: FromClause = table
        for past in source.taken_back.values():
            same = and_(past.c.kind == table.c.kind, past.c.ledger_id == table.c.ledger_id)
            joined = joined.outerjoin(past, same)
        statement = statement.select_from(joined)
    if view.customers is not None:
        statement = statement.where(table.c.customer_id.in_(sorted(view.customers)))
    return statement if view.as_of is None else statement.where(table.c.issued_on <= view.as_of)


def _allocated(
    source: _Source,
    side: Literal["source", "target"],
    kind: ColumnElement[str],
    ledger_id: ColumnElement[str],
) -> ColumnElement[int]:
    """Σ allocations on one side of a document, by the view's date and knowledge."""
    view = source.view
    if view.known_at is None:
        return func.coalesce(_sum(source, allocations, side, kind, ledger_id), 0)
    current = _sum(
        source, allocations, side, kind, ledger_id, allocations.c.known_from < view.known_at
    )
    return func.coalesce(current, 0) + func.coalesce(source.taken_back[side].c.minor, 0)


def _taken_back(view: View, side: str) -> Subquery:
    """Σ allocations that were known then and are not any more, per document on that side.

    Grouped and joined, not looked up per document: the past has no index to look it up by.
    """
    past = past_allocations.c
    kind, ledger_id = past[f"{side}_kind"].label("kind"), past[f"{side}_id"].label("ledger_id")
    statement = select(
        kind, ledger_id, func.sum(past.amount_minor).cast(BigInteger).label("minor")
    ).where(
        past.company_id == view.company_id,
        past.known_from < view.known_at,
        past.known_until >= view.known_at,
    )
    if view.as_of is not None:
        statement = statement.where(past.effective_on <= view.as_of)
    return statement.group_by(kind, ledger_id).subquery(f"past_{side}")


def _sum(
    source: _Source,
    table: FromClause,
    side: str,
    kind: ColumnElement[str],
    ledger_id: ColumnElement[str],
    *known: ColumnElement[bool],
) -> ScalarSelect[int]:
    # BigInteger: PostgreSQL sums bigint to numeric, and one type must come out of both
    statement = select(func.sum(table.c.amount_minor).cast(BigInteger)).where(
        table.c.company_id == source.view.company_id,
        table.c[f"{side}_kind"] == kind,
        table.c[f"{side}_id"] == ledger_id,
        *known,
    )
    if source.view.as_of is not None:
        statement = statement.where(table.c.effective_on <= source.view.as_of)
    return statement.correlate(source.table).scalar_subquery()


def _band(item: Subquery, view: View, basis: Basis, bounds: Sequence[int]) -> ColumnElement[int]:
    """0 up to the day itself, then one more after each bound, the bound's own day included."""
    if view.as_of is None:
        raise ValueError("aging needs a day")
    aged_from = type_coerce(item.c.due_on if basis == "due" else item.c.issued_on, Integer)
    day = view.as_of.toordinal()
    bands = [(item.c.kind != _INVOICE, UNAPPLIED)]
    bands += [(aged_from >= day - bound, n) for n, bound in enumerate((0, *bounds))]
    return case(*bands, else_=len(bounds) + 1)
