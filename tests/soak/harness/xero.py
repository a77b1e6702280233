"""Xero in the histories."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from harness.kill_points import points_of, rare_of
from harness.platform import Busy, Platform, Strike, Truth
from harness.xero_bugs import BUGS
from harness.xero_truth import truth_of
from harness.xero_verbs import OFTEN, VERBS
from recoup.connector.protocols import Connection
from recoup.connector.standin.clock import Clock
from recoup.plugins.xero import pull
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.standin.books import Books, Fault
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

__all__ = ["PLATFORM"]

TENANT = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"  # in the words of every call of the API
TOKENS = "/connect/token"
PAGE_ROWS = 12
LOST = frozenset({"reconnect"})


class BusyStandIn(Busy, StandIn):
    """The stand-in with its bookkeeper."""

    token_path = TOKENS


class Xero(Platform):
    name = "xero"
    home = "NZD"
    verbs = VERBS
    often = OFTEN
    refusal = Fault
    faults: ClassVar[dict[str, Strike]] = {
        "minute_used_up": Strike(kind="429_minute", match=TENANT),
        "day_used_up": Strike(kind="429_day", match=TENANT),
        "too_many_at_once": Strike(kind="429_concurrent", match=TENANT, times=2),
        "app_throttled": Strike(kind="429_app", match=TENANT),
        "broken_500": Strike(kind="500", match=TENANT, times=2),
        "broken_thrice": Strike(kind="500", match=TENANT, times=4),
        "unavailable_503": Strike(kind="503", match=TENANT),
        "being_mended": Strike(kind="503_retry_after", match=TENANT, settings={"seconds": 120}),
        "precondition_412": Strike(kind="412", match=TENANT),
        "offline": Strike(kind="offline", match=TENANT),
        "dropped_before": Strike(kind="drop_before", match=TENANT),
        "dropped_after": Strike(kind="drop_after", match=TENANT),
        "error_after": Strike(kind="error_after", match=TENANT),
        "truncated": Strike(kind="truncate", match=TENANT),
        "cut_json": Strike(kind="cut_json", match=TENANT),
        "clock_off": Strike(kind="clock_skew", match=TENANT, settings={"seconds": -300}),
        "extra_rows": Strike(kind="extra_rows", match=TENANT),
        "blank_row": Strike(kind="blank_row", match=TENANT),
        "rows_twice": Strike(kind="duplicate_rows", match=TENANT, settings={"rows": 9}),
        "token_expires": Strike(kind="expire_token", match=TENANT, most_after=2),
        "token_lost": Strike(kind="token_lost", most_after=0, expires=True),
        "consent_withdrawn": Strike(kind="invalid_grant", most_after=0, expires=True, ends=LOST),
        "disconnected": Strike(kind="disconnect", match=TENANT, ends=LOST),
        "scope_missing": Strike(kind="insufficient_scope", match=TENANT, ends=LOST),
    }
    favoured = ("token_lost", "token_expires")
    grace = timedelta(minutes=30)
    unused = timedelta(days=50)
    paces = (0.0, 0.3, 1.1)
    switches: ClassVar[dict[str, tuple[bool, ...]]] = {
        "since_inclusive": (True, False),
        "merge_touches_documents": (True, False),
    }
    kill_points = points_of("xero")
    rare = rare_of("xero")
    bugs = BUGS
    small_adapter = ((pull, "MOST_RELATED", 40),)

    def open_books(self, clock: Clock) -> Books:
        return Books(TENANT, clock=clock)

    def open_standin(self, books: Books) -> BusyStandIn:
        plenty = 1_000_000
        limits: dict[str, Any] = {"per_minute": plenty, "per_day": plenty, "app_per_minute": plenty}
        return BusyStandIn(books, options=Options(throttle_clock="books", **limits))

    def company_id(self, books: Books) -> str:
        return books.tenant_id

    def throw(self, standin: BusyStandIn, switch: str, on: bool) -> None:
        setattr(standin.options if switch == "since_inclusive" else standin.books, switch, on)

    def open_ledger(self, connection: Connection) -> object:
        return XeroLedger(connection, page_rows=PAGE_ROWS)

    def truth(self, books: Books) -> Truth:
        return truth_of(books)


PLATFORM = Xero()
