"""``recoup sync`` of many companies: choosing them, exit codes, parking, the plan, kills."""

from __future__ import annotations

import csv
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from click.testing import Result

from recoup.connector.hookspecs import hookimpl
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

Run = Callable[..., Result]
OneLine = Callable[[Result, int], str]
Spawn = Callable[..., Popen[str]]
Join = Callable[[Path, StandIn], None]
MakeBooks = Callable[..., Books]


@pytest.fixture
def other(connected: Path, make_books: MakeBooks, join_standin: Join) -> Iterator[StandIn]:
    """A second company, other-books, at a stand-in of its own."""
    books = make_books("Other Books", "9130000000000002")
    with StandIn(books, 0, Options(throttle=False)) as running:
        join_standin(connected, running)
        yield running


def revoke(standin: StandIn) -> None:
    for grant in standin.consent.grants:
        grant.revoked = True


def test_companies_are_chosen_by_tag(other: StandIn, run: Run) -> None:
    assert run("companies", "tag", "acme-books", "Monthly", "uk").output == (
        "acme-books: monthly, uk\n"
    )
    result = run("sync", "--tag", "monthly")
    assert result.exit_code == 0 and result.stdout.startswith("acme-books: ")
    assert "other-books" not in result.stdout and "1 company: 1 synced" in result.stdout
    assert run("tieout", "--tag", "uk").stdout.startswith("acme-books: ties out")
    assert run("companies", "untag", "acme-books", "uk").output == "acme-books: monthly\n"


def test_an_unknown_tag_or_ledger_lists_the_known_ones(
    other: StandIn, run: Run, one_line: OneLine
) -> None:
    run("companies", "tag", "acme-books", "monthly")
    said = one_line(run("sync", "--tag", "mnthly"), 2)
    assert said == "no company has the tag 'mnthly'; known: monthly"
    assert "known: quickbooks" in one_line(run("sync", "--ledger", "xero"), 2)
    assert "not both" in one_line(run("sync", "acme-books", "--tag", "monthly"), 2)
    assert "is no tag" in one_line(run("companies", "tag", "acme-books", "a tag"), 2)


def test_the_ledger_chooses_too(other: StandIn, run: Run) -> None:
    result = run("sync", "--ledger", "quickbooks")
    assert result.exit_code == 0 and "2 companies: 2 synced" in result.stdout


def test_a_revoked_consent_stops_no_other_company_and_exits_3(
    other: StandIn, standin: StandIn, run: Run
) -> None:
    revoke(standin)
    result = run("sync", "--all")
    assert result.exit_code == 3, result.output
    assert "2 companies: 1 synced, 1 to be reconnected" in result.stdout
    assert result.stderr.startswith("recoup: acme-books: ") and result.stderr.count("\n") == 1
    listed = {row["company"]: row for row in json.loads(run("companies", "--format=json").stdout)}
    assert listed["acme-books"]["state"] == "needs_reconnect"
    assert listed["acme-books"]["next_step"].startswith("recoup connect quickbooks")
    assert listed["other-books"]["state"] == "connected"


def test_what_is_parked_exits_4_and_is_skipped_until_then(
    other: StandIn, standin: StandIn, run: Run
) -> None:
    standin.faults.next("429_xml", times=1)
    first = run("sync", "--all")
    assert first.exit_code == 4, first.output
    assert "acme-books: parked until" in first.stderr and "1 parked" in first.stdout
    calls = sum(standin.calls.values())
    again = run("sync", "--all")
    assert again.exit_code == 4 and "acme-books: parked until" in again.stderr
    assert sum(standin.calls.values()) == calls
    [acme, _] = json.loads(run("companies", "--format", "json").stdout)
    assert acme["next_step"].startswith("wait: ") and acme["parked_until"]


def test_connecting_again_clears_what_stood_in_the_way(
    connected: Path, standin: StandIn, run: Run, join_standin: Join
) -> None:
    revoke(standin)
    assert run("sync", "--all").exit_code == 3
    join_standin(connected, standin)
    [row] = json.loads(run("companies", "--format", "json").stdout)
    assert (row["state"], row["next_step"]) == ("connected", "recoup sync acme-books")


def test_what_is_parked_can_be_asked_all_the_same(
    connected: Path, standin: StandIn, run: Run
) -> None:
    standin.faults.next("truncate", times=50, match="query")
    assert "parked until" in run("sync", "--all").stderr
    standin.faults.clear()
    assert run("sync", "--all", "--now").exit_code == 0


def test_a_finding_at_one_company_exits_1(other: StandIn, standin: StandIn, run: Run) -> None:
    preferences = standin.books.rows("Preferences")[0]
    preferences["CurrencyPrefs"]["HomeCurrency"]["value"] = "EUR"
    standin.books.load("Preferences", preferences)
    result = run("sync", "--all")
    assert result.exit_code == 1, result.output
    assert "home currency" in result.stderr and "1 synced, 1 failed" in result.stdout


def test_companies_tells_how_each_stands_and_what_is_next(other: StandIn, run: Run) -> None:
    run("sync", "acme-books")
    run("tieout", "acme-books")
    acme, second = json.loads(run("companies", "--format", "json").stdout)
    assert (acme["platform"], acme["home_currency"]) == ("QuickBooks Online", "USD")
    assert acme["proven"] is True and acme["tied_out_at"] and acme["next_step"] == ""
    assert acme["budget_left"] < 500_000 and second["next_step"] == "recoup sync other-books"
    lines = list(csv.DictReader(run("companies", "--format", "csv").stdout.splitlines()))
    assert [line["company"] for line in lines] == ["acme-books", "other-books"]
    assert lines[0]["proven"] == "true" and lines[1]["synced_at"] == ""


def test_a_sync_makes_the_last_tie_out_outdated(
    connected: Path, standin: StandIn, run: Run
) -> None:
    run("sync"), run("tieout")
    standin.books.create("Customer", {"DisplayName": "Cy"})
    run("sync")
    [row] = json.loads(run("companies", "--format", "json").stdout)
    assert row["proven"] is None and row["next_step"] == "recoup tieout acme-books"


def test_only_companies_whose_interval_has_passed_are_due(other: StandIn, run: Run) -> None:
    run("sync", "acme-books")
    result = run("sync", "--due")
    assert result.exit_code == 0 and result.stdout.startswith("other-books: ")
    assert run("sync", "--all", "--due").stdout == "No company is due.\n"


def test_the_plan_says_the_cost_and_asks_no_ledger(
    connected: Path, standin: StandIn, run: Run
) -> None:
    run("sync"), run("sync")
    calls = sum(standin.calls.values())
    result = run("sync", "--plan")
    assert result.exit_code == 0, result.output
    assert "measured" in result.stdout
    assert "QuickBooks Online: 1 calls in the next run, 26 a day" in result.stdout
    assert sum(standin.calls.values()) == calls


def test_the_plan_tells_first_syncs_apart(connected: Path, run: Run) -> None:
    said = run("sync", "--plan").stdout
    assert "first sync" in said and "at least 16 calls in the next run (1 first sync)" in said


def test_what_an_adapter_raises_unforeseen_is_a_finding_in_one_line(
    other: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(adapter: object, cursor: object) -> None:
        raise ValueError("line one\nline two")

    monkeypatch.setattr(
        "recoup.plugins.quickbooks.adapter.QuickBooksLedger.pull", hookimpl(stumbles)
    )
    one, many = run("sync", "acme-books"), run("sync", "--all")
    assert (one.exit_code, many.exit_code) == (1, 1)
    assert "(ValueError: line one); report it" in one.stderr and one.stderr.count("\n") == 1
    assert many.stderr.count("report it") == 2 and "2 failed" in many.stdout
    monkeypatch.setenv("RECOUP_DEBUG", "1")
    assert isinstance(run("sync", "acme-books").exception, ValueError)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_companies_leaves_nothing_out_on_a_narrow_page(
    other: StandIn, standin: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    run("sync", "other-books")
    revoke(standin)
    run("sync", "acme-books")
    said = " ".join(run("companies").stdout.split())
    assert "→ needs reconnect: recoup connect quickbooks" in said
    assert "→ recoup tieout other-books" in said and said.count("QuickBooks") >= 2
    assert "Acme" in said and "USD" in said and "499," in said and "never" in said


def test_a_parked_company_says_until_when_and_has_no_calls_left(
    connected: Path, standin: StandIn, run: Run
) -> None:
    standin.faults.next("429_xml", times=1)
    run("sync", "--all")
    assert "→ parked until 20" in run("companies").stdout
    [row] = json.loads(run("companies", "--format", "json").stdout)
    assert row["budget_left"] == 0 and row["parked_until"]


def test_a_plan_that_the_allowance_does_not_bear_is_a_finding(connected: Path, run: Run) -> None:
    text = '[quickbooks]\nmonthly_reads = 50\n[sync]\nevery = "15m"\n'
    (connected / "recoup.toml").write_text(text)
    result = run("sync", "--plan")
    assert result.exit_code == 1, result.output
    assert "times less often" in result.stdout and "asked for every 15m" in result.stdout


def test_a_killed_run_leaves_nothing_behind(
    other: StandIn, standin: StandIn, spawn: Spawn, run: Run
) -> None:
    standin.faults.next("hang", times=1, match="Invoice", seconds=3)
    process = spawn("sync", "--all")
    while standin.faults.waiting:
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert run("sync", "--all").exit_code == 0 and run("tieout", "--all").exit_code == 0


def test_two_runs_at_once_share_the_work(other: StandIn, spawn: Spawn, run: Run) -> None:
    both = [spawn("sync", "--all") for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert run("tieout", "--all").exit_code == 0
