"""``recoup sync``, ``companies``, ``tieout`` on a connected company."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

import pytest
from click.testing import Result

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.workspace import Workspace

Run = Callable[..., Result]
OneLine = Callable[[Result, int], str]
Spawn = Callable[..., Popen[str]]
Join = Callable[[Path, StandIn], None]
MakeBooks = Callable[..., Books]


def test_the_first_sync_brings_everything_and_says_what_it_cost(connected: Path, run: Run) -> None:
    result = run("sync")
    assert result.exit_code == 0, result.output
    first, budget = result.stdout.splitlines()
    assert first.startswith("acme-books: ") and "calls" in first
    assert budget.startswith("QuickBooks Online: ") and "of 500,000 reads used" in budget


def test_a_second_sync_costs_one_call(connected: Path, run: Run) -> None:
    run("sync")
    assert "in 1 call, 0 new or changed" in run("sync").stdout


def test_the_books_tie_out(connected: Path, run: Run) -> None:
    run("sync")
    result = run("tieout")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("acme-books: ties out")
    assert "135.00" in result.stdout


def test_tie_out_as_json_is_one_list(connected: Path, run: Run) -> None:
    run("sync")
    [outcome] = json.loads(run("tieout", "--format", "json").stdout)
    assert outcome["company"] == "acme-books" and outcome["proven"] is True
    assert outcome["totals"]["USD"]["ledger"] == "135.00"


def test_books_that_do_not_tie_are_a_finding(connected: Path, standin: StandIn, run: Run) -> None:
    customer = standin.books.rows("Customer")[0]
    standin.books.load("Customer", customer | {"Balance": 1})
    run("sync")
    result = run("tieout")
    assert result.exit_code == 1, result.output
    assert "does not tie out" in result.stdout and "held: customer" in result.stdout


def test_listeners_are_told_who_is_held_and_who_is_not_any_more(
    connected: Path, standin: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, object]] = []
    monkeypatch.setattr(
        "recoup.connector.facades.Everybody.on_event",
        lambda _, event: told.append((str(event.kind), event.facts.get("customer_id"))),
    )
    customer = standin.books.rows("Customer")[0]
    for balance in (1, customer["Balance"]):
        standin.books.load("Customer", customer | {"Balance": balance})
        run("sync")
        run("tieout")
    heard = [entry for entry in told if entry[0] != "sync_finished"]
    held, released = ("customer_held", customer["Id"]), ("customer_released", customer["Id"])
    assert heard == [("tied_out", None), held, ("tied_out", None), released]


def test_one_company_that_fails_does_not_stop_the_others(
    connected: Path,
    make_books: MakeBooks,
    join_standin: Join,
    run: Run,
) -> None:
    other = make_books("Other Books", "9130000000000002")
    with StandIn(other, 0, Options(throttle=False)) as second:
        join_standin(connected, second)
    result = run("sync", "--all")  # the second stand-in has stopped
    assert result.exit_code == 4
    assert result.stdout.startswith("acme-books: ")
    assert result.stderr.startswith("recoup: other-books: ") and result.stderr.count("\n") == 1


def test_several_companies_must_be_named(
    connected: Path,
    make_books: MakeBooks,
    join_standin: Join,
    run: Run,
    one_line: OneLine,
) -> None:
    other = make_books("Other Books", "9130000000000002")
    with StandIn(other, 0, Options(throttle=False)) as second:
        join_standin(connected, second)
        assert "acme-books, other-books" in one_line(run("sync"), 2)
        assert "acme-books, other-books" in one_line(run("sync", "nobody"), 2)
        assert run("sync", "other-books").exit_code == 0
        assert "not both" in one_line(run("sync", "other-books", "--all"), 2)


def test_companies_lists_what_is_connected(connected: Path, run: Run) -> None:
    assert "never" in run("companies").stdout
    run("sync")
    [row] = json.loads(run("companies", "--format", "json").stdout)
    assert row["company"] == "acme-books" and row["synced_at"] and row["state"] == "connected"


def test_a_revoked_grant_asks_for_reconnecting(
    connected: Path,
    standin: StandIn,
    run: Run,
    one_line: OneLine,
) -> None:
    for grant in standin.consent.grants:
        grant.revoked = True
    assert "connect" in one_line(run("sync"), 3)
    assert "needs reconnect" in run("companies").stdout


def test_a_month_of_reads_that_is_spent_is_said_and_loses_nothing(
    connected: Path, run: Run, one_line: OneLine
) -> None:
    (connected / "recoup.toml").write_text("[quickbooks]\nmonthly_reads = 3\n")
    said = one_line(run("sync"), 4)
    assert "3" in said
    (connected / "recoup.toml").write_text("")
    assert run("sync").exit_code == 0 and run("tieout").exit_code == 0


def test_a_page_cut_in_the_middle_is_one_line_and_loses_nothing(
    connected: Path,
    standin: StandIn,
    run: Run,
    one_line: OneLine,
) -> None:
    standin.faults.next("truncate", times=50, match="query")
    one_line(run("sync"), 4)
    standin.faults.clear()
    assert run("sync").exit_code == 0 and run("tieout").exit_code == 0


def test_a_second_sync_of_one_company_says_that_one_is_running(
    connected: Path, run: Run, one_line: OneLine
) -> None:
    with Workspace.open(connected) as workspace:
        minute = timedelta(minutes=1)
        with workspace.store.lease("pull:1", ttl=minute, wait=timedelta(0)):
            said = one_line(run("sync", "--wait", 0), 4)
    assert said.startswith("acme-books: another sync of this company is running")
    assert run("sync").exit_code == 0


def test_ctrl_c_in_the_middle_of_a_sync_loses_nothing(
    connected: Path, standin: StandIn, spawn: Spawn, run: Run
) -> None:
    standin.faults.next("hang", times=1, match="Invoice", seconds=30)
    process = spawn("sync")
    while standin.faults.waiting:  # until the query hangs
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.strip() == "stopped; nothing is lost, run the same command again"
    standin.faults.clear()
    assert run("sync").exit_code == 0 and run("tieout").exit_code == 0


def test_a_full_disk_is_one_line_and_nothing_is_half_written(
    connected: Path,
    run: Run,
    one_line: OneLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sqlite3

    from recoup.sync.pull import run as pulling

    def full(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(pulling, "store_payloads", full)
        assert "no space left" in one_line(run("sync"), 2)
    assert run("sync").exit_code == 0 and run("tieout").exit_code == 0


def test_a_company_whose_home_currency_changed_is_refused(
    connected: Path,
    standin: StandIn,
    run: Run,
    one_line: OneLine,
) -> None:
    preferences = standin.books.rows("Preferences")[0]
    preferences["CurrencyPrefs"]["HomeCurrency"]["value"] = "EUR"
    standin.books.load("Preferences", preferences)
    assert "home currency" in one_line(run("sync"), 2)


def test_the_wrong_realm_is_refused(
    connected: Path,
    standin: StandIn,
    run: Run,
    one_line: OneLine,
) -> None:
    books = standin.companies.pop(standin.books.realm)
    books.realm = "9130000000000009"
    standin.companies[books.realm] = books
    one_line(run("sync"), 3)


def test_a_wrong_vault_key_names_the_setting(
    connected: Path,
    run: Run,
    one_line: OneLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cryptography.fernet import Fernet

    monkeypatch.setenv("RECOUP_VAULT_KEY", Fernet.generate_key().decode())
    assert "RECOUP_VAULT_KEY" in one_line(run("sync"), 2)


def test_a_lost_vault_key_says_how_to_go_on(connected: Path, run: Run, one_line: OneLine) -> None:
    (connected / "vault.key").unlink()
    assert "vault.key is missing" in one_line(run("sync"), 2)


def test_an_unreadable_database_is_one_line(connected: Path, run: Run, one_line: OneLine) -> None:
    for left in ("recoup.db-wal", "recoup.db-shm"):
        (connected / left).unlink(missing_ok=True)
    (connected / "recoup.db").write_bytes(b"not a database at all" * 100)
    assert "recoup.db is not a database" in one_line(run("companies"), 2)


def test_a_workspace_of_a_newer_version_is_refused(
    connected: Path, run: Run, one_line: OneLine
) -> None:
    import sqlite3

    with sqlite3.connect(connected / "recoup.db") as db:
        db.execute("UPDATE recoup_version SET version_num = '9999_from_the_future'")
    db.close()
    said = one_line(run("companies"), 2)
    assert "newer" in said


def test_a_workspace_that_is_gone_is_one_line(connected: Path, run: Run, one_line: OneLine) -> None:
    shutil.rmtree(connected)
    assert "recoup init" in one_line(run("sync"), 2)


def test_nothing_connected_says_what_to_run(home: Path, run: Run, one_line: OneLine) -> None:
    assert "recoup connect quickbooks" in one_line(run("sync"), 2)
    assert run("companies").exit_code == 0


def test_a_company_that_was_never_synced_is_not_judged(
    connected: Path, run: Run, one_line: OneLine
) -> None:
    line = one_line(run("tieout"), 2)
    assert line.endswith("no sync has run to its end yet; run: recoup sync acme-books")
