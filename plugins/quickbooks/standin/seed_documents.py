"""The raw JSON shapes of a seeded company: pure functions, no books, no clock.

Every function answers a payload as the API sends it: ids as digit strings, amounts as Decimal
with two places (a bare 0 for nothing), instants in the company's own offset with one-second
resolution, fields without a value left out. Multicurrency fields appear only in a company that
has multicurrency switched on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

Payload = dict[str, Any]

ZERO = Decimal(0)
CENT = Decimal("0.01")
CURRENCY_NAMES = {
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "JPY": "Japanese Yen",
    "USD": "United States Dollar",
}
NAME_VALUE = {
    "name": "{http://schema.intuit.com/finance/v3}NameValue",
    "declaredType": "com.intuit.schema.finance.v3.NameValue",
    "scope": "javax.xml.bind.JAXBElement$GlobalScope",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """What decides the shape of every document of one company."""

    name: str
    home: str  # ISO 4217
    multicurrency: bool
    country: str
    zone: ZoneInfo

    def stamp(self, at: datetime) -> str:
        """The instant in the company's offset, to the second, as MetaData carries it."""
        return at.astimezone(self.zone).isoformat(timespec="seconds")

    def day(self, at: datetime) -> str:
        """The company-local date of an instant."""
        return at.astimezone(self.zone).date().isoformat()


def cents(amount: Decimal) -> Decimal:
    """Two decimals, or a bare 0 as the wire writes it."""
    return amount.quantize(CENT, ROUND_HALF_UP) if amount else ZERO


def ref(value: str, name: str | None = None) -> Payload:
    return {"value": value} if name is None else {"value": value, "name": name}


def currency_ref(code: str) -> Payload:
    return ref(code, CURRENCY_NAMES.get(code, code))


def head(firm: Firm, ident: str, at: datetime) -> Payload:
    """The fields every entity opens with."""
    stamp = firm.stamp(at)
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": ident,
        "SyncToken": "0",
        "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
    }


def item_line(
    number: int,
    amount: Decimal,
    item: Payload,
    *,
    description: str | None = None,
    qty: Decimal = Decimal(1),
    taxable: bool = False,
) -> Payload:
    """One SalesItemLineDetail line; the unit price follows from the amount."""
    detail: Payload = {
        "ItemRef": dict(item),
        "UnitPrice": unit_price(amount, qty),
        "Qty": qty,
        "TaxCodeRef": ref("TAX" if taxable else "NON"),
    }
    line: Payload = {"Id": str(number), "LineNum": number}
    if description is not None:
        line["Description"] = description
    line.update(Amount=cents(amount), DetailType="SalesItemLineDetail", SalesItemLineDetail=detail)
    return line


def unit_price(amount: Decimal, qty: Decimal) -> Decimal:
    """Up to seven decimals, without trailing zeros: unlike amounts, prices have no fixed places."""
    return Decimal(f"{amount / qty:.7f}".rstrip("0").rstrip("."))


def subtotal_line(amount: Decimal) -> Payload:
    return {"Amount": cents(amount), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}


def discount_line(amount: Decimal, percent: Decimal, account: Payload) -> Payload:
    """A discount: the amount is positive and subtracts."""
    detail = {"PercentBased": True, "DiscountPercent": percent, "DiscountAccountRef": account}
    return {
        "Amount": cents(amount),
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": detail,
    }


def group_line(number: int, group: Payload, lines: Sequence[Payload]) -> Payload:
    """A bundle with its parts nested inside."""
    total = sum((line["Amount"] for line in lines), ZERO)
    return {
        "Id": str(number),
        "LineNum": number,
        "Amount": cents(total),
        "DetailType": "GroupLineDetail",
        "GroupLineDetail": {"GroupItemRef": group, "Quantity": 1, "Line": list(lines)},
    }


def tax_detail(net: Decimal, percent: Decimal) -> Payload:
    """Sales tax of one rate on *net*."""
    tax = cents(net * percent / 100)
    detail = {
        "TaxRateRef": ref("3"),
        "PercentBased": True,
        "TaxPercent": percent,
        "NetAmountTaxable": cents(net),
    }
    return {
        "TxnTaxCodeRef": ref("2"),
        "TotalTax": tax,
        "TaxLine": [{"Amount": tax, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}],
    }


def foreign(firm: Firm, currency: str, rate: Decimal, total: Decimal) -> tuple[Payload, Payload]:
    """Fields that only a multicurrency company sends: (beside CurrencyRef, beside TotalAmt)."""
    if not firm.multicurrency:
        return {}, {}
    if currency == firm.home:
        return {"ExchangeRate": 1}, {"HomeTotalAmt": cents(total)}
    return {"ExchangeRate": rate}, {"HomeTotalAmt": cents(total * rate)}


def sale(
    firm: Firm,
    ident: str,
    at: datetime,
    *,
    lines: Sequence[Payload],
    total: Decimal,
    currency: str,
    rate: Decimal,
    issued_on: date,
    number: str | None,
    customer: Payload | None,
    tax: Payload | None = None,
    linked: list[Payload] | None = None,
) -> Payload:
    """What Invoice, CreditMemo, SalesReceipt, RefundReceipt and Estimate have in common."""
    beside_currency, beside_total = foreign(firm, currency, rate, total)
    document = head(firm, ident, at)
    document["CustomField"] = []
    if number is not None:
        document["DocNumber"] = number
    document["TxnDate"] = issued_on.isoformat()
    document["CurrencyRef"] = currency_ref(currency)
    document.update(beside_currency)
    if linked is not None:
        document["LinkedTxn"] = linked
    document["Line"] = list(lines)
    document["TxnTaxDetail"] = tax or {"TotalTax": 0}
    if customer is not None:
        document["CustomerRef"] = customer
    document["TotalAmt"] = cents(total)
    document.update(beside_total)
    document.update(ApplyTaxAfterDiscount=False, PrintStatus="NeedToPrint", EmailStatus="NotSet")
    return document


def applied_line(document: Payload, kind: str, amount: Decimal, line: str | None) -> Payload:
    """One line of a Payment: so much of it against one document.

    line: the journal line the amount is set against; None for everything but a JournalEntry.
    """
    link: Payload = {"TxnId": document["Id"], "TxnType": kind}
    if line is not None:
        link["TxnLineId"] = line
    values = [("txnId", document["Id"])]
    if "Balance" in document:  # a journal entry has none
        values.append(("txnOpenBalance", str(cents(document["Balance"] + amount))))
    if "DocNumber" in document:
        values.append(("txnReferenceNumber", document["DocNumber"]))
    extra = [
        NAME_VALUE
        | {"value": {"Name": name, "Value": value}}
        | {"nil": False, "globalScope": True, "typeSubstituted": False}
        for name, value in values
    ]
    return {"Amount": cents(amount), "LinkedTxn": [link], "LineEx": {"any": extra}}


def account(
    firm: Firm, ident: str, at: datetime, name: str, kind: tuple[str, str, str], currency: str
) -> Payload:
    """An Account; *kind* is (Classification, AccountType, AccountSubType)."""
    classification, account_type, subtype = kind
    return {
        "Name": name,
        "SubAccount": False,
        "FullyQualifiedName": name,
        "Active": True,
        "Classification": classification,
        "AccountType": account_type,
        "AccountSubType": subtype,
        "CurrentBalance": 0,
        "CurrentBalanceWithSubAccounts": 0,
        "CurrencyRef": currency_ref(currency),
        **head(firm, ident, at),
    }


def item(firm: Firm, ident: str, at: datetime, name: str, income: Payload) -> Payload:
    """A service item that books to *income*."""
    return {
        "Name": name,
        "Active": True,
        "FullyQualifiedName": name,
        "Taxable": False,
        "UnitPrice": 0,
        "Type": "Service",
        "IncomeAccountRef": income,
        "PurchaseCost": 0,
        "TrackQtyOnHand": False,
        **head(firm, ident, at),
    }


def customer(
    firm: Firm,
    ident: str,
    at: datetime,
    name: str,
    *,
    currency: str,
    parent: Payload | None = None,
    bill_with_parent: bool = False,
    email: str | None = None,
    terms: str | None = None,
) -> Payload:
    """A Customer, or a job of *parent* (one level below it)."""
    document: Payload = {"Taxable": False, "Job": parent is not None}
    document["BillWithParent"] = bill_with_parent
    full = name
    if parent is not None:
        document["ParentRef"] = ref(parent["Id"])
        document["Level"] = parent.get("Level", 0) + 1
        full = f"{parent['FullyQualifiedName']}:{name}"
    if terms is not None:
        document["SalesTermRef"] = ref(terms)
    document.update(Balance=0, BalanceWithJobs=0, CurrencyRef=currency_ref(currency))
    document["PreferredDeliveryMethod"] = "Email" if email else "Print"
    document.update(head(firm, ident, at))
    document.update(
        FullyQualifiedName=full,
        CompanyName=parent["CompanyName"] if parent else name,
        DisplayName=name,
        PrintOnCheckName=name,
        Active=True,
    )
    if email is not None:
        document["PrimaryEmailAddr"] = {"Address": email}
    return document
