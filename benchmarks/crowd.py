"""Many companies of one ledger behind its stand-in: one set of books under as many names.

Run as ``python -m benchmarks.crowd LEDGER COMPANIES DOCUMENTS``; prints its port, and when it is
told to stop how many calls it has served and refused. The books hold a
twentieth of DOCUMENTS as customers, half of the rest as invoices and a receipt for each. All
companies show the same ones, so that the server renders each but once and the machine is left to
whoever reads; to the reader every company is another one, with limits of its own, which are on.
"""

from __future__ import annotations

import copy
import json
import signal
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from recoup.connector.standin.clock import Clock

HOMES = {"quickbooks": "USD", "xero": "NZD", "sage": "GBP"}
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)


def company_ids(ledger: str, count: int) -> list[str]:
    """The platforms' own ids of so many companies."""
    if ledger == "quickbooks":
        return [str(4620816365000000000 + number) for number in range(1, count + 1)]
    ids = [uuid.UUID(int=0xC0FFEE << 96 | 4 << 76 | 8 << 60 | n) for n in range(1, count + 1)]
    return [each.hex if ledger == "sage" else str(each) for each in ids]


def amount(number: int) -> Decimal:
    return Decimal(1_000 + number * 7_919 % 90_000) / 100


def quickbooks(ids: list[str], customers: int, invoices: int, clock: Clock) -> Any:
    from recoup.plugins.quickbooks.standin.books import Books
    from recoup.plugins.quickbooks.standin.options import Options
    from recoup.plugins.quickbooks.standin.server import StandIn

    books = Books(ids[0], company_name="Crowd", clock=clock)
    people = [books.create("Customer", {"DisplayName": f"Customer {n}"}) for n in range(customers)]
    for number in range(invoices):
        clock.advance(timedelta(seconds=30))
        owner = {"value": people[number % customers]["Id"]}
        line = {"Amount": amount(number), "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}  # fmt: skip
        billed = books.create("Invoice", {"CustomerRef": owner, "Line": [line]})
        paid = [{"TxnId": billed["Id"], "TxnType": "Invoice"}]
        total = billed["TotalAmt"]
        parts = [{"Amount": total, "LinkedTxn": paid}]
        books.create("Payment", {"CustomerRef": owner, "TotalAmt": total, "Line": parts})
    same = [_named(books, "realm", each) for each in ids]
    return StandIn(same, options=Options(throttle=True))


def xero(ids: list[str], customers: int, invoices: int, clock: Clock) -> Any:
    from recoup.plugins.xero.standin.books import Books
    from recoup.plugins.xero.standin.options import Options
    from recoup.plugins.xero.standin.server import StandIn

    books = Books(ids[0], name="Crowd", clock=clock)
    people = [books.create_contact(f"Customer {n}")["ContactID"] for n in range(customers)]
    for number in range(invoices):
        clock.advance(timedelta(seconds=30))
        billed = books.create_invoice(people[number % customers], amount(number))
        books.pay(billed["InvoiceID"])
    same = [_named(books, "tenant_id", each) for each in ids]
    return StandIn(same, options=Options(throttle=True))


def sage(ids: list[str], customers: int, invoices: int, clock: Clock) -> Any:
    from recoup.plugins.sage.standin.books import Books
    from recoup.plugins.sage.standin.options import Options
    from recoup.plugins.sage.standin.server import StandIn

    books = Books(ids[0], name="Crowd", clock=clock)
    people = [books.create_contact(f"Customer {n}")["id"] for n in range(customers)]
    for number in range(invoices):
        clock.advance(timedelta(seconds=30))
        owner, total = people[number % customers], amount(number)
        billed = books.create_invoice(owner, total)
        books.receive(owner, total, {billed["id"]: total})
    same = [_named(books, "business_id", each) for each in ids]
    return StandIn(same, options=Options(throttle=True))


LEDGERS = {"quickbooks": quickbooks, "xero": xero, "sage": sage}


def _named(books: Any, field: str, ledger_id: str) -> Any:
    """The same tables under another id."""
    shared = copy.copy(books)
    setattr(shared, field, ledger_id)
    return shared


def main() -> None:
    ledger, count, documents = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    customers = documents // 20
    clock = Clock(FIRST)
    standin = LEDGERS[ledger](
        company_ids(ledger, count), customers, (documents - customers) // 2, clock
    )
    clock.freeze(datetime.now(UTC))
    clock.unfreeze()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with standin:
        print(standin.url.rpartition(":")[2], flush=True)
        stop.wait()
        statuses = [entry.status for entry in standin.log if entry.number]
        print(json.dumps({"calls": len(statuses), "refused": statuses.count(429)}), flush=True)


if __name__ == "__main__":
    main()
