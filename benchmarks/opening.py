"""A store with one connected company in a folder, for benchmarks: no consent, no waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

REALM = "123"


def open_company(folder: Path, base_url: str, realm: str = REALM) -> tuple[Any, Any, Any, Any]:
    """Return (store, company, ledger, clock) for a server that asks for no token."""
    from recoup.connector.facades import Ledger
    from recoup.connector.model import Company
    from recoup.connector.protocols import ClientApp, Connection, SystemClock, TokenSet
    from recoup.connector.testing.fakes import OpenGate
    from recoup.plugins.quickbooks.adapter import QuickBooksLedger
    from recoup.sync.store.companies import add_company
    from recoup.sync.store.engine import open_store

    clock = SystemClock()
    store = open_store(folder / "recoup.db", clock=clock)
    vault = store.vault()
    now = datetime.now(UTC)
    vault.save(
        "grant",
        TokenSet(
            access_token="bench",
            refresh_token="bench",
            access_expires_at=now + timedelta(days=1),
            refresh_expires_at=now + timedelta(days=100),
        ),
    )
    described = Company(
        ledger="quickbooks", ledger_id=realm, name="Bench", home_currency="USD", country="US"
    )
    with store.write() as conn:
        company = add_company(conn, described, base_url=base_url, grant_id="grant", at=now)
    connection = Connection(
        ledger="quickbooks",
        company_id=realm,
        grant_id="grant",
        base_url=base_url,
        app=ClientApp(client_id="bench", client_secret="bench"),
        vault=vault,
        gate=OpenGate(),  # the limits of the platform are not what is measured
        clock=clock,
    )
    return store, company, Ledger(QuickBooksLedger(connection)), clock
