"""What the API knows about its entities: names, families, quirks."""

from __future__ import annotations

SALES_FORMS = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate")

TRANSACTIONS = frozenset(
    {
        *SALES_FORMS,
        "Payment", "Deposit", "JournalEntry", "Purchase", "Bill", "BillPayment", "PurchaseOrder",
        "VendorCredit", "Transfer", "TimeActivity", "CreditCardPayment",
    }
)  # fmt: skip

NAMES = frozenset({"Customer", "Vendor", "Employee"})

LISTS = frozenset(
    {
        *NAMES,
        "Account", "Class", "CompanyCurrency", "CustomerType", "Department", "Item",
        "PaymentMethod", "Term", "TaxCode", "TaxRate", "TaxAgency",
    }
)  # fmt: skip

SINGLETONS = frozenset({"CompanyInfo", "Preferences"})

KNOWN = (
    TRANSACTIONS
    | LISTS
    | SINGLETONS
    | {"Attachable", "Budget", "ExchangeRate", "JournalCode", "RecurringTransaction"}
)

BY_LOWER = {name.lower(): name for name in KNOWN}

# Counts in every balance, and no endpoint shows it.
HIDDEN = "StatementCharge"

# Pages of these carry totalCount, which always equals the size of the page itself.
COUNTED = frozenset({"Invoice", "Deposit", "JournalEntry", "Bill", "BillPayment", "PurchaseOrder"})

# Change data capture does not cover these.
NOT_IN_CDC = frozenset(
    {"TaxAgency", "TaxCode", "TaxRate", "TimeActivity", "JournalCode", "ExchangeRate"}
)

PRINTABLE = frozenset({*SALES_FORMS, "Payment"})

REF_TARGET = {
    "CustomerRef": "Customer",
    "ItemRef": "Item",
    "AccountRef": "Account",
    "DepositToAccountRef": "Account",
    "ARAccountRef": "Account",
    "IncomeAccountRef": "Account",
    "ExpenseAccountRef": "Account",
    "ItemAccountRef": "Account",
    "PaymentMethodRef": "PaymentMethod",
    "SalesTermRef": "Term",
    "ClassRef": "Class",
    "DepartmentRef": "Department",
    "VendorRef": "Vendor",
    "EmployeeRef": "Employee",
}


def name_field(entity: str) -> str:
    """Return the field that carries the name of a list entity."""
    return "DisplayName" if entity in NAMES else "Name"


def id_family(entity: str) -> str:
    """Return the sequence from which an entity takes its ids: one for all transactions."""
    if entity in TRANSACTIONS:
        return "transaction"
    return "name" if entity in NAMES else entity


def named_kind(ref_type: object) -> str:
    """Return the entity that an EntityRef's type names; it is written in any case."""
    return BY_LOWER.get(str(ref_type or "").lower(), "")
