"""Row-level security on PostgreSQL, under a role that it binds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from recoup.connector.protocols import Clock
from recoup.sync.store.engine import Store, open_store
from recoup.sync.store.schema import COMPANY_TABLES, holds

AT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def bound_store(postgres: Any, clock: Clock) -> Iterator[Store]:
    """A store whose role owns its tables, is no superuser and may not bypass the policies."""
    name = f"r{uuid.uuid4().hex[:12]}"
    postgres.run(f"CREATE DATABASE {name} OWNER plain TEMPLATE template0")
    with open_store(postgres.address(name, "plain"), clock=clock) as store:
        for company_id in (1, 2):
            with store.write(company_id) as conn:
                row = {"customer_id": "7", "since_at": AT, "reason": "r"}
                conn.execute(insert(holds).values(company_id=company_id, **row))
        yield store
    postgres.drop(name)


def seen(conn: Any) -> list[int]:
    return sorted(conn.execute(select(holds.c.company_id)).scalars())


def test_a_company_sees_its_own_rows_alone(bound_store: Store) -> None:
    with bound_store.read(1) as conn:
        assert seen(conn) == [1]


def test_the_workspace_as_a_whole_sees_every_company(bound_store: Store) -> None:
    with bound_store.read() as conn:
        assert seen(conn) == [1, 2]


def test_without_a_setting_there_are_no_rows(bound_store: Store) -> None:
    with bound_store._main.engine.connect() as conn:  # type: ignore[attr-defined]
        assert seen(conn) == []


def test_the_setting_does_not_outlive_its_transaction(bound_store: Store) -> None:
    with bound_store.read(1) as conn:
        assert seen(conn) == [1]
    for _ in range(5):  # whichever connection the pool hands out
        with bound_store._main.engine.connect() as conn:  # type: ignore[attr-defined]
            assert seen(conn) == []


def test_a_company_cannot_write_the_rows_of_another(bound_store: Store) -> None:
    row = {"company_id": 2, "customer_id": "8", "since_at": AT, "reason": "r"}
    with (
        pytest.raises(DBAPIError, match="row-level security"),
        bound_store.write(1) as conn,
    ):
        conn.execute(insert(holds).values(**row))


def test_a_company_cannot_change_or_delete_the_rows_of_another(bound_store: Store) -> None:
    with bound_store.write(1) as conn:
        assert conn.execute(text("UPDATE holds SET reason = 'mine'")).rowcount == 1
        assert conn.execute(text("DELETE FROM holds WHERE company_id = 2")).rowcount == 0
    with bound_store.read() as conn:
        assert seen(conn) == [1, 2]


def test_every_company_table_has_its_policy_and_forces_it(bound_store: Store) -> None:
    forced = text(
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
        "WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polname = 'one_company'"
    )
    with bound_store.read() as conn:
        assert set(conn.execute(forced).scalars()) == {table.name for table in COMPANY_TABLES}
