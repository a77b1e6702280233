"""The word lists of the platform and references to their members."""

from __future__ import annotations

from functools import lru_cache

from recoup.connector.standin.wire import Doc

WORDS: dict[str, dict[str, str]] = {
    "artefact_statuses": {
        "UNPAID": "Unpaid", "PART_PAID": "Part Paid", "PAID": "Paid", "VOID": "Void",
        "DRAFT": "Draft", "PRO_FORMA": "Pro forma", "DISPUTED": "Disputed",
        "DECLINED": "Declined",
    },
    "transaction_types": {
        "SALES_INVOICE": "Sales Invoice", "SALES_CREDIT_NOTE": "Sales Credit Note",
        "SALES_QUICK_ENTRY": "Sales Quick Entry",
        "CUSTOMER_OPENING_BALANCE": "Customer Opening Balance",
        "CUSTOMER_RECEIPT": "Customer Receipt", "CUSTOMER_REFUND": "Customer Refund",
        "CUSTOMER_ALLOCATION": "Customer Allocation", "VENDOR_PAYMENT": "Vendor Payment",
        "VENDOR_REFUND": "Vendor Refund", "VENDOR_ALLOCATION": "Vendor Allocation",
        "VENDOR_OPENING_BALANCE": "Vendor Opening Balance",
        "PURCHASE_INVOICE": "Purchase Invoice", "PURCHASE_CREDIT_NOTE": "Purchase Credit Note",
        "OTHER_PAYMENT": "Other Payment", "OTHER_RECEIPT": "Other Receipt",
        "BANK_TRANSFER": "Bank Transfer", "BANK_DEPOSIT": "Bank Deposit", "JOURNAL": "Journal",
    },
    "payment_methods": {
        "CASH": "Cash", "CHECK": "Cheque", "CREDIT_DEBIT": "Credit/Debit Card",
        "ELECTRONIC": "Electronic", "DIRECT_DEBIT": "Direct Debit", "PAYPAL": "PayPal",
        "BANK_RECEIPT": "Bank Receipt",
    },
    "currencies": {
        "GBP": "Pound Sterling (GBP)", "EUR": "Euro (EUR)", "USD": "US Dollar (USD)",
        "CAD": "Canadian Dollar (CAD)", "AUD": "Australian Dollar (AUD)",
        "CHF": "Swiss Franc (CHF)", "DKK": "Danish Krone (DKK)", "JPY": "Japanese Yen (JPY)",
        "NOK": "Norwegian Krone (NOK)", "NZD": "New Zealand Dollar (NZD)",
        "PLN": "Polish Zloty (PLN)", "SEK": "Swedish Krona (SEK)",
        "ZAR": "South African Rand (ZAR)",
    },
    "contact_types": {"CUSTOMER": "Customer", "VENDOR": "Supplier"},
    "contact_person_types": {
        "ACCOUNTS": "Accounts", "ADMIN": "Administration", "DELIVERY": "Delivery",
        "MAIN": "Main Contact", "SALES": "Sales",
    },
    "address_types": {
        "ACCOUNTS": "Accounts", "DELIVERY": "Delivery", "POSTAL": "Postal", "SALES": "Sales",
    },
    "quick_entry_types": {"INVOICE": "Invoice", "CREDIT_NOTE": "Credit Note"},
    "contact_opening_balance_types": {"INVOICE": "Invoice", "CREDIT_NOTE": "Credit Note"},
    "bank_account_types": {
        "CHECKING": "Current", "SAVINGS": "Savings", "CREDIT_CARD": "Credit Card",
        "CASH_IN_HAND": "Cash in Hand", "LOAN": "Loan", "OTHER": "Other",
    },
    "ledger_account_types": {
        "CURRENT_ASSETS": "Current Assets", "BANK": "Bank", "SALES": "Sales",
        "CURRENT_LIABILITIES": "Current Liabilities", "OVERHEADS": "Overheads",
        "DIRECT_EXPENSES": "Direct Expenses", "OTHER_INCOME": "Other Income",
    },
    "tax_schemes": {"NOT_REGISTERED": "Not Registered", "STANDARD": "VAT Standard"},
    "attachment_context_types": {
        "SALES_INVOICE": "Sales Invoice", "SALES_CREDIT_NOTE": "Sales Credit Note",
        "SALES_QUICK_ENTRY": "Sales Quick Entry", "CONTACT": "Contact",
        "CUSTOMER_RECEIPT": "Customer Receipt",
    },
    "countries": {
        "GB": "United Kingdom (GB)", "IE": "Ireland (IE)", "CA": "Canada (CA)",
        "US": "United States (US)", "FR": "France (FR)", "DE": "Germany (DE)",
        "ES": "Spain (ES)",
    },
    "tax_rates": {
        "GB_STANDARD": "Standard 20.00%", "GB_LOWER": "Lower Rate 5.00%",
        "GB_ZERO": "Zero Rated 0.00%", "GB_EXEMPT": "Exempt 0.00%", "GB_NO_TAX": "No VAT 0.00%",
        "IE_STANDARD": "Standard 23.00%", "IE_ZERO": "Zero Rated 0.00%",
        "IE_NO_TAX": "No VAT 0.00%", "CA_STANDARD": "GST 5.00%", "CA_NO_TAX": "No Tax 0.00%",
    },
}  # fmt: skip


@lru_cache(maxsize=16384)
def ref(kind: str, id: str, name: str) -> Doc:
    """A reference. It is shared: never write into it."""
    return {"id": id, "displayed_as": name, "$path": f"/{kind}/{id}"}


def word(kind: str, id: str) -> Doc:
    """A reference to a member of a word list; one that is not listed shows its id."""
    return ref(kind, id, WORDS[kind].get(id, id))


def ref_to(doc: Doc) -> Doc:
    """A reference to a document as it is displayed now."""
    return {"id": doc["id"], "displayed_as": doc["displayed_as"], "$path": doc["$path"]}
