"""The log of pulls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from recoup.sync.store.engine import Store
from recoup.sync.store.pulls import DONE, last_pulls, log_pull

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def log(store: Store, company_id: int, outcome: str = DONE) -> int:
    with store.write(company_id) as conn:
        ended_at, counts = AT + timedelta(seconds=5), {"calls": 3, "seen": 40, "stored": 2}
        return log_pull(
            conn, company_id, started_at=AT, ended_at=ended_at, outcome=outcome, **counts
        )


def test_pulls_are_numbered_within_their_company(store: Store) -> None:
    assert [log(store, 1), log(store, 1), log(store, 2)] == [1, 2, 1]


def test_the_newest_pull_comes_first_with_what_it_cost(store: Store) -> None:
    log(store, 1)
    log(store, 1, "the allowance is spent")
    with store.read(1) as conn:
        newest, oldest = last_pulls(conn, 1, count=5)
        assert last_pulls(conn, 3) == []
    assert (newest.seq, newest.outcome, oldest.outcome) == (2, "the allowance is spent", "done")
    assert (newest.calls, newest.seen, newest.stored) == (3, 40, 2)
    assert newest.ended_at - newest.started_at == timedelta(seconds=5)
