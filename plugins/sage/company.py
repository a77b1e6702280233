"""What a business is: its name and country from /businesses, its currency from the settings."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import msgspec

from recoup.connector.errors import Fatal, Gone, NeedsReconnect, UsageError
from recoup.connector.model import Company
from recoup.plugins.sage import businesses
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.context import read_date
from recoup.plugins.sage.faults import CONNECT_AGAIN, SubscriptionInactive
from recoup.plugins.sage.structs import Ref

__all__ = ["Books", "check_reach", "describe", "read_books"]

# One zone a country would do for two of the three; Canada has six, and Sage does not say which.
_ZONES = {"GB": "Europe/London", "IE": "Europe/Dublin"}


class _FinancialSettings(msgspec.Struct):
    base_currency: Ref | None = None
    multi_currency_enabled: bool | None = None
    year_end_lockdown_date: str | None = None


class Books(NamedTuple):
    """What the financial settings say that a pull or a write needs."""

    home_currency: str
    multicurrency: bool
    locked_until: str | None  # ISO date, inclusive


def describe(client: Client) -> Company:
    """Return the business: two calls. Raises UsageError for one in another country."""
    try:
        found = businesses.read_one(client.business())
    except Gone:
        raise NeedsReconnect(_out_of_reach(client.business_id)) from None
    if not found.is_promised:
        raise UsageError(businesses.not_promised(found.name, found.country_id))
    if not found.is_active:
        raise SubscriptionInactive(f"{found.name} has no active Sage subscription: renew it")
    books = read_books(client)
    return Company(
        ledger="sage",
        ledger_id=client.business_id,
        name=found.name or found.displayed_as or f"Sage business {client.business_id}",
        home_currency=books.home_currency,
        country=found.country_id or None,
        time_zone=_ZONES.get(found.country_id),
        multicurrency=books.multicurrency,
        books_closed_on=_lock_of(books.locked_until),
    )


def read_books(client: Client) -> Books:
    """Read the financial settings. Raises Fatal when they name no currency."""
    raw = client.settings("financial_settings")
    try:
        found = msgspec.json.decode(raw, type=_FinancialSettings)
    except msgspec.MsgspecError as error:
        raise Fatal(f"Sage's financial settings cannot be read: {error}") from None
    if found.base_currency is None or not found.base_currency.id:
        raise Fatal("Sage names no base currency: set it in the business' financial settings")
    return Books(
        found.base_currency.id.upper(),
        bool(found.multi_currency_enabled),
        (found.year_end_lockdown_date or "").strip() or None,
    )


def check_reach(client: Client) -> None:
    """Make sure the grant still reaches this business; one call, which also tells the time.

    Raises NeedsReconnect when it does not, SubscriptionInactive when Sage says so already.
    """
    listed = {one.id: one for one in businesses.read_list(client.businesses())}
    found = listed.get(client.business_id)
    if found is None:
        raise NeedsReconnect(_out_of_reach(client.business_id))
    if not found.is_active:
        raise SubscriptionInactive(
            f"{found.name or found.displayed_as} has no active Sage subscription: renew it"
        )


def _lock_of(text: str | None) -> date | None:
    """A lock that cannot be read counts as none: Sage refuses by itself what it covers."""
    try:
        return read_date(text)
    except ValueError:
        return None


def _out_of_reach(business_id: str) -> str:
    return (
        f"the consent does not reach business {business_id} any more: have its owner invite the "
        f"person who consented, or {CONNECT_AGAIN} as somebody who can see it"
    )
