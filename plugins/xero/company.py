"""The organisation: what it is called, counts in, and whether it is still the same one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from recoup.connector.errors import Fatal, Gone, Retriable, Skippable, WrongCompany
from recoup.connector.model import Company
from recoup.plugins.xero import decode
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.cursor import State
from recoup.plugins.xero.dates import read_date
from recoup.plugins.xero.structs import AccountObject, OrganisationObject

__all__ = [
    "Identity",
    "accounts",
    "check_same",
    "debtors_account",
    "describe",
    "identify",
    "invoice_link",
    "invoice_pdf",
    "native_reminders",
]

# Xero's words for time zones are Windows' names without their spaces.
_ZONES = {
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "EAUSTRALIASTANDARDTIME": "Australia/Brisbane",
    "CENAUSTRALIASTANDARDTIME": "Australia/Adelaide",
    "AUSCENTRALSTANDARDTIME": "Australia/Darwin",
    "WAUSTRALIASTANDARDTIME": "Australia/Perth",
    "TASMANIASTANDARDTIME": "Australia/Hobart",
    "GMTSTANDARDTIME": "Europe/London",
    "WEUROPESTANDARDTIME": "Europe/Berlin",
    "ROMANCESTANDARDTIME": "Europe/Paris",
    "EASTERNSTANDARDTIME": "America/New_York",
    "CENTRALSTANDARDTIME": "America/Chicago",
    "MOUNTAINSTANDARDTIME": "America/Denver",
    "PACIFICSTANDARDTIME": "America/Los_Angeles",
    "ATLANTICSTANDARDTIME": "America/Halifax",
    "SINGAPORESTANDARDTIME": "Asia/Singapore",
    "CHINASTANDARDTIME": "Asia/Shanghai",
    "SOUTHAFRICASTANDARDTIME": "Africa/Johannesburg",
    "UTC": "UTC",
}


class Identity(NamedTuple):
    """By what an organisation is known again."""

    organisation: str
    demo: bool
    home: str


def describe(client: Client) -> Company:
    """Read the organisation and its currencies: two calls."""
    found = _organisation(client)
    identity = identify(client, found)
    currencies = decode.read_elements(client.get("get_currencies").body, "Currencies")
    locks = [_lock_of(found.period_lock_date), _lock_of(found.end_of_year_lock_date)]
    return Company(
        ledger="xero",
        ledger_id=client.tenant,
        name=found.name or f"Xero organisation {client.tenant}",
        home_currency=identity.home,
        country=found.country_code,
        time_zone=_ZONES.get((found.timezone or "").replace(" ", "").upper()),
        multicurrency=len(currencies) > 1,
        books_closed_on=max((lock for lock in locks if lock is not None), default=None),
    )


def identify(client: Client, found: OrganisationObject | None = None) -> Identity:
    """Read by what the organisation is known again.

    Raises WrongCompany when a custom connection answers for another one, Fatal when it has no
    base currency.
    """
    found = found or _organisation(client)
    if client.is_custom and found.organisation_id != client.tenant:
        raise WrongCompany(
            f"the custom connection reaches organisation {found.organisation_id}, not "
            f"{client.tenant}: nothing was stored"
        )
    if not found.base_currency:
        raise Fatal("Xero names no base currency: finish the organisation's set-up first")
    return Identity(
        found.organisation_id or client.tenant, bool(found.is_demo_company), found.base_currency
    )


def check_same(state: State, found: Identity) -> None:
    """Raises WrongCompany when other books answer than those that were read so far."""
    if found.organisation != state.organisation or found.demo != state.demo:
        raise WrongCompany(
            "Xero answers for another organisation than the one that was read so far: connect it "
            "as a new company; what is stored stays as it was"
        )
    if found.home != state.home:
        raise Fatal(
            f"the organisation's base currency changed from {state.home} to {found.home}: "
            "connect it as a new company in a new workspace"
        )


def accounts(client: Client) -> list[AccountObject]:
    """Read the chart of accounts: one call."""
    elements = decode.read_elements(client.get("get_accounts").body, "Accounts")
    chart = []
    for element in elements:
        try:
            chart.append(msgspec.convert(element, AccountObject, strict=False))
        except msgspec.MsgspecError as error:
            named = element if isinstance(element, dict) else {}
            if named.get("SystemAccount") == "DEBTORS":  # any other one can be done without
                raise _odd(f"account {named.get('Code') or named.get('Name')!r}", error) from None
    return chart


def debtors_account(chart: list[AccountObject]) -> str | None:
    """Return the id of the receivables control account; Xero has exactly one."""
    return next((a.account_id for a in chart if a.system_account == "DEBTORS"), None)


def invoice_link(client: Client, invoice_id: str) -> str | None:
    """Return the online invoice's address; Xero makes none for drafts."""
    try:
        answer = client.get("get_online_invoice", invoice_id)
    except Gone:
        raise
    except Skippable:
        return None
    found = decode.read_elements(answer.body, "OnlineInvoices")
    return (found[0].get("OnlineInvoiceUrl") or None) if found else None


def invoice_pdf(client: Client, invoice_id: str) -> bytes:
    """Return the PDF. Raises Retriable when something else came."""
    answer = client.get("get_invoice_as_pdf", invoice_id, kind="pdf")
    if not answer.body.startswith(b"%PDF"):
        raise Retriable("Xero sent no PDF", request_id=answer.request_id)
    return answer.body


def native_reminders(client: Client) -> bool | None:
    """Whether Xero's own invoice reminders are on."""
    found = decode.read_elements(client.get("get_invoice_reminders").body, "InvoiceReminders")
    enabled = found[0].get("Enabled") if found else None
    return enabled if isinstance(enabled, bool) else None


def _organisation(client: Client) -> OrganisationObject:
    answer = client.get("get_organisations")
    found = decode.read_elements(answer.body, "Organisations")
    if len(found) != 1:
        raise Retriable("Xero did not name its organisation", request_id=answer.request_id)
    try:
        return msgspec.convert(found[0], OrganisationObject)
    except msgspec.MsgspecError as error:
        raise _odd("organisation", error) from None


def _odd(what: str, error: Exception) -> Retriable:
    return Retriable(f"Xero's {what} cannot be read: {error}", retry_after=timedelta(minutes=1))


def _lock_of(text: str | None) -> date | None:
    """A lock that cannot be read counts as none: Xero refuses by itself what it covers."""
    try:
        return read_date(text)
    except ValueError:
        return None
