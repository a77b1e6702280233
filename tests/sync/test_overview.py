"""The next step is the first thing in the way of figures that are fresh and proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from recoup.sync.jobs.seam import Waiting
from recoup.sync.overview import next_step
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.grants import Grant, GrantState
from recoup.sync.store.standing import LastTieOut

AT = datetime(2026, 3, 2, tzinfo=UTC)
COMPANY = CompanyRow(
    company_id=1,
    ledger="xero",
    base_url=None,
    ledger_id="t1",
    slug="acme",
    grant_id="g",
    name="Acme",
    home_currency="GBP",
    country=None,
    time_zone=None,
    multicurrency=False,
    books_closed_on=None,
    ages_from_issue=False,
    connected_at=AT,
)
GRANT = Grant(
    grant_id="g",
    ledger="xero",
    base_url=None,
    created_at=AT,
    state=GrantState.CONNECTED,
    reason=None,
)
TIED = LastTieOut(AT, True, 7, 0)


def step(**changed: Any) -> str:
    """What is next for a company in order, but for what is changed."""
    facts: dict[str, Any] = {"grant": GRANT, "job": None, "synced_at": AT, "tied": TIED}
    facts |= {"stale": False} | changed
    return next_step(COMPANY, **facts)


def job(state: str, reason: str | None = "why", cause: str | None = None) -> Waiting:
    return Waiting(
        kind="pull", key="1", state=state, run_at=AT, reason=reason, cause=cause, holder=None
    )


def test_a_company_in_order_has_no_next_step() -> None:
    assert step() == "" and step(tied=replace(TIED, proven=None)) == ""


def test_a_consent_that_is_gone_comes_first() -> None:
    lost = replace(GRANT, state=GrantState.NEEDS_RECONNECT)
    assert step(grant=lost, job=job("queued")) == "recoup connect xero"
    assert step(job=job("failed", cause="NeedsReconnect")) == "recoup connect xero"


def test_a_failure_and_a_wait_say_why() -> None:
    assert step(job=job("failed")) == "its last sync failed: why"
    assert step(job=job("queued")) == "wait: why"
    assert step(job=job("queued", reason=None)) == ""  # merely next in the queue


def test_a_company_that_was_never_synced_is_to_be_synced() -> None:
    assert step(synced_at=None, tied=None) == "recoup sync acme"


@pytest.mark.parametrize(
    "changed",
    [
        {"tied": None},
        {"stale": True},
        {"tied": replace(TIED, proven=False)},
        {"tied": replace(TIED, held_count=1)},
    ],
)
def test_what_is_not_proven_as_it_stands_is_to_be_tied_out(changed: dict[str, Any]) -> None:
    assert step(**changed) == "recoup tieout acme"
