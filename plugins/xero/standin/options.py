"""What of the stand-in can be switched: unproven behaviours, limits, credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What a new app asks for to read and write receivables; the broad ones of old work as well.
SCOPES = (
    "openid profile email offline_access accounting.invoices accounting.payments "
    "accounting.banktransactions accounting.contacts accounting.settings accounting.attachments "
    "accounting.reports.aged.read accounting.reports.balancesheet.read "
    "accounting.reports.trialbalance.read"
)


@dataclass(kw_only=True)
class Options:
    """Switches of one server. Where Xero is not proven, the milder guess is the default."""

    since_inclusive: bool = True  # If-Modified-Since takes what changed in that very second
    credits_in_balances: bool = True  # a contact's Outstanding is net of open credits
    balances_in_base: bool = True  # and converted at each document's rate
    updated_string: bool = True  # UpdatedDateUTCString beside UpdatedDateUTC, since July 2026
    high_volume: int = 100_000  # documents that one request may read
    provider: str = "recoup"  # ProviderName of the envelope
    skew_seconds: float = 0  # how far DateTimeUTC stands off the clock
    unpaged_most: int | None = None  # rows of an unpaged list, None is all

    client_id: str | None = None  # None accepts any
    client_secret: str | None = None
    scopes: str = SCOPES  # consented when the request for consent names none
    credit_scopes: tuple[str, ...] = ("accounting.payments", "accounting.banktransactions")

    throttle: bool = False
    per_minute: int = 60
    per_day: int = 5000  # 1000 on the Starter tier
    concurrent: int = 5
    app_per_minute: int = 10_000
    throttle_clock: Literal["real", "books"] = "real"

    idempotency_seconds: int = 360
    emails_per_day: int = 1000
    state: str | None = None  # file in which documents, replayed answers and grants survive
    hang_seconds: float = 120.0
