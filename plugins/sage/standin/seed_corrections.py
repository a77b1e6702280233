"""What a bookkeeper does to what already stands in a register: release, void, delete, put away."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from recoup.plugins.sage.standin.amounts import ZERO, read, stamp, text
from recoup.plugins.sage.standin.seed_documents import Payload, cents
from recoup.plugins.sage.standin.seed_register import Register
from recoup.plugins.sage.standin.vocabulary import word

CIS_PERCENT = Decimal(20)


def deduct_cis(register: Register, invoice: Payload, labour: Decimal) -> None:
    """Let the customer keep back the construction tax on *labour*, a part of the net amount."""
    item = register.item(invoice["id"])
    withheld = cents(labour * CIS_PERCENT / 100)
    item.due -= withheld
    home = item.worth.home
    invoice |= {
        "is_cis": True,
        "has_cis_labour": True,
        "has_cis_materials": labour < item.worth.net,
        "cis_applicable_amount": text(labour),
        "base_currency_cis_applicable_amount": text(home(labour)),
        "total_after_cis_deduction": text(item.due),
        "base_currency_total_after_cis_deduction": text(home(item.due)),
        "withholding_tax_rate": text(CIS_PERCENT),
        "withholding_tax_amount": text(withheld),
        "base_currency_withholding_tax_amount": text(home(withheld)),
    }
    register.show(invoice)


def release(register: Register, at: datetime, draft: Payload, number: str) -> None:
    """Make a draft invoice a real one: it gets a number and is owed."""
    item = register.item(draft["id"])
    item.due = item.worth.total
    shown = f"SI-{number}"
    draft |= {
        "displayed_as": shown,
        "invoice_number_prefix": "SI-",
        "invoice_number": number,
        "transaction": register.transaction(draft["id"], shown),
        "sent": True,
        "updated_at": stamp(at),
    }
    register.show(draft)


def void(register: Register, at: datetime, document: Payload, reason: str) -> None:
    """Void an invoice or credit note on which nothing stands; its amounts stay to be read."""
    item = register.item(document["id"])
    item.due = ZERO
    register.show(document)
    document |= {
        "status": word("artefact_statuses", "VOID"),
        "void_reason": reason,
        "editable": False,
    }
    document["updated_at"] = stamp(at)


def delete_payment(register: Register, at: datetime, payment: Payload) -> None:
    """Delete a payment: a tombstone stays, and what it paid is open again."""
    artefacts = {row["artefact"]["id"]: row for row in payment["allocated_artefacts"]}
    day = date.fromisoformat(payment["date"])
    for ident, row in artefacts.items():
        document = register.item(ident).document
        register.settle(document, -read(row["amount"]), -read(row["discount"]), at, day)
    rest = payment["payment_on_account"]
    if rest is not None:
        register.item(rest["id"]).due = ZERO
    tombstone(at, payment)


def delete_allocation(register: Register, at: datetime, allocation: Payload) -> None:
    """Delete an allocation: both sides are open again."""
    day = date.fromisoformat(allocation["date"])
    for row in allocation["allocated_artefacts"]:
        document = register.item(row["artefact"]["id"]).document
        register.settle(document, -abs(read(row["amount"])), ZERO, at, day)
    tombstone(at, allocation)


def delete_entry(register: Register, at: datetime, document: Payload) -> None:
    """Delete a quick entry or an opening balance on which nothing stands."""
    register.item(document["id"]).due = ZERO
    tombstone(at, document)


def tombstone(at: datetime, document: Payload) -> None:
    """Mark a document, or a contact, as deleted; it keeps its id and its reference."""
    document["deleted_at"] = document["updated_at"] = stamp(at)


def deactivate(at: datetime, contact: Payload) -> None:
    """Put a contact away, open invoices and all."""
    contact["is_active"] = False
    contact["updated_at"] = stamp(at)
