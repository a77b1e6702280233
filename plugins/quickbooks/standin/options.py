"""What of the stand-in can be switched: unproven behaviours, limits, credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rotate = Literal["daily", "always"]


@dataclass(kw_only=True)
class Options:
    """Switches of one server. Where the platform is not proven, the milder guess is the default."""

    oldest_first: bool = False  # default order of transactions without ORDERBY
    lexical_ids: bool = False  # Id compared and ordered as text instead of as a number

    client_id: str | None = None  # None accepts any
    client_secret: str | None = None
    rotate: Rotate = "daily"
    reuse_grace_seconds: int = 0  # with rotate="always": how long the old token still works

    throttle: bool = False
    per_second: int = 10
    per_minute: int = 500
    batch_per_minute: int = 40
    throttle_clock: Literal["real", "books"] = "real"
    throttle_shape: str = "429_xml"  # any of the throttle kinds of the switchboard
    retry_after: bool = False
    monthly_reads: int | None = None  # reads allowed per calendar month, None is unmetered

    emails_per_day: int = 40
    state: str | None = None  # file in which documents, requestid answers and grants survive
    hang_seconds: float = 120.0
