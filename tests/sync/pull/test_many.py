"""Many companies over the queue: each by itself, parked with its reason, none twice at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.errors import (
    AdapterFault,
    BudgetSpent,
    Busy,
    Fatal,
    NeedsConsent,
    NeedsReconnect,
    Retriable,
)
from recoup.connector.facades import Everybody
from recoup.connector.hookspecs import hookimpl
from recoup.connector.model import Company, Record
from recoup.connector.pages import Page, Payload
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import Connection
from recoup.sync.cli.pulling import pull_all
from recoup.sync.connections import book
from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.overview import standings
from recoup.sync.pull.attempt import Pulled
from recoup.sync.pull.many import PULL, Overview, pull_many
from recoup.sync.store.companies import CompanyRow, list_companies
from recoup.sync.store.grants import list_grants
from recoup.sync.workspace import Workspace

MINUTE = timedelta(minutes=1)


@dataclass
class Firm:
    """Companies "0", "1", … whose pulls end as a test says; without a word they end well."""

    script: dict[str, list[Exception | None]] = field(default_factory=dict)
    pulled: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    pages: int = 0  # before the scripted end
    meet: threading.Barrier | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @hookimpl
    def ledger_platforms(self) -> Sequence[LedgerPlatform]:
        return [
            LedgerPlatform(
                name="quickbooks",
                title="Fake Books",
                extra="fake",
                capabilities=frozenset(),
                open_ledger=lambda connection: FirmLedger(self, connection),
                open_consent=lambda app, base_url, clock: None,
            )
        ]


@dataclass
class FirmLedger:
    firm: Firm
    connection: Connection

    @hookimpl
    def describe_company(self) -> Company:
        return described(self.connection.company_id)

    @hookimpl
    def capabilities(self) -> frozenset[Any]:
        return frozenset()

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        return []

    @hookimpl
    def pull(self, cursor: Any) -> Iterator[Page]:
        firm, own = self.firm, self.connection.company_id
        with firm.lock:
            firm.pulled.append(own)
            firm.at_once += 1
            firm.most_at_once = max(firm.at_once, firm.most_at_once)
        try:
            if firm.meet is not None:
                firm.meet.wait(10)
            for number in range(firm.pages):
                yield Page(cursor={"page": number}, calls=1)
            steps = firm.script.get(own, [])
            error = steps.pop(0) if steps else None
            if error is not None:
                raise error
        finally:
            with firm.lock:
                firm.at_once -= 1


def described(ledger_id: str) -> Company:
    return Company(
        ledger="quickbooks", ledger_id=ledger_id, name=f"Co {ledger_id}", home_currency="USD"
    )


@pytest.fixture
def firm() -> Firm:
    return Firm()


@pytest.fixture
def workspace(tmp_path: Path, firm: Firm, clock: Any) -> Iterator[Workspace]:
    folder = tmp_path / "w"
    Workspace.init(folder)
    plugins = Everybody({"fake": firm})
    with Workspace.open(folder, environment={}, plugins=plugins, clock=clock) as opened:
        for number in range(6):
            grant = "shared" if number >= 4 else f"own-{number}"
            book(
                opened.store,
                [described(str(number))],
                base_url="http://127.0.0.1:9",
                grant_id=grant,
                at=clock.now(),
            )
        yield opened


@pytest.fixture
def sync_all(workspace: Workspace) -> Callable[..., tuple[dict[str, Pulled], Overview]]:
    def run(wait: timedelta = MINUTE, **more: Any) -> tuple[dict[str, Pulled], Overview]:
        with workspace.store.read() as conn:
            companies: list[CompanyRow] = list_companies(conn)
        ended: list[Pulled] = []
        overview = pull_many(
            workspace,
            companies,
            on_progress=more.get("on_progress", lambda company, progress: None),
            on_wait=lambda company, until: None,
            on_end=ended.append,
            wait=wait,
            parked_too=more.get("parked_too", False),
        )
        assert len({pulled.company.company_id for pulled in ended}) == len(ended)
        return {pulled.company.ledger_id: pulled for pulled in ended}, overview

    return run


def test_every_company_is_synced_and_nothing_stays_queued(
    workspace: Workspace, firm: Firm, sync_all: Any
) -> None:
    ended, _ = sync_all()
    assert sorted(firm.pulled) == list("012345") and all(p.result for p in ended.values())
    assert EmbeddedQueue(workspace.store).waiting(PULL) == []


def test_as_many_run_at_once_as_the_settings_allow(firm: Firm, sync_all: Any) -> None:
    firm.meet = threading.Barrier(2)  # at least two at a time
    sync_all()
    assert 2 <= firm.most_at_once <= 4


def test_one_failure_of_any_kind_stops_no_other_company(firm: Firm, sync_all: Any) -> None:
    firm.script = {
        "0": [NeedsReconnect("the consent is gone")],
        "1": [Fatal("its home currency changed")],
        "2": [Retriable("the day is spent", retry_after=timedelta(hours=5))],
    }
    ended, _ = sync_all()
    assert [key for key, p in sorted(ended.items()) if p.result] == ["3", "4", "5"]


def test_a_short_limit_is_waited_for_within_the_run(firm: Firm, sync_all: Any) -> None:
    firm.script = {"0": [Retriable("too many calls", retry_after=timedelta(seconds=20))] * 3}
    ended, _ = sync_all()
    assert ended["0"].result is not None and firm.pulled.count("0") == 4


def test_what_earlier_attempts_of_the_run_brought_is_counted_too(firm: Firm, sync_all: Any) -> None:
    firm.pages = 3
    firm.script = {"0": [Retriable("too many calls", retry_after=MINUTE)]}
    ended, _ = sync_all()
    assert ended["0"].result.calls == 6 and ended["1"].result.calls == 3


def test_a_ledger_that_does_not_answer_is_parked_and_not_waited_for(
    firm: Firm, sync_all: Any, clock: Any
) -> None:
    began_at = clock.now()
    firm.script = {"0": [Retriable("it did not answer", retry_after=MINUTE)]}
    ended, _ = sync_all()
    assert ended["0"].again_at == began_at + MINUTE and clock.now() == began_at


def test_short_limits_without_end_are_parked_at_last(firm: Firm, sync_all: Any) -> None:
    limits = [BudgetSpent("too many calls", retry_after=timedelta(seconds=30)) for _ in range(50)]
    firm.script = {"0": list(limits)}
    ended, _ = sync_all()
    assert ended["0"].again_at is not None and firm.pulled.count("0") == 11


def test_a_ledger_that_brings_nothing_is_asked_five_times_with_growing_pauses(
    firm: Firm, sync_all: Any, clock: Any
) -> None:
    began_at = clock.now()
    firm.script = {"0": [Retriable("not now") for _ in range(50)]}
    ended, _ = sync_all()
    assert firm.pulled.count("0") == 5 and clock.now() - began_at == timedelta(
        seconds=2 + 4 + 8 + 16
    )
    assert ended["0"].again_at == clock.now() + MINUTE


def test_a_page_gives_a_ledger_its_tries_back(firm: Firm, sync_all: Any) -> None:
    firm.pages = 1
    firm.script = {"0": [Retriable("not now") for _ in range(12)]}
    ended, _ = sync_all()
    assert ended["0"].result is not None and firm.pulled.count("0") == 13


def test_a_parked_company_is_skipped_until_its_time_and_then_synced(
    firm: Firm, sync_all: Any, clock: Any
) -> None:
    firm.script = {"2": [Retriable("the day is spent", retry_after=timedelta(hours=5))]}
    ended, _ = sync_all()
    assert ended["2"].again_at == clock.now() + timedelta(hours=5)
    ended, overview = sync_all()
    [(company, row)] = overview.parked
    assert (company.ledger_id, row.reason) == ("2", "the day is spent") and "2" not in ended
    clock.move(hours=5)
    ended, overview = sync_all()
    assert ended["2"].result is not None and not overview.parked


def test_a_parked_company_may_be_asked_all_the_same(firm: Firm, sync_all: Any) -> None:
    firm.script = {"2": [Retriable("the day is spent", retry_after=timedelta(hours=5))]}
    sync_all()
    ended, overview = sync_all(parked_too=True)
    assert ended["2"].result is not None and not overview.parked


def test_a_parked_company_is_remembered_over_a_restart(
    workspace: Workspace, firm: Firm, sync_all: Any, clock: Any
) -> None:
    firm.script = {"2": [Retriable("the day is spent", retry_after=timedelta(hours=5))]}
    sync_all()
    plugins = Everybody({"fake": firm})
    with Workspace.open(workspace.folder, environment={}, plugins=plugins, clock=clock) as again:
        [row] = EmbeddedQueue(again.store).waiting(PULL)
    assert (row.reason, row.cause) == ("the day is spent", "Retriable")


def test_a_busy_slot_is_tried_again_until_the_patience_ends(firm: Firm, sync_all: Any) -> None:
    firm.script = {"0": [Busy("all 5 slots are taken")] * 3, "1": [Busy("taken")] * 500}
    ended, overview = sync_all()
    assert ended["0"].result is not None
    assert isinstance(ended["1"].error, Busy) and ended["1"].again_at is None
    assert not overview.parked


def test_a_company_that_another_process_syncs_is_left_to_it(
    workspace: Workspace, firm: Firm, sync_all: Any
) -> None:
    queue = EmbeddedQueue(workspace.store)
    queue.enqueue(PULL, "1")
    job = queue.claim([PULL])
    ended, overview = sync_all()
    assert job is not None and [row.company_id for row in overview.elsewhere] == [1]
    assert len(ended) == 5


def test_a_consent_is_lost_only_when_no_company_of_it_works(
    workspace: Workspace, firm: Firm, sync_all: Any
) -> None:
    def states() -> dict[str, str]:
        with workspace.store.read() as conn:
            return {grant.grant_id: str(grant.state) for grant in list_grants(conn)}

    firm.script = {"0": [NeedsReconnect("gone")], "4": [NeedsReconnect("not reached")]}
    sync_all()
    assert states()["own-0"] == "needs_reconnect" and states()["shared"] == "connected"
    firm.script = {"4": [NeedsReconnect("gone")], "5": [NeedsReconnect("gone")]}
    sync_all()
    assert states()["own-0"] == "connected" and states()["shared"] == "needs_reconnect"


def test_a_failure_is_remembered_until_the_company_works_again(
    workspace: Workspace, firm: Firm, sync_all: Any
) -> None:
    firm.script = {"1": [Fatal("its home currency changed")]}
    sync_all()
    [row] = EmbeddedQueue(workspace.store).waiting(PULL)
    assert (row.state, row.reason) == ("failed", "its home currency changed")
    sync_all()
    assert EmbeddedQueue(workspace.store).waiting(PULL) == []


def test_a_foreseen_error_keeps_nothing_of_the_attempt_alive(firm: Firm, sync_all: Any) -> None:
    firm.script = {"1": [Fatal("no")]}
    ended, _ = sync_all()
    assert ended["1"].error.__traceback__ is None


def test_what_an_adapter_raises_unforeseen_fails_its_company_alone(
    workspace: Workspace, firm: Firm, sync_all: Any
) -> None:
    firm.script = {"1": [KeyError("Balance")]}
    ended, _ = sync_all()
    error = ended["1"].error
    assert isinstance(error, AdapterFault) and "KeyError: 'Balance'" in str(error)
    assert error.cause.__traceback__ is not None  # the trace is kept for whoever wants it
    assert [key for key, p in sorted(ended.items()) if p.result] == ["0", "2", "3", "4", "5"]
    [row] = EmbeddedQueue(workspace.store).waiting(PULL)
    assert (row.state, row.cause) == ("failed", "AdapterFault")


def test_a_defect_of_ours_is_raised_when_the_others_have_ended(firm: Firm, sync_all: Any) -> None:
    firm.pages = 1

    def broken(company: CompanyRow, progress: Any) -> None:
        if company.ledger_id == "1":
            raise ZeroDivisionError("ours")

    ended, _ = sync_all(on_progress=broken)
    assert isinstance(ended["1"].error, ZeroDivisionError) and len(ended) == 6


def pull_one(workspace: Workspace, number: int) -> Pulled:
    with workspace.store.read() as conn:
        company = list_companies(conn)[number]
    [pulled] = pull_all(
        workspace,
        [company],
        on_progress=lambda company, progress: None,
        on_end=lambda pulled: None,
        wait=MINUTE,
    )
    return pulled


def test_one_company_synced_alone_leaves_a_refusal_on_file(
    workspace: Workspace, firm: Firm
) -> None:
    firm.script = {"4": [NeedsConsent("not reached")]}  # its consent reaches another one too
    pull_one(workspace, 4)
    with workspace.store.read() as conn:
        [standing, other] = standings(workspace, list_companies(conn)[4:])
    assert standing.state == "needs_reconnect" and other.state == "connected"
    assert standing.next_step.startswith("recoup connect quickbooks")
    assert pull_one(workspace, 4).result and EmbeddedQueue(workspace.store).waiting(PULL) == []


def test_one_company_synced_alone_is_parked_by_a_day_limit(
    workspace: Workspace, firm: Firm, clock: Any
) -> None:
    firm.script = {"2": [BudgetSpent("the day is spent", retry_after=timedelta(hours=5))]}
    assert pull_one(workspace, 2).again_at == clock.now() + timedelta(hours=5)
    with workspace.store.read() as conn:
        [standing] = standings(workspace, list_companies(conn)[2:3])
    assert standing.parked_until == clock.now() + timedelta(hours=5)
    clock.move(hours=6)  # its time has come: nothing is in the way any more
    [standing] = standings(workspace, [standing.company])
    assert standing.parked_until is None and standing.next_step == "recoup sync co-2"


def test_one_company_asked_for_its_trace_raises_what_the_adapter_raised(
    workspace: Workspace, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm.script = {"1": [KeyError("Balance"), KeyError("Balance")]}
    assert isinstance(pull_one(workspace, 1).error, AdapterFault)
    monkeypatch.setenv("RECOUP_DEBUG", "1")
    with pytest.raises(KeyError, match="Balance"):
        pull_one(workspace, 1)
