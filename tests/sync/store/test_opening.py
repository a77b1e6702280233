"""What cannot be opened, and what is said about it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from recoup.connector.errors import UsageError
from recoup.connector.protocols import Clock
from recoup.sync.store.engine import Store, open_store
from recoup.sync.store.sqlite import SqliteFile

AT = datetime(2026, 3, 2, tzinfo=UTC)
Actor = Callable[..., subprocess.Popen[str]]


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
