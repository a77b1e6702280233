"""A SQLite file: one writer at a time across processes, readers on snapshots.

SQLite before 3.51.3 can corrupt a WAL file when two connections write or checkpoint at the same
moment. Every write transaction and every checkpoint therefore happens under one lock file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import Pool, QueuePool

from recoup.connector.errors import UsageError
from recoup.sync.store.faults import explain_sqlite
from recoup.sync.store.locks import FileLock

__all__ = ["SqliteFile"]

_CACHE_KIB = 4096  # per connection; with three at work a sync stays far below 100 MB
_BUSY_MS = 15_000  # only strangers' programs make us wait here: our own writers hold the lock
_WAL_BYTES = 32 << 20  # the writer empties the WAL when it has grown by this much


class SqliteFile:
    """One database file. wal is for the big one; without it every commit reaches the disk."""

    def __init__(self, path: Path, *, wal: bool) -> None:
        self.path = path
        self.where = str(path)
        self.wal = wal
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._wal_path = path.with_name(path.name + "-wal")
        self._checkpoint_at = _WAL_BYTES
        self._writing: int | None = None  # the thread inside write()
        self._pid = os.getpid()
        self._inherited: Pool | None = None
        self._create()
        self._engine = self._make_engine()

    def _create(self) -> None:
        if self.path.is_dir():
            raise UsageError(f"{self.path} is a folder, not a database file")
        if not self.path.parent.is_dir():
            raise UsageError(f"{self.path.parent} does not exist: run recoup init there first")
        # Never open a file that is there: closing it would drop the locks that other connections
        # of this process hold on it, and a stranger could then empty the WAL under them.
        with self._explained(), suppress(FileExistsError):
            # Readable by its owner only; -wal and -shm inherit that.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def _make_engine(self) -> Engine:
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)),  # a path may hold ? and %
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=-1,
            connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 15.0},
            hide_parameters=True,
        )
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def _prepare(self, raw: sqlite3.Connection, _record: object) -> None:
        raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        raw.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        if self.wal:
            # A power cut may lose the last commits, never part of one: a page and its cursor
            # go together. What must not be lost is written with durable=True.
            if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                self._into_wal(raw)
            raw.execute("PRAGMA synchronous=NORMAL")
            raw.execute("PRAGMA wal_autocheckpoint=0")
        else:
            raw.execute("PRAGMA synchronous=FULL")

    def _into_wal(self, raw: sqlite3.Connection) -> None:
        if self._writing == get_ident():
            raw.execute("PRAGMA journal_mode=WAL")
        else:
            with self._lock.held():
                raw.execute("PRAGMA journal_mode=WAL")

    @property
    def engine(self) -> Engine:
        """The engine of this process: a forked child never uses its parent's connections."""
        if self._pid != os.getpid():
            self._inherited = self._engine.pool  # kept: closing them here would harm the parent
            self._engine.dispose(close=False)
            self._pid, self._writing = os.getpid(), None
        return self._engine

    @contextmanager
    def read(self, company: str = "*") -> Iterator[Connection]:
        """Read in one snapshot. *company* has no meaning here: one file is one firm."""
        with self._explained(), self.engine.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def write(self, company: str = "*", *, durable: bool = False) -> Iterator[Connection]:
        """Write in one transaction, alone on the file across threads and processes."""
        engine = self.engine
        if self._writing == get_ident():
            raise RuntimeError("write() inside write(): pass the connection down instead")
        with self._explained(), self._lock.held():
            self._writing = get_ident()
            try:
                with engine.connect().execution_options(begin="BEGIN IMMEDIATE") as conn:
                    raw = _raw(conn)
                    if self.wal:
                        raw.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                    with conn.begin():
                        yield conn
                    if self.wal:
                        self._checkpoint(raw)
            finally:
                self._writing = None

    def _checkpoint(self, raw: sqlite3.Connection) -> None:
        """Empty the WAL once it is big. A reader that still needs it puts this off.

        So does a disk that is full: what was committed is committed, and must not be reported
        as failed. The next write that finds no space says so.
        """
        if self._wal_size() < self._checkpoint_at:
            return
        raw.execute("PRAGMA busy_timeout=0")
        try:
            put_off = bool(raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        except sqlite3.DatabaseError:
            put_off = True
        raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        self._checkpoint_at = _WAL_BYTES + (self._wal_size() if put_off else 0)

    def _wal_size(self) -> int:
        try:
            return self._wal_path.stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error, OSError) as error:
            explained = explain_sqlite(error, self.path)
            if explained is None:
                raise
            raise explained from error

    def close(self) -> None:
        """Close the connections of this process; the last one out empties the WAL.

        It does so alone on the file, so our lock is not needed: SQLite keeps newcomers waiting.
        """
        if self._pid == os.getpid():
            self._engine.dispose()


def _begin(conn: Connection) -> None:
    conn.exec_driver_sql(conn.get_execution_options().get("begin", "BEGIN"))


def _raw(conn: Connection) -> sqlite3.Connection:
    raw: Any = conn.connection.dbapi_connection
    return raw  # type: ignore[no-any-return]
