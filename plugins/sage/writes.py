"""Writes: every one with its idempotency id, an inverse, and a check of what was booked.

Sage numbers documents without a lock of its own, so one write at a time goes to a business. An
intent's key is the ``idempotency_id``: for seven days a repeat is answered with the first answer.
An answer of 500 promises nothing, so the same request is sent once more; when that is not
answered either, what it would have booked is looked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from recoup.connector.errors import (
    Fatal,
    NotSupported,
    OutcomeUnknown,
    Skippable,
)
from recoup.connector.intents import Intent, IntentState, Outcome
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.sage import businesses
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.company import read_books
from recoup.plugins.sage.decode import read_tree
from recoup.plugins.sage.entities import ALLOCATIONS, CONTACTS, CREDIT_NOTES, INVOICES, PAYMENTS
from recoup.plugins.sage.faults import SystemFault
from recoup.plugins.sage.undoing import undo_allocation, undo_invoice, undo_payment
from recoup.plugins.sage.write_checks import (
    Object,
    allocations_of,
    amount_text,
    bank_account,
    booked_like,
    check_allocation,
    check_open_period,
    check_payment,
    exchange_rate,
    invoice_refs,
    read_document,
)

__all__ = ["allocate", "create_invoice", "create_payment"]

REFERENCE_LENGTH = 25  # refused beyond it, although older data holds longer ones
SKEW = timedelta(minutes=5)  # between our clock and Sage's
WINDOW = timedelta(days=7)  # how long Sage knows an idempotency id


def create_payment(client: Client, intent: Intent) -> Outcome:
    """Book a receipt; what is over the allocations goes on account.

    Also in the request: allocations may carry a discount; account, payment_method_id;
    rate, in home units, without which the first invoice's is taken.
    """
    asked = intent.request
    wanted = allocations_of(asked)
    with client.writing():
        books = read_books(client)
        if intent.state is IntentState.PLANNED:  # a lock set since says nothing of earlier tries
            check_open_period(books, asked["issued_on"])
        body: Object = {
            "transaction_type_id": "CUSTOMER_RECEIPT",
            "contact_id": asked["customer_id"],
            "bank_account_id": bank_account(client, asked),
            "date": asked["issued_on"],
            "total_amount": amount_text(asked["amount"]),
            "allocated_artefacts": [one.body() for one in wanted],
        }
        if asked.get("reference"):
            body["reference"] = str(asked["reference"])[:REFERENCE_LENGTH]
        if asked.get("payment_method_id"):
            body["payment_method_id"] = asked["payment_method_id"]
        if asked["currency"] != books.home_currency:
            body["currency_id"] = asked["currency"]
            body["exchange_rate"] = exchange_rate(client, asked, wanted)
        booked = _post(client, intent, PAYMENTS, "contact_payment", body)
        raw = client.read(PAYMENTS, booked)
    check_payment(read_tree(raw), Decimal(asked["amount"]), wanted)
    ref = DocumentRef(DocumentKind.PAYMENT, booked)
    touched = (ref, *invoice_refs(wanted))
    return Outcome(
        document=ref,
        inverse=undo_payment(read_tree(raw), touched),
        touched=touched,
        raw=raw,
    )


def allocate(client: Client, intent: Intent) -> Outcome:
    """Set a credit note, or what a payment has on account, against invoices.

    Also in the request: issued_on, the day of the allocation; Sage takes today without it.
    """
    source = intent.request["source"]
    kind, source_id = DocumentKind(source["kind"]), str(source["ledger_id"])
    wanted = allocations_of(intent.request)
    total = sum((one.amount for one in wanted), Decimal(0))
    with client.writing():
        credit_id, contact_id = _credit_leg(client, kind, source_id)
        body: Object = {
            "transaction_type_id": "CUSTOMER_ALLOCATION",
            "contact_id": contact_id,
            "allocated_artefacts": [
                *({"artefact_id": one.invoice_id, "amount": str(one.amount)} for one in wanted),
                {"artefact_id": credit_id, "amount": str(-total)},
            ],
        }
        made_on = intent.request.get("issued_on")
        if made_on:
            if intent.state is IntentState.PLANNED:
                check_open_period(read_books(client), made_on)
            body["date"] = made_on
        booked = _post(client, intent, ALLOCATIONS, "contact_allocation", body)
        raw = client.read(ALLOCATIONS, booked)
    check_allocation(read_tree(raw), credit_id, wanted)
    ref = DocumentRef(DocumentKind.PAYMENT, booked)
    touched = (ref, DocumentRef(kind, source_id), *invoice_refs(wanted))
    return Outcome(document=ref, inverse=undo_allocation(booked, touched), touched=touched, raw=raw)


def create_invoice(client: Client, intent: Intent) -> Outcome:
    """Book an invoice. Sage numbers it; the number asked for becomes its reference.

    A line's item_id is a ledger account; without one the contact's own, else the business'
    default for sales is taken. A line without tax_rate_id is booked without tax.
    """
    asked = intent.request
    with client.writing():
        books = read_books(client)
        if intent.state is IntentState.PLANNED:  # a lock set since says nothing of earlier tries
            check_open_period(books, asked["issued_on"])
        lines = [_line(client, asked, line) for line in asked["lines"]]
        body: Object = {
            "contact_id": asked["customer_id"],
            "date": asked["issued_on"],
            "due_date": asked["due_on"],
            "invoice_lines": lines,
        }
        if asked.get("number"):
            body["reference"] = str(asked["number"])[:REFERENCE_LENGTH]
        if asked.get("memo"):
            body["notes"] = asked["memo"]
        if asked["currency"] != books.home_currency:
            body["currency_id"] = asked["currency"]
            body["exchange_rate"] = exchange_rate(client, asked, ())
        booked = _post(client, intent, INVOICES, "sales_invoice", body)
        raw = client.read(INVOICES, booked)
    tree = read_tree(raw)
    net = sum((Decimal(line["amount"]) for line in asked["lines"]), Decimal(0))
    if Decimal(tree["total_amount"]) < net:
        raise Fatal(f"Sage booked invoice {booked} over {tree['total_amount']}, not {net}")
    ref = DocumentRef(DocumentKind.INVOICE, booked)
    return Outcome(document=ref, inverse=undo_invoice(booked, ref), touched=(ref,), raw=raw)


def _post(client: Client, intent: Intent, path: str, name: str, body: Object) -> str:
    """Create an object and return its id; a repeat of the key gives the first one's.

    Raises OutcomeUnknown when nobody can say whether it was booked.
    """
    was_sent = intent.state in (IntentState.SENT, IntentState.UNKNOWN)
    forgotten = was_sent and _is_forgotten(client, intent)
    before = booked_like(client, path, body) if forgotten or path == PAYMENTS else {}
    if forgotten and (found := _booked_last_week(intent, before)):
        return found
    sent = {name: {**body, "idempotency_id": _idempotency_id(intent.key)}}
    try:
        return _id_in(client.write("POST", path, sent))
    except (OutcomeUnknown, SystemFault):
        return _post_again(client, path, sent, body, before)
    except Skippable as refused:
        if was_sent and before:
            raise _after_doubt(refused) from None
        raise


def _post_again(
    client: Client, path: str, sent: Object, body: Object, before: Mapping[str, object]
) -> str:
    """Send the same once more, under the same id; then look for what came since.

    Nobody else of ours writes to the business meanwhile.
    """
    try:
        return _id_in(client.write("POST", path, sent))
    except Skippable as refused:
        raise _after_doubt(refused) from None
    except (OutcomeUnknown, SystemFault) as fault:
        since = (
            booked_like(client, path, body).keys() - before.keys() if path == PAYMENTS else set()
        )
        if len(since) == 1:
            return str(since.pop())
        raise OutcomeUnknown(
            f"Sage may or may not have booked it: {fault.message}",
            retry_after=fault.retry_after or timedelta(minutes=1),
            request_id=fault.request_id,
        ) from None


def _booked_last_week(intent: Intent, found: Mapping[str, datetime | None]) -> str | None:
    """What can only be this write, booked when Sage still knew its key; None when nothing is.

    Then the same key is sent again. Raises OutcomeUnknown when several could be it.
    """
    began = intent.created_at
    since = [i for i, at in found.items() if at is None or began is None or at >= began - SKEW]
    if len(since) > 1:
        raise OutcomeUnknown(
            f"{intent.natural_key}: Sage has forgotten this key by now, and {len(since)} documents "
            f"could be it ({', '.join(sorted(since))}); look at them in Sage and decide",
            retry_after=timedelta(days=1),
        )
    return since[0] if since else None


def _after_doubt(refused: Skippable) -> OutcomeUnknown:
    """A refusal of the second try says nothing about the first."""
    return OutcomeUnknown(
        f"an earlier try may have booked it, look for it in Sage: {refused.message}",
        retry_after=timedelta(minutes=1),
        request_id=refused.request_id,
    )


def _is_forgotten(client: Client, intent: Intent) -> bool:
    return intent.created_at is not None and client.now - intent.created_at >= WINDOW


def _idempotency_id(key: str) -> str:
    """The key as 32 hex digits, which is how Sage wants it."""
    try:
        return UUID(key).hex
    except ValueError:
        return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()


def _id_in(answer: bytes) -> str:
    try:
        return str(msgspec.json.decode(answer)["id"])
    except (msgspec.MsgspecError, KeyError, TypeError):
        raise OutcomeUnknown("Sage's answer to a write cannot be read") from None


def _credit_leg(client: Client, kind: DocumentKind, source_id: str) -> tuple[str, str]:
    """Return the id that stands for the credit in an allocation, and whose it is."""
    if kind is DocumentKind.CREDIT_NOTE:
        tree = read_document(client, CREDIT_NOTES, source_id)
        return source_id, str(tree["contact"]["id"])
    if kind is not DocumentKind.PAYMENT:
        raise NotSupported(f"Sage cannot apply a {kind}")
    tree = read_tree(client.read(PAYMENTS, source_id))
    over: Mapping[str, Any] | None = tree.get("payment_on_account")
    if not over or not over.get("id"):
        raise Skippable(f"payment {source_id} has nothing on account")
    return str(over["id"]), str(tree["contact"]["id"])


def _line(client: Client, asked: Mapping[str, Any], line: Mapping[str, Any]) -> Object:
    return {
        "description": line.get("description") or "",
        "ledger_account_id": line.get("item_id") or _sales_account(client, asked),
        "quantity": "1",
        "unit_price": amount_text(line["amount"]),
        "tax_rate_id": line.get("tax_rate_id") or _no_tax(client),
        "tax_amount": "0.0",
    }


def _no_tax(client: Client) -> str:
    """The rate of the country's for what bears no tax."""
    country = businesses.read_one(client.business()).country_id or "GB"
    return f"{country}_NO_TAX"


def _sales_account(client: Client, asked: Mapping[str, Any]) -> str:
    """The account that sales to the contact go to. Raises Skippable when Sage names none."""
    contact = read_tree(client.read(CONTACTS, str(asked["customer_id"])))
    own = contact.get("default_sales_ledger_account") or {}
    if own.get("id"):
        return str(own["id"])
    defaults = read_tree(client.settings("business_settings")).get("default_ledger_accounts") or {}
    account = defaults.get("sales_ledger_account") or {}
    if not account.get("id"):
        raise Skippable("Sage names no default sales account: give the line an item_id")
    return str(account["id"])
