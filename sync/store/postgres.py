"""A PostgreSQL database: row-level security decides which company's rows exist."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from recoup.connector.errors import UsageError
from recoup.sync.store.faults import explain_postgres
from recoup.sync.store.locks import serialise

__all__ = ["PostgresDatabase"]


class PostgresDatabase:
    """One database and schema, reached through psycopg 3."""

    def __init__(self, address: str) -> None:
        try:
            import psycopg  # noqa: F401
        except ImportError:
            raise UsageError(
                "PostgreSQL needs an extra: run pip install 'recoup[postgres]'"
            ) from None
        try:
            url = make_url(address).set(drivername="postgresql+psycopg")
        except (ArgumentError, ValueError) as error:
            raise UsageError("the database address is not postgresql://user@host/name") from error
        self.where = url.set(drivername="postgresql").render_as_string(hide_password=True)
        self._pid = os.getpid()
        self._engine = create_engine(
            url, pool_size=4, max_overflow=20, pool_pre_ping=True, hide_parameters=True
        )

    @property
    def engine(self) -> Engine:
        """The engine of this process: a forked child never uses its parent's connections."""
        if self._pid != os.getpid():
            self._engine.dispose(close=False)
            self._pid = os.getpid()
        return self._engine

    @contextmanager
    def read(self, company: str = "*") -> Iterator[Connection]:
        """Read in one snapshot the rows of *company*, a number or "*" for all."""
        with self._explained(), self.engine.connect() as conn, conn.begin():
            conn.exec_driver_sql(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; " + _only(company)
            )
            yield conn

    @contextmanager
    def write(self, company: str = "*", *, durable: bool = False) -> Iterator[Connection]:
        """Write in one transaction rows of *company*; every commit is durable here.

        One writer of a company at a time, as on SQLite: what is stored is compared first with
        what is there, and counters are read before they are written.
        """
        with self._explained(), self.engine.connect() as conn, conn.begin():
            conn.exec_driver_sql(_only(company))
            if company != "*":
                serialise(conn, f"company:{company}")
            yield conn

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            explained = explain_postgres(error, self.where)
            if explained is None:
                raise
            raise explained from error

    def close(self) -> None:
        """Close the connections of this process."""
        if self._pid == os.getpid():
            self._engine.dispose()


def _only(company: str) -> str:
    if company != "*" and not company.isdecimal():
        raise ValueError(f"not a company id: {company!r}")
    # LOCAL: a setting that outlived its transaction would leak through the pool
    return f"SET LOCAL recoup.company = '{company}'"
