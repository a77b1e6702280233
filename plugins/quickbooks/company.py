"""The company itself, and the links of its invoices."""

from __future__ import annotations

import msgspec

from recoup.connector.errors import Fatal, WrongCompany
from recoup.connector.model import Company
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.structs import (
    AccountingPrefs,
    CompanyInfoObject,
    CurrencyPrefs,
    PreferencesObject,
    ReportPrefs,
)

__all__ = ["describe", "invoice_link"]

OWN_ID = "1"  # CompanyInfo of the company asked for; the realm is not always repeated


class _Linked(msgspec.Struct, rename={"link": "InvoiceLink"}):
    link: str | None = None


def describe(client: Client, realm: str) -> Company:
    """Read CompanyInfo and Preferences.

    Raises WrongCompany when the platform answers for another realm.
    """
    raw, _ = client.company_info()
    found = msgspec.json.decode(raw, type=CompanyInfoObject)
    if found.id not in (OWN_ID, realm):
        raise WrongCompany(
            f"QuickBooks answered for company {found.id}, not {realm}: connect {realm} again"
        )
    prefs = msgspec.json.decode(client.preferences(), type=PreferencesObject)
    currency = prefs.currency_prefs or CurrencyPrefs()
    accounting = prefs.accounting_info_prefs or AccountingPrefs()
    reports = prefs.report_prefs or ReportPrefs()
    home = currency.home_currency.value if currency.home_currency is not None else None
    if not home:
        raise Fatal("QuickBooks names no home currency: set it in the company's settings")
    return Company(
        ledger="quickbooks",
        ledger_id=realm,
        name=found.company_name or f"QuickBooks company {realm}",
        home_currency=home,
        country=found.country,
        time_zone=found.default_time_zone,
        multicurrency=bool(currency.multi_currency_enabled),
        books_closed_on=accounting.book_close_date,
        ages_from_issue=bool(reports.calc_aging_report_from_txn_date),
    )


def invoice_link(client: Client, invoice_id: str) -> str | None:
    """Return the pay link; slow on the platform's side, so ask only when sending."""
    raw = client.read("Invoice", invoice_id, params={"include": "invoiceLink"})
    return msgspec.json.decode(raw, type=_Linked).link
