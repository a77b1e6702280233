"""Sage Accounting in the histories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from harness.kill_points import points_of, rare_of
from harness.platform import Busy, Platform, Strike, Truth
from harness.sage_bugs import BUGS
from harness.sage_truth import accounts_for, truth_of
from harness.sage_verbs import OFTEN, VERBS
from recoup.connector.protocols import Connection
from recoup.connector.standin.clock import Clock
from recoup.plugins.sage import listing, passes
from recoup.plugins.sage.adapter import SageLedger
from recoup.plugins.sage.limits import Limits
from recoup.plugins.sage.standin.books import Books, Fault
from recoup.plugins.sage.standin.server import StandIn

__all__ = ["PLATFORM"]

TOKENS = "/token"
API = "?"  # in the words of every call but those for tokens
PAGE_ROWS = 12
LOST = frozenset({"reconnect"})
REFUSED = frozenset({"refused"})


class BusyStandIn(Busy, StandIn):
    """The stand-in with its bookkeeper."""

    token_path = TOKENS


class Sage(Platform):
    name = "sage"
    home = "GBP"
    verbs = VERBS
    often = OFTEN
    refusal = Fault
    faults: ClassVar[dict[str, Strike]] = {
        "throttled": Strike(kind="429", match=API),
        "throttled_with_word": Strike(kind="429_retry", match=API, settings={"seconds": 45}),
        "broken_500": Strike(kind="500", match=API, times=2),
        "broken_thrice": Strike(kind="500", match=API, times=4),
        "bad_gateway_502": Strike(kind="502", match=API),
        "unavailable_503": Strike(kind="503", match=API, times=3),
        "timed_out_504": Strike(kind="504", match=API, times=3),
        "handshake_525": Strike(kind="525", match=API, times=2),
        "dropped_before": Strike(kind="drop_before", match=API),
        "dropped_after": Strike(kind="drop_after", match=API),
        "error_after": Strike(kind="500_after", match=API),
        "truncated": Strike(kind="truncate", match=API),
        "cut_json": Strike(kind="cut_json", match=API),
        "blank_row": Strike(kind="blank_row", match=API),
        "null_row": Strike(kind="null_row", match=API),
        "extra_row": Strike(kind="extra_row", match=API),
        "overfull_page": Strike(kind="overfull", match=API),
        "next_missing": Strike(kind="next_null", match=API),
        "stuck_page": Strike(kind="stuck_page", match="page=2", most_after=0),
        "token_expires": Strike(kind="expire_token", match=API, most_after=2),
        "refresh_lost": Strike(kind="drop_after", match=TOKENS, most_after=0, expires=True),
        "refresh_broken": Strike(kind="500", match=TOKENS, most_after=0, expires=True),
        "no_subscription": Strike(kind="no_subscription", match=API, ends=REFUSED),
        "denied": Strike(kind="denied", match=API, ends=LOST),
        "allocations_denied": Strike(kind="denied", match="contact_allocations", most_after=0,
                                     ends=LOST),
        "wrong_business": Strike(kind="wrong_business", match=API, ends=REFUSED),
    }  # fmt: skip
    favoured = ("refresh_lost", "token_expires", "allocations_denied")
    grace = timedelta(0)  # a refresh token works once: an answer that is lost is lost for good
    unused = timedelta(days=28)
    paces = (0.0, 0.3, 1.1)
    switches: ClassVar[dict[str, tuple[bool, ...]]] = {
        "moves_on_allocation": (True, False),
        "voids_in_deleted": (True, False),
    }
    kill_points = points_of("sage")
    rare = rare_of("sage")
    bugs = BUGS
    small_adapter = ((listing, "SMALL_ROWS", 5), (passes, "FEW_CONTACTS", 2))

    def open_books(self, clock: Clock) -> Books:
        return Books(clock=clock)

    def open_standin(self, books: Books) -> BusyStandIn:
        return BusyStandIn(books)

    def company_id(self, books: Books) -> str:
        return books.business_id

    def throw(self, standin: BusyStandIn, switch: str, on: bool) -> None:
        setattr(standin.options if switch == "voids_in_deleted" else standin.books, switch, on)

    def open_ledger(self, connection: Connection) -> object:
        return SageLedger(connection, page_rows=PAGE_ROWS, limits=Limits(minute_calls=1200))

    def truth(self, books: Books) -> Truth:
        return truth_of(books)

    def accounts_for(self, books: Books, tied: Mapping[str, Any]) -> bool:
        return accounts_for(books, tied)


PLATFORM = Sage()
