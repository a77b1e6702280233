"""Connecting to the stand-ins of Xero and Sage: each company by itself, and without a person."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from recoup.connector.errors import UsageError
from recoup.connector.standin.clock import Clock
from recoup.plugins.sage.standin.books import Books as SageBooks
from recoup.plugins.sage.standin.server import StandIn as SageStandIn
from recoup.plugins.xero.standin.books import Books as XeroBooks
from recoup.plugins.xero.standin.server import StandIn as XeroStandIn
from recoup.sync.cli.root import recoup
from recoup.sync.connect import Person, connect
from recoup.sync.store.companies import list_companies
from recoup.sync.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    Workspace.init(tmp_path / "w")
    with Workspace.open(tmp_path / "w", environment={}) as opened:
        yield opened


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def person(notes: list[str]) -> Person:
    """A person whose browser follows every redirect, to our own address at the end."""

    def show(url: str) -> None:
        threading.Thread(target=lambda: urllib.request.urlopen(url).close()).start()

    return Person(show=show, paste=lambda _: "", patience=20, note=notes.append)


def sage_books(number: int, country: str = "GB") -> SageBooks:
    return SageBooks(f"{number:032x}", name=f"Books {number}", country=country, clock=Clock())


def test_a_business_that_cannot_be_read_is_named_and_the_others_are_connected(
    workspace: Workspace, person: Person, notes: list[str]
) -> None:
    good, asleep, roleless = (sage_books(number) for number in (1, 2, 3))
    abroad = sage_books(4, country="FR")
    asleep.subscription_active = False
    roleless.roles["Settings"] = "No Access"
    with SageStandIn([good, asleep, roleless, abroad]) as standin:
        sage = workspace.platform("sage")
        [item] = connect(workspace, sage, person, base_url=standin.url)
    assert (item.new, item.company.name) == (True, "Books 1")
    assert len(notes) == 3
    for books, why in ((asleep, "subscription"), (roleless, "role"), (abroad, "is in FR")):
        [line] = [note for note in notes if books.business_id in note]
        assert why in line and "left out" in line and "connect again to add it" in line


def test_a_business_that_has_its_role_again_is_added_to_the_same_grant(
    workspace: Workspace, person: Person
) -> None:
    books = [sage_books(1), sage_books(2)]
    books[1].roles["Settings"] = "No Access"
    with SageStandIn(books) as standin:
        sage = workspace.platform("sage")
        [first] = connect(workspace, sage, person, base_url=standin.url)
        books[1].roles.clear()
        again = connect(workspace, sage, person, base_url=standin.url)
    assert [item.new for item in again] == [False, True]
    assert {item.company.grant_id for item in again} == {first.company.grant_id}


def test_an_organisation_that_is_gone_is_named_and_the_others_are_connected(
    workspace: Workspace, person: Person, notes: list[str]
) -> None:
    with XeroStandIn([XeroBooks(f"0000000{n}-0000-4000-8000-000000000000") for n in (1, 2)]) as one:
        one.faults.next("disconnect", match="Organisation")
        [item] = connect(workspace, workspace.platform("xero"), person, base_url=one.url)
    [line] = notes
    assert "Xero 0000000" in line and "left out" in line
    assert item.company.ledger_id not in line


def test_a_custom_connection_asks_nobody_and_renews_itself(workspace: Workspace) -> None:
    def show(url: str) -> None:
        raise AssertionError("no browser opens")

    nobody = Person(show=show, paste=lambda _: "")
    with XeroStandIn([XeroBooks()]) as standin:
        xero = workspace.platform("xero")
        [item] = connect(workspace, xero, nobody, base_url=standin.url, custom=True)
        ledger_id = item.company.ledger_id
        before = workspace.vault.read(item.company.grant_id)
        assert before.refresh_token is None
        standin.consent.expire_access()
        assert workspace.ledger(item.company).describe_company().ledger_id == ledger_id
        assert workspace.vault.read(item.company.grant_id).generation == before.generation + 1
        [again] = connect(workspace, xero, nobody, base_url=standin.url, custom=True)
    assert not again.new and standin.wrong_tenant == 0
    with workspace.store.read() as conn:
        assert len(list_companies(conn)) == 1


@pytest.mark.parametrize("ledger", ["quickbooks", "sage"])
def test_other_platforms_have_no_custom_connections(
    workspace: Workspace, person: Person, ledger: str
) -> None:
    with pytest.raises(UsageError, match="has no custom connections: leave --custom out"):
        connect(
            workspace,
            workspace.platform(ledger),
            person,
            base_url="http://127.0.0.1:9",
            custom=True,
        )


def test_the_command_line_opens_a_custom_connection(tmp_path: Path) -> None:
    Workspace.init(tmp_path)
    with XeroStandIn([XeroBooks(name="Lone Org")]) as standin:
        words = ["--home", str(tmp_path), "connect", "xero", "--custom", "--base-url", standin.url]
        done = CliRunner().invoke(recoup, words)
    assert done.exit_code == 0, done.output
    assert "Connected: Lone Org (lone-org)" in done.output and "browser" not in done.output
