"""One contender of the Sage benchmark, alone in its process.

``python -m benchmarks.contenders_sage NAME PORT FOLDER`` syncs everything from the living server
and prints one JSON line: seconds, documents, calls, and what of the books it has lost or left old.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

LISTS = ("contacts", "sales_invoices", "contact_payments")
ROWS = 200

Held = dict[str, dict[str, str]]  # list → id → updated_at as it is held


def report(port: int, seconds: float, cpu: float, held: Held) -> None:
    """Compare with the books as they are now. Old: not as it was last changed."""
    with urlopen(Request(f"http://127.0.0.1:{port}/bench/books"), timeout=60) as answer:
        books = json.load(answer)
    lost = old = documents = 0
    for path, rows in books["lists"].items():
        documents += len(rows)
        lost += sum(ledger_id not in held[path] for ledger_id in rows)
        old += sum(held[path].get(ledger_id, at) != at for ledger_id, at in rows.items())
    told: dict[str, Any] = {"seconds": seconds, "cpu": cpu, "documents": documents}
    told |= {"lost": lost, "old": old, "calls": books["calls"], "edits_left": books["left"]}
    print(json.dumps(told))


def plain_loop(port: int, folder: Path) -> None:
    """page=1,2,3 over ascending updated_at; each row whole in SQLite, a transaction a page."""
    import requests

    session = requests.Session()
    database = sqlite3.connect(folder / "loop.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    began, cpu = time.perf_counter(), time.process_time()
    for path in LISTS:
        database.execute(
            f"CREATE TABLE {path} (id TEXT PRIMARY KEY, contact, number, date, due, currency, "
            "total, open, updated_at, payload TEXT)"
        )
        number = 1
        while True:
            asked = {"page": number, "items_per_page": ROWS, "attributes": "all"}
            answer = session.get(
                f"http://127.0.0.1:{port}/v3.1/{path}",
                params={**asked, "sort": "updated_at"},
                headers={"X-Business": "bench"},
                timeout=60,
            ).json()
            rows = [row_of(row) for row in answer["$items"]]
            marks = ", ".join("?" * 10)
            database.execute("BEGIN")
            database.executemany(f"INSERT OR REPLACE INTO {path} VALUES ({marks})", rows)
            database.execute("COMMIT")
            if number * ROWS >= answer["$total"]:
                break
            number += 1
    spent, cpu = time.perf_counter() - began, time.process_time() - cpu
    held = {path: dict(database.execute(f"SELECT id, updated_at FROM {path}")) for path in LISTS}
    report(port, spent, cpu, held)


def row_of(row: dict[str, Any]) -> tuple[Any, ...]:
    owner, currency = row.get("contact") or {}, row.get("currency") or {}
    head = (row["id"], owner.get("id"), row["displayed_as"], row.get("date"), row.get("due_date"))
    money = (currency.get("id"), row.get("total_amount"), row.get("outstanding_amount"))
    return (*head, *money, row["updated_at"], json.dumps(row, separators=(",", ":")))


def ours(port: int, folder: Path) -> None:
    """recoup's own pull: raw payloads kept, mapped, linked, and the pass that follows the first."""
    from benchmarks.opening import open_company

    store, company, ledger, clock = open_company("sage", folder, f"http://127.0.0.1:{port}")
    from recoup.sync.cli.pulling import spare_the_collector
    from recoup.sync.pull.run import pull_company

    spare_the_collector()  # as recoup sync does
    began, cpu = time.perf_counter(), time.process_time()
    pull_company(store, company, ledger, clock=clock)
    spent, cpu = time.perf_counter() - began, time.process_time() - cpu
    store.close()
    database = sqlite3.connect(folder / "recoup.db")
    held: Held = {}
    for path in LISTS:
        rows = database.execute(
            "SELECT ledger_id, changed_at FROM objects WHERE source_type = ? AND gone_at IS NULL "
            "AND parked_because IS NULL",
            (path,),
        )
        held[path] = {ledger_id: stamp(micros) for ledger_id, micros in rows}
    report(port, spent, cpu, held)


def stamp(micros: int) -> str:
    return f"{datetime.fromtimestamp(micros / 1e6, UTC):%Y-%m-%dT%H:%M:%SZ}"


def main() -> None:
    name, port, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    {"ours": ours, "loop": plain_loop}[name](port, folder)


if __name__ == "__main__":
    main()
