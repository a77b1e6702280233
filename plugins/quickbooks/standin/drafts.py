"""New and changed documents: defaults, field order, and what an update keeps or clears."""

from __future__ import annotations

import copy
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from recoup.connector.standin.wire import Doc, decimal
from recoup.plugins.quickbooks.standin.amounts import money
from recoup.plugins.quickbooks.standin.entities import LISTS, NAMES, SALES_FORMS, name_field
from recoup.plugins.quickbooks.standin.forms import due_on, last_line_id, total_form
from recoup.plugins.quickbooks.standin.ledger import DIRECT

if TYPE_CHECKING:
    from recoup.plugins.quickbooks.standin.books import Books
    from recoup.plugins.quickbooks.standin.ledger import Ledger

# Fields only the platform writes: what a client sends in them is ignored.
READ_ONLY = frozenset(
    {
        "Balance", "BalanceWithJobs", "CurrentBalance", "CurrentBalanceWithSubAccounts",
        "FullyQualifiedName", "HomeBalance", "HomeTotalAmt", "Id", "InvoiceLink", "Level",
        "MetaData", "RemainingCredit", "SyncToken", "TotalAmt", "UnappliedAmt", "domain",
        "sparse", "status", "time",
    }
)  # fmt: skip

# A full update that leaves these out clears them; everything else the platform keeps.
CLEARABLE = frozenset(
    {
        "AlternatePhone", "BillAddr", "BillEmail", "BillEmailBcc", "BillEmailCc", "ClassRef",
        "CompanyName", "CustomerMemo", "DepartmentRef", "FamilyName", "Fax", "GivenName",
        "MiddleName", "Mobile", "Notes", "PaymentMethodRef", "PaymentRefNum", "PrimaryEmailAddr",
        "PrimaryPhone", "PrivateNote", "ResaleNum", "SalesTermRef", "ShipAddr", "ShipDate",
        "ShipMethodRef", "Suffix", "Title", "TrackingNum", "WebAddr",
    }
)  # fmt: skip

_FORM_ORDER = (
    "AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment",
    "AllowOnlineACHPayment", "domain", "sparse", "Id", "SyncToken", "MetaData", "CustomField",
    "DocNumber", "TxnDate", "DepartmentRef", "CurrencyRef", "ExchangeRate", "PrivateNote",
    "TxnStatus", "LinkedTxn", "Line", "TxnTaxDetail", "CustomerRef", "CustomerMemo", "BillAddr",
    "ShipAddr", "SalesTermRef", "DueDate", "GlobalTaxCalculation", "TotalAmt", "HomeTotalAmt",
    "ApplyTaxAfterDiscount", "PrintStatus", "EmailStatus", "BillEmail", "Balance", "HomeBalance",
    "RemainingCredit",
)  # fmt: skip
_PAYMENT_ORDER = (
    "CustomerRef", "DepositToAccountRef", "PaymentMethodRef", "PaymentRefNum", "TotalAmt",
    "UnappliedAmt", "ProcessPayment", "domain", "sparse", "Id", "SyncToken", "MetaData",
    "TxnDate", "CurrencyRef", "ExchangeRate", "PrivateNote", "LinkedTxn", "Line",
)  # fmt: skip
_NAME_ORDER = (
    "Taxable", "BillAddr", "ShipAddr", "Job", "BillWithParent", "ParentRef", "Level",
    "SalesTermRef", "PaymentMethodRef", "Balance", "BalanceWithJobs", "Vendor1099", "CurrencyRef",
    "PreferredDeliveryMethod", "domain", "sparse", "Id", "SyncToken", "MetaData", "GivenName",
    "FamilyName", "FullyQualifiedName", "CompanyName", "DisplayName", "PrintOnCheckName", "Active",
    "PrimaryPhone", "PrimaryEmailAddr", "DefaultTaxCodeRef",
)  # fmt: skip


def without_nulls(value: Any) -> Any:
    """Drop null and empty text fields: the platform takes both for absent and writes neither."""
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if part is not None and part != ""}
        return {key: without_nulls(part) for key, part in kept.items()}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


def in_order(doc: Doc, entity: str) -> Doc:
    """Arrange the fields as the platform writes them."""
    if entity == "Payment":
        return {**{key: doc[key] for key in _PAYMENT_ORDER if key in doc}, **doc}
    order = _FORM_ORDER if entity in SALES_FORMS else _NAME_ORDER if entity in NAMES else ()
    return {**{key: doc[key] for key in order if key in doc}, **doc}


def draft(books: Books, entity: str, body: Doc) -> Doc:
    """Build the document a create stores, before it is linked and posted."""
    given = {k: v for k, v in without_nulls(copy.deepcopy(body)).items() if k not in READ_ONLY}
    if entity in NAMES and not given.get("DisplayName"):
        parts = [given.get(key) for key in ("Title", "GivenName", "MiddleName", "FamilyName")]
        whole = " ".join(str(part) for part in parts if part)
        given["DisplayName"] = given.get("CompanyName") or whole
    now = books.local()
    doc: Doc = {
        "domain": "QBO",
        "sparse": False,
        "Id": books.next_id(entity),
        "SyncToken": "0",
        "MetaData": {"CreateTime": now, "LastUpdatedTime": now},
    }
    if entity in LISTS:
        doc = {**_list_defaults(books, entity, given), **given, **doc}
        if entity == "Customer":
            place_customer(books, doc)
        return in_order(doc, entity)
    if entity == "Payment":
        given.pop("LinkedTxn", None)  # only a deposit writes it
    doc = {**given, **doc}
    books.add_names(doc)
    if entity not in ("Attachable", "Term", "PaymentMethod"):
        doc.setdefault("TxnDate", books.today())
        doc.setdefault("CurrencyRef", _currency(books, entity, doc))
        if books.multicurrency and "ExchangeRate" not in doc:
            doc["ExchangeRate"] = _rate(books, entity, doc)
    if entity in SALES_FORMS:
        complete_form(books, entity, doc, before=None, body=given)
    return in_order(doc, entity)


def _currency(books: Books, entity: str, doc: Doc) -> Doc:
    for _, account, _ in books.direct_lines(entity, doc) if entity in DIRECT else ():
        return books.currency_ref(books.currency_of(books.find("Account", account) or {}))
    customer = books.find("Customer", str((doc.get("CustomerRef") or {}).get("value") or ""))
    return books.currency_ref(books.currency_of(customer or {}))


def _rate(books: Books, entity: str, doc: Doc) -> Decimal | int:
    """A payment without a rate books at 1; a form takes the rate known for its currency."""
    currency = books.currency_of(doc)
    if entity == "Payment" or currency == books.home_currency:
        return 1
    return books.rates.get(currency, Decimal(1))


def _list_defaults(books: Books, entity: str, given: Doc) -> Doc:
    name = given.get(name_field(entity), "")
    if entity == "Customer":
        return {
            "Taxable": True, "Job": False, "BillWithParent": False, "Balance": 0,
            "BalanceWithJobs": 0, "CurrencyRef": books.currency_ref(books.home_currency),
            "PreferredDeliveryMethod": "Print", "FullyQualifiedName": name,
            "PrintOnCheckName": name, "Active": True, "DefaultTaxCodeRef": {"value": "2"},
        }  # fmt: skip
    if entity == "Vendor":
        currency = books.currency_ref(books.home_currency)
        return {
            "Balance": 0, "Vendor1099": False, "CurrencyRef": currency,
            "PrintOnCheckName": name, "Active": True,
        }  # fmt: skip
    if entity == "Account":
        return {
            "SubAccount": False, "FullyQualifiedName": name, "Active": True, "CurrentBalance": 0,
            "CurrentBalanceWithSubAccounts": 0,
            "CurrencyRef": books.currency_ref(books.home_currency),
        }  # fmt: skip
    defaults: Doc = {"Active": True}
    if entity == "Item":
        defaults["FullyQualifiedName"] = name
    if entity == "Employee":
        defaults.update(BillableTime=False, PrintOnCheckName=name)
    return defaults


def place_customer(books: Ledger, doc: Doc) -> None:
    """Write what follows from a customer's place under its parent."""
    parent = books.find("Customer", str((doc.get("ParentRef") or {}).get("value") or ""))
    if parent is None:
        doc["FullyQualifiedName"] = doc.get("DisplayName", "")
        doc.pop("Level", None)
        return
    doc["Job"] = True
    doc["Level"] = int(parent.get("Level") or 0) + 1
    doc["FullyQualifiedName"] = f"{parent['FullyQualifiedName']}:{doc.get('DisplayName', '')}"


def complete_form(books: Books, entity: str, doc: Doc, *, before: Doc | None, body: Doc) -> None:
    """Fill in and total a sales form; the balance is left to the caller."""
    if before is None:
        _form_defaults(books, entity, doc)
    if entity == "Invoice" and "DueDate" not in body:
        moved = before is None or any(key in body for key in ("TxnDate", "SalesTermRef"))
        if moved or "DueDate" not in doc:
            term = books.find("Term", str((doc.get("SalesTermRef") or {}).get("value") or ""))
            doc["DueDate"] = due_on(term, date.fromisoformat(doc["TxnDate"])).isoformat()
    if before is None or "Line" in body or "TxnTaxDetail" in body:
        last = last_line_id(before) if before else 0
        given = "TxnTaxDetail" in body or (before is not None and "Line" not in body)
        total_form(doc, last_id=last, tax_percent=books.tax_percent, tax_given=given)
    books.set_home(doc)


def _form_defaults(books: Books, entity: str, doc: Doc) -> None:
    customer = books.find("Customer", str((doc.get("CustomerRef") or {}).get("value") or "")) or {}
    if entity == "Invoice":
        for field in (
            "AllowIPNPayment",
            "AllowOnlinePayment",
            "AllowOnlineCreditCardPayment",
            "AllowOnlineACHPayment",
        ):
            doc.setdefault(field, False)
        if "SalesTermRef" not in doc and "SalesTermRef" in customer:
            doc["SalesTermRef"] = {"value": customer["SalesTermRef"]["value"]}
        links = doc.get("LinkedTxn", [])
        doc["LinkedTxn"] = [link for link in links if link.get("TxnType") == "Estimate"]
    if books.custom_fields and "CustomField" not in doc:
        doc["CustomField"] = copy.deepcopy(books.custom_fields)
    for field in ("BillAddr", "ShipAddr"):
        if field not in doc and field in customer:
            doc[field] = copy.deepcopy(customer[field])
    if "BillEmail" not in doc and "PrimaryEmailAddr" in customer and books.email_by_default:
        doc["BillEmail"] = copy.deepcopy(customer["PrimaryEmailAddr"])
    if "DocNumber" not in doc and not books.custom_numbers:
        doc["DocNumber"] = books.next_number()
    doc.setdefault("ApplyTaxAfterDiscount", False)
    doc.setdefault("PrintStatus", "NeedToPrint")
    doc.setdefault("EmailStatus", "NotSet")
    if entity in ("SalesReceipt", "RefundReceipt"):
        account = books.account_named(
            "Undeposited Funds", "Other Current Asset", "UndepositedFunds"
        )
        doc.setdefault("DepositToAccountRef", {"value": account, "name": "Undeposited Funds"})
        doc["Balance"] = 0
    if entity == "Estimate":
        doc.setdefault("TxnStatus", "Pending")


def merged(books: Books, entity: str, before: Doc, body: Doc, *, sparse: bool) -> Doc:
    """Return what an update makes of a document: sparse keeps, full clears what is left out."""
    sent = {k: v for k, v in body.items() if k not in READ_ONLY and k != "LinkedTxn"}
    doc = copy.deepcopy(before)
    if not sparse:
        for field in CLEARABLE & doc.keys() - sent.keys():
            del doc[field]
    for key, value in sent.items():
        if value is None or value == "":
            doc.pop(key, None)
        else:
            doc[key] = without_nulls(copy.deepcopy(value))
            books.add_names({key: doc[key]})
    if entity in NAMES and "PrintOnCheckName" not in sent:
        named = name_field(entity)
        if before.get("PrintOnCheckName") == before.get(named) and named in sent:
            doc["PrintOnCheckName"] = sent[named]
    return doc


def shape_payment(doc: Doc, total: Decimal) -> None:
    """Write a payment's amounts; UnappliedAmt keeps the payment's own identity."""
    for line in doc.get("Line", []):
        line["Amount"] = money(decimal(line.get("Amount")))
    doc["TotalAmt"] = money(total)
