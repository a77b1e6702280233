"""Many rows at once, in plain SQL that SQLite and PostgreSQL both take.

Rows are tuples in the table's column order with dates and instants already as integers, so
that no type has to be converted on the way: this is the path every synced document takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table

__all__ = ["delete_keys", "fetch_plain", "insert_rows", "mark", "select_in", "upsert_rows"]

Row = tuple[Any, ...]
_CHUNK = 500  # ids in one IN list


def insert_rows(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert *rows*; a key that exists is an error."""
    if rows:
        conn.exec_driver_sql(_insert(table, mark(conn)), list(rows))


def upsert_rows(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert *rows*, replacing those whose key exists."""
    if rows:
        conn.exec_driver_sql(_upsert(table, mark(conn)), list(rows))


def delete_keys(conn: Connection, table: Table, keys: Sequence[Row]) -> None:
    """Delete by leading primary-key columns: all rows that start with each of *keys*."""
    if keys:
        conn.exec_driver_sql(_delete(table, mark(conn), len(keys[0])), list(keys))


def select_in(
    conn: Connection, table: Table, columns: str, where: Row, ids: Iterable[str]
) -> Iterator[Row]:
    """Yield *columns* of the rows whose key is *where* followed by one of *ids*."""
    keys = [column.name for column in table.primary_key.columns]
    wanted = list(ids)
    sign = mark(conn)
    fixed = " AND ".join(f'"{key}" = {sign}' for key in keys[: len(where)])
    by = keys[len(where)]
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        marks = ",".join([sign] * len(chunk))
        sql = f'SELECT {columns} FROM "{table.name}" WHERE {fixed} AND "{by}" IN ({marks})'
        yield from fetch_plain(conn, sql, (*where, *chunk))


def fetch_plain(conn: Connection, sql: str, values: Row) -> Sequence[Row]:
    """Run one SELECT and return the driver's own tuples: no result object per row."""
    cursor = conn.exec_driver_sql(sql, values).cursor
    assert cursor is not None
    rows: Sequence[Row] = cursor.fetchall()
    return rows


def mark(conn: Connection) -> str:
    """The driver's placeholder."""
    return "?" if conn.dialect.paramstyle == "qmark" else "%s"


@cache
def _insert(table: Table, mark: str) -> str:
    columns = ",".join(f'"{column.name}"' for column in table.columns)
    marks = ",".join([mark] * len(table.columns))
    return f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'


@cache
def _upsert(table: Table, mark: str) -> str:
    keys = [column.name for column in table.primary_key.columns]
    rest = [column.name for column in table.columns if column.name not in keys]
    conflict = ",".join(f'"{key}"' for key in keys)
    change = ",".join(f'"{name}"=excluded."{name}"' for name in rest)
    does = f"DO UPDATE SET {change}" if rest else "DO NOTHING"
    return f"{_insert(table, mark)} ON CONFLICT ({conflict}) {does}"


@cache
def _delete(table: Table, mark: str, width: int) -> str:
    keys = [column.name for column in table.primary_key.columns][:width]
    where = " AND ".join(f'"{key}" = {mark}' for key in keys)
    return f'DELETE FROM "{table.name}" WHERE {where}'
