"""Leases: who may do a thing alone, for how long, whatever becomes of the holder.

A lease is a row with an expiry. A holder on this machine whose process is gone has lost it at
once; one on another machine keeps it until it expires.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from recoup.connector.errors import Busy
from recoup.sync.store.control_schema import leases
from recoup.sync.store.engine import Store
from recoup.sync.store.locks import serialise

__all__ = ["Lease", "acquire", "hold", "is_dead", "new_holder", "release"]

_FIRST_NAP, _LONGEST_NAP = 0.01, 0.25  # seconds by the store's clock


class Lease:
    """A lease that is held. Work that may outlast its span renews it on the way."""

    def __init__(
        self, store: Store, name: str, holder: str, ttl: timedelta, taken_at: datetime
    ) -> None:
        self.name = name
        self._renewed_at = taken_at
        self._store = store
        self._holder = holder
        self._ttl = ttl

    def renew(self) -> None:
        """Keep the lease: call it as often as is convenient, it writes in the span's second half.

        Raises Busy when somebody else took the lease after it ran out: stop then, for the
        other one is at work.
        """
        now = self._store.clock.now()
        if now - self._renewed_at < self._ttl / 2:
            return
        with self._store.control_database.write(durable=True) as conn:
            if not acquire(conn, self.name, self._holder, now, now + self._ttl):
                raise Busy(f"the lease {self.name} ran out and another process took it")
        self._renewed_at = now


@contextmanager
def hold(store: Store, name: str, *, ttl: timedelta, wait: timedelta) -> Iterator[Lease]:
    """Hold the lease *name*, waiting for it up to *wait*; raises Busy when it stays taken."""
    clock, database, holder = store.clock, store.control_database, new_holder()
    give_up_at, nap = clock.now() + wait, _FIRST_NAP
    while True:
        with database.write(durable=True) as conn:
            now = clock.now()
            if acquire(conn, name, holder, now, now + ttl):
                break
        if clock.now() >= give_up_at:
            raise Busy(f"another process holds {name}: try again when it ends", retry_after=ttl)
        clock.sleep(nap)
        nap = min(nap * 2, _LONGEST_NAP)
    try:
        yield Lease(store, name, holder, ttl, now)
    finally:
        with database.write(durable=True) as conn:
            release(conn, name, holder)


def acquire(conn: Connection, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take or renew the lease within the caller's transaction; False when another has it."""
    serialise(conn, f"lease:{name}")
    mine = leases.c.name == name
    row = conn.execute(select(leases).where(mine)).one_or_none()
    if row is None:
        conn.execute(insert(leases).values(name=name, holder=holder, expires_at=until))
        return True
    if row.holder != holder and row.expires_at > now and not is_dead(row.holder):
        return False
    conn.execute(update(leases).where(mine).values(holder=holder, expires_at=until))
    return True


def release(conn: Connection, name: str, holder: str) -> None:
    """Give the lease back, unless somebody else has taken it meanwhile."""
    conn.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def new_holder() -> str:
    """Return a name for one holding: the machine, the process and a mark of its own."""
    return f"{_machine()} {os.getpid()} {uuid.uuid4().hex}"


def is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that is gone."""
    machine, _, rest = holder.partition(" ")
    pid = rest.partition(" ")[0]
    if machine != _machine() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # alive, and somebody else's
        return False
    return _is_zombie(int(pid))


def _is_zombie(pid: int) -> bool:
    """Whether a killed process merely waits for its parent to notice (where /proc says so)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[:1] in (["Z"], ["X"])


@cache
def _machine() -> str:
    """Name the set of process ids that ours is one of: host, boot and process namespace."""
    node = uuid.getnode()
    made_up = node >> 40 & 1  # without a network card each process makes up another
    parts = [socket.gethostname(), "" if made_up else f"{node:x}"]
    for source in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        try:
            path = Path(source)
            parts.append(str(path.readlink()) if path.is_symlink() else path.read_text().strip())
        except OSError:
            continue
    return "/".join(part.replace(" ", "") for part in parts)
