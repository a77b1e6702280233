"""Migrations: they lead to the schema that the code works with, and only run when due."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from recoup.connector.protocols import Clock
from recoup.sync.store import control_schema, migrate, schema
from recoup.sync.store.engine import open_store


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


def test_opening_twice_changes_nothing(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "recoup.db"
    open_store(path, clock=clock).close()
    before = path.read_bytes()
    open_store(path, clock=clock).close()
    assert path.read_bytes() == before
