"""Booking money received: payments for invoices, an overpayment for the rest, credit for discounts.

Several invoices are several payments in one call, not a batch: each carries our marker in its
reference, so that after a lost answer it is found again one by one, in every country and
currency, and each can be taken back alone. Money beyond the invoices is received as an
overpayment, the only form in which Xero holds it. A discount is a credit note set against its
invoice, because Xero knows no discount on payment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from recoup.connector.errors import Fatal, Skippable
from recoup.connector.intents import Intent, Outcome
from recoup.plugins.xero import decode
from recoup.plugins.xero.answers import (
    Object,
    looks_back,
    put,
    put_each,
    read_one,
    reference_of,
)
from recoup.plugins.xero.booking import (
    Booking,
    Part,
    check_alive,
    find_booked,
    outcome_of,
    parts_of,
    verify,
)
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.context import read_rate
from recoup.plugins.xero.foreseeing import accounts_of_payment, seen_of
from recoup.plugins.xero.undoing import take_back

__all__ = ["create_payment"]

OVERPAID = "RECEIVE-OVERPAYMENT"


def create_payment(client: Client, intent: Intent) -> Outcome:
    """Book a payment. Optional in the request: account (code or id), rate (home units per unit,
    a decimal string), discount_account, and a discount beside the amount of an allocation.

    What a later step is refused for takes the earlier ones back.
    """
    asked = intent.request
    parts = parts_of(asked)
    rest = Decimal(asked["amount"]) - sum((part.amount for part in parts), Decimal(0))
    if rest < 0:
        raise Skippable("the allocations are more than the payment")
    known = seen_of(intent) or accounts_of_payment(client, asked)
    bank = str(known["bank"])
    booking = Booking()
    back = looks_back(intent, client.now)
    try:
        _pay(client, intent, [part for part in parts if part.amount], bank, booking, back=back)
        if rest:
            _keep_rest(client, intent, rest, bank, booking, back=back)
        for at, part in enumerate(parts):
            if part.discount:
                _discount(client, intent, part, at, str(known["sales"]), booking, back=back)
    except Skippable:
        take_back(client, booking.steps, f"{intent.key}-back")
        raise
    verify(client, parts, booking, rest)
    return outcome_of(parts, booking)


def _pay(
    client: Client,
    intent: Intent,
    parts: Sequence[Part],
    bank: str,
    booking: Booking,
    *,
    back: bool,
) -> None:
    reference = reference_of(intent, intent.request.get("reference"))
    missing = list(parts)
    if back:
        for found in find_booked(client, "get_payments", "Payments", reference):
            invoice_id = str((found.get("Invoice") or {}).get("InvoiceID"))
            part = next((p for p in missing if p.invoice_id == invoice_id), None)
            if part is None or Decimal(found.get("Amount") or 0) != part.amount:
                continue
            check_alive(found, "payment", str(found["PaymentID"]))
            missing.remove(part)
            booking.paid(found, invoice_id)
    if not missing:
        return
    elements = [_payment(intent, part, bank, reference) for part in missing]
    # What is sent again after a look is another request, so it has a key of its own.
    key = intent.key if len(missing) == len(parts) else f"{intent.key}-rest"
    refused: Skippable | None = None
    for part, (booked, refusal) in zip(
        missing, put_each(client, "create_payments", "Payments", elements, key=key), strict=True
    ):
        if isinstance(refusal, Skippable):
            refused = refused or refusal
        elif refusal is not None:
            raise refusal
        elif not booked.get("PaymentID"):
            raise Fatal("Xero reports no error, and booked no payment")
        else:
            booking.paid(booked, part.invoice_id)
            booking.raw = booking.raw or decode.encode(booked)
    if refused is not None:
        raise refused


def _keep_rest(
    client: Client, intent: Intent, rest: Decimal, bank: str, booking: Booking, *, back: bool
) -> None:
    asked = intent.request
    reference = reference_of(intent, asked.get("reference"))
    booked: Object | None = None
    if back:
        condition = f'Type=="{OVERPAID}"'
        for found in find_booked(
            client, "get_bank_transactions", "BankTransactions", reference, condition
        ):
            check_alive(found, "receipt", str(found["BankTransactionID"]))
            booked = found
    if booked is None:
        element: Object = {
            "Type": OVERPAID,
            "Contact": {"ContactID": asked["customer_id"]},
            "BankAccount": {"AccountID": bank},
            "Date": asked["issued_on"],
            "Reference": reference,
            "CurrencyCode": asked["currency"],
            "LineAmountTypes": "NoTax",
            "LineItems": [
                {
                    "Description": "Overpayment",
                    "Quantity": 1,
                    "UnitAmount": rest,
                    "LineAmount": rest,
                }
            ],
            **_rate(asked),
        }
        booked = put(
            client,
            "create_bank_transactions",
            "BankTransactions",
            element,
            key=f"{intent.key}-over",
            id_field="BankTransactionID",
        )
    over = booked.get("OverpaymentID") or _overpayment_of(client, reference)
    booking.overpayment = str(over)
    step = {"what": "bank_transaction", "id": booked["BankTransactionID"], "overpayment": over}
    booking.steps.append(step)
    booking.raw = booking.raw or decode.encode(booked)


def _discount(
    client: Client,
    intent: Intent,
    part: Part,
    at: int,
    account: str,
    booking: Booking,
    *,
    back: bool,
) -> None:
    asked = intent.request
    reference = f"{reference_of(intent, 'discount')}-{at}"
    note: Object | None = None
    if back:
        for found in find_booked(client, "get_credit_notes", "CreditNotes", reference):
            check_alive(found, "credit note", str(found["CreditNoteID"]))
            note = found
    if note is None:
        line = {"Description": "Discount", "Quantity": 1, "UnitAmount": part.discount}
        element: Object = {
            "Type": "ACCRECCREDIT",
            "Status": "AUTHORISED",
            "Contact": {"ContactID": asked["customer_id"]},
            "Date": asked["issued_on"],
            "Reference": reference,
            "CurrencyCode": asked["currency"],
            "LineAmountTypes": "NoTax",
            "LineItems": [{**line, "AccountCode": account}],
            **_rate(asked),
        }
        note = put(
            client,
            "create_credit_notes",
            "CreditNotes",
            element,
            key=f"{intent.key}-note-{at}",
            id_field="CreditNoteID",
        )
    id = str(note["CreditNoteID"])
    booking.credits.append(id)
    booking.steps.append({"what": "credit_note", "id": id})
    _set_off(client, intent, part, id, f"{intent.key}-set-{at}", booking)


def _set_off(
    client: Client, intent: Intent, part: Part, id: str, key: str, booking: Booking
) -> None:
    """Set the discount's credit note against its invoice, unless that was done."""
    held = read_one(client, "get_credit_note", "CreditNotes", id)
    if not held.get("Allocations"):
        wanted = {
            "Amount": part.discount,
            "Date": intent.request["issued_on"],
            "Invoice": {"InvoiceID": part.invoice_id},
        }
        create = "create_credit_note_allocation"
        [(_, refusal)] = put_each(client, create, "Allocations", [wanted], id, key=key)
        if refusal is not None:
            raise refusal
        held = read_one(client, "get_credit_note", "CreditNotes", id)
    for entry in held.get("Allocations") or []:
        step = {"what": "allocation", "source": "CreditNote", "id": id}
        booking.steps.append({**step, "allocation": entry.get("AllocationID")})


def _payment(intent: Intent, part: Part, bank: str, reference: str) -> Object:
    return {
        "Invoice": {"InvoiceID": part.invoice_id},
        "Account": {"AccountID": bank},
        "Date": intent.request["issued_on"],
        "Amount": part.amount,
        "Reference": reference,
        **_rate(intent.request),
    }


def _rate(asked: Mapping[str, Any]) -> Object:
    rate = read_rate(Decimal(asked["rate"])) if asked.get("rate") else None
    return {} if rate is None else {"CurrencyRate": round(rate, 6)}


def _overpayment_of(client: Client, reference: str) -> str:
    found = find_booked(client, "get_overpayments", "Overpayments", reference)
    living = [o for o in found if o.get("Status") not in ("VOIDED", "DELETED")]
    if not living:
        raise Fatal("Xero booked a receipt and shows no overpayment of it")
    return str(living[-1]["OverpaymentID"])
