"""Payloads of everything that is no invoice form: contacts, entries, payments, allocations, banks.

As in `seed_documents`, what the stand-in fills in by itself is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from recoup.plugins.sage.standin.amounts import text
from recoup.plugins.sage.standin.seed_documents import Payload, Worth, head
from recoup.plugins.sage.standin.vocabulary import ref_to, word


def contact(
    ident: str,
    at: datetime,
    name: str,
    reference: str,
    *,
    currency: str,
    person: Payload,
    contact_type: str,
    email: str | None,
    locale: str,
) -> Payload:
    """A contact of one type and one currency; its balance is filled in by the register."""
    return {
        **head("contacts", ident, f"{name} ({reference})" if reference else name, at),
        "contact_types": [word("contact_types", contact_type)],
        "name": name,
        "reference": reference,
        "locale": locale,
        "main_contact_person": ref_to(person),
        "currency": word("currencies", currency),
        "deletable": False,
        "email": email,
    }


def person(ident: str, at: datetime, name: str, email: str | None) -> Payload:
    """The main contact person of a contact."""
    return {
        **head("contact_persons", ident, name, at),
        "contact_person_types": [word("contact_person_types", "ACCOUNTS")],
        "name": name,
        "email": email,
        "is_main_contact": True,
        "is_preferred_contact": True,
    }


def quick_entry(
    ident: str,
    at: datetime,
    kind: str,
    contact: Payload,
    *,
    issued_on: date,
    due_on: date | None,
    reference: str,
    details: str,
    worth: Worth,
    ledger: Payload | None,
    transaction: Payload,
) -> Payload:
    """A sales quick entry; *kind* is INVOICE or CREDIT_NOTE.

    due_on: None for one that was entered before the platform asked for it. ledger: None for a
    business outside VAT, which leaves net and tax null too.
    """
    amounts = worth.fields()
    if ledger is None:
        amounts |= dict.fromkeys(("net_amount", "tax_amount"))
        amounts |= dict.fromkeys(("base_currency_net_amount", "base_currency_tax_amount"))
    return {
        **head("sales_quick_entries", ident, reference, at),
        "transaction": transaction,
        "transaction_type": word("transaction_types", "SALES_QUICK_ENTRY"),
        "quick_entry_type": word("quick_entry_types", kind),
        "contact": ref_to(contact),
        "contact_name": contact["name"],
        "contact_reference": contact["reference"],
        "date": issued_on.isoformat(),
        "due_date": due_on.isoformat() if due_on else None,
        "reference": reference,
        "ledger_account": ledger,
        "details": details,
        "tax_rate": word("tax_rates", worth.tax_rate) if worth.tax_rate else None,
        **amounts,
        **_open(worth),
    }


def _open(worth: Worth) -> Payload:
    return {
        "outstanding_amount": text(worth.total),
        "base_currency_outstanding_amount": text(worth.home(worth.total)),
        "status": word("artefact_statuses", "UNPAID"),
    }


def opening_balance(
    ident: str,
    at: datetime,
    kind: str,
    contact: Payload,
    *,
    transaction_type: str,
    issued_on: date,
    reference: str,
    worth: Worth,
    transaction: Payload,
) -> Payload:
    """An opening balance. It says neither what is open nor whether it was paid."""
    return {
        **head("contact_opening_balances", ident, reference, at),
        "transaction": transaction,
        "transaction_type": word("transaction_types", transaction_type),
        "contact_opening_balance_type": word("contact_opening_balance_types", kind),
        "contact": ref_to(contact),
        "date": issued_on.isoformat(),
        "reference": reference,
        "details": "Brought forward",
        **worth.fields(),
    }


def part(ident: str, document: Payload, amount: Decimal, discount: Decimal | None) -> Payload:
    """One artefact of a payment or an allocation; only payments know a discount."""
    row: Payload = {"id": ident, "artefact": ref_to(document), "amount": text(amount)}
    if discount is not None:
        row["discount"] = text(discount)
    return row


def on_account(
    ident: str, at: datetime, contact: Payload, issued_on: date, reference: str, worth: Worth
) -> Payload:
    """The part of a payment that settles nothing yet: a credit with an id of its own."""
    return {
        **head("payments_on_account", ident, reference, at),
        "contact_name": contact["name"],
        "contact_reference": contact["reference"],
        "contact": ref_to(contact),
        "date": issued_on.isoformat(),
        "reference": reference,
        **worth.fields(),
        **_open(worth),
    }


def payment(
    ident: str,
    at: datetime,
    contact: Payload,
    *,
    shown: str,
    transaction_type: str,
    bank: Payload,
    method: str,
    issued_on: date,
    reference: str,
    worth: Worth,
    parts: Sequence[Payload],
    rest: Payload | None,
    transaction: Payload,
) -> Payload:
    """A receipt, a refund or a payment to a vendor."""
    return {
        **head("contact_payments", ident, shown, at),
        "transaction": transaction,
        "transaction_type": word("transaction_types", transaction_type),
        "payment_method": word("payment_methods", method),
        "contact": ref_to(contact),
        "bank_account": ref_to(bank),
        "date": issued_on.isoformat(),
        **worth.fields(),
        "reference": reference,
        "allocated_artefacts": list(parts),
        "payment_on_account": rest,
    }


def allocation(
    ident: str,
    at: datetime,
    contact: Payload,
    *,
    shown: str,
    transaction_type: str,
    issued_on: date,
    legs: Sequence[Payload],
    transaction: Payload,
) -> Payload:
    """Credits set against debits of one contact; the legs sum to zero."""
    return {
        **head("contact_allocations", ident, shown, at),
        "transaction": transaction,
        "transaction_type": word("transaction_types", transaction_type),
        "date": issued_on.isoformat(),
        "contact": ref_to(contact),
        "allocated_artefacts": list(legs),
    }
