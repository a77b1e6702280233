"""A store with one connected company in a folder, for benchmarks: no consent, no waiting.

``python -m benchmarks.opening LEDGER FOLDER URL`` makes it, as ``recoup connect`` would, in a
process of its own; ``open_company`` opens it, as ``recoup sync`` would.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

IDS = {
    "quickbooks": "123",
    "xero": "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f",
    "sage": "6c1d6f7f3a1b4f5e9d0c8b7a69584736",
}
HOMES = {"quickbooks": "USD", "xero": "NZD", "sage": "EUR"}


def prepare(ledger: str, folder: Path, base_url: str) -> None:
    """Make the store, put a token into the vault and add the company."""
    from recoup.connector.model import Company
    from recoup.connector.protocols import SystemClock, TokenSet
    from recoup.sync.store.companies import add_company
    from recoup.sync.store.engine import open_store

    now = datetime.now(UTC)
    described = Company(
        ledger=ledger, ledger_id=IDS[ledger], name="Bench", home_currency=HOMES[ledger]
    )
    with open_store(folder / "recoup.db", clock=SystemClock()) as store:
        tokens = TokenSet(
            access_token="bench",
            refresh_token="bench",
            access_expires_at=now + timedelta(days=1),
            refresh_expires_at=now + timedelta(days=100),
        )
        store.vault().save("grant", tokens)
        with store.write() as conn:
            add_company(conn, described, base_url=base_url, grant_id="grant", at=now)


def open_company(ledger: str, folder: Path, base_url: str) -> tuple[Any, Any, Any, Any]:
    """Return (store, company, ledger, clock) for a server that asks for no token."""
    from recoup.connector.facades import Ledger
    from recoup.connector.plugins import find_platform, installed_plugins
    from recoup.connector.protocols import ClientApp, Connection, SystemClock
    from recoup.connector.testing.fakes import OpenGate
    from recoup.sync.store.companies import find_company
    from recoup.sync.store.engine import open_store

    command = [sys.executable, "-m", "benchmarks.opening", ledger, str(folder), base_url]
    subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)
    clock = SystemClock()
    store = open_store(folder / "recoup.db", clock=clock)
    with store.read() as conn:
        company = find_company(conn, None)
    connection = Connection(
        ledger=ledger,
        company_id=IDS[ledger],
        grant_id="grant",
        base_url=base_url,
        app=ClientApp(client_id="bench", client_secret="bench"),
        vault=store.vault(),
        gate=OpenGate(),  # the limits of the platform are not what is measured
        clock=clock,
    )
    opened = find_platform(installed_plugins(), ledger).open_ledger(connection)
    return store, company, Ledger(opened), clock


if __name__ == "__main__":
    prepare(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
