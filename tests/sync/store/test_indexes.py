"""The index that a first pull sets aside, on SQLite alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from recoup.sync.store import schema
from recoup.sync.store.bulk import insert_rows
from recoup.sync.store.cursors import finish
from recoup.sync.store.engine import Store
from recoup.sync.store.indexes import set_aside

AT = datetime(2026, 3, 2, tzinfo=UTC)


def has_index(store: Store) -> bool:
    where = ("sqlite_master", "name") if store.dialect == "sqlite" else ("pg_indexes", "indexname")
    sql = f"SELECT 1 FROM {where[0]} WHERE {where[1]} = 'documents_by_customer'"
    with store.read() as conn:
        return conn.exec_driver_sql(sql).first() is not None


def test_it_is_left_out_while_an_empty_file_fills_and_back_when_a_pull_ends(store: Store) -> None:
    with store.write() as conn:
        set_aside(conn)
    assert has_index(store) is (store.dialect != "sqlite")
    with store.write() as conn:
        finish(conn, 1, AT)
    assert has_index(store)


def test_it_stays_where_documents_are_stored(store: Store) -> None:
    row = (1, "invoice", "1", "5", None, 1, 1, "USD", 1, 1, None, "posted", None, 1, None)
    with store.write() as conn:
        insert_rows(conn, schema.documents, [row])
        set_aside(conn)
    assert has_index(store)


def test_a_page_rolled_back_leaves_it_in_place(store: Store) -> None:
    def fail() -> None:
        with store.write() as conn:
            set_aside(conn)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert has_index(store)
