"""QuickBooks Online in the histories."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from harness.kill_points import points_of, rare_of
from harness.platform import Busy, Platform, Strike, Truth
from harness.quickbooks_bugs import BUGS
from harness.quickbooks_truth import posting_differences, truth_of
from harness.quickbooks_verbs import OFTEN, VERBS
from recoup.connector.protocols import Connection
from recoup.connector.standin.clock import Clock
from recoup.plugins.quickbooks import delta, scan
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.standin import changes
from recoup.plugins.quickbooks.standin.books import Books, Fault
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

__all__ = ["PLATFORM"]

API = "minorversion"  # in the address of every call but those for tokens
TOKENS = "/oauth2/v1/tokens/bearer"
PAGE_ROWS = 12
CAPTURE_ROWS = 30


class BusyStandIn(Busy, StandIn):
    """The stand-in with its bookkeeper."""

    token_path = TOKENS


class QuickBooks(Platform):
    name = "quickbooks"
    home = "USD"
    verbs = VERBS
    often = OFTEN
    refusal = Fault
    faults: ClassVar[dict[str, Strike]] = {
        "throttled_xml": Strike(kind="429_xml", match=API),
        "throttled_json": Strike(kind="429_json_upper", match=API),
        "throttled_403": Strike(kind="403_throttle", match=API),
        "token_expires": Strike(kind="expire_token", most_after=2),
        "broken_500": Strike(kind="500", times=2, match=API),
        "unavailable_503": Strike(kind="503", match=API),
        "dropped_before": Strike(kind="drop_before", match=API),
        "dropped_after": Strike(kind="drop_after", match=API),
        "truncated": Strike(kind="truncate", match=API),
        "falsely_deleted": Strike(kind="false_deleted", match="cdc", most_after=0),
        "poisoned_capture": Strike(kind="poison_4002", match="cdc", most_after=0),
        "drops_the_refresh": Strike(kind="drop_after", match=TOKENS, most_after=0, expires=True),
    }
    favoured = ("falsely_deleted", "falsely_deleted")
    grace = timedelta(hours=24)
    unused = timedelta(days=80)
    kill_points = points_of("quickbooks")
    rare = rare_of("quickbooks")
    bugs = BUGS
    small_adapter = ((delta, "CAPTURE_ROWS", CAPTURE_ROWS), (scan, "FENCE_ROWS", 2))
    small_standin = ((changes, "MOST_OBJECTS", CAPTURE_ROWS),)

    def open_books(self, clock: Clock) -> Books:
        return Books(clock=clock)

    def open_standin(self, books: Books) -> BusyStandIn:
        grace = int(self.grace.total_seconds())
        return BusyStandIn(books, options=Options(rotate="always", reuse_grace_seconds=grace))

    def company_id(self, books: Books) -> str:
        return books.realm

    def open_ledger(self, connection: Connection) -> object:
        return QuickBooksLedger(connection, page_rows=PAGE_ROWS)

    def truth(self, books: Books) -> Truth:
        return truth_of(books)

    def more_differences(self, books: Books, conn: sqlite3.Connection) -> Iterator[str]:
        return posting_differences(books, conn)


PLATFORM = QuickBooks()
