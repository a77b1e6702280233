"""One contender of the bootstrap benchmark, alone in its process.

``python benchmarks/contenders.py NAME PORT FOLDER`` syncs everything from the pre-rendered
server and prints one JSON line: seconds per type, documents per type, peak memory, bytes.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TYPES = ("Customer", "Invoice", "Payment")
PAGE = 1000
REALM = "123"


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(seconds: dict[str, float], documents: dict[str, int], **more: Any) -> None:
    print(json.dumps({"seconds": seconds, "documents": documents, "peak_mb": peak_mb(), **more}))


def objects(port: int, entity: str) -> Iterator[list[Any]]:
    """Pages of python-quickbooks objects, the way its README does it."""
    import requests
    from quickbooks import QuickBooks
    from quickbooks.objects import Customer, Invoice, Payment

    kinds = {"Customer": Customer, "Invoice": Invoice, "Payment": Payment}
    session: Any = requests.Session()
    session.access_token = "none"
    qb = QuickBooks(company_id=REALM, minorversion=75)
    qb.session = session
    qb.api_url_v3 = f"http://127.0.0.1:{port}/v3"
    start = 1
    while True:
        statement = f"SELECT * FROM {entity} ORDERBY Id STARTPOSITION {start} MAXRESULTS {PAGE}"
        page = kinds[entity].query(statement, qb=qb)
        yield page
        if len(page) < PAGE:
            return
        start += PAGE


def plain_loop(port: int, folder: Path, *, storing: bool) -> None:
    """python-quickbooks objects; storing keeps to_json() in SQLite, a transaction a page."""
    database = sqlite3.connect(folder / "loop.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    seconds, documents = {}, {}
    for entity in TYPES:
        if storing:
            database.execute(f"CREATE TABLE {entity} (id TEXT PRIMARY KEY, payload TEXT)")
        began, count = time.perf_counter(), 0
        for page in objects(port, entity):
            count += len(page)
            if storing:
                rows = [(thing.Id, thing.to_json()) for thing in page]
                database.execute("BEGIN")
                database.executemany(f"INSERT OR REPLACE INTO {entity} VALUES (?, ?)", rows)
                database.execute("COMMIT")
        seconds[entity], documents[entity] = time.perf_counter() - began, count
    report(seconds, documents)


def inline_json(port: int, folder: Path) -> None:
    """The payloads as they come, inline in SQLite: what the bytes on disk are compared with."""
    import requests

    database = sqlite3.connect(folder / "inline.db", isolation_level=None)
    for entity in TYPES:
        database.execute(f"CREATE TABLE {entity} (id TEXT PRIMARY KEY, payload TEXT)")
        start = 1
        while True:
            url = f"http://127.0.0.1:{port}/plain/{entity}"
            answer = requests.get(url, params={"start": start, "most": PAGE}, timeout=60).json()
            rows = answer["QueryResponse"].get(entity, [])
            packed = [(row["Id"], json.dumps(row, separators=(",", ":"))) for row in rows]
            database.execute("BEGIN")
            database.executemany(f"INSERT INTO {entity} VALUES (?, ?)", packed)
            database.execute("COMMIT")
            if len(rows) < PAGE:
                break
            start += PAGE
    database.close()
    report({}, {}, bytes=(folder / "inline.db").stat().st_size)


def ours(port: int, folder: Path) -> None:
    """recoup's own pull: raw payloads kept, mapped, linked; then the same once more."""
    from benchmarks.opening import open_company

    store, company, ledger, clock = open_company("quickbooks", folder, f"http://127.0.0.1:{port}")
    from recoup.sync.cli.pulling import spare_the_collector
    from recoup.sync.pull.run import Progress, pull_company

    marks: dict[str, float] = {}
    documents = dict.fromkeys(TYPES, 0)
    before = 0

    def on_progress(progress: Progress) -> None:
        nonlocal before
        if progress.source_type in documents:
            documents[progress.source_type] += progress.seen - before
            marks[progress.source_type] = time.perf_counter()
        before = progress.seen

    spare_the_collector()  # as recoup sync does
    began = time.perf_counter()
    result = pull_company(store, company, ledger, clock=clock, on_progress=on_progress)
    ended = time.perf_counter()
    seconds, since = {}, began
    for entity in TYPES:
        seconds[entity], since = marks[entity] - since, marks[entity]
    closing, billed = ended - since, ("Invoice", "Payment")  # an index is built when all are in
    for entity in billed:
        seconds[entity] += closing * documents[entity] / sum(documents[name] for name in billed)
    first_peak = peak_mb()
    forget_cursor(store, company.company_id)
    again = time.perf_counter()
    second = pull_company(store, company, ledger, clock=clock)
    again = time.perf_counter() - again
    store.close()
    files = sum(path.stat().st_size for path in folder.glob("recoup.db*"))
    report(
        seconds,
        documents,
        total=ended - began,
        calls=result.calls,
        again=again,
        again_documents=second.stored.seen,
        again_changed=second.stored.changed,
        first_peak_mb=first_peak,
        bytes=files,
    )


def forget_cursor(store: Any, company_id: int) -> None:
    """Have the next pull read everything again, as after a gap of 30 days."""
    from recoup.sync.store import schema

    with store.write(company_id) as conn:
        conn.execute(schema.cursors.delete())


def dlt_source(port: int, folder: Path) -> None:
    """dlt's rest_api source into SQLite, append, from the same pages."""
    from benchmarks.dlt_source import load

    paginator = {
        "type": "offset",
        "limit": PAGE,
        "offset": 1,
        "offset_param": "start",
        "limit_param": "most",
        "total_path": None,
    }
    endpoints = {
        entity.lower(): {
            "path": entity,
            "data_selector": f"QueryResponse.{entity}",
            "params": {"most": PAGE},
            "paginator": paginator,
        }
        for entity in TYPES
    }
    loaded = load(folder, f"http://127.0.0.1:{port}/plain/", endpoints)
    documents = {entity: loaded.rows[entity.lower()] for entity in TYPES}
    report({"all": loaded.seconds}, documents, version=loaded.version)


def main() -> None:
    name, port, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    {
        "ours": lambda: ours(port, folder),
        "loop": lambda: plain_loop(port, folder, storing=False),
        "storing-loop": lambda: plain_loop(port, folder, storing=True),
        "inline": lambda: inline_json(port, folder),
        "dlt": lambda: dlt_source(port, folder),
    }[name]()


if __name__ == "__main__":
    main()
