"""Every document with something open on a day: the lines behind an aging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from recoup.connector.errors import UsageError
from recoup.connector.model import DocumentKind
from recoup.connector.money import Money
from recoup.sync.report.aging import known_before
from recoup.sync.store.aging import Basis, View
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.families import Families, read_families
from recoup.sync.store.open_items import OpenDocument, read_open_documents

__all__ = ["OpenItem", "days_past_due", "find_customer", "open_items"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    kind: DocumentKind
    document: str  # the ledger's id, unique within its kind
    number: str | None
    customer_id: str
    customer: str
    issued_on: date
    due_on: date
    days_past_due: int  # 0 on the due day and before it, and for all but invoices
    total: Money
    open: Money  # negative for credit notes and payments: it lowers what is owed

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "document": self.document,
            "number": self.number,
            "customer_id": self.customer_id,
            "customer": self.customer,
            "issued_on": self.issued_on.isoformat(),
            "due_on": self.due_on.isoformat(),
            "days_past_due": self.days_past_due,
            "currency": self.open.currency,
            "total": self.total.text,
            "open": self.open.text,
        }


def open_items(
    conn: Connection,
    company: CompanyRow,
    *,
    as_of: date,
    basis: Basis = "due",
    customer_id: str | None = None,
    rolled_up: bool = True,
    as_known: bool = False,
) -> list[OpenItem]:
    """List what was open on *as_of* by customer name, then due date.

    customer_id limits it to one customer, with its sub-customers unless rolled_up is off. Each
    document keeps its own customer. The sum per currency is the aging's total of the same day.
    """
    families = read_families(conn, company.company_id)
    known_at = known_before(as_of, company.time_zone) if as_known else None
    customers = None
    if customer_id is not None:
        customers = families.within(customer_id) if rolled_up else families.same(customer_id)
    view = View(company.company_id, as_of, known_at, customers)
    items = [_item(row, families, as_of, basis) for row in read_open_documents(conn, view)]
    return sorted(
        items,
        key=lambda item: (
            item.customer.casefold(),
            item.customer_id,
            item.due_on,
            item.issued_on,
            item.kind,
            item.document,
        ),
    )


def days_past_due(due_on: date, as_of: date) -> int:
    """Days past due on *as_of*; 0 on the due date and before it."""
    return max((as_of - due_on).days, 0)


def find_customer(conn: Connection, company: CompanyRow, wanted: str) -> str:
    """The ledger's id of the customer that *wanted* names: an id, or a name that is unique.

    Raises UsageError that says which ids share the name, or that nobody has it.
    """
    families = read_families(conn, company.company_id)
    if wanted in families:
        return families.survivor(wanted)
    found = families.named(wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{wanted!r} names several customers, give one id of: {', '.join(found)}")
    raise UsageError(f"{company.slug} has no customer {wanted!r}: give the ledger's id or name")


def _item(row: OpenDocument, families: Families, as_of: date, basis: Basis) -> OpenItem:
    owner = families.survivor(row.customer_id)
    is_invoice = row.kind == DocumentKind.INVOICE
    aged_from = row.due_on if basis == "due" else row.issued_on
    return OpenItem(
        kind=DocumentKind(row.kind),
        document=row.ledger_id,
        number=row.number,
        customer_id=owner,
        customer=families.name(owner),
        issued_on=row.issued_on,
        due_on=row.due_on,
        days_past_due=days_past_due(aged_from, as_of) if is_invoice else 0,
        total=Money.from_minor(row.total_minor, row.currency),
        open=Money.from_minor(row.open_minor, row.currency),
    )
