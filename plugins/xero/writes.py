"""Further writes: credits applied, invoices of our own, and everything taken back.

Each has its idempotency key, an inverse, and a reading back of what was booked. A key is repeated
by Xero for minutes only; what may have been sent before that is looked for first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from recoup.connector.errors import Fatal, NotSupported, Skippable
from recoup.connector.intents import Intent, Outcome
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.xero import decode
from recoup.plugins.xero.answers import (
    Object,
    looks_back,
    put,
    put_each,
    quoted,
    read_invoices,
    read_one,
    reference_of,
)
from recoup.plugins.xero.chart import sales_account
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.company import accounts
from recoup.plugins.xero.dates import read_date
from recoup.plugins.xero.entities import to_source_type
from recoup.plugins.xero.foreseeing import later_day, seen_of
from recoup.plugins.xero.undoing import SOURCES, take_back

__all__ = ["allocate", "create_invoice", "reverse"]


def allocate(client: Client, intent: Intent) -> Outcome:
    """Apply a credit note, overpayment or prepayment to invoices.

    Only the new allocations are sent: Xero refuses those that stand already. They are dated on
    the later of the two documents' days. Raises NotSupported for a payment: Xero has none with
    anything left.
    """
    source = DocumentRef(
        DocumentKind(intent.request["source"]["kind"]), str(intent.request["source"]["ledger_id"])
    )
    source_type, id = to_source_type(source)
    if source_type not in SOURCES:
        raise NotSupported(f"Xero cannot apply a {source.kind}: it holds no rest of one")
    read, plural, create, _ = SOURCES[source_type]
    wanted = [
        (str(part["invoice_id"]), Decimal(part["amount"])) for part in intent.request["allocations"]
    ]
    before = read_one(client, read, plural, id)
    invoices = read_invoices(client, [invoice_id for invoice_id, _ in wanted])
    seen = seen_of(intent)
    new = [_allocation(before, invoices[id], amount, seen) for id, amount in wanted]
    standing = _standing(before, seen)
    missing = _without(new, standing) if looks_back(intent, client.now) else new
    raw = b""
    if missing:
        key = intent.key if len(missing) == len(new) else f"{intent.key}-rest"
        for booked, refusal in put_each(client, create, "Allocations", missing, id, key=key):
            if refusal is not None:
                raise refusal
            raw = raw or decode.encode(booked)
    after = _standing(read_one(client, read, plural, id), seen)
    steps = []
    for entry in new:
        match = next((part for part in reversed(after) if _same(part, entry)), None)
        if match is None:
            raise Fatal(f"{source} does not show its allocation of {entry['Amount']} in Xero")
        after.remove(match)
        if match.get("AllocationID"):
            step = {"what": "allocation", "source": source_type, "id": id}
            steps.append({**step, "allocation": match["AllocationID"]})
    touched = (source, *(DocumentRef(DocumentKind.INVOICE, invoice) for invoice, _ in wanted))
    inverse = {"undo": steps, "touched": [list(ref) for ref in touched]}
    return Outcome(document=source, inverse=inverse, touched=touched, raw=raw)


def create_invoice(client: Client, intent: Intent) -> Outcome:
    """Book an approved invoice without tax.

    A line's item_id names a sales account by its code; without one the first sales account is
    taken. A number that is taken is refused: it is never overwritten.
    """
    asked = intent.request
    reference = reference_of(intent, asked.get("memo"))
    booked = _found_invoice(client, reference) if looks_back(intent, client.now) else None
    if booked is None:
        lines = asked["lines"]
        fallback = str(seen_of(intent).get("sales") or "")
        if not fallback and not all(line.get("item_id") for line in lines):
            fallback = sales_account(accounts(client))
        element: Object = {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "Contact": {"ContactID": asked["customer_id"]},
            "Date": asked["issued_on"],
            "DueDate": asked["due_on"],
            "Reference": reference,
            "CurrencyCode": asked["currency"],
            "LineAmountTypes": "NoTax",
            "LineItems": [_line(line, fallback) for line in lines],
        }
        if asked.get("number"):
            element["InvoiceNumber"] = asked["number"]
        booked = put(
            client, "create_invoices", "Invoices", element, key=intent.key, id_field="InvoiceID"
        )
    id = str(booked["InvoiceID"])
    net = sum((Decimal(line["amount"]) for line in asked["lines"]), Decimal(0))
    held = read_one(client, "get_invoice", "Invoices", id)
    if Decimal(held.get("Total") or 0) != net:
        raise Fatal(f"Xero booked invoice {id} over {held.get('Total')}, not {net}")
    ref = DocumentRef(DocumentKind.INVOICE, id)
    inverse = {"undo": [{"what": "invoice", "id": id}], "touched": [list(ref)]}
    return Outcome(document=ref, inverse=inverse, touched=(ref,), raw=decode.encode(booked))


def reverse(client: Client, intent: Intent) -> Outcome:
    """Take back a write. Raises Stale when what it booked has been used since, Reconciled when
    the bank has confirmed it."""
    steps = intent.request.get("undo")
    if not steps:
        raise NotSupported("this write cannot be taken back")
    take_back(client, steps, intent.key)
    touched = tuple(DocumentRef(DocumentKind(k), i) for k, i in intent.request.get("touched", ()))
    return Outcome(document=None, inverse={}, touched=touched)


def _allocation(
    source: Object, invoice: Object, amount: Decimal, seen: Mapping[str, Any]
) -> Object:
    id = str(invoice["InvoiceID"])
    on = (seen.get("days") or {}).get(id) or later_day(source, invoice)
    if on is None:
        raise Skippable("neither document has a date")
    return {"Amount": amount, "Date": on, "Invoice": {"InvoiceID": id}}


def _standing(source: Object, seen: Mapping[str, Any]) -> list[Object]:
    """The allocations that may be ours: those that stood before the first try are not."""
    others = seen.get("standing") or ()
    return [
        part
        for part in source.get("Allocations") or []
        if not part.get("IsDeleted") and part.get("AllocationID") not in others
    ]


def _without(new: Sequence[Object], standing: Sequence[Object]) -> list[Object]:
    left, missing = list(standing), []
    for entry in new:
        match = next((part for part in left if _same(part, entry)), None)
        if match is None:
            missing.append(entry)
        else:
            left.remove(match)
    return missing


def _same(part: Object, entry: Object) -> bool:
    """Whether an allocation that stands is the one that was asked for."""
    day = read_date(part.get("Date"))
    return (
        (part.get("Invoice") or {}).get("InvoiceID") == entry["Invoice"]["InvoiceID"]
        and Decimal(part.get("Amount") or 0) == entry["Amount"]
        and (day is None or day.isoformat() == entry["Date"])
    )


def _found_invoice(client: Client, reference: str) -> Object | None:
    with client.urgently():
        answer = client.get(
            "get_invoices", where=f'Type=="ACCREC" AND {quoted(reference)}', page=1, page_size=100
        )
    for found in decode.read_elements(answer.body, "Invoices"):
        if found.get("Status") in ("VOIDED", "DELETED"):
            raise Skippable(
                f"invoice {found['InvoiceID']} was booked by an earlier try and voided since"
            )
        return dict(found)
    return None


def _line(line: Any, fallback: str) -> Object:
    return {
        "Description": line.get("description") or "-",
        "Quantity": 1,
        "UnitAmount": Decimal(line["amount"]),
        "AccountCode": line.get("item_id") or fallback,
    }
