"""One contender of the Xero benchmark, alone in its process.

``python -m benchmarks.contenders_xero NAME PORT FOLDER`` syncs everything from the pre-rendered
server and prints one JSON line: seconds, documents per list, peak memory.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LISTS = ("Contacts", "Invoices", "Payments")
TENANT = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"
PAGE = 1000


def report(seconds: float, documents: dict[str, int], **more: Any) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"seconds": seconds, "cpu": time.process_time(), "documents": documents}
    print(json.dumps({**told, "peak_mb": peak, **more}))


def models(api: Any, plural: str) -> Iterator[list[Any]]:
    """Pages of xero-python's models, the way its README does it."""
    ask = getattr(api, f"get_{plural.lower()}")
    number = 1
    while True:
        page = getattr(ask(TENANT, page=number, page_size=PAGE), plural.lower())
        yield page
        if len(page) < PAGE:
            return
        number += 1


def invoice_row(found: Any) -> tuple[Any, ...]:
    head = (found.invoice_id, found.contact.contact_id, found.invoice_number, found.status)
    dates = (str(found.date), str(found.due_date), str(found.updated_date_utc))
    return (*head, *dates, str(found.currency_code), str(found.total), str(found.amount_due))


def payment_row(found: Any) -> tuple[Any, ...]:
    head = (found.payment_id, found.invoice.contact.contact_id, found.reference, found.status)
    dates = (str(found.date), str(found.date), str(found.updated_date_utc))
    return (*head, *dates, found.invoice.invoice_id, str(found.amount), str(found.currency_rate))


def contact_row(found: Any) -> tuple[Any, ...]:
    owed = found.balances.accounts_receivable if found.balances else None
    head = (found.contact_id, found.name, found.email_address, found.contact_status)
    dates = (None, None, str(found.updated_date_utc))
    return (*head, *dates, str(found.default_currency), str(owed and owed.outstanding), None)


ROWS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "Contacts": contact_row,
    "Invoices": invoice_row,
    "Payments": payment_row,
}


def model_loop(port: int, folder: Path, *, payloads: bool) -> None:
    """The plain loop: ten columns a document in SQLite, a transaction a page.

    payloads: keep each whole as JSON besides, as far as the models still know it.
    """
    from xero_python.accounting import AccountingApi
    from xero_python.api_client import ApiClient
    from xero_python.api_client.configuration import Configuration
    from xero_python.api_client.oauth2 import OAuth2Token
    from xero_python.api_client.serializer import serialize

    bearer = {"access_token": "none", "expires_in": 1800, "expires_at": time.time() + 1800}
    client: Any = ApiClient(Configuration(oauth2_token=OAuth2Token("id", "secret")))
    client.oauth2_token_getter(lambda: {**bearer, "scope": [], "token_type": "Bearer"})
    client.oauth2_token_saver(lambda token: None)
    api = AccountingApi(client, base_url=f"http://127.0.0.1:{port}/api.xro/2.0")
    database = sqlite3.connect(folder / "loop.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    documents, began = {}, time.perf_counter()
    for plural in LISTS:
        database.execute(
            f"CREATE TABLE {plural} (id TEXT PRIMARY KEY, contact, number, status, issued, due, "
            "changed, currency, total, open, payload)"
        )
        row, count = ROWS[plural], 0
        for page in models(api, plural):
            count += len(page)
            rows = [
                (*row(thing), json.dumps(serialize(thing)) if payloads else None) for thing in page
            ]
            database.execute("BEGIN")
            marks = ", ".join("?" * 11)
            database.executemany(f"INSERT OR REPLACE INTO {plural} VALUES ({marks})", rows)
            database.execute("COMMIT")
        documents[plural] = count
    report(time.perf_counter() - began, documents)


def ours(port: int, folder: Path) -> None:
    """recoup's own pull: raw payloads kept, mapped, linked, and the pass that follows the first."""
    from benchmarks.opening import open_company

    store, company, ledger, clock = open_company("xero", folder, f"http://127.0.0.1:{port}")
    from recoup.sync.cli.pulling import spare_the_collector
    from recoup.sync.pull.run import Progress, pull_company

    documents = dict.fromkeys(LISTS, 0)
    before = 0

    def on_progress(progress: Progress) -> None:
        nonlocal before
        plural = f"{progress.source_type}s"
        if plural in documents:
            documents[plural] += progress.seen - before
        before = progress.seen

    spare_the_collector()  # as recoup sync does
    began = time.perf_counter()
    result = pull_company(store, company, ledger, clock=clock, on_progress=on_progress)
    spent = time.perf_counter() - began
    store.close()
    files = sum(path.stat().st_size for path in folder.glob("recoup.db*"))
    report(spent, documents, calls=result.calls, bytes=files, parked=result.stored.parked)


def dlt_source(port: int, folder: Path) -> None:
    """dlt's rest_api source into SQLite, append, from the same pages."""
    from benchmarks.dlt_source import load

    paginator = {"type": "page_number", "base_page": 1, "total_path": "pagination.pageCount"}
    endpoints = {
        plural.lower(): {
            "path": plural,
            "data_selector": plural,
            "params": {"pageSize": PAGE},
            "paginator": paginator,
        }
        for plural in LISTS
    }
    loaded = load(folder, f"http://127.0.0.1:{port}/api.xro/2.0/", endpoints)
    documents = {plural: loaded.rows[plural.lower()] for plural in LISTS}
    report(loaded.seconds, documents, version=loaded.version)


def main() -> None:
    name, port, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    {
        "ours": lambda: ours(port, folder),
        "loop": lambda: model_loop(port, folder, payloads=False),
        "storing-loop": lambda: model_loop(port, folder, payloads=True),
        "dlt": lambda: dlt_source(port, folder),
    }[name]()


if __name__ == "__main__":
    main()
