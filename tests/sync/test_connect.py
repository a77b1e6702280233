"""Connecting: consent is asked for safely, and what it reaches is on file once."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from recoup.connector.errors import Fatal, NeedsReconnect, UsageError, WrongCompany
from recoup.connector.events import Event
from recoup.connector.facades import Everybody
from recoup.connector.hookspecs import hookimpl
from recoup.connector.model import Company
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import Connection, TokenSet
from recoup.sync.connect import Person, connect
from recoup.sync.connections import Connected
from recoup.sync.store import audit
from recoup.sync.store.companies import list_companies
from recoup.sync.store.grants import list_grants
from recoup.sync.workspace import Workspace

STANDIN = "http://127.0.0.1:8600"


@dataclass
class FakePlatform:
    """A ledger platform that consents at once; tests set what it answers."""

    companies: dict[str, Company] = field(default_factory=dict)
    reached: tuple[str, ...] = ("9",)
    error: Exception | None = None  # raised when a company is asked who it is
    refused: set[str] = field(default_factory=set)  # companies that do not answer
    exchanges: list[tuple[str, str, str]] = field(default_factory=list)
    challenges: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @hookimpl
    def ledger_platforms(self) -> Sequence[LedgerPlatform]:
        return [
            LedgerPlatform(
                name="quickbooks",
                title="Fake Books",
                extra="fake",
                capabilities=frozenset(),
                open_ledger=lambda connection: FakeLedger(self, connection),
                open_consent=lambda app, base_url, clock: FakeConsent(self),
            )
        ]

    @hookimpl
    def on_event(self, event: Event) -> None:
        self.events.append(event)


@dataclass
class FakeConsent:
    platform: FakePlatform

    @hookimpl
    def authorize_url(self, redirect_uri: str, state: str, code_challenge: str) -> str:
        self.platform.challenges.append(code_challenge)
        asked = {"redirect_uri": redirect_uri, "state": state}
        return f"{STANDIN}/consent?{urlencode(asked)}"

    @hookimpl
    def exchange_code(
        self, answer: Mapping[str, str], redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        self.platform.exchanges.append((answer["code"], redirect_uri, code_verifier))
        return TokenSet(
            access_token=f"token {len(self.platform.exchanges)}",
            access_expires_at=datetime.now(UTC) + timedelta(hours=1),
        )

    @hookimpl
    def list_companies(self, tokens: TokenSet, answer: Mapping[str, str]) -> Sequence[str]:
        return self.platform.reached


@dataclass
class FakeLedger:
    platform: FakePlatform
    connection: Connection

    @hookimpl
    def describe_company(self) -> Company:
        if self.platform.error is not None:
            raise self.platform.error
        if self.connection.company_id in self.platform.refused:
            raise NeedsReconnect("no such company")
        self.connection.vault.read(self.connection.grant_id)
        return self.platform.companies[self.connection.company_id]


def books(ledger_id: str = "9", name: str = "Acme & Co", currency: str = "USD") -> Company:
    return Company(ledger="quickbooks", ledger_id=ledger_id, name=name, home_currency=currency)


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform(companies={"9": books()})


@pytest.fixture
def workspace(tmp_path: Path, platform: FakePlatform) -> Iterator[Workspace]:
    Workspace.init(tmp_path / "w")
    plugins = Everybody({"fake": platform})
    with Workspace.open(tmp_path / "w", environment={}, plugins=plugins) as opened:
        yield opened


def consenting(**changed: str) -> Person:
    """A person whose browser follows the redirect at once, with *changed* parameters."""

    def show(url: str) -> None:
        asked = dict(parse_qsl(urlsplit(url).query))
        answer = urlencode({"code": "c1", "state": asked["state"], "realmId": "9"} | changed)
        target = f"{asked['redirect_uri']}?{answer}"
        threading.Thread(target=lambda: urllib.request.urlopen(target).close()).start()

    return Person(show=show, paste=lambda _: "", patience=10)


def run(workspace: Workspace, person: Person | None = None) -> list[Connected]:
    found = workspace.platform("quickbooks")
    return connect(workspace, found, person or consenting(), base_url=STANDIN)


def test_a_consent_puts_the_company_and_its_grant_on_file(workspace: Workspace) -> None:
    [item] = run(workspace)
    assert item.new and item.company.slug == "acme-co"
    with workspace.store.read() as conn:
        assert [row.ledger_id for row in list_companies(conn)] == ["9"]
        assert [grant.state for grant in list_grants(conn)] == ["connected"]
    assert workspace.vault.read(item.company.grant_id).access_token == "token 1"


def test_the_verifier_matches_the_challenge_that_was_shown(
    workspace: Workspace, platform: FakePlatform
) -> None:
    import base64
    import hashlib

    run(workspace)
    [(_, redirect_uri, verifier)], [challenge] = platform.exchanges, platform.challenges
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    assert digest.decode().rstrip("=") == challenge
    assert 43 <= len(verifier) <= 128 and redirect_uri.startswith("http://127.0.0.1:")


def test_connecting_again_renews_the_consent_and_duplicates_nothing(workspace: Workspace) -> None:
    [first], [again] = run(workspace), run(workspace)
    assert not again.new
    assert again.company == first.company
    assert workspace.vault.read(first.company.grant_id).access_token == "token 2"
    with workspace.store.read() as conn:
        assert len(list_companies(conn)) == len(list_grants(conn)) == 1


def test_both_are_in_an_unbroken_audit_trail(workspace: Workspace) -> None:
    [item] = run(workspace)
    run(workspace)
    scope = audit.company_scope(item.company.company_id)
    with workspace.store.read() as conn:
        assert audit.head(conn, scope)[0] == 2
        assert audit.verify(conn, scope) is None


def test_books_of_the_same_name_get_a_slug_of_their_own(
    workspace: Workspace, platform: FakePlatform
) -> None:
    run(workspace)
    platform.companies["8"] = books("8")
    platform.reached = ("8",)
    [other] = run(workspace)
    assert other.new and other.company.slug == "acme-co-2"


def test_one_consent_may_reach_several_companies(
    workspace: Workspace, platform: FakePlatform
) -> None:
    platform.companies["8"] = books("8", "Beta")
    platform.reached = ("8", "9")
    assert [item.company.slug for item in run(workspace)] == ["beta", "acme-co"]


def test_a_refused_consent_connects_nothing(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"consent was refused \(access_denied\)"):
        run(workspace, consenting(error="access_denied"))
    with workspace.store.read() as conn:
        assert list_companies(conn) == []


def test_a_consent_for_no_company_says_so(workspace: Workspace, platform: FakePlatform) -> None:
    platform.reached = ()
    with pytest.raises(NeedsReconnect, match="reaches no company"):
        run(workspace)


def test_a_forged_company_id_does_not_cost_the_working_consent(
    workspace: Workspace, platform: FakePlatform
) -> None:
    [item] = run(workspace)
    platform.error = WrongCompany("the ledger answered for others")
    with pytest.raises(WrongCompany):
        run(workspace)
    assert workspace.vault.read(item.company.grant_id).access_token == "token 1"


def test_a_company_whose_home_currency_changed_is_refused_and_kept(
    workspace: Workspace, platform: FakePlatform
) -> None:
    run(workspace)
    platform.companies["9"] = books(currency="EUR")
    with pytest.raises(Fatal, match="home currency of acme-co changed from USD to EUR"):
        run(workspace)
    with workspace.store.read() as conn:
        assert [row.home_currency for row in list_companies(conn)] == ["USD"]


def test_an_https_redirect_is_pasted_back(workspace: Workspace, platform: FakePlatform) -> None:
    shown: list[str] = []

    def paste(uri: str) -> str:
        state = dict(parse_qsl(urlsplit(shown[0]).query))["state"]
        return f"{uri}?code=c1&state={state}&realmId=9"

    person = Person(show=shown.append, paste=paste)
    ledger = workspace.platform("quickbooks")
    uri = "https://firm.example/recoup"
    [item] = connect(workspace, ledger, person, base_url=STANDIN, redirect_uri=uri)
    assert item.new and platform.exchanges[0][1] == uri


def test_listeners_hear_of_it_after_it_is_on_file(
    workspace: Workspace, platform: FakePlatform
) -> None:
    run(workspace)
    [event] = platform.events
    assert (event.kind, event.company) == ("company_connected", "acme-co")


def test_a_consent_that_reaches_more_than_before_is_one_grant(
    workspace: Workspace, platform: FakePlatform
) -> None:
    [first] = run(workspace)
    platform.companies["8"] = books("8", "Beta")
    platform.reached = ("9", "8")
    again, new = run(workspace)
    assert (again.new, new.new) == (False, True)
    assert {again.company.grant_id, new.company.grant_id} == {first.company.grant_id}


def test_a_new_id_under_a_known_name_is_another_company(
    workspace: Workspace, platform: FakePlatform
) -> None:
    run(workspace)
    platform.companies["7"] = books("7")  # a demo company that was set back gets a new id
    platform.reached = ("7",)
    [item] = run(workspace)
    assert item.new
    with workspace.store.read() as conn:
        assert [(row.slug, row.ledger_id) for row in list_companies(conn)] == [
            ("acme-co", "9"),
            ("acme-co-2", "7"),
        ]


def test_a_company_that_does_not_answer_is_left_out_and_named(
    workspace: Workspace, platform: FakePlatform
) -> None:
    platform.companies["8"] = books("8", "Beta")
    platform.refused = {"9"}
    platform.reached = ("9", "8")
    notes: list[str] = []
    person = consenting()
    [item] = run(workspace, Person(person.show, person.paste, person.patience, notes.append))
    assert item.company.slug == "beta" and workspace.vault.read(item.company.grant_id)
    assert notes == ["Fake Books 9 was left out: no such company; connect again to add it"]


def test_a_consent_that_no_company_uses_any_more_is_retired(
    workspace: Workspace, platform: FakePlatform
) -> None:
    [nine] = run(workspace)
    platform.companies["8"] = books("8", "Beta")
    platform.reached = ("8",)
    [eight] = run(workspace)
    platform.reached = ("8", "9")  # two consents until now: both companies get a third
    again, _ = run(workspace)
    with workspace.store.read() as conn:
        states = {grant.grant_id: grant.state for grant in list_grants(conn)}
    assert states.pop(again.company.grant_id) == "connected"
    assert states == {nine.company.grant_id: "revoked", eight.company.grant_id: "revoked"}
    with pytest.raises(NeedsReconnect):
        workspace.vault.read(nine.company.grant_id)
