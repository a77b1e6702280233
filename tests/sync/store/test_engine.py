"""The store as a whole: transactions, who may write when, and what is said when it fails."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from recoup.connector.errors import UsageError
from recoup.sync.store.cursors import changes_so_far, count_changes
from recoup.sync.store.engine import Store
from recoup.sync.store.schema import holds

AT = datetime(2026, 3, 2, tzinfo=UTC)
Actor = Callable[..., subprocess.Popen[str]]


def hold(store: Store, customer_id: str = "1", reason: str = "r") -> None:
    with store.write(1) as conn:
        row = {"customer_id": customer_id, "since_at": AT, "reason": reason}
        conn.execute(insert(holds).values(company_id=1, **row))


def count_holds(store: Store) -> int:
    with store.read(1) as conn:
        return conn.execute(select(func.count()).select_from(holds)).scalar_one()


def test_leaving_a_write_commits_it(store: Store) -> None:
    hold(store)
    assert count_holds(store) == 1


def test_any_exception_takes_the_whole_write_back(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        hold_and_be_interrupted(store)
    assert count_holds(store) == 0


def hold_and_be_interrupted(store: Store) -> None:
    with store.write(1) as conn:
        row = {"customer_id": "1", "since_at": AT, "reason": "r"}
        conn.execute(insert(holds).values(company_id=1, **row))
        raise KeyboardInterrupt


def test_what_two_writers_of_a_company_count_at_once_is_all_counted(store: Store) -> None:
    def count() -> None:
        for _ in range(20):
            with store.write(1) as conn:
                count_changes(conn, 1, 1, AT)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(count), pool.submit(count)]:
            done.result()
    with store.read(1) as conn:
        assert changes_so_far(conn, 1) == 40


def test_a_read_stays_on_its_snapshot_while_others_write(store: Store) -> None:
    with store.read() as conn:
        before = conn.execute(select(func.count()).select_from(holds)).scalar_one()
        hold(store)
        assert conn.execute(select(func.count()).select_from(holds)).scalar_one() == before
    assert count_holds(store) == 1


def test_a_read_cannot_write_on_postgresql(store: Store) -> None:
    if store.dialect == "sqlite":  # there a reader is one by convention
        return
    with pytest.raises(UsageError, match="read-only"), store.read() as conn:
        conn.execute(update(holds).values(reason="x"))


def test_instants_and_days_come_back_as_they_were(store: Store) -> None:
    hold(store)
    with store.read() as conn:
        assert conn.execute(select(holds.c.since_at)).scalar_one() == AT


def test_a_killed_writer_leaves_nothing_half_written(
    store: Store, store_address: str, tmp_path: Path, start_actor: Actor
) -> None:
    writer = start_actor("write_and_stop", store_address, str(tmp_path))
    assert writer.stdout is not None and writer.stdout.readline() == "stopped\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert count_holds(store) == 0
    hold(store)
    assert count_holds(store) == 1


def test_a_forked_child_reads_and_writes_on_connections_of_its_own(store: Store) -> None:
    hold(store, "1")
    child = os.fork()
    if child == 0:  # no assertion may leave the child: it would run the rest of the tests
        try:
            hold(store, "2")
            os._exit(0 if count_holds(store) == 2 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert count_holds(store) == 2
