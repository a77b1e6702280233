"""The audit trail: a row changed, removed or moved is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import delete, update

from recoup.sync.store import audit
from recoup.sync.store.engine import Store
from recoup.sync.store.schema import audit as table

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def chained(store: Store) -> Store:
    """A store whose workspace chain has five rows, and another chain beside it."""
    with store.write() as conn:
        for number in range(5):
            at = AT + timedelta(minutes=number)
            facts = {"number": number, "amount": "10.25", "who": "Ł"}
            audit.append(conn, "workspace", actor="cli", action="did", facts=facts, at=at)
            audit.append(conn, "company:1", actor="cli", action="did", facts={}, at=at)
    return store


def verify(store: Store, until: tuple[int, str] | None = None) -> str | None:
    with store.read() as conn:
        return audit.verify(conn, "workspace", until=until)


def test_a_chain_as_it_was_written_verifies(chained: Store) -> None:
    assert verify(chained) is None
    with chained.read() as conn:
        assert audit.verify(conn, "company:1") is None
        assert audit.verify(conn, "company:2") is None


@pytest.mark.parametrize(
    "change",
    [{"facts": "{}"}, {"actor": "me"}, {"action": "x"}, {"at": AT}, {"digest": "0" * 64}],
)
def test_a_changed_row_is_found(chained: Store, change: dict[str, object]) -> None:
    with chained.write() as conn:
        third = (table.c.scope == "workspace") & (table.c.seq == 3)
        conn.execute(update(table).where(third).values(**change))
    assert verify(chained) == "audit workspace: row 3 is not what was written (2026-03-02)"


@pytest.mark.parametrize(("gone", "missing"), [(1, 1), (3, 3)])
def test_a_missing_row_is_found(chained: Store, gone: int, missing: int) -> None:
    with chained.write() as conn:
        conn.execute(delete(table).where(table.c.scope == "workspace", table.c.seq == gone))
    assert verify(chained) == f"audit workspace: row {missing} is missing"


def test_rows_in_another_order_are_found(chained: Store) -> None:
    with chained.write() as conn:
        mine = table.c.scope == "workspace"
        for old, new in ((2, 99), (3, 2), (99, 3)):
            conn.execute(update(table).where(mine, table.c.seq == old).values(seq=new))
    assert "row 2 is not what was written" in str(verify(chained))


def test_a_row_moved_from_another_chain_is_found(chained: Store) -> None:
    with chained.write() as conn:
        conn.execute(delete(table).where(table.c.scope == "workspace"))
        conn.execute(update(table).values(scope="workspace"))
    assert "row 1 is not what was written" in str(verify(chained))


def test_a_cut_off_end_is_found_against_a_noted_head(chained: Store) -> None:
    with chained.read() as conn:
        noted = audit.head(conn, "workspace")
    with chained.write() as conn:
        conn.execute(delete(table).where(table.c.scope == "workspace", table.c.seq > 3))
    assert verify(chained) is None
    assert verify(chained, noted) == "audit workspace: rows 4 to 5 are missing"


def test_a_rewritten_chain_is_found_against_a_noted_head(chained: Store) -> None:
    with chained.read() as conn:
        seq, _ = audit.head(conn, "workspace")
    assert (
        verify(chained, (seq, "0" * 64)) == "audit workspace: row 5 is not the one that was noted"
    )


def test_inexact_amounts_do_not_enter_the_trail(store: Store) -> None:
    facts = {"lines": [{"amount": 10.25}]}
    with store.write() as conn, pytest.raises(TypeError, match=r"inexact 10\.25"):
        audit.append(conn, "workspace", actor="cli", action="did", facts=facts, at=AT)


def test_two_writers_of_one_chain_follow_each_other(store: Store) -> None:
    def write() -> None:
        for _ in range(10):
            with store.write() as conn:
                audit.append(conn, "workspace", actor="cli", action="did", facts={}, at=AT)

    threads = [Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        assert audit.head(conn, "workspace")[0] == 30 and audit.verify(conn, "workspace") is None
