"""Bringing a database to the schema that this version of recoup works with.

The migrations are Alembic's, run in one transaction without its command line. Alembic is
imported only when one is due: opening an up-to-date database costs one SELECT.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, inspect, text

from recoup.connector.errors import UsageError

__all__ = ["HEAD", "KNOWN", "VERSION_TABLE", "bring_up_to_date"]

KNOWN = ("0001", "0002")  # every revision, oldest first
HEAD = KNOWN[-1]
VERSION_TABLE = "recoup_version"  # not Alembic's own name: a shared database may have that one
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_235_904_113  # PostgreSQL advisory lock: one process migrates, the others wait


class _Database(Protocol):
    where: str

    def read(self) -> AbstractContextManager[Connection]: ...

    def write(self) -> AbstractContextManager[Connection]: ...


def bring_up_to_date(database: _Database, parts: Sequence[str]) -> None:
    """Migrate *parts* ("store", "control") of the database where they are behind.

    Raises UsageError for a schema newer than ours and for a database of another program.
    """
    with database.read() as conn:
        if _checked(conn, database.where) == HEAD:
            return
    with database.write() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        current = _checked(conn, database.where)  # another process may have been faster
        if current != HEAD:
            _migrate(conn, current, parts)


def _checked(conn: Connection, where: str) -> str | None:
    """Return the revision of the database, None for an empty one."""
    if not inspect(conn).has_table(VERSION_TABLE):
        if conn.dialect.name == "sqlite" and inspect(conn).get_table_names():
            raise UsageError(f"{where} belongs to another program: name another workspace")
        return None
    version: str | None = conn.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if version is not None and version not in KNOWN:
        raise UsageError(
            f"{where} was written by a newer recoup (schema {version}); "
            "upgrade with pip install -U recoup"
        )
    return version


def _migrate(conn: Connection, current: str | None, parts: Sequence[str]) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(_MIGRATIONS))
    context = MigrationContext.configure(conn, opts={"version_table": VERSION_TABLE})
    due = reversed(list(script.iterate_revisions(HEAD, current or "base")))
    with Operations.context(context):
        for revision in due:
            for part in parts:
                getattr(revision.module, f"upgrade_{part}")()
            context.stamp(script, revision.revision)
