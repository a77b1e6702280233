"""Contacts."""

from __future__ import annotations

from recoup.connector.model import Contact, Customer
from recoup.plugins.xero.context import MappingContext, head, read_money
from recoup.plugins.xero.structs import ContactObject, Phone

__all__ = ["to_customer"]


def to_customer(found: ContactObject, raw: bytes, context: MappingContext) -> Customer:
    """Map a Contact, supplier or customer: Xero does not say when one becomes the other.

    Source: Balances.AccountsReceivable.Outstanding, in base currency over documents of every
    currency; Xero leaves it out where the contact has never owed anything.
    """
    home = context.home()
    stated = found.balances.accounts_receivable if found.balances is not None else None
    return Customer(
        **head(found.contact_id, found.updated_date_utc, raw),
        name=found.name or f"contact {found.contact_id}",
        currency=context.currency(found.default_currency),
        active=found.contact_status in (None, "", "ACTIVE"),
        contacts=_contacts(found),
        terms=_terms(found),
        balance=read_money(stated.outstanding if stated is not None else None, home),
        balance_in_home=True,
    )


def _contacts(found: ContactObject) -> tuple[Contact, ...]:
    """The contact itself, then its further people; those not in e-mails have another role."""
    name = _join(found.first_name, found.last_name)
    phone = _phone(found.phones or [])
    first = Contact(name=name, email=found.email_address or None, phone=phone)
    people = [
        Contact(
            name=_join(person.first_name, person.last_name),
            email=person.email_address or None,
            role="billing" if person.include_in_emails else "other",
        )
        for person in found.contact_persons or []
    ]
    return tuple(one for one in (first, *people) if one.name or one.email or one.phone)


def _phone(phones: list[Phone]) -> str | None:
    usable = [phone for phone in phones if phone.phone_number]
    usable.sort(key=lambda phone: phone.phone_type != "DEFAULT")
    if not usable:
        return None
    best = usable[0]
    return _join(best.phone_country_code, best.phone_area_code, best.phone_number)


def _terms(found: ContactObject) -> str | None:
    sales = found.payment_terms.sales if found.payment_terms is not None else None
    if sales is None or not sales.type:
        return None
    return f"{sales.day or 0} {sales.type}"


def _join(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None
