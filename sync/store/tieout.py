"""The figures a tie-out compares. Sums are the state now, whatever the dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, case, func, select

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.sync.store import schema
from recoup.sync.store.aging import CREDIT_KINDS, DEBIT_KINDS

__all__ = [
    "BalanceSum",
    "CustomerFigure",
    "DocumentFigures",
    "ForeignBalance",
    "ParkedObject",
    "control_account_ids",
    "control_accounts_now",
    "control_dated",
    "customer_figures",
    "document_balances",
    "document_counts",
    "documents_of",
    "foreign_balances",
    "live_types",
    "parked_objects",
    "pull_finished_at",
    "untied_documents",
]


class DocumentFigures(NamedTuple):
    """A document beside its allocations, in minor units of its currency."""

    kind: str
    ledger_id: str
    customer_id: str
    currency: str
    total: int
    balance: int  # the ledger's own
    inward: int  # Σ allocations that reach it
    outward: int  # Σ allocations that leave it


class BalanceSum(NamedTuple):
    customer_id: str
    currency: str
    minor: int


class ForeignBalance(NamedTuple):
    """The ledger's own open figure of a document in another currency; credits are negative."""

    kind: str
    ledger_id: str
    customer_id: str
    currency: str
    rate: str | None
    minor: int


class CustomerFigure(NamedTuple):
    customer_id: str
    currency: str
    minor: int | None
    in_home: bool = False  # minor is in the home currency, over documents of every currency


class ParkedObject(NamedTuple):
    source_type: str
    ledger_id: str
    customer_id: str | None
    reason: str


def control_accounts_now(conn: Connection, company_id: int) -> dict[str, int]:
    """Σ balances of the live control accounts per currency, as the last pull read them."""
    accounts = schema.control_accounts.c
    rows = conn.execute(
        select(accounts.currency, func.sum(accounts.balance_minor))
        .where(accounts.company_id == company_id, accounts.state == "posted")
        .group_by(accounts.currency)
    )
    return {currency: int(minor) for currency, minor in rows}


def control_dated(conn: Connection, company_id: int, as_of: date, changes: int) -> dict[str, int]:
    """The ledger's own totals for *as_of*, unless something was stored since they were read."""
    totals = schema.control_totals.c
    rows = conn.execute(
        select(totals.currency, totals.amount_minor).where(
            totals.company_id == company_id,
            totals.as_of == as_of.toordinal(),
            totals.changes == changes,
        )
    )
    return {currency: int(minor) for currency, minor in rows}


def pull_finished_at(conn: Connection, company_id: int) -> datetime | None:
    """When a pull last ran to its end; None when none did."""
    cursors = schema.cursors.c
    return conn.scalar(select(cursors.finished_at).where(cursors.company_id == company_id))


def document_counts(conn: Connection, company_id: int) -> dict[str, int]:
    """Posted documents per kind."""
    documents = schema.documents.c
    rows = conn.execute(
        select(documents.kind, func.count())
        .where(documents.company_id == company_id, documents.state == "posted")
        .group_by(documents.kind)
    )
    return {kind: int(count) for kind, count in rows}


def untied_documents(conn: Connection, company_id: int) -> list[DocumentFigures]:
    """Posted documents whose own balance is not what their allocations make it.

    The comparison runs in the database; the rule that judges the rows is in sync/tieout.
    """
    documents = schema.documents.c
    inward, outward = _allocated("target"), _allocated("source")
    left = case(
        (documents.kind.in_(DEBIT_KINDS), documents.total_minor - inward),
        else_=documents.total_minor + inward - outward,
    )
    statement = select(
        documents.kind,
        documents.ledger_id,
        documents.customer_id,
        documents.currency,
        documents.total_minor,
        documents.balance_minor,
        inward,
        outward,
    ).where(
        documents.company_id == company_id,
        documents.kind.in_((*DEBIT_KINDS, *CREDIT_KINDS)),
        documents.state == "posted",
        documents.balance_minor != left,
    )
    return [DocumentFigures(*row) for row in conn.execute(statement)]


def _allocated(side: str) -> ColumnElement[int]:
    allocations, documents = schema.allocations.c, schema.documents.c
    amount = func.coalesce(func.sum(allocations.amount_minor), 0).cast(BigInteger)
    return (
        select(amount)
        .where(
            allocations.company_id == documents.company_id,
            allocations[f"{side}_kind"] == documents.kind,
            allocations[f"{side}_id"] == documents.ledger_id,
        )
        .correlate(schema.documents)
        .scalar_subquery()
    )


def customer_figures(conn: Connection, company_id: int) -> list[CustomerFigure]:
    """Live customers with the balance the ledger states, children excluded; None where it does
    not."""
    customers = schema.customers.c
    rows = conn.execute(
        select(
            customers.ledger_id,
            customers.currency,
            customers.balance_minor,
            customers.balance_in_home,
        )
        .where(customers.company_id == company_id, customers.state == "posted")
        .order_by(customers.ledger_id)
    )
    return [CustomerFigure(*row) for row in rows]


def document_balances(conn: Connection, company_id: int) -> list[BalanceSum]:
    """Σ of the ledger's own open figures per customer and currency; credits are negative."""
    documents = schema.documents.c
    rows = conn.execute(
        select(documents.customer_id, documents.currency, func.sum(_signed_balance()))
        .where(
            documents.company_id == company_id,
            documents.state == "posted",
            documents.balance_minor != 0,
        )
        .group_by(documents.customer_id, documents.currency)
    )
    return [BalanceSum(customer, currency, int(minor)) for customer, currency, minor in rows]


def foreign_balances(conn: Connection, company_id: int, home: str) -> list[ForeignBalance]:
    """Open documents in another currency than *home*."""
    documents = schema.documents.c
    rows = conn.execute(
        select(
            documents.kind,
            documents.ledger_id,
            documents.customer_id,
            documents.currency,
            documents.rate,
            _signed_balance(),
        ).where(
            documents.company_id == company_id,
            documents.state == "posted",
            documents.currency != home,
            documents.balance_minor != 0,
        )
    )
    return [ForeignBalance(*row) for row in rows]


def _signed_balance() -> ColumnElement[int]:
    documents = schema.documents.c
    return case(
        (documents.kind.in_(DEBIT_KINDS), documents.balance_minor),
        else_=-documents.balance_minor,
    )


def parked_objects(conn: Connection, company_id: int) -> list[ParkedObject]:
    """Objects of the ledger that could not be read, with the customer where that is known.

    An object that was readable before is told by the document it still has in the store.
    """
    objects, documents = schema.objects.c, schema.documents.c
    joined = schema.objects.outerjoin(
        schema.documents,
        and_(
            documents.company_id == objects.company_id,
            documents.kind == objects.record,
            documents.ledger_id == objects.ledger_id,
        ),
    )
    known = case((objects.record == "customer", objects.ledger_id), else_=documents.customer_id)
    rows = conn.execute(
        select(
            objects.source_type,
            objects.ledger_id,
            func.coalesce(objects.parked_customer, known),
            objects.parked_because,
        )
        .select_from(joined)
        .where(
            objects.company_id == company_id,
            objects.parked_because.is_not(None),
            objects.gone_at.is_(None),
        )
        .order_by(objects.source_type, objects.ledger_id)
    )
    return [ParkedObject(*row) for row in rows]


def live_types(conn: Connection, company_id: int) -> dict[str, list[str]]:
    """The platform's type names by the record that the store derives from them."""
    objects = schema.objects.c
    rows = conn.execute(
        select(objects.record, objects.source_type)
        .where(objects.company_id == company_id, objects.record != "unmapped")
        .distinct()
        .order_by(objects.record, objects.source_type)
    )
    types: dict[str, list[str]] = {}
    for record, source_type in rows:
        types.setdefault(record, []).append(source_type)
    return types


def documents_of(
    conn: Connection, company_id: int, customer_id: str, *, limit: int
) -> list[DocumentRef]:
    """Documents of a customer worth reading again: open ones first, then the newest."""
    documents = schema.documents.c
    rows = conn.execute(
        select(documents.kind, documents.ledger_id)
        .where(
            documents.company_id == company_id,
            documents.customer_id == customer_id,
            documents.state == "posted",
        )
        .order_by(
            case((documents.balance_minor == 0, 1), else_=0),
            documents.issued_on.desc(),
            documents.kind,
            documents.ledger_id,
        )
        .limit(limit)
    )
    return [DocumentRef(DocumentKind(kind), ledger_id) for kind, ledger_id in rows]


def control_account_ids(conn: Connection, company_id: int) -> list[str]:
    accounts = schema.control_accounts.c
    return list(
        conn.scalars(
            select(accounts.ledger_id)
            .where(accounts.company_id == company_id, accounts.state == "posted")
            .order_by(accounts.ledger_id)
        )
    )
