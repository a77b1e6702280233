"""One workspace over three ledgers: a consent brings all its companies, one run syncs them all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from recoup.plugins.sage.standin.books import Books as SageBooks
from recoup.plugins.sage.standin.server import StandIn as SageStandIn
from recoup.plugins.xero.standin.books import Books as XeroBooks
from recoup.plugins.xero.standin.server import StandIn as XeroStandIn
from recoup.sync.connect import connect
from recoup.sync.connections import Connected
from recoup.sync.demo import consenting
from recoup.sync.store.grants import list_grants
from recoup.sync.store.open_sweeps import last_open_sweep
from recoup.sync.workspace import Workspace

Run = Callable[..., Result]


@pytest.fixture
def xero() -> Iterator[XeroStandIn]:
    """Three organisations under one consent, an invoice each."""
    companies = []
    for number in range(3):
        tenant = f"c2cc9b6e-9458-4c7d-93cc-{number:012x}"
        books = XeroBooks(tenant, name=f"Org {number}")
        books.create_invoice(books.create_contact("Buyer")["ContactID"], f"{number + 1}.00")
        companies.append(books)
    with XeroStandIn(companies) as running:
        yield running


@pytest.fixture
def sage() -> Iterator[SageStandIn]:
    """Two businesses under one consent."""
    with SageStandIn([SageBooks(f"{n:032x}", name=f"Shop {n}") for n in (1, 2)]) as running:
        yield running


def join(home: Path, ledger: str, url: str) -> list[Connected]:
    with Workspace.open(home) as workspace:
        return connect(workspace, workspace.platform(ledger), consenting(), base_url=url)


@pytest.fixture
def firm(connected: Path, xero: XeroStandIn, sage: SageStandIn) -> Path:
    """Six companies of three ledgers."""
    join(connected, "xero", xero.url)
    join(connected, "sage", sage.url)
    return connected


def test_a_consent_brings_every_company_that_it_reaches(firm: Path) -> None:
    with Workspace.open(firm) as workspace, workspace.store.read() as conn:
        assert sorted(grant.ledger for grant in list_grants(conn)) == ["quickbooks", "sage", "xero"]


def test_a_second_consent_is_taken_for_the_same_companies(firm: Path, xero: XeroStandIn) -> None:
    again = join(firm, "xero", xero.url)
    assert [item.new for item in again] == [False] * 3
    assert len({item.company.grant_id for item in again}) == 1
    with Workspace.open(firm) as workspace, workspace.store.read() as conn:
        assert len(list_grants(conn)) == 3


def test_one_run_syncs_all_of_them_and_all_tie_out(
    firm: Path, xero: XeroStandIn, sage: SageStandIn, run: Run
) -> None:
    synced = run("sync", "--all")
    assert synced.exit_code == 0, synced.output
    assert "6 companies: 6 synced" in synced.stdout
    assert (xero.wrong_tenant, sage.wrong_business) == (0, 0)
    tied = run("tieout", "--all")
    assert tied.exit_code == 0, tied.output
    listed = json.loads(run("companies", "--format", "json").stdout)
    assert [row["platform"] for row in listed if row["next_step"]] == []
    assert {row["ledger"] for row in listed} == {"quickbooks", "sage", "xero"}


def test_a_revoked_consent_stops_its_own_companies_alone(
    firm: Path, xero: XeroStandIn, run: Run
) -> None:
    for grant in xero.consent.grants:
        grant.revoked = True
    result = run("sync", "--all")
    assert result.exit_code == 3, result.output
    assert "6 companies: 3 synced, 3 to be reconnected" in result.stdout
    listed = json.loads(run("companies", "--ledger", "xero", "--format", "json").stdout)
    assert {row["state"] for row in listed} == {"needs_reconnect"}


def test_what_a_ledger_does_not_say_is_swept_once_a_day(firm: Path, run: Run) -> None:
    run("sync", "--all")
    with Workspace.open(firm) as workspace:
        swept = {row: last_open_sweep(workspace.store, row) is not None for row in range(1, 7)}
    assert swept == {1: False, 2: True, 3: True, 4: True, 5: True, 6: True}
