"""Leases: one holder at a time, and none that outlives its process for long."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from recoup.connector.errors import Busy
from recoup.sync.store.control_schema import leases
from recoup.sync.store.engine import Store

TTL, NOW = timedelta(minutes=5), timedelta(0)
Actor = Callable[..., subprocess.Popen[str]]


def test_a_lease_has_one_holder(store: Store) -> None:
    with store.lease("pull:1", ttl=TTL, wait=NOW):
        with pytest.raises(Busy, match="another process holds pull:1"):
            store.lease("pull:1", ttl=TTL, wait=NOW).__enter__()
        with store.lease("pull:2", ttl=TTL, wait=NOW):
            pass


def test_a_lease_given_back_is_free_at_once(store: Store) -> None:
    for _ in range(2):
        with store.lease("pull:1", ttl=TTL, wait=NOW):
            pass


def test_waiting_takes_the_lease_once_it_has_run_out(store: Store, clock: Any) -> None:
    with store.lease("pull:1", ttl=TTL, wait=NOW):
        before = clock.now()
        with store.lease("pull:1", ttl=TTL, wait=timedelta(minutes=6)):
            assert TTL <= clock.now() - before < timedelta(minutes=6)


def test_renewing_keeps_a_long_work_s_lease(store: Store, clock: Any) -> None:
    with store.lease("pull:1", ttl=TTL, wait=NOW) as lease:
        clock.move(minutes=4)
        lease.renew()
        clock.move(minutes=4)
        with pytest.raises(Busy):
            store.lease("pull:1", ttl=TTL, wait=NOW).__enter__()


def test_renewing_writes_only_when_half_the_span_is_gone(store: Store, clock: Any) -> None:
    with store.lease("pull:1", ttl=TTL, wait=NOW) as lease:
        first = expiry(store)
        clock.move(minutes=2)
        lease.renew()
        assert expiry(store) == first
        clock.move(minutes=1)
        lease.renew()
        assert expiry(store) == clock.now() + TTL


def expiry(store: Store) -> datetime:
    with store.read_control() as conn:
        at: datetime = conn.execute(select(leases.c.expires_at)).scalar_one()
        return at


def test_renewing_a_lease_that_another_took_stops_the_work(store: Store, clock: Any) -> None:
    with store.lease("pull:1", ttl=TTL, wait=NOW) as lease:
        clock.move(minutes=6)
        with store.lease("pull:1", ttl=TTL, wait=NOW), pytest.raises(Busy, match="ran out"):
            lease.renew()


def test_a_late_holder_does_not_free_the_lease_of_the_next(store: Store, clock: Any) -> None:
    first = store.lease("pull:1", ttl=TTL, wait=NOW)
    first.__enter__()
    clock.move(minutes=6)
    with store.lease("pull:1", ttl=TTL, wait=NOW):
        first.__exit__(None, None, None)
        with pytest.raises(Busy):
            store.lease("pull:1", ttl=TTL, wait=NOW).__enter__()


def test_a_killed_holder_on_this_machine_loses_its_lease_at_once(
    store: Store, store_address: str, tmp_path: Path, start_actor: Actor
) -> None:
    holder = start_actor("lease_and_stop", store_address, str(tmp_path), "pull:1")
    assert holder.stdout is not None and holder.stdout.readline() == "stopped\n"
    expire_never(store)
    with pytest.raises(Busy):
        store.lease("pull:1", ttl=TTL, wait=NOW).__enter__()
    holder.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # gone, and not yet noticed
    with store.lease("pull:1", ttl=TTL, wait=timedelta(seconds=5)):
        pass


def test_a_holder_on_another_machine_is_waited_for(store: Store) -> None:
    with store.lease("pull:1", ttl=TTL, wait=NOW):
        with store.control_database.write() as conn:
            conn.execute(update(leases).values(holder="elsewhere 1 mark"))
        with pytest.raises(Busy):
            store.lease("pull:1", ttl=TTL, wait=NOW).__enter__()
        with store.read_control() as conn:
            assert conn.execute(select(leases.c.holder)).scalar_one() == "elsewhere 1 mark"


def expire_never(store: Store) -> None:
    far = store.clock.now() + timedelta(days=365)
    with store.control_database.write() as conn:
        conn.execute(update(leases).values(expires_at=far))
