"""The three settings objects of a business as it is opened."""

from __future__ import annotations

from collections.abc import Mapping

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.vocabulary import word

YEAR_ENDS = {"GB": "03-31", "IE": "12-31", "CA": "12-31"}


def financial(currency: str, country: str, vat: bool, at: str) -> Doc:
    """financial_settings; ``mtd_authenticated_date`` is the empty string it is on the wire."""
    return {
        "$path": "/financial_settings",
        "year_end_date": f"{at[:4]}-{YEAR_ENDS.get(country, '12-31')}",
        "year_end_lockdown_date": None, "accounting_type": "accrual",
        "accounts_start_date": None, "base_currency": word("currencies", currency),
        "multi_currency_enabled": True, "use_live_exchange_rates": True,
        "mtd_activation_status": "mtd_unavailable", "mtd_connected": False,
        "mtd_authenticated_date": "",
        "tax_scheme": word("tax_schemes", "STANDARD" if vat else "NOT_REGISTERED"),
        "tax_return_frequency": None, "tax_number": None, "general_tax_number": "",
        "tax_office": None, "default_irpf_rate": "0.0", "flat_rate_tax_percentage": None,
        "recoverable_percentage": None, "sales_tax_calculation": None,
        "purchase_tax_calculation": None, "updated_at": at, "postponed_accounting": False,
        "destination_vat": False,
    }  # fmt: skip


def invoicing(at: str) -> Doc:
    """invoice_settings; the next numbers are filled in when they are shown."""
    return {
        "$path": "/invoice_settings", "next_invoice_number": 1, "next_credit_note_number": 1,
        "separate_invoice_credit_note_numbering": True, "sales_invoice_number_prefix": "SI-",
        "sales_credit_note_number_prefix": "SCN-", "invoice_terms_and_conditions": None,
        "default_note_on_invoice": None, "default_note_on_credit_note": None,
        "default_note_on_estimate": None, "default_note_on_quote": None,
        "next_quote_number": 1, "quote_number_prefix": "QU-", "estimate_number_prefix": "EST-",
        "quote_default_days_to_expiry": 30, "estimate_default_days_to_expiry": 30,
        "quick_entry_prefix": "QE-", "late_payment_percentage": None,
        "prompt_payment_percentage": None, "payment_bank_account": None,
        "customer_credit_days": 30, "vendor_credit_days": 30,
        "customer_credit_terms": "date_from_invoice", "vendor_credit_terms": "date_from_invoice",
        "updated_at": at,
    }  # fmt: skip


def business(at: str, defaults: Mapping[str, Doc]) -> Doc:
    """business_settings; defaults: what is posted where nobody says → the ledger account."""
    return {
        "$path": "/business_settings", "siret": None, "management_centre_member": False,
        "rcs_number": None, "share_capital": None, "business_activity_type": None,
        "legal_form_type": None, "auxiliary_accounts_visible": False,
        "default_ledger_accounts": {f"{use}_ledger_account": one for use, one in defaults.items()},
        "business_type": None, "country_of_registration": None,
        "business_created_at": at, "updated_at": at, "wizard_complete": True,
    }  # fmt: skip
