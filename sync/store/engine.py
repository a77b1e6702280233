"""The store: where everything is kept that outlives a command.

A workspace is recoup.db with control.db beside it, or one PostgreSQL database. Repositories in
this folder hold the SQL and never commit; the caller commits by leaving ``write()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from sqlalchemy import Connection

from recoup.connector.protocols import Clock
from recoup.sync.store.migrate import bring_up_to_date

if TYPE_CHECKING:
    from recoup.sync.store.gate import StoreGate
    from recoup.sync.store.leases import Lease
    from recoup.sync.store.vault import StoreVault

__all__ = ["Database", "Store", "open_store"]


class Database(Protocol):
    """What SQLite files and PostgreSQL databases have in common."""

    where: str  # its name for messages; never a password

    def read(self, company: str = "*") -> AbstractContextManager[Connection]: ...

    def write(
        self, company: str = "*", *, durable: bool = False
    ) -> AbstractContextManager[Connection]: ...

    def close(self) -> None: ...


class Store:
    """An open workspace. Safe to share between threads; after a fork the child may go on."""

    def __init__(
        self,
        main: Database,
        control: Database,
        *,
        dialect: Literal["sqlite", "postgresql"],
        clock: Clock,
        home: Path | None,
    ) -> None:
        self._main = main
        self._control = control
        self.dialect = dialect
        self.clock = clock
        self.home = home  # the workspace's folder; None for a database without one
        self.where = main.where

    def read(self, company_id: int | None = None) -> AbstractContextManager[Connection]:
        """Yield a connection on one snapshot. With a company, PostgreSQL shows its rows alone."""
        return self._main.read(_scope(company_id))

    def write(
        self, company_id: int | None = None, *, durable: bool = False
    ) -> AbstractContextManager[Connection]:
        """Yield a connection in one write transaction: committed on leaving, else rolled back.

        durable: a commit that a power cut must not take back, because an effect follows it
        (an intent, a claim). Without it SQLite may lose the last commits, each as a whole.
        Raises Busy when another process writes for longer than a minute, Fatal when the disk
        is full; nothing of the transaction is kept then.
        """
        return self._main.write(_scope(company_id), durable=durable)

    @property
    def control_database(self) -> Database:
        """Where tokens, leases, budgets and pauses are; on PostgreSQL the same database.

        Its transactions are short: never held during a network call or any other waiting.
        """
        return self._control

    def read_control(self) -> AbstractContextManager[Connection]:
        """Yield a reading connection to the tokens, leases, budgets and pauses."""
        return self._control.read()

    @contextmanager
    def lease(self, name: str, *, ttl: timedelta, wait: timedelta) -> Iterator[Lease]:
        """Hold *name* against every other holder; see leases.Lease. Raises Busy after *wait*."""
        from recoup.sync.store.leases import hold

        with hold(self, name, ttl=ttl, wait=wait) as lease:
            yield lease

    def vault(self, key: str | None = None) -> StoreVault:
        """Return the token vault. *key*: Fernet keys, comma separated, the first one seals;
        None takes RECOUP_VAULT_KEY, else the file vault.key of the workspace."""
        from recoup.sync.store.keys import find_keys
        from recoup.sync.store.vault import StoreVault

        return StoreVault(self, find_keys(key, self.home))

    def gate(self) -> StoreGate:
        """Return the rate gate that all processes of this workspace share."""
        from recoup.sync.store.gate import StoreGate

        return StoreGate(self)

    def close(self) -> None:
        """Close every connection; the store may not be used afterwards."""
        self._main.close()
        if self._control is not self._main:
            self._control.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(target: str | Path, *, clock: Clock, home: Path | None = None) -> Store:
    """Open a workspace's store, creating or migrating it first where that is due.

    target: the path of recoup.db, or a postgresql:// address. home: the workspace's folder,
    where the vault's key file lies; for a path it is the folder of the file.
    Raises UsageError when it was written by a newer recoup, cannot be read, or the extra for
    PostgreSQL is missing.
    """
    if isinstance(target, str) and target.startswith(("postgresql:", "postgresql+", "postgres:")):
        return _open_postgres(target, clock, home)
    return _open_sqlite(Path(target), clock, home)


def _open_sqlite(path: Path, clock: Clock, home: Path | None) -> Store:
    from recoup.sync.store.sqlite import SqliteFile

    path = path.expanduser().absolute()
    main = SqliteFile(path, wal=True)
    beside = "control.db" if path.name == "recoup.db" else f"{path.stem}.control.db"
    control = SqliteFile(path.with_name(beside), wal=False)
    try:
        bring_up_to_date(main, ("store",))
        bring_up_to_date(control, ("control",))
    except BaseException:
        main.close()
        control.close()
        raise
    return Store(main, control, dialect="sqlite", clock=clock, home=home or path.parent)


def _open_postgres(address: str, clock: Clock, home: Path | None) -> Store:
    from recoup.sync.store.postgres import PostgresDatabase

    if address.startswith("postgres:"):  # what many hosts print
        address = "postgresql:" + address.removeprefix("postgres:")
    database = PostgresDatabase(address)
    try:
        bring_up_to_date(database, ("store", "control"))
    except BaseException:
        database.close()
        raise
    return Store(database, database, dialect="postgresql", clock=clock, home=home)


def _scope(company_id: int | None) -> str:
    return "*" if company_id is None else str(company_id)
