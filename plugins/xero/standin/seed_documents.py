"""The raw JSON shapes of a seeded organisation: pure functions, no books, no clock.

Every function answers a payload as the API sends it: amounts as Decimal with two places, rates with
six, dates as ``/Date(ms+0000)/`` of midnight UTC beside their text twins, instants with their
milliseconds, fields without a value left out.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from recoup.connector.standin.wire import cents
from recoup.plugins.xero.standin.moments import day_stamp, day_string, stamp

Payload = dict[str, Any]

ZERO = Decimal("0.00")
SIX = Decimal("0.000001")
PHONES = ("DEFAULT", "DDI", "FAX", "MOBILE")
STANDARD_RATE = Decimal(20)  # per cent, OUTPUT2 in the United Kingdom


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """What decides the shape of every document of one organisation."""

    tenant_id: str
    name: str
    home: str  # ISO 4217
    country: str
    zone: ZoneInfo

    def ident(self, kind: str, number: int) -> str:
        """The id of the n-th document of a kind: the same in every run, in no order."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.tenant_id}/seed/{kind}/{number}"))

    def day(self, at: datetime) -> date:
        """The organisation-local date of an instant."""
        return at.astimezone(self.zone).date()


def twins(name: str, day: date) -> Payload:
    """A date beside its text twin: DateString and Date."""
    return {f"{name}String": day_string(day), name: day_stamp(day)}


def contact_ref(contact: Payload) -> Payload:
    """A contact as documents show it."""
    shown: Payload = {"ContactID": contact["ContactID"], "Name": contact["Name"]}
    shown |= {name: [] for name in ("Addresses", "Phones", "ContactGroups", "ContactPersons")}
    shown["HasValidationErrors"] = False
    return shown


def contact(
    ident: str,
    at: datetime,
    name: str,
    *,
    email: str = "",
    currency: str | None = None,
    terms: tuple[int, str] | None = None,
    **fields: Any,
) -> Payload:
    """A contact as a page or a reading by id shows it.

    terms: days and type, e.g. (30, "DAYSAFTERBILLDATE"). fields: put on it as they are.
    """
    made: Payload = {"ContactID": ident, "ContactStatus": "ACTIVE", "Name": name}
    made |= {"EmailAddress": email, "BankAccountDetails": ""}
    made["Addresses"] = [
        {"AddressType": kind, "City": "", "Region": "", "PostalCode": "", "Country": ""}
        for kind in ("STREET", "POBOX")
    ]
    made["Phones"] = [
        {"PhoneType": kind, "PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
        for kind in PHONES
    ]
    made |= {"UpdatedDateUTC": stamp(at), "ContactGroups": []}
    made |= {"IsSupplier": False, "IsCustomer": False}
    if currency is not None:
        made["DefaultCurrency"] = currency
    if terms is not None:
        made["PaymentTerms"] = {"Sales": {"Day": terms[0], "Type": terms[1]}}
    return {**made, "ContactPersons": [], "HasAttachments": False, **fields,
            "HasValidationErrors": False}  # fmt: skip


def line(
    ident: str,
    amount: Decimal,
    description: str,
    *,
    tax_type: str = "NONE",
    quantity: int = 1,
    account: str = "200",
) -> Payload:
    """A line whose *amount* is before tax; OUTPUT2 and INPUT2 carry the standard rate."""
    rate = STANDARD_RATE if tax_type in ("OUTPUT2", "INPUT2") else Decimal(0)
    return {
        "Description": description,
        "UnitAmount": cents(amount / quantity),
        "TaxType": tax_type,
        "TaxAmount": cents(amount * rate / 100),
        "LineAmount": cents(amount),
        "AccountCode": account,
        "Tracking": [],
        "Quantity": Decimal(quantity).quantize(Decimal("0.0001")),
        "LineItemID": ident,
    }


def totals(lines: Sequence[Payload], *, tax: bool = True) -> Payload:
    """LineAmountTypes to Total of a form with these lines, which are before tax."""
    net = sum((one["LineAmount"] for one in lines), ZERO)
    vat = sum((one["TaxAmount"] for one in lines), ZERO)
    return {
        "LineAmountTypes": "Exclusive" if tax else "NoTax",
        "LineItems": list(lines),
        "SubTotal": net,
        "TotalTax": vat,
        "Total": net + vat,
    }


def invoice(
    ident: str,
    at: datetime,
    who: Payload,
    lines: Sequence[Payload],
    *,
    number: str,
    issued_on: date,
    due_on: date | None,
    currency: str,
    rate: Decimal,
    status: str = "AUTHORISED",
    kind: str = "ACCREC",
    reference: str = "",
    **fields: Any,
) -> Payload:
    """An invoice or a bill that nothing has been set against. fields: put on it as they are."""
    made: Payload = {"Type": kind, "InvoiceID": ident, "InvoiceNumber": number}
    made["Reference"] = reference
    made |= {name: [] for name in ("Payments", "CreditNotes", "Prepayments", "Overpayments")}
    summed = totals(lines)
    made |= {"AmountDue": summed["Total"], "AmountPaid": ZERO, "AmountCredited": ZERO}
    made |= {"CurrencyRate": rate, "IsDiscounted": False, "HasAttachments": False}
    made |= {"HasErrors": False, "Contact": contact_ref(who), **twins("Date", issued_on)}
    if due_on is not None:
        made |= twins("DueDate", due_on)
    made |= {"Status": status, **summed, "UpdatedDateUTC": stamp(at)}
    return {**made, "CurrencyCode": currency, **fields}


def credit(
    kind: str,
    ident: str,
    at: datetime,
    who: Payload,
    lines: Sequence[Payload],
    *,
    type_name: str,
    issued_on: date,
    currency: str,
    rate: Decimal,
    **fields: Any,
) -> Payload:
    """A CreditNote, Overpayment or Prepayment that is whole; fields come after its ids."""
    made: Payload = {f"{kind}ID": ident, "ID": ident, "Type": type_name, **fields}
    summed = totals(lines, tax=kind != "Overpayment")
    made |= {"RemainingCredit": summed["Total"], "Allocations": [], "Payments": []}
    made |= {"CurrencyRate": rate, "HasAttachments": False, "Contact": contact_ref(who)}
    made |= {**twins("Date", issued_on), "Status": "AUTHORISED", **summed}
    return {**made, "UpdatedDateUTC": stamp(at), "CurrencyCode": currency}


def paid_with(payment: Payload) -> Payload:
    """A payment as the document it pays shows it."""
    names = ("PaymentID", "BatchPaymentID", "Date", "Amount", "Reference", "CurrencyRate")
    shown = {name: payment[name] for name in names if name in payment}
    return {**shown, "HasAccount": False, "HasValidationErrors": False}


def credited_with(kind: str, document: Payload, amount: Decimal) -> Payload:
    """A CreditNote, Overpayment or Prepayment as the invoice it is applied to shows it."""
    shown: Payload = {f"{kind}ID": document[f"{kind}ID"]}
    if kind == "CreditNote":
        shown["CreditNoteNumber"] = document["CreditNoteNumber"]
    shown |= {"ID": document["ID"], "HasErrors": False, "AppliedAmount": amount}
    shown |= {name: document[name] for name in ("DateString", "Date")}
    return {**shown, "LineItems": [], "Total": document["Total"]}


def invoice_ref(document: Payload) -> Payload:
    """An invoice as a payment shows it."""
    shown = {name: document[name] for name in ("Type", "InvoiceID", "InvoiceNumber")}
    shown |= {name: [] for name in ("Payments", "CreditNotes", "Prepayments", "Overpayments")}
    shown |= {"IsDiscounted": False, "HasErrors": False, "Contact": document["Contact"]}
    return {**shown, "LineItems": [], "CurrencyCode": document["CurrencyCode"]}


def credit_ref(kind: str, document: Payload) -> Payload:
    """A refunded credit as the payment shows it: under Invoice, with the id of the credit."""
    types = {"CreditNote": "ACCRECCREDIT", "Overpayment": "AROVERPAYMENT"}
    shown = {"Type": types.get(kind, "ARPREPAYMENT"), "InvoiceID": document["ID"]}
    shown["InvoiceNumber"] = document.get("CreditNoteNumber", "")
    return invoice_ref({**document, **shown})
