"""A Sage-shaped server whose bookkeeper goes on working: rows are rendered once and edited between
pages.

Run as ``python -m benchmarks.living_sage INVOICES RECEIPTS CONTACTS EDITS SEED``; prints its port.
The shapes are those of the stand-in's demo, one invoice, receipt and contact of it copied with
other ids, dates and amounts. After every page of invoices or receipts one row of that list, any,
is edited and so moves to the end of it, until EDITS were made. ``/bench/books`` tells what every
list holds, for whoever wants to compare.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.opening import IDS
from benchmarks.serving import serve

Object = dict[str, Any]

BUSINESS = IDS["sage"]
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)
CONTACTS, INVOICES, RECEIPTS = "contacts", "sales_invoices", "contact_payments"


def patterns() -> dict[str, Object]:
    """One contact, invoice and receipt as the stand-in shows them."""
    from recoup.plugins.sage.standin.seed_sources import open_seed
    from recoup.plugins.sage.standin.server import StandIn

    found: dict[str, Object] = {}
    books = open_seed("demo", until=None, rates={}, say=lambda _: None)
    with StandIn(books) as standin:
        for path in (CONTACTS, INVOICES, RECEIPTS):
            asked = "attributes=all&nested_attributes=all&items_per_page=50"
            rows = _get(standin, f"{path}?{asked}&contact_type_id=CUSTOMER")["$items"]
            found[path] = next(row for row in rows if _is_plain(path, row))
        control = "show_control_accounts=true&show_balance_details=true&attributes=all"
        control += "&from_date=1900-01-01&to_date=2999-12-31"
        found["ledger_accounts"] = _get(standin, f"ledger_accounts?{control}")
        found["financial_settings"] = _get(standin, "financial_settings")
        found["financial_settings"]["base_currency"] = {"id": "EUR"}
    return found


def _is_plain(path: str, row: Object) -> bool:
    """An invoice that is paid, a receipt of one invoice."""
    if path == INVOICES:
        return bool(row["status"]["id"] == "PAID")
    if path == RECEIPTS:
        return len(row["allocated_artefacts"]) == 1 and row["payment_on_account"] is None
    return True


def _get(standin: Any, target: str) -> Any:
    import requests

    token = standin.issue_grant()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Business": standin.lead}
    answer = requests.get(f"{standin.url}/v3.1/{target}", headers=headers, timeout=30)
    answer.raise_for_status()
    return answer.json()


class Books:
    """Lists of rows in the order of their changes."""

    def __init__(self, invoices: int, receipts: int, contacts: int, edits: int, seed: int) -> None:
        self.rng = random.Random(seed)
        self.patterns = patterns()
        self.edits, self.last = edits, datetime.now(UTC)
        self.lock = threading.Lock()
        self.rows: dict[str, dict[str, bytes]] = {}  # path → id → what it shows, but for its stamp
        self.order: dict[str, list[tuple[str, str]]] = {}  # path → (updated_at, id), sorted
        self.owner: dict[str, str] = {}  # invoice or receipt → contact
        self.calls = 0
        people = [f"{at:032x}" for at in range(1, contacts + 1)]
        self._fill(CONTACTS, contacts, lambda row, at: {**row, "id": people[at]})
        bills = [f"{self.rng.getrandbits(128):032x}" for _ in range(invoices)]

        def invoice(row: Object, at: int) -> Object:
            total = f"{self.rng.randrange(1_000, 900_000) / 100}"
            owner = {**row["contact"], "id": people[at % contacts]}
            named = {"id": bills[at], "displayed_as": f"SI-{at}", "invoice_number": str(at)}
            return {**row, **named, "contact": owner, "total_amount": total, "total_paid": total}

        def receipt(row: Object, at: int) -> Object:
            bill = bills[at % invoices]
            target = {"id": bill, "displayed_as": "SI", "$path": f"/sales_invoices/{bill}"}
            leg = {**row["allocated_artefacts"][0], "artefact": target}
            owner = {**row["contact"], "id": people[at % invoices % contacts]}
            named = {"id": f"{self.rng.getrandbits(128):032x}", "reference": str(at)}
            return {**row, **named, "contact": owner, "allocated_artefacts": [leg]}

        self._fill(INVOICES, invoices, invoice)
        self._fill(RECEIPTS, receipts, receipt)

    def _fill(self, path: str, count: int, make: Callable[[Object, int], Object]) -> None:
        """Make rows a few seconds apart, now and then in the same one."""
        rows, order, at = {}, [], FIRST
        for number in range(count):
            made = make(self.patterns[path], number)
            at += timedelta(seconds=self.rng.choice((0, 1, 7, 60)))
            stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
            for name in ("created_at", "updated_at"):
                made.pop(name, None)
            made["created_at"] = stamp
            rows[made["id"]] = json.dumps(made, separators=(",", ":")).encode()[:-1]
            order.append((stamp, made["id"]))
            self.owner[made["id"]] = made.get("contact", made)["id"]
        self.rows[path], self.order[path] = rows, sorted(order)

    def show(self, path: str, stamp: str, ledger_id: str) -> bytes:
        return b'%s,"updated_at":"%s"}' % (self.rows[path][ledger_id], stamp.encode())

    def page(self, path: str, asked: dict[str, str]) -> bytes:
        number, size = int(asked.get("page", 1)), int(asked.get("items_per_page", 20))
        since = asked.get("updated_or_created_since", "")[:19].replace(" ", "T")
        with self.lock:
            order = self.order[path]
            if "contact_id" in asked:
                owner = asked["contact_id"]
                order = [key for key in order if self.owner[key[1]] == owner]
            begin = bisect_left(order, (since, ""))
            total = len(order) - begin
            number = max(min(number, -(-total // size)), 1)  # past the end the last one again
            start = begin + (number - 1) * size
            shown = [self.show(path, *key) for key in order[start : start + size]]
            if path in (INVOICES, RECEIPTS) and shown:
                self._edit(path)
        head = b'{"$total":%d,"$page":%d,"$items_per_page":%d,"$items":[' % (total, number, size)
        return head + b",".join(shown) + b"]}"

    def _edit(self, path: str) -> None:
        if not self.edits:
            return
        self.edits -= 1
        at = self.rng.randrange(len(self.order[path]))
        _, ledger_id = self.order[path].pop(at)
        self.last = max(datetime.now(UTC), self.last)
        stamp = f"{self.last:%Y-%m-%dT%H:%M:%SZ}"
        self.order[path].append((stamp, ledger_id))
        self.order[path].sort()

    def single(self, path: str, ledger_id: str) -> bytes:
        with self.lock:
            stamp = next(stamp for stamp, known in self.order[path] if known == ledger_id)
            return self.show(path, stamp, ledger_id)

    def answer(self, path: str, asked: dict[str, str]) -> bytes:
        self.calls += 1
        head, _, rest = path.partition("/")
        if head == "businesses":
            return json.dumps({"$total": 1, "$items": [{"id": BUSINESS, "name": "Bench"}]}).encode()
        if head in self.patterns and head not in self.rows:
            return json.dumps(self.patterns[head]).encode()
        if rest:
            return self.single(head, rest)
        if "deleted_since" in asked or "status_id" in asked or head not in self.rows:
            return b'{"$total":0,"$page":1,"$items":[]}'  # nothing is deleted, all is paid
        return self.page(head, asked)

    def told(self) -> bytes:
        lists = {path: {known: at for at, known in order} for path, order in self.order.items()}
        return json.dumps({"lists": lists, "calls": self.calls, "left": self.edits}).encode()


def main() -> None:
    books = Books(*(int(word) for word in sys.argv[1:6]))

    def answering(
        path: str, asked: dict[str, str], headers: Mapping[str, str]
    ) -> tuple[bytes, dict[str, str]]:
        echoed = {"X-Business": headers.get("X-Business", "")}
        if path == "/bench/books":
            return books.told(), echoed
        return books.answer(path.removeprefix("/v3.1/"), asked), echoed

    serve(answering)


if __name__ == "__main__":
    main()
