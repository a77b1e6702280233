"""How documents look when they are new: pure functions from what was asked to what is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from recoup.connector.standin.wire import Doc, cents, decimal
from recoup.plugins.xero.standin.fault import Fault
from recoup.plugins.xero.standin.moments import day_stamp, day_string

NOTHING = Decimal("0.00")
ONE = Decimal("1.000000")
SIX = Decimal("0.000001")

Percent = Callable[[str], Decimal]


def shown_contact(contact: Doc) -> Doc:
    """A contact as documents show it."""
    return {
        "ContactID": contact["ContactID"],
        "Name": contact.get("Name", ""),
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def dated(name: str, day: date | None) -> Doc:
    """A date and its plain twin; nothing where there is no date."""
    if day is None:
        return {}
    return {f"{name}String": day_string(day), name: day_stamp(day)}


def new_line(asked: Mapping[str, Any], types: str, percent: Percent, new_id: str) -> Doc:
    """One line with its amount and tax; what was asked wins where it states them."""
    quantity = decimal(asked.get("Quantity", 1))
    unit = decimal(asked.get("UnitAmount", asked.get("LineAmount")))
    amount = cents(quantity * unit)
    if asked.get("DiscountRate"):
        amount = cents(amount * (100 - decimal(asked["DiscountRate"])) / 100)
    elif asked.get("DiscountAmount"):
        amount = cents(amount - decimal(asked["DiscountAmount"]))
    given = asked.get("LineAmount")
    if given is not None and cents(decimal(given)) != amount:
        raise Fault("The line total does not match the expected line total")
    tax_type = str(asked.get("TaxType") or "NONE")
    rate = Decimal(0) if types == "NoTax" else percent(tax_type) / 100
    tax = cents(amount * rate / (1 + rate) if types == "Inclusive" else amount * rate)
    line: Doc = {}
    if asked.get("ItemCode"):
        line["ItemCode"] = asked["ItemCode"]
    line["Description"] = asked.get("Description", "")
    line["UnitAmount"] = unit if unit.as_tuple().exponent == -4 else cents(unit)
    line["TaxType"] = tax_type
    line["TaxAmount"] = cents(decimal(asked["TaxAmount"])) if "TaxAmount" in asked else tax
    line["LineAmount"] = amount
    line["AccountCode"] = asked.get("AccountCode") or "200"
    line["Tracking"] = asked.get("Tracking") or []
    line["Quantity"] = quantity.quantize(Decimal("0.0001"))
    for field in ("DiscountRate", "DiscountAmount"):
        if asked.get(field):
            line[field] = decimal(asked[field])
    line["LineItemID"] = asked.get("LineItemID") or new_id
    return line


def sums(lines: Sequence[Doc], types: str) -> Doc:
    """SubTotal, TotalTax and Total of lines."""
    net = sum((decimal(line["LineAmount"]) for line in lines), NOTHING)
    tax = sum((decimal(line["TaxAmount"]) for line in lines), NOTHING)
    if types == "Inclusive":
        net -= tax
    return {"SubTotal": cents(net), "TotalTax": cents(tax), "Total": cents(net + tax)}


def new_invoice(
    *,
    id: str,
    kind: str,
    number: str,
    reference: str,
    contact: Doc,
    day: date,
    due: date | None,
    currency: str,
    rate: Decimal,
    status: str,
    types: str,
    lines: list[Doc],
    theme: str | None,
) -> Doc:
    """A sales invoice or bill in the order of the wire."""
    total = sums(lines, types)
    doc: Doc = {"Type": kind, "InvoiceID": id, "InvoiceNumber": number, "Reference": reference}
    doc |= {"Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
    doc |= {"AmountDue": total["Total"], "AmountPaid": NOTHING, "AmountCredited": NOTHING}
    doc |= {"CurrencyRate": rate, "IsDiscounted": any("DiscountRate" in line for line in lines)}
    doc |= {"HasAttachments": False, "HasErrors": False, "Contact": shown_contact(contact)}
    doc |= dated("Date", day) | dated("DueDate", due)
    if theme:
        doc["BrandingThemeID"] = theme
    doc |= {"Status": status, "LineAmountTypes": types, "LineItems": lines, **total}
    doc |= {"UpdatedDateUTC": "", "CurrencyCode": currency}
    return doc


def new_credit(
    collection: str,
    *,
    id: str,
    kind: str,
    number: str,
    reference: str,
    contact: Doc,
    day: date,
    currency: str,
    rate: Decimal,
    status: str,
    types: str,
    lines: list[Doc],
) -> Doc:
    """A credit note, overpayment or prepayment in the order of the wire."""
    total = sums(lines, types)
    field = {"CreditNotes": "CreditNoteID", "Overpayments": "OverpaymentID"}
    doc: Doc = {field.get(collection, "PrepaymentID"): id}
    if collection == "CreditNotes":
        doc["CreditNoteNumber"] = number
    elif collection == "Prepayments" and number:
        doc["InvoiceNumber"] = number
    doc |= {"Payments": [], "ID": id, "CurrencyRate": rate, "Type": kind, "Reference": reference}
    if collection == "CreditNotes":
        doc["SentToContact"] = False
    doc |= {"RemainingCredit": total["Total"], "Allocations": [], "HasAttachments": False}
    if collection == "CreditNotes":
        doc["HasErrors"] = False
    doc |= {"Contact": shown_contact(contact), **dated("Date", day)}
    doc |= {"Status": status, "LineAmountTypes": types, "LineItems": lines, **total}
    doc |= {"UpdatedDateUTC": "", "CurrencyCode": currency}
    return doc


def nested_credit(collection: str, doc: Doc, amount: Decimal) -> Doc:
    """A credit as the invoice shows it that it was applied to."""
    field = {"CreditNotes": "CreditNoteID", "Overpayments": "OverpaymentID"}
    id = doc["ID"] if "ID" in doc else doc[field.get(collection, "PrepaymentID")]
    shown: Doc = {field.get(collection, "PrepaymentID"): id}
    if collection == "CreditNotes":
        shown["CreditNoteNumber"] = doc.get("CreditNoteNumber", "")
    shown |= {"ID": id, "HasErrors": False, "AppliedAmount": amount}
    shown |= {"DateString": doc.get("DateString", ""), "Date": doc["Date"]}
    shown |= {"LineItems": [], "Total": doc["Total"]}
    if not shown["DateString"]:
        del shown["DateString"]
    return shown


def settled_by(doc: Doc, collection: str) -> Doc:
    """A document as the payment shows it that settles or refunds it, always under ``Invoice``."""
    if collection == "Invoices":
        kind, id, number = doc["Type"], doc["InvoiceID"], doc.get("InvoiceNumber", "")
    elif collection == "CreditNotes":
        kind, id, number = doc["Type"], doc["CreditNoteID"], doc.get("CreditNoteNumber", "")
    elif collection == "Overpayments":
        kind, id, number = "AROVERPAYMENT", doc["OverpaymentID"], ""
    else:
        kind, id, number = "ARPREPAYMENT", doc["PrepaymentID"], doc.get("InvoiceNumber", "")
    shown: Doc = {"Type": kind, "InvoiceID": id, "InvoiceNumber": number}
    shown |= {"Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
    shown |= {"HasErrors": False, "IsDiscounted": False, "Contact": doc["Contact"]}
    shown |= {"LineItems": [], "CurrencyCode": doc["CurrencyCode"]}
    return shown


def new_payment(
    *,
    id: str,
    kind: str,
    day: date,
    amount: Decimal,
    bank_amount: Decimal,
    rate: Decimal,
    reference: str,
    account: Doc,
    settles: Doc,
) -> Doc:
    """A payment or refund in the order of the wire."""
    shown_account = {"AccountID": account["AccountID"], "Code": account.get("Code")}
    if not account.get("Code"):
        del shown_account["Code"]
    doc: Doc = {"PaymentID": id, **dated("Date", day)}
    doc |= {"BankAmount": bank_amount, "Amount": amount, "Reference": reference}
    doc |= {"CurrencyRate": rate, "PaymentType": kind, "Status": "AUTHORISED"}
    doc |= {"UpdatedDateUTC": "", "HasAccount": True, "IsReconciled": False}
    doc |= {"Account": shown_account, "Invoice": settles, "HasValidationErrors": False}
    return doc


def nested_payment(payment: Doc) -> Doc:
    """A payment as the document shows it that it settles."""
    shown: Doc = {"PaymentID": payment["PaymentID"]}
    if payment.get("BatchPaymentID"):
        shown["BatchPaymentID"] = payment["BatchPaymentID"]
    shown |= {"Date": payment["Date"], "Amount": payment["Amount"]}
    shown |= {"Reference": payment.get("Reference", ""), "CurrencyRate": payment["CurrencyRate"]}
    shown |= {"HasAccount": False, "HasValidationErrors": False}
    return shown


def new_contact(asked: Mapping[str, Any], id: str) -> Doc:
    """A contact in the order of the wire; fields without a value are absent."""
    doc: Doc = {"ContactID": id}
    for field in ("ContactNumber", "AccountNumber"):
        if asked.get(field):
            doc[field] = asked[field]
    doc |= {"ContactStatus": "ACTIVE", "Name": str(asked.get("Name", "")).strip()}
    for field in ("FirstName", "LastName", "CompanyNumber"):
        if asked.get(field):
            doc[field] = asked[field]
    doc["EmailAddress"] = asked.get("EmailAddress", "")
    if asked.get("TaxNumber"):
        doc["TaxNumber"] = asked["TaxNumber"]
    doc["BankAccountDetails"] = asked.get("BankAccountDetails", "")
    given = {part.get("AddressType"): part for part in asked.get("Addresses") or []}
    blank = {"City": "", "Region": "", "PostalCode": "", "Country": ""}
    doc["Addresses"] = [
        {"AddressType": kind, **blank, **given.get(kind, {})} for kind in ("STREET", "POBOX")
    ]
    given = {part.get("PhoneType"): part for part in asked.get("Phones") or []}
    blank = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
    doc["Phones"] = [
        {"PhoneType": kind, **blank, **given.get(kind, {})}
        for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")
    ]
    doc |= {"UpdatedDateUTC": "", "ContactGroups": []}
    doc |= {"IsSupplier": False, "IsCustomer": False}
    for field in ("DefaultCurrency", "Website", "Discount", "PaymentTerms"):
        if asked.get(field):
            doc[field] = asked[field]
    doc["ContactPersons"] = asked.get("ContactPersons") or []
    doc |= {"HasAttachments": False, "HasValidationErrors": False}
    return doc
