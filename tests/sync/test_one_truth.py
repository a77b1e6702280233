"""One story, told in every ledger: the same aging, the same proof, whoever keeps the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from recoup.connector.testing.reckoning import Reckoning, reckon
from recoup.connector.testing.story import AGED_ON, FOREIGN, HOME, STORY
from recoup.connector.testing.teller import Enacted, Teller, enact
from recoup.plugins.quickbooks.teller import QuickBooksTeller
from recoup.plugins.sage.teller import SageTeller
from recoup.plugins.xero.teller import XeroTeller
from recoup.sync.pull.run import pull_company
from recoup.sync.report.aging import aging
from recoup.sync.report.statement import statement
from recoup.sync.store.companies import CompanyRow, add_company
from recoup.sync.store.engine import Store, open_store
from recoup.sync.tieout.run import tie_out


class SageMovingTeller(SageTeller):
    """Whether an invoice's stamp moves on allocation is not known of Sage: both must do."""

    moves_on_allocation = True


TELLERS: list[type[Teller]] = [QuickBooksTeller, XeroTeller, SageTeller, SageMovingTeller]
Table = dict[tuple[str, str], dict[str, Decimal]]  # (customer, currency) → column → amount


@dataclass
class Stage:
    """A ledger in which the story was played, and the store that it was synced to."""

    teller: Teller
    store: Store
    company: CompanyRow
    enacted: Enacted
    reckoning: Reckoning

    def sync(self) -> None:
        pull_company(self.store, self.company, self.teller.open_ledger(), clock=self.teller.clock)


@pytest.fixture(params=TELLERS, ids=lambda teller: teller.__name__.removesuffix("Teller"))
def stage(request: pytest.FixtureRequest, store_address: str, tmp_path: Path) -> Iterator[Stage]:
    teller: Teller = request.param()
    try:
        with open_store(store_address, clock=teller.clock, home=tmp_path) as store:
            described = teller.open_ledger().describe_company()
            at: datetime = teller.clock.now()
            with store.write() as conn:
                company = add_company(conn, described, base_url=None, grant_id="grant-1", at=at)
            yield Stage(teller, store, company, Enacted(), Reckoning())
    finally:
        teller.close()


def play(stage: Stage, *, sync_each: bool) -> None:
    for event in STORY:
        enact(stage.teller, [event], stage.enacted)
        if sync_each:
            stage.sync()
    stage.sync()
    stage.reckoning = reckon(stage.enacted.played)


def aged(stage: Stage, as_of: date) -> Table:
    labels = {id: label for label, id in stage.enacted.known.customers.items()}
    with stage.store.read(stage.company.company_id) as conn:
        tables = aging(conn, stage.company, as_of=as_of, rolled_up=False)
    return {
        (labels[row.customer_id or ""], table.currency): {
            column: Decimal(amount)
            for column, amount in row.amounts(table.buckets).items()
            if Decimal(amount) and column != "total"
        }
        for table in tables
        for row in table.rows
    }


def expected(stage: Stage, as_of: date) -> Table:
    currencies = {name: currency or HOME for name, currency in stage.reckoning.currencies.items()}
    aged = stage.reckoning.aged(as_of)
    return {(customer, currencies[customer]): columns for customer, columns in aged.items()}


@pytest.mark.parametrize("sync_each", [False, True], ids=["synced at the end", "synced each time"])
def test_every_ledger_ages_the_story_alike(stage: Stage, sync_each: bool) -> None:
    play(stage, sync_each=sync_each)
    for as_of in AGED_ON:
        assert aged(stage, as_of) == expected(stage, as_of), f"as of {as_of}"


def test_every_ledger_proves_the_story_to_the_cent(stage: Stage) -> None:
    play(stage, sync_each=False)
    ledger = stage.teller.open_ledger()
    proof = tie_out(stage.store, stage.company, ledger, clock=stage.teller.clock)
    assert proof.findings == ()
    assert proof.held == {}
    assert proof.proven is True


def test_every_statement_of_the_story_ends_where_the_aging_does(stage: Stage) -> None:
    play(stage, sync_each=False)
    company, ends_on = stage.company, AGED_ON[-1]
    totals = {key: sum(columns.values()) for key, columns in aged(stage, ends_on).items()}
    with stage.store.read(company.company_id) as conn:
        for label, customer_id in stage.enacted.known.customers.items():
            found = statement(
                conn, company, customer_id, starts_on=date(2026, 2, 1), ends_on=ends_on,
                rolled_up=False,
            )  # fmt: skip
            for one in found:
                moved = sum((movement.amount.amount for movement in one.movements), Decimal(0))
                assert one.opening.amount + moved == one.closing.amount
                assert one.closing.amount == totals.get((label, one.currency), 0), label


def test_the_story_tells_of_forty_events_and_two_currencies() -> None:
    books = reckon(STORY)
    assert len(STORY) == 40
    assert {currency for currency in books.currencies.values() if currency} == {FOREIGN}
    assert books.open("A1") == 0
    assert books.open("N1") == Decimal("250.50")
    assert books.open("C1") == 350
    assert books.open("R3") == Decimal("20.01")
    assert books.aged(date(2026, 3, 10))["Cedar"] == {"1-30": 350, "current": 260}
