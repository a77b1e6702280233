"""What the portfolio may call proven: nothing that is older than the documents beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from recoup.connector.errors import UsageError
from recoup.sync.report.aging import aging
from recoup.sync.report.gathering import gather
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.store.schema import objects
from recoup.sync.tieout.run import tie_out

BUCKETS = (30, 60, 90)
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def proven(store: Store, company: CompanyRow, as_of: date, **options: Any) -> bool | None:
    part = gather(store, company, as_of=as_of, basis="due", buckets=BUCKETS, **options)
    return part.tied_out


@pytest.fixture
def today(clock: Any) -> date:
    found: date = clock.now().date()
    return found


def test_a_verdict_stands_until_something_comes_in(
    store: Store, company: CompanyRow, paper: Any, sync: Any, clock: Any, today: date
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", today)
    ledger = sync(paper)
    assert proven(store, company, today) is None
    tie_out(store, company, ledger, clock=clock)
    assert proven(store, company, today) is True
    paper.invoice("11", "1", "5.00", today)
    sync(paper)
    assert proven(store, company, today) is None


def test_what_was_known_on_a_day_is_never_called_proven(
    store: Store, company: CompanyRow, paper: Any, sync: Any, clock: Any, today: date
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", today, created_at=CREATED)
    tie_out(store, company, sync(paper), clock=clock)
    assert proven(store, company, today, as_known=True) is None


def test_a_past_day_has_only_the_proof_of_its_own_tables(
    store: Store, company: CompanyRow, paper: Any, sync: Any, clock: Any, today: date
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", today - timedelta(days=40))
    tie_out(store, company, sync(paper), clock=clock)
    assert proven(store, company, today - timedelta(days=10)) is None


def test_nobody_is_shown_clean_on_a_day_before_anything_was_known(
    store: Store, company: CompanyRow, paper: Any, sync: Any, today: date
) -> None:
    paper.customer("1")
    paper.invoice("10", "1", "100.00", today - timedelta(days=40))
    sync(paper)
    with store.write(company.company_id) as conn:  # as of a ledger that tells no creation times
        conn.execute(update(objects).values(created_at=None))
    with store.read(company.company_id) as conn, pytest.raises(UsageError, match="--as-known out"):
        aging(conn, company, as_of=today - timedelta(days=10), as_known=True)
