"""The objects that a pull covers, and the statements that ask for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.pages import Window

__all__ = [
    "ENTITIES",
    "LISTS",
    "PAGE_ROWS",
    "changed_conditions",
    "count_statement",
    "ids_statements",
    "literal",
    "page_statement",
    "sweep_conditions",
    "to_source_type",
]

# What receivables are made of comes first; the rest is kept unmapped.
ENTITIES = (
    "Customer",
    "Invoice",
    "CreditMemo",
    "Payment",
    "Deposit",
    "JournalEntry",
    "Account",
    "Term",
    "PaymentMethod",
    "Item",
    "SalesReceipt",
    "RefundReceipt",
    "Estimate",
)
LISTS = frozenset({"Customer", "Account", "Term", "PaymentMethod", "Item"})

PAGE_ROWS = 1000  # the most that one query returns
IDS_PER_QUERY = 200  # keeps a statement short; far below the rows that one query returns

_SOURCE_TYPES = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "CreditMemo",
    DocumentKind.PAYMENT: "Payment",
    DocumentKind.REFUND: "RefundReceipt",
    DocumentKind.JOURNAL: "JournalEntry",
    DocumentKind.DEPOSIT: "Deposit",
    DocumentKind.EXPENSE: "Purchase",
}


def page_statement(
    entity: str,
    conditions: Sequence[str] = (),
    *,
    order: str = "Id",
    start: int = 1,
    rows: int = PAGE_ROWS,
) -> str:
    """One page of objects. The order is always asked for: the platform's own is no contract."""
    return (
        f"SELECT * FROM {entity}{_where(entity, conditions)} "
        f"ORDERBY {order} STARTPOSITION {start} MAXRESULTS {rows}"
    )


def count_statement(entity: str, conditions: Sequence[str] = ()) -> str:
    return f"SELECT count(*) FROM {entity}{_where(entity, conditions)}"


def ids_statements(entity: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (entity, statement) pairs that ask for objects by id, inactive ones included."""
    distinct = sorted({id for id in ids if id.isdecimal()}, key=int)
    for at in range(0, len(distinct), IDS_PER_QUERY):
        part = distinct[at : at + IDS_PER_QUERY]
        named = ", ".join(f"'{id}'" for id in part)
        yield entity, page_statement(entity, (f"Id IN ({named})",))


def sweep_conditions(window: Window) -> tuple[str, ...]:
    """Conditions for objects created in *window*."""
    conditions = []
    if window.start is not None:
        conditions.append(f"MetaData.CreateTime >= '{literal(window.start)}'")
    if window.end is not None:
        conditions.append(f"MetaData.CreateTime < '{literal(window.end)}'")
    return tuple(conditions)


def changed_conditions(start: datetime, end: datetime) -> tuple[str, str]:
    """Conditions for objects last changed in a window: start inclusive, end exclusive."""
    return (
        f"MetaData.LastUpdatedTime >= '{literal(start)}'",
        f"MetaData.LastUpdatedTime < '{literal(end)}'",
    )


def literal(at: datetime) -> str:
    """Write an instant for a statement, with its offset; whole seconds where it has no more."""
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=precision)


def to_source_type(ref: DocumentRef) -> tuple[str, str]:
    """Translate a reference of the model into (source type, ledger id)."""
    kind, ledger_id = ref
    # An expense carries the word of its kind before the id: Check-12.
    return _SOURCE_TYPES.get(kind, "Payment"), ledger_id.rpartition("-")[2]


def _where(entity: str, conditions: Sequence[str]) -> str:
    # Lists answer with active entries only, unless both are asked for.
    whole = [*conditions, "Active IN (true, false)"] if entity in LISTS else list(conditions)
    return f" WHERE {' AND '.join(whole)}" if whole else ""
