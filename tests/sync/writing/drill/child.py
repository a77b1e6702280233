"""One write in a process of its own, which SIGKILL ends at the chosen point."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from drill.killing import KILLER
from recoup.connector.errors import RecoupError
from recoup.connector.facades import Ledger
from recoup.connector.intents import Intent, Operation
from recoup.connector.protocols import ClientApp, Connection
from recoup.connector.testing.fakes import FakeClock
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.sage.adapter import SageLedger
from recoup.plugins.xero.adapter import XeroLedger
from recoup.sync.store.companies import find_company
from recoup.sync.store.engine import Store, open_store
from recoup.sync.writing import carry_out, undo

__all__ = ["main"]

ADAPTERS: dict[str, Any] = {
    "quickbooks": QuickBooksLedger,
    "xero": XeroLedger,
    "sage": SageLedger,
}


def main(job: dict[str, Any]) -> None:
    """Carry the intent out, or take it back; say "done", "refused" or "later"."""
    clock = FakeClock(datetime.fromisoformat(job["now"]))
    with open_store(Path(job["address"]), clock=clock) as store:
        with store.read() as conn:
            company = find_company(conn, None)
        ledger = Ledger(ADAPTERS[company.ledger](_reach(store, job, clock)))
        KILLER.end = lambda: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
        KILLER.listen()
        with KILLER.watching(tuple(job["death"]) if job["death"] else None):
            try:
                if job["undo"]:
                    undo(store, company, ledger, job["intent"]["key"], clock=clock)
                else:
                    asked = {**job["intent"], "operation": Operation(job["intent"]["operation"])}
                    carry_out(store, company, ledger, Intent(**asked), clock=clock)
            except RecoupError as error:
                print(f"{type(error).__name__}: {error}")
            else:
                print("done")


def _reach(store: Store, job: dict[str, Any], clock: FakeClock) -> Connection:
    return Connection(
        ledger=job["platform"],
        company_id=job["ledger_id"],
        grant_id="grant-1",
        base_url=job["url"],
        app=ClientApp(client_id="drill", client_secret="drill"),
        vault=store.vault(job["key"]),
        gate=store.gate(),
        clock=clock,
        home_currency=job["currency"],
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
