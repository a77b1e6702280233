"""What a bookkeeper does to entries that are already in a register: void, rename, deactivate.

Journal entries are here too: they are how receivables are corrected by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from recoup.plugins.quickbooks.standin import seed_documents as shape
from recoup.plugins.quickbooks.standin.seed_documents import ZERO, Payload, cents, ref
from recoup.plugins.quickbooks.standin.seed_register import Register

VOIDED = "Voided"


def void_invoice(register: Register, at: datetime, invoice: Payload) -> None:
    """Zero an unpaid invoice: amounts go, the customer and the number stay."""
    for line in invoice["Line"]:
        line["Amount"] = ZERO
    invoice["TxnTaxDetail"] = {"TotalTax": 0}
    invoice["LinkedTxn"] = []
    _zero(register, at, invoice, ("TotalAmt", "Balance", "HomeTotalAmt", "HomeBalance"))


def void_payment(register: Register, at: datetime, payment: Payload) -> None:
    """Zero a payment that is not banked; its invoices are open again."""
    invoices = {invoice["Id"]: invoice for invoice in register.all("Invoice")}
    for line in payment["Line"]:
        for link in line["LinkedTxn"]:
            invoice = invoices[link["TxnId"]]
            invoice["LinkedTxn"] = [
                other for other in invoice["LinkedTxn"] if other["TxnId"] != payment["Id"]
            ]
            register.set_balance("Invoice", invoice, invoice["Balance"] + line["Amount"])
            register.touch(invoice, at)
    payment["Line"] = []
    _zero(register, at, payment, ("TotalAmt", "UnappliedAmt"))


def _zero(register: Register, at: datetime, document: Payload, amounts: Sequence[str]) -> None:
    for name in amounts:
        if name in document:
            document[name] = ZERO
    note = document.get("PrivateNote")
    document["PrivateNote"] = VOIDED if note is None else f"{VOIDED} - {note}"
    register.touch(document, at)
    register.balance_moved(document["CustomerRef"]["value"], at)


def journal(
    register: Register,
    at: datetime,
    customer: Payload,
    amount: Decimal,
    *,
    posting: str,
    against: Payload,
    note: str,
    number: str,
) -> Payload:
    """Post *amount* to the customer's A/R account and the other side to *against*.

    posting: Debit (the customer owes more) or Credit. The A/R line has the Id "0".
    """
    currency = customer["CurrencyRef"]["value"]
    rate = register.rate(currency, at)
    entry: Payload = {"Adjustment": False, "TotalAmt": 0}
    entry |= shape.head(register.firm, register.next_id("JournalEntry"), at)
    entry |= {"DocNumber": number, "TxnDate": register.firm.day(at)}
    entry["CurrencyRef"] = shape.currency_ref(currency)
    entry |= shape.foreign(register.firm, currency, rate, amount)[0]
    entry["PrivateNote"] = note
    entity = {"Type": "Customer", "EntityRef": ref(customer["Id"], customer["DisplayName"])}
    sides = (
        (posting, {"Entity": entity, "AccountRef": register.receivable(currency)}),
        ("Credit" if posting == "Debit" else "Debit", {"AccountRef": against}),
    )
    entry["Line"] = [
        {
            "Id": str(index),
            "Description": note,
            "Amount": cents(amount),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, **detail},
        }
        for index, (side, detail) in enumerate(sides)
    ]
    entry["TxnTaxDetail"] = {}
    register.balance_moved(customer["Id"], at)
    return register.keep("JournalEntry", entry)


def receivable_line(register: Register, customer: Payload, amount: Decimal) -> Payload:
    """A deposit line that credits A/R straight to a customer, without a payment."""
    currency = customer["CurrencyRef"]["value"]
    entity = {"value": customer["Id"], "name": customer["DisplayName"], "type": "CUSTOMER"}
    return {
        "Id": "1",
        "LineNum": 1,
        "Description": "Paid over the counter",
        "Amount": cents(amount),
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": {
            "Entity": entity,
            "AccountRef": register.receivable(currency),
            "PaymentMethodRef": register.payment_method("Cash"),
        },
    }


def rename(register: Register, at: datetime, customer: Payload, name: str) -> None:
    """Give a customer a new name. Its documents show it at once and are not touched."""
    old = customer["DisplayName"]
    for payload in register.all("Customer"):
        path = payload["FullyQualifiedName"].split(":")
        if old in path and payload["Id"] in {customer["Id"], *register.jobs(customer["Id"])}:
            path[path.index(old)] = name
            payload["FullyQualifiedName"] = ":".join(path)
    customer |= {"DisplayName": name, "PrintOnCheckName": name.removesuffix(" (deleted)")}
    register.touch(customer, at)
    for _, payload in register.documents():
        held = payload.get("CustomerRef")
        if held is not None and held["value"] == customer["Id"]:
            held["name"] = name


def deactivate(register: Register, at: datetime, customer: Payload) -> None:
    """Make a customer inactive, open invoices and all; the name says so."""
    rename(register, at, customer, f"{customer['DisplayName']} (deleted)")
    customer["Active"] = False
