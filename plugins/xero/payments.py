"""Booking money received: payments for invoices, an overpayment for the rest, credit for discounts.

Several invoices are several payments in one call, not a batch: each carries our marker in its
reference, so that after a lost answer it is found again one by one, in every country and
currency, and each can be taken back alone. Money beyond the invoices is received as an
overpayment, the only form in which Xero holds it. A discount is a credit note set against its
invoice, because Xero knows no discount on payment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from recoup.connector.errors import Fatal, Skippable
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
from recoup.plugins.xero.chart import bank_account, sales_account
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.company import accounts, identify
from recoup.plugins.xero.context import read_rate
from recoup.plugins.xero.undoing import take_back

__all__ = ["create_payment"]

OVERPAID = "RECEIVE-OVERPAYMENT"


class _Part(NamedTuple):
    """What one invoice gets: money and, apart from it, a discount."""

    invoice_id: str
    amount: Decimal
    discount: Decimal


@dataclass
class _Booking:
    """What has been booked so far, and how it is taken back."""

    steps: list[Object] = field(default_factory=list)
    payments: list[tuple[str, str]] = field(default_factory=list)  # payment, invoice
    overpayment: str | None = None
    credits: list[str] = field(default_factory=list)
    raw: bytes = b""


def create_payment(client: Client, intent: Intent) -> Outcome:
    """Book a payment. Optional in the request: account (code or id), rate (home units per unit,
    a decimal string), discount_account, and a discount beside the amount of an allocation.

    What a later step is refused for takes the earlier ones back.
    """
    asked = intent.request
    parts = _parts(asked)
    rest = Decimal(asked["amount"]) - sum((part.amount for part in parts), Decimal(0))
    if rest < 0:
        raise Skippable("the allocations are more than the payment")
    chart = accounts(client)
    home = identify(client).home
    bank = bank_account(chart, asked.get("account"), asked["currency"], home)
    booking = _Booking()
    back = looks_back(intent, client.now)
    try:
        _pay(client, intent, [part for part in parts if part.amount], bank, booking, back=back)
        if rest:
            _keep_rest(client, intent, rest, bank, booking, back=back)
        for at, part in enumerate(parts):
            if part.discount:
                account = asked.get("discount_account") or sales_account(chart)
                _discount(client, intent, part, at, account, booking, back=back)
    except Skippable:
        take_back(client, booking.steps, f"{intent.key}-back")
        raise
    _verify(client, parts, booking, rest)
    return _outcome(parts, booking)


def _pay(
    client: Client,
    intent: Intent,
    parts: Sequence[_Part],
    bank: str,
    booking: _Booking,
    *,
    back: bool,
) -> None:
    reference = reference_of(intent, intent.request.get("reference"))
    missing = list(parts)
    if back:
        for found in _found(client, "get_payments", "Payments", reference):
            invoice_id = str((found.get("Invoice") or {}).get("InvoiceID"))
            part = next((p for p in missing if p.invoice_id == invoice_id), None)
            if part is None or Decimal(found.get("Amount") or 0) != part.amount:
                continue
            _still(found, "payment", str(found["PaymentID"]))
            missing.remove(part)
            _paid(booking, found, invoice_id)
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
            _paid(booking, booked, part.invoice_id)
            booking.raw = booking.raw or decode.encode(booked)
    if refused is not None:
        raise refused


def _keep_rest(
    client: Client, intent: Intent, rest: Decimal, bank: str, booking: _Booking, *, back: bool
) -> None:
    asked = intent.request
    reference = reference_of(intent, asked.get("reference"))
    booked: Object | None = None
    if back:
        condition = f'Type=="{OVERPAID}"'
        for found in _found(
            client, "get_bank_transactions", "BankTransactions", reference, condition
        ):
            _still(found, "receipt", str(found["BankTransactionID"]))
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
    part: _Part,
    at: int,
    account: str,
    booking: _Booking,
    *,
    back: bool,
) -> None:
    asked = intent.request
    reference = f"{reference_of(intent, 'discount')}-{at}"
    note: Object | None = None
    if back:
        for found in _found(client, "get_credit_notes", "CreditNotes", reference):
            _still(found, "credit note", str(found["CreditNoteID"]))
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
    held = read_one(client, "get_credit_note", "CreditNotes", id)
    if not held.get("Allocations"):
        wanted = {
            "Amount": part.discount,
            "Date": asked["issued_on"],
            "Invoice": {"InvoiceID": part.invoice_id},
        }
        [(_, refusal)] = put_each(
            client,
            "create_credit_note_allocation",
            "Allocations",
            [wanted],
            id,
            key=f"{intent.key}-set-{at}",
        )
        if refusal is not None:
            raise refusal
        held = read_one(client, "get_credit_note", "CreditNotes", id)
    for entry in held.get("Allocations") or []:
        step = {"what": "allocation", "source": "CreditNote", "id": id}
        booking.steps.append({**step, "allocation": entry.get("AllocationID")})


def _verify(client: Client, parts: Sequence[_Part], booking: _Booking, rest: Decimal) -> None:
    """Read back: each invoice names its payment over the right amount, the rest is held."""
    if parts:
        invoices = read_invoices(client, [part.invoice_id for part in parts])
        amounts = {part.invoice_id: part.amount for part in parts}
        for payment_id, invoice_id in booking.payments:
            shown = invoices[invoice_id].get("Payments") or []
            booked = [p for p in shown if p.get("PaymentID") == payment_id]
            if [Decimal(p.get("Amount") or 0) for p in booked] != [amounts[invoice_id]]:
                raise Fatal(
                    f"invoice {invoice_id} does not show payment {payment_id} over "
                    f"{amounts[invoice_id]}: look at it in Xero"
                )
    if booking.overpayment is not None:
        held = read_one(client, "get_overpayment", "Overpayments", booking.overpayment)
        if Decimal(held.get("Total") or 0) != rest:
            raise Fatal(
                f"Xero holds {held.get('Total')} as overpayment {booking.overpayment}, not {rest}"
            )


def _outcome(parts: Sequence[_Part], booking: _Booking) -> Outcome:
    touched = [DocumentRef(DocumentKind.PAYMENT, payment) for payment, _ in booking.payments]
    if booking.overpayment is not None:
        touched.insert(0, DocumentRef(DocumentKind.OVERPAYMENT, booking.overpayment))
    touched += [DocumentRef(DocumentKind.CREDIT_NOTE, id) for id in booking.credits]
    document = touched[0] if touched else None
    touched += [DocumentRef(DocumentKind.INVOICE, part.invoice_id) for part in parts]
    inverse = {"undo": booking.steps, "touched": [list(ref) for ref in touched]}
    return Outcome(document=document, inverse=inverse, touched=tuple(touched), raw=booking.raw)


def _parts(asked: Mapping[str, Any]) -> list[_Part]:
    """The allocations, one per invoice: Xero takes no two of an invoice in one call."""
    sums: dict[str, _Part] = {}
    for given in asked.get("allocations", ()):
        id = str(given["invoice_id"])
        before = sums.get(id, _Part(id, Decimal(0), Decimal(0)))
        amount = before.amount + Decimal(given["amount"])
        sums[id] = _Part(id, amount, before.discount + Decimal(given.get("discount") or 0))
    return list(sums.values())


def _payment(intent: Intent, part: _Part, bank: str, reference: str) -> Object:
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


def _paid(booking: _Booking, booked: Object, invoice_id: str) -> None:
    id = str(booked["PaymentID"])
    booking.payments.append((id, invoice_id))
    booking.steps.append({"what": "payment", "id": id})


def _found(client: Client, method: str, plural: str, reference: str, *more: str) -> list[Object]:
    """What was booked under a reference, whatever became of it."""
    where = " AND ".join((quoted(reference), *more))
    with client.urgently():
        answer = client.get(method, where=where, page=1, page_size=100)
    return decode.read_elements(answer.body, plural)


def _still(found: Object, what: str, id: str) -> None:
    if found.get("Status") in ("DELETED", "VOIDED"):
        raise Skippable(f"{what} {id} was booked by an earlier try and has been taken back since")


def _overpayment_of(client: Client, reference: str) -> str:
    found = _found(client, "get_overpayments", "Overpayments", reference)
    living = [o for o in found if o.get("Status") not in ("VOIDED", "DELETED")]
    if not living:
        raise Fatal("Xero booked a receipt and shows no overpayment of it")
    return str(living[-1]["OverpaymentID"])
