"""Migrations: they lead to the schema that the code works with, and only run when due."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text
from zstandard import ZstdCompressor

from recoup.connector.model import Company
from recoup.connector.protocols import Clock
from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.store import control_schema, migrate, schema
from recoup.sync.store.companies import add_company, list_companies
from recoup.sync.store.engine import open_store
from recoup.sync.store.payloads import read_payload


def differences(conn: Any, *parts: MetaData) -> list[Any]:
    expected = MetaData()
    for part in parts:
        for table in part.tables.values():
            table.to_metadata(expected)
    options = {"compare_type": True, "version_table": migrate.VERSION_TABLE}
    return list(compare_metadata(MigrationContext.configure(conn, opts=options), expected))


def test_migrating_an_empty_sqlite_file_gives_the_schema_of_the_code(
    tmp_path: Path, clock: Clock
) -> None:
    with open_store(tmp_path / "recoup.db", clock=clock) as store:
        with store.read() as conn:
            assert differences(conn, schema.metadata) == []
        with store.read_control() as conn:
            assert differences(conn, control_schema.control) == []


def test_migrating_an_empty_postgresql_database_gives_the_schema_of_the_code(
    empty_postgres_address: str, clock: Clock
) -> None:
    with open_store(empty_postgres_address, clock=clock) as store, store.read() as conn:
        assert differences(conn, schema.metadata, control_schema.control) == []


def test_the_tables_without_row_ids_are_the_same_after_migrating(
    tmp_path: Path, clock: Clock
) -> None:
    with open_store(tmp_path / "recoup.db", clock=clock) as store, store.read() as conn:
        rows = conn.exec_driver_sql("SELECT name FROM pragma_table_list WHERE wr = 1")
        found = {name for (name,) in rows if not name.startswith("sqlite_")}
    told = {
        t.name
        for t in schema.metadata.tables.values()
        if t.dialect_options["sqlite"]["with_rowid"] is False
    }
    assert found == told


def test_every_revision_is_known_without_asking_alembic() -> None:
    script = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert [step.revision for step in script.walk_revisions()] == list(reversed(migrate.KNOWN))


def test_opening_an_up_to_date_store_does_not_import_alembic(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "recoup.db"
    open_store(path, clock=clock).close()
    program = (
        "import sys\n"
        "from recoup.connector.protocols import SystemClock\n"
        "from recoup.sync.store.engine import open_store\n"
        f"open_store({str(path)!r}, clock=SystemClock()).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def made_before_jobs(address: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a database of the first schema with a company and what was spent on it."""
    described = Company(ledger="xero", ledger_id="t1", name="Acme", home_currency="GBP")
    with monkeypatch.context() as past:
        past.setattr(migrate, "HEAD", "0001")
        with open_store(address, clock=clock) as store:
            with store.write() as conn:
                add_company(conn, described, base_url=None, grant_id="g", at=clock.now())
            with store.control_database.write() as conn:
                conn.execute(text("INSERT INTO budgets VALUES ('xero:t1:day', '', 7, 0)"))


def is_whole(address: str, clock: Clock) -> bool:
    """Whether the schema is the code's and what was there is there still."""
    with open_store(address, clock=clock) as store, store.read() as conn:
        [company] = list_companies(conn)
        with store.read_control() as control:
            rows = [tuple(row) for row in control.execute(text("SELECT * FROM budgets"))]
            if store.dialect == "postgresql":
                off = differences(conn, schema.metadata, control_schema.control)
            else:
                off = differences(conn, schema.metadata)
                off += differences(control, control_schema.control)
        EmbeddedQueue(store).enqueue("pull", "1")
    return company.slug == "acme" and rows == [("xero:t1:day", "", 7, 0, None)] and not off


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where no database is yet."""
    if request.param == "sqlite":
        return str(tmp_path / "recoup.db")
    found: str = request.getfixturevalue("empty_postgres_address")
    return found


def test_a_workspace_of_the_first_schema_is_upgraded_in_place(
    address: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_before_jobs(address, clock, monkeypatch)
    assert is_whole(address, clock)


def test_payloads_from_before_there_were_blocks_are_read_as_they_came(
    address: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_before_jobs(address, clock, monkeypatch)
    with monkeypatch.context() as past:
        past.setattr(migrate, "HEAD", "0001")
        with open_store(address, clock=clock) as store, store.write() as conn:
            for words in (
                "DROP TABLE answered",
                "ALTER TABLE customers DROP COLUMN balance_in_home",
                "ALTER TABLE observations DROP COLUMN count",
                "ALTER TABLE observations RENAME COLUMN ledger_ids TO ledger_id",
                "ALTER TABLE observations RENAME COLUMN payloads TO payload",
            ):
                conn.execute(text(words))
            insert = "INSERT INTO observations VALUES (1, :n, 'Invoice', :n, 0, 0, :p)"
            if store.dialect == "postgresql":
                insert = insert.replace(":n, 0", "CAST(:n AS TEXT), 0")
            for number, frame in ((1, ZstdCompressor().compress(b"{}")), (2, None)):
                conn.execute(text(insert), {"n": number, "p": frame})
    assert is_whole(address, clock)
    with open_store(address, clock=clock) as store, store.read(1) as conn:
        assert [read_payload(conn, 1, number) for number in (1, 2)] == [b"{}", b""]
        ids = conn.execute(text("SELECT ledger_ids FROM observations ORDER BY observation"))
        assert ids.scalars().all() == ['["1"]', '["2"]']


def test_an_upgrade_that_is_killed_half_way_is_made_by_the_next_command(
    address: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_before_jobs(address, clock, monkeypatch)
    program = (
        "import os, signal\n"
        "from alembic import op\n"
        "from recoup.connector.protocols import SystemClock\n"
        "from recoup.sync.store.engine import open_store\n"
        "op.add_column = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"  # its last step
        f"open_store({address!r}, clock=SystemClock())"
    )
    died = subprocess.run([sys.executable, "-c", program], check=False)
    assert died.returncode == -signal.SIGKILL and is_whole(address, clock)


def test_opening_twice_changes_nothing(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "recoup.db"
    open_store(path, clock=clock).close()
    before = path.read_bytes()
    open_store(path, clock=clock).close()
    assert path.read_bytes() == before
