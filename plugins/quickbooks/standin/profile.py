"""The two documents every company has: CompanyInfo and Preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recoup.connector.standin.wire import Doc

if TYPE_CHECKING:
    from recoup.plugins.quickbooks.standin.books import Books


def company_info(books: Books, name: str, country: str, zone: str) -> Doc:
    """Return a new company's CompanyInfo; its Id is 1, whatever the realm."""
    now = books.local()
    address = {"Id": "1", "Line1": "1 Ledger Lane", "City": "Springfield", "Country": "USA"}
    return {
        "CompanyName": name,
        "LegalName": name,
        "CompanyAddr": address,
        "Country": country,
        "Email": {"Address": "books@example.com"},
        "WebAddr": {},
        "SupportedLanguages": "en",
        "DefaultTimeZone": zone,
        "FiscalYearStartMonth": "January",
        "NameValue": [
            {"Name": "NeoEnabled", "Value": "true"},
            {"Name": "IsQbdtMigrated", "Value": "false"},
            {"Name": "SubscriptionStatus", "Value": "SUBSCRIBED"},
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
        ],
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
        "MetaData": {"CreateTime": now, "LastUpdatedTime": now},
    }


def preferences(books: Books) -> Doc:
    """Return a new company's Preferences."""
    now = books.local()
    return {
        "AccountingInfoPrefs": {"TrackDepartments": False, "CustomerTerminology": "Customers"},
        "SalesFormsPrefs": {
            "CustomTxnNumbers": False,
            "AllowDeposit": False,
            "AutoApplyCredit": False,
            "AutoApplyPayments": False,
            "ETransactionPaymentEnabled": False,
        },
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": books.multicurrency,
            "HomeCurrency": {"value": books.home_currency},
        },
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {"NameValue": [{"Name": "SalesFormsPrefs.DefaultTerms", "Value": "3"}]},
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
        "MetaData": {"CreateTime": now, "LastUpdatedTime": now},
    }
