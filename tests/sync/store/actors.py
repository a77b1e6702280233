"""What tests run in processes of their own: ``python actors.py NAME ARGUMENT…``.

An actor says on stdout where it is; ``_stop_here`` blocks until somebody kills it.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import insert, select, update

from recoup.connector.errors import NeedsReconnect
from recoup.connector.protocols import SystemClock, TokenSet
from recoup.sync.store import vault as vault_module
from recoup.sync.store.engine import Store, open_store
from recoup.sync.store.schema import cursors, holds

AT = datetime(2026, 3, 2, tzinfo=UTC)


def main() -> None:
    name, address, home, *rest = sys.argv[1:]
    with open_store(address, clock=SystemClock(), home=Path(home)) as store:
        actors: dict[str, Any] = {
            "refresh_until": refresh_until,
            "refresh_and_stop": refresh_and_stop,
            "write_and_stop": write_and_stop,
            "lease_and_stop": lease_and_stop,
            "count_up": count_up,
        }
        actors[name](store, *rest)


def refresh_until(store: Store, url: str, generation: str) -> None:
    """Refresh the grant again and again until its tokens have reached that generation."""
    vault = store.vault()
    _say("ready")
    tokens = vault.read("grant")
    while tokens.generation < int(generation):
        tokens = vault.refresh("grant", tokens, lambda old: renew(url, old))
    _say("done")


def refresh_and_stop(store: Store, url: str, point: str) -> None:
    """Refresh the grant once and stop where *point* says: answered, storing or returned."""
    vault = store.vault()
    if point == "storing":
        plain = vault_module.StoreVault._store

        def stop_before_commit(*arguments: object) -> TokenSet:
            plain(*arguments)  # type: ignore[arg-type]
            _stop_here()

        vault_module.StoreVault._store = stop_before_commit  # type: ignore[assignment]

    def ask(old: TokenSet) -> TokenSet:
        fresh = renew(url, old)
        if point == "answered":
            _stop_here()
        return fresh

    vault.refresh("grant", vault.read("grant"), ask)
    _stop_here()


def renew(url: str, old: TokenSet) -> TokenSet:
    """Ask the token server as an adapter would ask the platform."""
    try:
        with urllib.request.urlopen(url, data=(old.refresh_token or "").encode()) as answer:
            fresh = json.load(answer)["refresh_token"]
    except urllib.error.HTTPError as error:
        error.close()
        raise NeedsReconnect("invalid_grant") from None
    return TokenSet(
        access_token="access",
        refresh_token=fresh,
        access_expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


def write_and_stop(store: Store) -> None:
    """Write rows and a cursor, and stop before the commit."""
    with store.write(1) as conn:
        for number in range(500):
            row = {"customer_id": str(number), "since_at": AT, "reason": "half a page"}
            conn.execute(insert(holds).values(company_id=1, **row))
        conn.execute(insert(cursors).values(company_id=1, cursor="{}", stored_at=AT, changes=500))
        _stop_here()


def lease_and_stop(store: Store, name: str) -> None:
    """Take a lease for an hour and stop."""
    with store.lease(name, ttl=timedelta(hours=1), wait=timedelta(0)):
        _stop_here()


def count_up(store: Store, times: str) -> None:
    """Read a number and write the next one, each time in a transaction of its own."""
    mine = cursors.c.company_id == 1
    for _ in range(int(times)):
        with store.write(1) as conn:
            now = conn.execute(select(cursors.c.changes).where(mine)).scalar_one()
            conn.execute(update(cursors).where(mine).values(changes=now + 1))
    _say("done")


def _stop_here() -> NoReturn:
    _say("stopped")
    sys.stdin.read()
    raise SystemExit("was to be killed, not told to go on")


def _say(word: str) -> None:
    print(word, flush=True)


if __name__ == "__main__":
    main()
