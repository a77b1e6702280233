"""What of the stand-in can be switched: unproven behaviours, limits, credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(kw_only=True)
class Options:
    """Switches of one server; where the platform is not proven, either side can be chosen."""

    client_id: str | None = None  # None accepts any
    client_secret: str | None = None

    throttle: bool = False
    per_minute: int = 100  # per business
    per_day: int = 1_296_000  # per app
    concurrent: int = 150  # per app
    throttle_clock: Literal["real", "books"] = "real"
    retry_after: int | None = 5  # seconds that a 429 of the limits names; None leaves it out

    next_missing: int = 3  # every so manieth page says $next null though rows are left; 0 never
    heavy_rows: int | None = None  # attributes=all with more rows a page than this answers 504
    voids_in_deleted: bool = False  # whether voided documents appear under deleted_since
    date_skew_seconds: float = 0.0  # how far the Date header goes wrong
    idempotency_days: int = 7
    state: str | None = None  # file in which documents, replies and grants survive
    hang_seconds: float = 120.0
