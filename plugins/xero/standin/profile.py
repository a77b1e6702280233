"""What a new organisation has: its own entry, a chart of accounts, tax rates, a theme, a user."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin.moments import bare_stamp, stamp

ZONES = {
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "GMTSTANDARDTIME": "Europe/London",
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "EAUSTRALIASTANDARDTIME": "Australia/Brisbane",
    "WAUSTRALIASTANDARDTIME": "Australia/Perth",
    "EASTERNSTANDARDTIME": "America/New_York",
    "CENTRALSTANDARDTIME": "America/Chicago",
    "MOUNTAINSTANDARDTIME": "America/Denver",
    "PACIFICSTANDARDTIME": "America/Los_Angeles",
    "HAWAIIANSTANDARDTIME": "Pacific/Honolulu",
    "WEUROPESTANDARDTIME": "Europe/Berlin",
    "ROMANCESTANDARDTIME": "Europe/Paris",
    "SINGAPORESTANDARDTIME": "Asia/Singapore",
    "SOUTHAFRICASTANDARDTIME": "Africa/Johannesburg",
    "TOKYOSTANDARDTIME": "Asia/Tokyo",
    "UTC": "UTC",
}
_VERSIONS = {"NZ": "NZ", "AU": "AU", "GB": "UK", "US": "US"}

DEBTORS = ("610", "Accounts Receivable")
CREDITORS = ("800", "Accounts Payable")
SALES = ("200", "Sales")
TAX = ("820", "Sales Tax")
GAINS = ("497", "Realised Currency Gains")
EXPENSES = ("400", "General Expenses")
BANK = ("090", "Business Bank Account")
CLEARING = ("091", "Clearing Account")


def zone_of(name: str) -> tuple[ZoneInfo, str]:
    """The zone of an IANA name or of Xero's own word, and Xero's word for it.

    Raises ValueError for a name that is neither.
    """
    word = name.upper().replace(" ", "")
    if word in ZONES:
        return ZoneInfo(ZONES[word]), word
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown time zone {name!r}: use an IANA name or Xero's word") from None
    words = {iana: own for own, iana in ZONES.items()}
    return zone, words.get(name, "UTC")


def same(tenant_id: str, name: str) -> str:
    """The id that a built-in entry has in an organisation, run after run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{tenant_id}/built in/{name}"))


def organisation(
    tenant_id: str, name: str, currency: str, country: str, zone: str, demo: bool, at: datetime
) -> Doc:
    """The one entry of the Organisation endpoint."""
    return {
        "Name": name,
        "LegalName": name,
        "PaysTax": True,
        "Version": _VERSIONS.get(country, "GLOBAL"),
        "OrganisationType": "COMPANY",
        "BaseCurrency": currency,
        "CountryCode": country,
        "IsDemoCompany": demo,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 3 if country in ("NZ", "GB") else 12,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY1" if country == "US" else "TWOMONTHS",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "CreatedDateUTC": bare_stamp(at),
        "OrganisationEntityType": "COMPANY",
        "Timezone": zone,
        "ShortCode": "!" + tenant_id[:5],
        "OrganisationID": tenant_id,
        "Edition": "BUSINESS",
        "Class": "DEMO" if demo else "PREMIUM",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {"Sales": {"Day": 20, "Type": "DAYSAFTERBILLDATE"}},
    }


def chart(tenant_id: str, currency: str, at: datetime) -> list[Doc]:
    """The accounts that the stand-in posts to."""

    def account(entry: tuple[str, str], kind: str, group: str, **more: object) -> Doc:
        code, name = entry
        return {
            "AccountID": same(tenant_id, name),
            "Code": code,
            "Name": name,
            "Status": "ACTIVE",
            "Type": kind,
            "TaxType": "NONE",
            "Class": group,
            "EnablePaymentsToAccount": False,
            "ShowInExpenseClaims": False,
            "ReportingCode": "",
            "ReportingCodeName": "",
            "HasAttachments": False,
            "UpdatedDateUTC": stamp(at),
            "AddToWatchlist": False,
            **more,
        }

    bank = {"BankAccountNumber": "0101230012345600", "BankAccountType": "BANK"}
    return [
        account(BANK, "BANK", "ASSET", CurrencyCode=currency, **bank),
        account(CLEARING, "CURRENT", "ASSET", EnablePaymentsToAccount=True),
        account(SALES, "REVENUE", "REVENUE"),
        account(EXPENSES, "EXPENSE", "EXPENSE"),
        account(GAINS, "EXPENSE", "EXPENSE", SystemAccount="REALISEDCURRENCYGAIN"),
        account(DEBTORS, "CURRENT", "ASSET", SystemAccount="DEBTORS"),
        account(CREDITORS, "CURRLIAB", "LIABILITY", SystemAccount="CREDITORS"),
        account(TAX, "CURRLIAB", "LIABILITY", SystemAccount="GST"),
    ]


def tax_rates() -> list[Doc]:
    """A standard rate of 15 % and none."""

    def rate(tax_type: str, name: str, percent: str) -> Doc:
        value = Decimal(percent)
        part = {"Name": name, "Rate": value, "IsCompound": False, "IsNonRecoverable": False}
        return {
            "Name": name,
            "TaxType": tax_type,
            "ReportTaxType": "OUTPUT" if value else "NONE",
            "CanApplyToAssets": True,
            "CanApplyToEquity": True,
            "CanApplyToExpenses": True,
            "CanApplyToLiabilities": True,
            "CanApplyToRevenue": True,
            "DisplayTaxRate": value,
            "EffectiveRate": value,
            "Status": "ACTIVE",
            "TaxComponents": [part],
        }

    return [rate("OUTPUT2", "15% on Income", "15.0000"), rate("NONE", "No Tax", "0.0000")]


def theme(tenant_id: str, at: datetime) -> Doc:
    """The standard branding theme."""
    return {
        "BrandingThemeID": same(tenant_id, "Standard"),
        "Name": "Standard",
        "SortOrder": 0,
        "CreatedDateUTC": stamp(at),
    }


def user(tenant_id: str, at: datetime) -> Doc:
    """The person whose name the history shows."""
    return {
        "UserID": same(tenant_id, "user"),
        "EmailAddress": "owner@example.com",
        "FirstName": "System",
        "LastName": "Generated",
        "UpdatedDateUTC": stamp(at),
        "IsSubscriber": True,
        "OrganisationRole": "STANDARD",
    }
