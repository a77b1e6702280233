"""The plan: measured or declared costs, allowances shared by the workspace, who is due first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recoup.config.settings import Settings, SyncSettings
from recoup.connector.capabilities import Capability
from recoup.connector.facades import Everybody
from recoup.connector.hookspecs import hookimpl
from recoup.connector.model import Company
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import Budget
from recoup.sync.connections import book
from recoup.sync.planning import due_companies, make_plan
from recoup.sync.store.companies import CompanyRow, list_companies
from recoup.sync.store.cursors import finish, write_cursor
from recoup.sync.store.pulls import log_pull
from recoup.sync.workspace import Workspace


class Ledgers:
    """A platform whose app may make 1,000 calls a day; an empty poll costs eight."""

    @hookimpl
    def ledger_platforms(self) -> Sequence[LedgerPlatform]:
        budget = Budget(key="app:day", limit=1000, per=timedelta(days=1), paced=False)
        return [
            LedgerPlatform(
                name="xero",
                title="Fake Ledger",
                extra="fake",
                capabilities=frozenset({Capability.OPEN_SWEEP}),
                open_ledger=lambda connection: None,
                open_consent=lambda app, base_url, clock: None,
                reads_budget=lambda connection: budget,
                poll_calls=8,
            )
        ]


@pytest.fixture
def workspace(tmp_path: Path, clock: Any) -> Iterator[Workspace]:
    Workspace.init(tmp_path / "w")
    settings = Settings(sync=SyncSettings(every="6h", intervals={"co-2": "1d"}))
    plugins = Everybody({"fake": Ledgers()})
    with Workspace(
        tmp_path / "w", settings, environment={}, clock=clock, plugins=plugins
    ) as opened:
        for number in range(3):
            described = Company(
                ledger="xero", ledger_id=str(number), name=f"Co {number}", home_currency="GBP"
            )
            book(
                opened.store,
                [described],
                base_url="http://127.0.0.1:9",
                grant_id="g",
                at=clock.now(),
            )
        yield opened


def rows(workspace: Workspace) -> list[CompanyRow]:
    with workspace.store.read() as conn:
        return list_companies(conn)


def pulled(workspace: Workspace, company_id: int, calls: int, stored: int = 0) -> None:
    now = workspace.clock.now()
    with workspace.store.write(company_id) as conn:
        write_cursor(conn, company_id, "{}", 0, now)
        finish(conn, company_id, now)
        log_pull(
            conn,
            company_id,
            started_at=now,
            ended_at=now,
            calls=calls,
            seen=stored,
            stored=stored,
        )


def test_a_company_costs_what_its_platform_says_until_its_own_polls_tell(
    workspace: Workspace,
) -> None:
    pulled(workspace, 1, 40, stored=500)  # brought something: no empty poll
    pulled(workspace, 2, 5)
    pulled(workspace, 2, 7)
    plan = make_plan(workspace, rows(workspace))
    assert [(row.poll.calls, row.measured) for row in plan.rows] == [
        (8.0, False),
        (6.0, True),
        (8.0, False),
    ]


def test_a_day_is_polls_the_open_sweep_and_asking_who_it_is(workspace: Workspace) -> None:
    plan = make_plan(workspace, rows(workspace))
    assert [row.poll.per_day() for row in plan.rows] == [4 * 8 + 8 + 2, 42, 8 + 8 + 2]


def test_what_others_of_the_workspace_spend_counts_against_the_allowance(
    workspace: Workspace,
) -> None:
    hurried = SyncSettings(every="5m")
    workspace.settings = Settings(sync=hurried)
    [only] = make_plan(workspace, rows(workspace)[:1]).rows
    assert only.poll.interval > only.poll.wanted
    assert 3 * only.poll.per_day() == pytest.approx(1000)


def test_the_longest_overdue_is_first_and_who_was_never_synced_before_all(
    workspace: Workspace, clock: Any
) -> None:
    pulled(workspace, 3, 8)  # once a day is enough
    clock.move(hours=20)
    pulled(workspace, 1, 8)
    clock.move(hours=7)
    due = due_companies(workspace, rows(workspace))
    assert [row.slug for row in due] == ["co-1", "co-0", "co-2"]
    pulled(workspace, 2, 8)
    assert [row.slug for row in due_companies(workspace, rows(workspace))] == ["co-0", "co-2"]


def test_a_first_sync_is_no_empty_poll(workspace: Workspace) -> None:
    pulled(workspace, 1, 9)
    first, second = make_plan(workspace, rows(workspace)).rows[:2]
    assert (first.is_first, first.next_run()) == (False, 9.0)
    assert second.is_first and second.next_run() > 16 > second.poll.calls
