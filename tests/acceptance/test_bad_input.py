"""Whatever is wrong: one clear line, the right exit code, and nothing lost."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest


def assert_one_line(ran: Any, code: int, *words: str) -> None:
    assert ran.code == code, ran
    assert ran.out == "" and ran.err.startswith("recoup: ") and ran.err.count("\n") == 1, ran
    for word in words:
        assert word in ran.err, ran.err


def assert_ties_out(firm: Any) -> None:
    synced = firm.run("sync")
    assert synced.code == 0, synced.err
    tied = firm.run("tieout")
    assert tied.code == 0, tied.out + tied.err


@pytest.mark.parametrize("seed", ["nowhere.csv", "empty", "wrong.csv"])
def test_a_wrong_or_missing_seed_is_refused(seed: str, firm: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "wrong.csv").write_text("invoice,customer\n1,A\n")
    ran = firm.wait("standin", "quickbooks", "--seed", str(tmp_path / seed))
    assert_one_line(ran, 2, seed)


def test_without_a_workspace_the_way_to_one_is_named(firm: Any, tmp_path: Path) -> None:
    firm.home = tmp_path / "elsewhere"
    assert_one_line(firm.run("sync"), 2, "recoup init")


def test_without_a_company_the_way_to_one_is_named(desk_at: Any, tmp_path: Path) -> None:
    assert_one_line(desk_at(tmp_path / "new").run("sync"), 2, "recoup connect quickbooks")


def test_a_report_before_the_first_sync_is_refused(connected: Any) -> None:
    assert_one_line(connected.run("report", "aging"), 2, "recoup sync")


def test_an_unknown_company_is_answered_with_those_there_are(firm: Any) -> None:
    assert_one_line(firm.run("sync", "acme"), 2, "acme", "larkspur")


def test_an_unknown_setting_is_named_with_its_file(firm: Any) -> None:
    with (firm.home / "recoup.toml").open("a") as file:
        file.write("\n[sync]\nparalel = 3\n")
    assert_one_line(firm.run("sync"), 2, "recoup.toml")


def test_a_workspace_of_a_newer_version_is_left_alone(firm: Any) -> None:
    with sqlite3.connect(firm.home / "recoup.db") as conn:
        conn.execute("UPDATE recoup_version SET version_num = '9999'")
    conn.close()
    for words in (["sync"], ["report", "aging"], ["tieout"]):
        assert_one_line(firm.run(*words), 2, "newer")


def test_an_unreadable_database_is_said_to_be_one(firm: Any) -> None:
    (firm.home / "recoup.db").write_bytes(b"no database at all" * 500)
    for leftover in ("recoup.db-wal", "recoup.db-shm"):
        (firm.home / leftover).unlink(missing_ok=True)
    assert_one_line(firm.run("sync"), 2, "recoup.db")


@pytest.mark.parametrize("key", ["A" * 43 + "=", "not a key"])
def test_a_wrong_key_of_the_vault_loses_no_token(key: str, firm: Any) -> None:
    held = (firm.home / "vault.key").read_text()
    (firm.home / "vault.key").write_text(key)
    ran = firm.run("sync")
    assert ran.code in (2, 3) and ran.err.count("\n") == 1 and "key" in ran.err, ran
    (firm.home / "vault.key").write_text(held)
    assert_ties_out(firm)


def test_a_revoked_grant_asks_for_a_new_consent(firm: Any) -> None:
    for grant in firm.standin.consent.grants:
        grant.revoked = True  # as the company's admin can at any time
    assert_one_line(firm.run("sync"), 3, "no longer accepts this consent", "recoup connect")
    [company] = firm.run("companies", "--format", "json").json
    assert company["state"] == "needs_reconnect"
    assert firm.run("doctor").code == 1
    again = firm.connect(firm.standin.url)
    assert again.code == 0 and "Connected again" in again.out
    assert_ties_out(firm)


def test_a_consent_for_another_company_is_not_taken_for_this_one(firm: Any) -> None:
    realm = firm.books.realm
    firm.standin.companies["1"] = firm.standin.companies.pop(realm)
    firm.standin.apis["1"] = firm.standin.apis.pop(realm)
    ran = firm.run("sync")
    assert ran.code in (2, 3) and ran.out == "" and ran.err.count("\n") == 1, ran
    assert realm in ran.err or "company" in ran.err


def test_a_spent_month_is_one_line_and_not_one_more_call(firm: Any) -> None:
    settings = firm.home / "recoup.toml"
    settings.write_text(
        settings.read_text().replace("[quickbooks]\n", "[quickbooks]\nmonthly_reads = 5\n")
    )
    before = sum(firm.standin.calls.values())
    assert_one_line(firm.run("sync"), 4, "allowance of 5 calls", "is spent")
    assert sum(firm.standin.calls.values()) == before
    assert firm.run("report", "aging").code == 0


def test_a_month_that_the_platform_says_is_spent_is_one_line(connected: Any) -> None:
    connected.admin("faults", kind="monthly_block", times=100, after=3)
    ran = connected.run("sync")
    assert_one_line(ran, 4, "month")


def test_a_changed_home_currency_is_refused_before_the_first_page(connected: Any) -> None:
    change_home_currency(connected)
    before = connected.standin.calls["query"]
    assert_one_line(connected.run("sync"), 2, "home currency", "USD to CAD")
    assert connected.standin.calls["query"] == before


def test_a_changed_home_currency_leaves_what_is_there_as_it_was(firm: Any) -> None:
    before = firm.run("report", "aging", "--format", "json").json
    change_home_currency(firm)
    again = firm.connect(firm.standin.url)
    assert again.code == 2 and "home currency" in again.err and again.err.count("\n") == 1
    examined = firm.run("doctor")
    found = " ".join(examined.out.split())
    assert examined.code == 1 and "its home currency is CAD now, USD on file" in found
    assert firm.run("report", "aging", "--format", "json").json == before


def change_home_currency(firm: Any) -> None:
    with firm.books.writing():
        preferences = firm.books.amend("Preferences", firm.books.rows("Preferences")[0]["Id"])
        preferences["CurrencyPrefs"]["HomeCurrency"]["value"] = "CAD"
        firm.books.store("Preferences", preferences, post=False)


def test_an_amount_finer_than_its_currency_is_set_aside_and_holds_its_customer(firm: Any) -> None:
    invoice = next(row for row in firm.books.rows("Invoice") if row["Balance"])
    with firm.books.writing():
        doc = firm.books.touch(firm.books.amend("Invoice", invoice["Id"]))
        doc["TotalAmt"] = doc["Balance"] = Decimal("10.005")
        firm.books.store("Invoice", doc, post=False)
    synced = firm.run("sync")
    assert synced.code in (0, 1) and "1 unreadable and set aside" in synced.out, synced
    tied = firm.run("tieout")
    assert tied.code == 1 and invoice["CustomerRef"]["value"] in tied.out
    assert "held" in tied.out and "10.005" in tied.out


def test_a_full_disk_is_one_line_and_the_next_sync_is_whole(connected: Any) -> None:
    limit = 400_000  # bytes a file may have: less than the documents need
    code = (
        "import resource, sys; from recoup.sync.cli import main; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY)); "
        "main(sys.argv[1:])"
    )
    words = [sys.executable, "-c", code, "--home", str(connected.home), "sync"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (2, 4), done
    assert done.stdout == "" and done.stderr.count("\n") == 1 and "disk" in done.stderr
    assert_ties_out(connected)


def test_a_stand_in_that_is_not_running_is_one_line(firm: Any) -> None:
    firm.standin.stop()
    ran = firm.run("sync")
    assert_one_line(ran, 4, "127.0.0.1")


def test_a_lost_workspace_is_rebuilt_from_the_ledger(firm: Any) -> None:
    before = firm.run("report", "aging", "--format", "json").json
    shutil.rmtree(firm.home)
    firm.init()
    assert firm.connect(firm.standin.url).code == 0
    assert_ties_out(firm)
    assert firm.run("report", "aging", "--format", "json").json == before
