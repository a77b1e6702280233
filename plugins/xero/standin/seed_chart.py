"""What a seeded organisation has besides the chart that every one has: banks and tax rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from recoup.plugins.xero.standin.seed_documents import Firm, Payload

EURO_BANK = "092"  # code
OPENED = "/Date(1546300800000+0000)/"  # when the chart was made
CURRENCY_NAMES = {
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "EUR": "Euro",
    "GBP": "British Pound",
    "NZD": "New Zealand Dollar",
    "USD": "United States Dollar",
}


def extra_accounts(firm: Firm, rates: Mapping[str, Decimal]) -> Iterator[Payload]:
    """A bank account in euros, for a firm that trades in them and is not at home there."""
    if firm.home != "EUR" and "EUR" in rates:
        yield {
            "AccountID": firm.ident("Account", 1),
            "Code": EURO_BANK,
            "Name": "Euro Account",
            "Status": "ACTIVE",
            "Type": "BANK",
            "TaxType": "NONE",
            "Class": "ASSET",
            "EnablePaymentsToAccount": False,
            "ShowInExpenseClaims": False,
            "BankAccountNumber": "20040512345678",
            "BankAccountType": "BANK",
            "CurrencyCode": "EUR",
            "ReportingCode": "",
            "ReportingCodeName": "",
            "HasAttachments": False,
            "UpdatedDateUTC": OPENED,
            "AddToWatchlist": False,
        }


def tax_rates(country: str) -> Iterator[Payload]:
    """The rates of the United Kingdom; other countries keep those of a new organisation."""
    if country == "GB":
        yield _rate("OUTPUT2", "20% (VAT on Income)", "OUTPUT", "20.0000")
        yield _rate("INPUT2", "20% (VAT on Expenses)", "INPUT", "20.0000")
        yield _rate("ZERORATEDOUTPUT", "Zero Rated Income", "OUTPUT", "0.0000")


def _rate(tax_type: str, name: str, report: str, percent: str) -> dict[str, Any]:
    value = Decimal(percent)
    part = {"Name": "VAT", "Rate": value, "IsCompound": False, "IsNonRecoverable": False}
    income = report == "OUTPUT"
    return {
        "Name": name,
        "TaxType": tax_type,
        "ReportTaxType": report,
        "CanApplyToAssets": True,
        "CanApplyToEquity": True,
        "CanApplyToExpenses": not income,
        "CanApplyToLiabilities": True,
        "CanApplyToRevenue": income,
        "DisplayTaxRate": value,
        "EffectiveRate": value,
        "Status": "ACTIVE",
        "TaxComponents": [part],
    }
