"""Customers and jobs."""

from __future__ import annotations

import re

from recoup.connector.model import Contact, Customer
from recoup.plugins.quickbooks.context import MappingContext, read_money, stamps
from recoup.plugins.quickbooks.structs import CustomerObject

__all__ = ["to_customer"]


def to_customer(found: CustomerObject, raw: bytes, context: MappingContext) -> Customer:
    """Map a Customer.

    Source: Balance is that of the customer's own documents, without its jobs. An inactive
    customer still owes what it owes. PrimaryEmailAddr may hold several addresses.
    """
    currency = context.currency(found.currency_ref)
    created, changed = stamps(found)
    parent = found.parent_ref.value if found.parent_ref is not None else None
    return Customer(
        ledger_id=found.id,
        version=found.sync_token,
        created_at=created,
        changed_at=changed,
        raw=raw,
        name=found.display_name or found.fully_qualified_name or f"customer {found.id}",
        currency=currency,
        parent_id=parent,
        bills_with_parent=bool(found.bill_with_parent),
        active=found.active is not False,
        contacts=_contacts(found),
        terms=found.sales_term_ref.value if found.sales_term_ref is not None else None,
        balance=read_money(found.balance, currency),
    )


def _contacts(found: CustomerObject) -> tuple[Contact, ...]:
    name = " ".join(filter(None, (found.given_name, found.family_name))) or None
    phone = found.primary_phone.free_form_number if found.primary_phone is not None else None
    text = (found.primary_email_addr.address if found.primary_email_addr is not None else "") or ""
    emails = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    if not emails:
        return (Contact(name=name, phone=phone),) if name or phone else ()
    return tuple(
        Contact(name=name if at == 0 else None, email=email, phone=phone if at == 0 else None)
        for at, email in enumerate(emails)
    )
