"""The SQLite file: one writer, a bounded WAL, and faults told in one line."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from recoup.connector.errors import Busy, Fatal, UsageError
from recoup.connector.protocols import Clock
from recoup.sync.store.engine import Store, open_store
from recoup.sync.store.schema import cursors, holds
from recoup.sync.store.sqlite import SqliteFile

AT = datetime(2026, 3, 2, tzinfo=UTC)
Actor = Callable[..., subprocess.Popen[str]]


def hold(store: Store, customer_id: str = "1", reason: str = "r") -> None:
    with store.write(1) as conn:
        row = {"customer_id": customer_id, "since_at": AT, "reason": reason}
        conn.execute(insert(holds).values(company_id=1, **row))


def count_holds(store: Store) -> int:
    with store.read(1) as conn:
        return conn.execute(select(func.count()).select_from(holds)).scalar_one()


def test_two_processes_writing_at_once_lose_nothing(
    sqlite_store: Store, tmp_path: Path, start_actor: Actor
) -> None:
    with sqlite_store.write() as conn:
        conn.execute(insert(cursors).values(company_id=1, cursor="", stored_at=AT, changes=0))
    home = str(tmp_path)
    writers = [start_actor("count_up", f"{home}/recoup.db", home, "300") for _ in range(2)]
    assert [w.stdout is not None and w.stdout.readline() for w in writers] == ["done\n"] * 2
    with sqlite_store.read() as conn:
        assert conn.execute(select(cursors.c.changes)).scalar_one() == 600
    sqlite_store.close()


def test_a_write_inside_a_write_is_refused_at_once(sqlite_store: Store) -> None:
    with sqlite_store.write(), pytest.raises(RuntimeError, match="inside"), sqlite_store.write():
        pass
    sqlite_store.close()


def test_a_writer_waits_no_longer_than_its_patience(tmp_path: Path) -> None:
    one, two = (SqliteFile(tmp_path / "a.db", wal=True) for _ in range(2))
    two._lock.patience = 0.0
    with one.write(), pytest.raises(Busy, match="another process"), two.write():
        pass
    one.close()
    two.close()


def test_the_wal_is_emptied_as_it_grows(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recoup.sync.store.sqlite._WAL_BYTES", 64 << 10)
    monkeypatch.setattr(sqlite_store._main, "_checkpoint_at", 64 << 10)
    for number in range(60):
        hold(sqlite_store, str(number), "x" * 4096)
    assert (tmp_path / "recoup.db-wal").stat().st_size < 256 << 10
    sqlite_store.close()


def test_a_reader_that_pins_the_wal_only_puts_the_checkpoint_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_store: Store
) -> None:
    monkeypatch.setattr("recoup.sync.store.sqlite._WAL_BYTES", 32 << 10)
    monkeypatch.setattr(sqlite_store._main, "_checkpoint_at", 0)
    with sqlite_store.read() as conn:
        conn.execute(select(holds)).all()
        for number in range(30):
            hold(sqlite_store, str(number), "x" * 4096)
    for number in range(30, 60):
        hold(sqlite_store, str(number), "x" * 4096)
    assert (tmp_path / "recoup.db-wal").stat().st_size < 96 << 10
    sqlite_store.close()


@pytest.mark.parametrize(("durable", "level"), [(False, 1), (True, 2)])
def test_a_durable_write_reaches_the_disk_before_it_returns(
    sqlite_store: Store, durable: bool, level: int
) -> None:
    with sqlite_store.write(durable=durable) as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == level
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    sqlite_store.close()


def test_the_control_database_has_no_wal_and_syncs_every_commit(sqlite_store: Store) -> None:
    with sqlite_store.control_database.write() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
    sqlite_store.close()


def test_nobody_else_may_read_the_files(sqlite_store: Store, tmp_path: Path) -> None:
    hold(sqlite_store)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    sqlite_store.close()


def test_a_full_disk_is_one_line_and_keeps_what_was_committed(
    sqlite_store: Store, tmp_path: Path
) -> None:
    hold(sqlite_store, "1")
    with pytest.raises(Fatal, match=r"no space left for .*recoup\.db") as raised:
        fill(sqlite_store)
    assert "\n" not in str(raised.value)
    assert count_holds(sqlite_store) == 1
    hold(sqlite_store, "2")
    sqlite_store.close()


def fill(store: Store) -> None:
    with store.write() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}")
        try:
            for number in range(100):
                row = {"customer_id": f"x{number}", "since_at": AT, "reason": "x" * 4096}
                conn.execute(insert(holds).values(company_id=1, **row))
        finally:
            conn.exec_driver_sql("PRAGMA max_page_count=1073741823")


def test_a_checkpoint_that_fails_does_not_call_the_commit_a_failure(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(sqlite_store, "1")
    monkeypatch.setattr(sqlite_store._main, "_checkpoint_at", 0)
    with sqlite_store.write() as conn:
        row = {"customer_id": "2", "since_at": AT, "reason": "r"}
        conn.execute(insert(holds).values(company_id=1, **row))
        raw = conn.connection.dbapi_connection
        assert raw is not None
        raw.set_authorizer(no_checkpoint)
    assert count_holds(sqlite_store) == 2
    sqlite_store.close()


def no_checkpoint(action: int, argument: str | None, *_: object) -> int:
    refused = action == sqlite3.SQLITE_PRAGMA and argument == "wal_checkpoint"
    return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK


def test_an_error_of_another_file_is_not_blamed_on_the_database(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with pytest.raises(PermissionError), sqlite_store.write():
        raise PermissionError(errno.EACCES, "denied", str(tmp_path / "report.csv"))
    sqlite_store.close()


def test_a_file_that_may_not_be_written_is_named(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: object, *_: object) -> int:
        raise PermissionError(errno.EACCES, "denied", str(path))

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(UsageError, match=r"recoup\.db may not be written: check the permissions"):
        open_store(tmp_path / "recoup.db", clock=clock)


def test_a_read_only_database_is_named(sqlite_store: Store) -> None:
    with sqlite_store.read() as conn:
        conn.exec_driver_sql("PRAGMA query_only=1")  # of this connection, the next to be used
    with pytest.raises(UsageError, match=r"recoup\.db may not be written"):
        hold(sqlite_store)
    sqlite_store.close()


def test_a_damaged_database_is_named(sqlite_address: str, clock: Clock) -> None:
    whole = Path(sqlite_address).read_bytes()
    Path(sqlite_address).write_bytes(whole[:4096] + b"\x00" * (len(whole) - 4096))
    with (
        pytest.raises(UsageError, match=r"recoup\.db is damaged"),
        open_store(sqlite_address, clock=clock) as store,
        store.read() as conn,
    ):
        conn.execute(select(holds)).all()


def test_a_folder_with_odd_characters_is_just_a_folder(tmp_path: Path, clock: Clock) -> None:
    odd = tmp_path / "50% of ?query=1#x"
    odd.mkdir()
    with open_store(odd / "recoup.db", clock=clock) as store:
        hold(store)
    assert (odd / "recoup.db").exists()


def test_many_may_open_a_new_workspace_at_once(tmp_path: Path, clock: Clock) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = [threads.submit(open_store, tmp_path / "recoup.db", clock=clock) for _ in range(4)]
    stores = [future.result() for future in opened]
    for number, store in enumerate(stores):
        hold(store, str(number))
    assert count_holds(stores[0]) == 4
    for store in stores:
        store.close()
