"""Contacts of the type CUSTOMER."""

from __future__ import annotations

from recoup.connector.model import Contact, Customer, Unmapped
from recoup.plugins.sage.context import MappingContext, head, read_money, word
from recoup.plugins.sage.entities import CONTACTS
from recoup.plugins.sage.structs import ContactObject

__all__ = ["to_customer"]


def to_customer(found: ContactObject, raw: bytes, context: MappingContext) -> Customer | Unmapped:
    """Map a Contact; a vendor stays unmapped.

    A contact has one currency, and its balance is in it. The personal parts of an obfuscated
    contact are gone, so nobody is addressed by them.
    """
    types = {word(one) for one in found.contact_types or ()} - {""}
    if types and "CUSTOMER" not in types:
        return Unmapped(**head(found, raw), source_type=CONTACTS)
    currency = context.currency(found, found.currency)
    return Customer(
        **head(found, raw),
        name=found.name or found.displayed_as or f"contact {found.id}",
        currency=currency,
        active=found.is_active is not False,
        contacts=() if found.gdpr_obfuscated else _contacts(found),
        terms=_terms(found),
        balance=None if found.balance is None else read_money(found.balance, currency),
    )


def _contacts(found: ContactObject) -> tuple[Contact, ...]:
    """The contact's own address first, then that of the main person."""
    person = found.main_contact_person
    own = (found.email or "").strip() or None
    if person is None:
        return (Contact(email=own),) if own else ()
    name, phone = person.name or None, person.telephone or person.mobile or None
    theirs = (person.email or "").strip() or None
    first = Contact(name=name, email=own or theirs, phone=phone)
    if theirs and own and theirs.lower() != own.lower():
        return first, Contact(name=name, email=theirs)
    return (first,) if first.email or name or phone else ()


def _terms(found: ContactObject) -> str | None:
    if found.credit_days is None:
        return found.credit_terms or None
    return f"{found.credit_terms or 'date_from_invoice'} {found.credit_days}"
