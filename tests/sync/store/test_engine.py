"""The store as a whole: transactions, who may write when, and what is said when it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update

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


# --- SQLite ---------------------------------------------------------------------------------


@pytest.fixture
def sqlite_store(sqlite_address: str, clock: Clock) -> Store:
    return open_store(sqlite_address, clock=clock)


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
    one.close(), two.close()


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


# --- what cannot be opened -------------------------------------------------------------------


def test_a_file_that_is_no_database_is_named(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "recoup.db"
    path.write_text("dear diary, " * 1000)
    with pytest.raises(UsageError, match=r"recoup\.db is not a database"):
        open_store(path, clock=clock)
    assert path.read_text().startswith("dear diary")


def test_the_database_of_another_program_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    other = SqliteFile(tmp_path / "recoup.db", wal=False)
    with other.write() as conn:
        conn.execute(text("CREATE TABLE songs (title TEXT)"))
    other.close()
    with pytest.raises(UsageError, match="belongs to another program"):
        open_store(tmp_path / "recoup.db", clock=clock)


@pytest.mark.parametrize(
    ("path", "said"), [("no/such/recoup.db", "does not exist: run recoup init"), (".", "a folder")]
)
def test_a_path_that_can_hold_no_database_is_named(
    path: str, said: str, tmp_path: Path, clock: Clock
) -> None:
    with pytest.raises(UsageError, match=said):
        open_store(tmp_path / path, clock=clock)


def test_a_workspace_of_a_newer_version_says_what_to_upgrade(store: Store, clock: Clock) -> None:
    with store.write() as conn:
        conn.execute(text("UPDATE recoup_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match=r"newer recoup \(schema 9999\); upgrade with pip install"):
        reopen(store, clock)


def test_an_older_control_database_is_migrated_on_its_own(
    sqlite_store: Store, clock: Clock
) -> None:
    sqlite_store.close()
    (Path(sqlite_store.where).with_name("control.db")).unlink()
    with open_store(sqlite_store.where, clock=clock) as again, again.read_control() as conn:
        assert conn.execute(text("SELECT count(*) FROM tokens")).scalar_one() == 0


def reopen(store: Store, clock: Clock) -> None:
    address = store.where
    if store.dialect == "postgresql":
        engine = store._main.engine  # type: ignore[attr-defined]
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    open_store(address, clock=clock).close()


def test_an_unreachable_server_is_named_without_its_password(clock: Clock) -> None:
    with pytest.raises(UsageError, match="cannot reach postgresql://me:") as raised:
        open_store("postgresql://me:sesame@127.0.0.1:1/books", clock=clock)
    assert "sesame" not in str(raised.value) and "\n" not in str(raised.value)


def test_a_missing_database_on_the_server_is_one_line(postgres_address: str, clock: Clock) -> None:
    with pytest.raises(UsageError, match="cannot reach"):
        open_store(postgres_address.replace("?", "_gone?", 1), clock=clock)


def test_the_missing_extra_is_one_line(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install 'recoup\[postgres\]'"):
        open_store("postgresql://me@localhost/books", clock=clock)


def test_a_company_scope_is_a_number_and_nothing_else(store: Store) -> None:
    if store.dialect == "sqlite":
        return
    with pytest.raises(ValueError, match="not a company id"):
        store._main.read("1'; DROP TABLE holds; --").__enter__()
