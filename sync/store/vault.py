"""The token vault: one sealed row per grant, refreshed by one process at a time.

Tokens are committed before anybody sees them. A process killed between the platform's answer
and that commit leaves the old token, which the next one tries again at once: QuickBooks and
Xero honour it for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from recoup.connector.errors import Busy, NeedsReconnect, UsageError
from recoup.connector.protocols import TokenSet
from recoup.sync.store.control_schema import tokens
from recoup.sync.store.engine import Store
from recoup.sync.store.keys import KeyRing
from recoup.sync.store.leases import acquire, new_holder, release
from recoup.sync.store.locks import serialise

__all__ = ["StoreVault"]

_LEASE = timedelta(seconds=90)  # longer than any answer is waited for
_WAIT = timedelta(seconds=60)
_FIRST_NAP, _LONGEST_NAP = 0.005, 0.1  # seconds


class _Sealed(msgspec.Struct, frozen=True):
    """What is encrypted. The grant id inside keeps a row from being passed off as another's."""

    grant_id: str
    access_token: str
    refresh_token: str | None
    access_expires_at: datetime
    refresh_expires_at: datetime | None
    hard_expires_at: datetime | None


class StoreVault:
    """Implements connector.protocols.Vault over the control database."""

    def __init__(self, store: Store, keys: KeyRing) -> None:
        self._clock = store.clock
        self._database = store.control_database
        self._keys = keys

    def read(self, grant_id: str) -> TokenSet:
        """Return the newest tokens. Raises NeedsReconnect when there are none, UsageError
        naming the key setting when the key does not open them."""
        with self._database.read() as conn:
            return self._read(conn, grant_id)

    def save(self, grant_id: str, tokens: TokenSet) -> TokenSet:
        """Store the tokens of a fresh consent; returns them with their generation."""
        sealed = self._seal(grant_id, tokens)
        with self._database.write(durable=True) as conn:
            serialise(conn, f"grant:{grant_id}")
            return self._store(conn, grant_id, tokens, sealed)

    def forget(self, grant_id: str) -> None:
        """Delete the tokens of a revoked grant."""
        with self._database.write(durable=True) as conn:
            conn.execute(delete(tokens).where(tokens.c.grant_id == grant_id))

    def refresh(
        self, grant_id: str, seen: TokenSet, renew: Callable[[TokenSet], TokenSet]
    ) -> TokenSet:
        """Renew *seen* under the grant's lease; the result is committed before it is returned.

        No database lock is held while *renew* talks to the platform. See protocols.Vault.
        """
        name, holder = f"refresh:{grant_id}", new_holder()
        current = self._take_turn(grant_id, seen, name, holder)
        if current.generation != seen.generation:
            return current
        try:
            fresh = renew(current)
        except BaseException as error:
            newest = self._give_up(grant_id, name, holder)
            if isinstance(error, NeedsReconnect) and newest.generation != current.generation:
                return newest
            raise
        sealed = self._seal(grant_id, fresh)
        with self._database.write(durable=True) as conn:
            serialise(conn, f"grant:{grant_id}")
            newest = self._read(conn, grant_id)
            release(conn, name, holder)
            if newest.generation != current.generation:
                # A consent, or a renewal begun after our lease ran out: asked for later than
                # ours, so the platform's latest word, and already in use.
                return newest
            return self._store(conn, grant_id, fresh, sealed)

    def _take_turn(self, grant_id: str, seen: TokenSet, name: str, holder: str) -> TokenSet:
        """Return the newest tokens, holding the lease if they are still the ones seen."""
        give_up_at, nap = self._clock.now() + _WAIT, _FIRST_NAP
        while True:
            current = self.read(grant_id)
            if current.generation != seen.generation:
                return current
            with self._database.write(durable=True) as conn:
                now = self._clock.now()
                if acquire(conn, name, holder, now, now + _LEASE):
                    current = self._read(conn, grant_id)
                    if current.generation != seen.generation:
                        release(conn, name, holder)
                    return current
            if self._clock.now() >= give_up_at:
                raise Busy(f"another process is refreshing the tokens of {grant_id}")
            self._clock.sleep(nap)
            nap = min(nap * 2, _LONGEST_NAP)

    def _give_up(self, grant_id: str, name: str, holder: str) -> TokenSet:
        with self._database.write(durable=True) as conn:
            release(conn, name, holder)
            return self._read(conn, grant_id)

    def _read(self, conn: Connection, grant_id: str) -> TokenSet:
        row = conn.execute(select(tokens).where(tokens.c.grant_id == grant_id)).one_or_none()
        if row is None:
            raise NeedsReconnect(f"there are no tokens of grant {grant_id}: run recoup connect")
        opened = msgspec.json.decode(self._keys.open(row.sealed, grant_id), type=_Sealed)
        if opened.grant_id != grant_id:
            raise UsageError(f"the tokens stored for grant {grant_id} belong to another grant")
        return TokenSet(
            access_token=opened.access_token,
            refresh_token=opened.refresh_token,
            access_expires_at=opened.access_expires_at,
            refresh_expires_at=opened.refresh_expires_at,
            hard_expires_at=opened.hard_expires_at,
            generation=row.generation,
        )

    def _seal(self, grant_id: str, fresh: TokenSet) -> bytes:
        sealed = _Sealed(
            grant_id=grant_id,
            access_token=fresh.access_token,
            refresh_token=fresh.refresh_token,
            access_expires_at=fresh.access_expires_at,
            refresh_expires_at=fresh.refresh_expires_at,
            hard_expires_at=fresh.hard_expires_at,
        )
        return self._keys.seal(msgspec.json.encode(sealed))

    def _store(self, conn: Connection, grant_id: str, fresh: TokenSet, sealed: bytes) -> TokenSet:
        mine = tokens.c.grant_id == grant_id
        last = conn.execute(select(tokens.c.generation).where(mine)).scalar()
        values = {
            "generation": (last or 0) + 1,
            "sealed": sealed,
            "saved_at": self._clock.now(),
            "hard_expires_at": fresh.hard_expires_at,
            "refresh_expires_at": fresh.refresh_expires_at,
        }
        if last is None:
            conn.execute(insert(tokens).values(grant_id=grant_id, **values))
        else:
            conn.execute(update(tokens).where(mine).values(**values))
        return fresh.renumbered((last or 0) + 1)
