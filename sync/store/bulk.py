"""Many rows at once, in plain SQL that SQLite and PostgreSQL both take.

Rows are tuples in the table's column order with dates and instants already as integers, so
that no type has to be converted on the way: this is the path every synced document takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table

__all__ = ["delete_keys", "fetch_plain", "insert_rows", "mark", "select_in", "upsert_rows"]

Row = tuple[Any, ...]
_CHUNK = 500  # ids in one IN list
_DENSE, _DENSITY = 100, 2  # from so many ids on, one run over twice as many rows is tried first
_VARIABLES = 800  # in one statement; SQLite took 999 for a long time


def insert_rows(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert *rows*; a key that exists is an error."""
    _write(conn, table, rows, "")


def upsert_rows(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert *rows*, replacing those whose key exists."""
    _write(conn, table, rows, _replacing(table))


def delete_keys(conn: Connection, table: Table, keys: Sequence[Row]) -> None:
    """Delete by leading primary-key columns: all rows that start with each of *keys*."""
    if keys:
        conn.exec_driver_sql(_delete(table, mark(conn), len(keys[0])), list(keys))


def select_in(
    conn: Connection, table: Table, columns: str, where: Row, ids: Iterable[str]
) -> Iterator[Row]:
    """Yield *columns* of the rows whose key is *where* followed by one of *ids*.

    The column that *ids* are of must be among them.
    """
    keys = [column.name for column in table.primary_key.columns]
    wanted = list(ids)
    sign = mark(conn)
    fixed = " AND ".join(f'"{key}" = {sign}' for key in keys[: len(where)])
    by = keys[len(where)]
    if len(wanted) >= _DENSE and conn.dialect.name == "sqlite":
        sql = f'SELECT {columns} FROM "{table.name}" WHERE {fixed} AND "{by}" BETWEEN ? AND ?'
        bounds = (min(wanted), max(wanted), _DENSITY * len(wanted))
        rows = fetch_plain(conn, f"{sql} LIMIT ?", (*where, *bounds))
        if len(rows) < bounds[2]:
            place, among = columns.replace(" ", "").split(",").index(by), set(wanted)
            yield from (row for row in rows if row[place] in among)
            return
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


def _write(conn: Connection, table: Table, rows: Sequence[Row], tail: str) -> None:
    """SQLite takes many rows in one statement faster than one by one; psycopg pipelines them."""
    if not rows:
        return
    many = max(_VARIABLES // len(table.columns), 1) if conn.dialect.name == "sqlite" else 1
    whole = len(rows) - len(rows) % many if many > 1 else 0
    if whole:
        flat = [
            tuple(chain.from_iterable(rows[start : start + many]))
            for start in range(0, whole, many)
        ]
        conn.exec_driver_sql(_insert(table, mark(conn), many) + tail, flat)
    if rest := rows[whole:]:
        conn.exec_driver_sql(_insert(table, mark(conn), 1) + tail, list(rest))


@cache
def _insert(table: Table, mark: str, rows: int) -> str:
    columns = ",".join(f'"{column.name}"' for column in table.columns)
    marks = ",".join([mark] * len(table.columns))
    return f'INSERT INTO "{table.name}" ({columns}) VALUES ' + ",".join([f"({marks})"] * rows)


@cache
def _replacing(table: Table) -> str:
    keys = [column.name for column in table.primary_key.columns]
    rest = [column.name for column in table.columns if column.name not in keys]
    conflict = ",".join(f'"{key}"' for key in keys)
    change = ",".join(f'"{name}"=excluded."{name}"' for name in rest)
    does = f"DO UPDATE SET {change}" if rest else "DO NOTHING"
    return f" ON CONFLICT ({conflict}) {does}"


@cache
def _delete(table: Table, mark: str, width: int) -> str:
    keys = [column.name for column in table.primary_key.columns][:width]
    where = " AND ".join(f'"{key}" = {mark}' for key in keys)
    return f'DELETE FROM "{table.name}" WHERE {where}'
