"""The doctor names what is wrong and what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from recoup.connector.errors import BudgetSpent, Fatal, NeedsConsent, Retriable
from recoup.connector.intents import Intent, Operation
from recoup.connector.protocols import TokenSet
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.cli.root import recoup
from recoup.sync.connect import connect
from recoup.sync.demo import consenting
from recoup.sync.doctor import Finding, Level, examine
from recoup.sync.doctor_installation import installation
from recoup.sync.pull.run import pull_company
from recoup.sync.store import intents
from recoup.sync.store.companies import find_company
from recoup.sync.workspace import Workspace


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(Books(company_name="Acme"), 0, Options(throttle=False)) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, standin: StandIn) -> Path:
    """A workspace with one company, synced."""
    folder = tmp_path / "w"
    Workspace.init(folder)
    with Workspace.open(folder, environment={}) as workspace:
        platform = workspace.platform("quickbooks")
        [item] = connect(workspace, platform, consenting(), base_url=standin.url)
        ledger = workspace.ledger(item.company)
        pull_company(workspace.store, item.company, ledger, clock=workspace.clock)
    return folder


def look(home: Path, *, live: bool = False, **environment: str) -> list[Finding]:
    return list(examine(home, environment=environment, live=live))


def about(findings: list[Finding], subject: str) -> Finding:
    return next(finding for finding in findings if finding.subject == subject)


def test_a_workspace_in_order_has_nothing_that_fails(home: Path) -> None:
    findings = look(home, live=True)
    assert {finding.level for finding in findings} == {Level.OK}
    assert about(findings, "ledger of acme").text == "answers as Acme"


def test_the_sqlite_at_work_is_named(home: Path) -> None:
    assert about(look(home), "SQLite").text.startswith(sqlite3.sqlite_version)


def test_every_extra_and_plugin_is_looked_at() -> None:
    subjects = {finding.subject for finding in installation()}
    assert subjects >= {"Python", "SQLite", "extra quickbooks", "extra postgres", "plugins"}


def test_without_a_workspace_recoup_init_is_the_remedy(tmp_path: Path) -> None:
    found = look(tmp_path)[-1]
    assert found.level is Level.FAIL and "recoup init" in found.text


def test_a_folder_open_to_others_is_a_warning(home: Path) -> None:
    home.chmod(0o755)
    found = about(look(home), "workspace")
    assert (found.level, found.remedy) == (Level.WARN, f"chmod 700 {home}")


def test_a_key_that_others_can_read_fails(home: Path) -> None:
    (home / "vault.key").chmod(0o644)
    found = about(look(home), "vault key")
    assert (found.level, found.remedy) == (Level.FAIL, f"chmod 600 {home}/vault.key")


def test_a_key_that_does_not_fit_fails_and_names_the_setting(home: Path) -> None:
    from cryptography.fernet import Fernet

    other = Fernet.generate_key().decode()
    found = about(look(home, RECOUP_VAULT_KEY=other), "consent of acme")
    assert found.level is Level.FAIL and "RECOUP_VAULT_KEY" in found.text


def test_a_write_without_an_outcome_is_to_be_sent_again(home: Path) -> None:
    payment = Intent(
        key="k", operation=Operation.CREATE_PAYMENT, natural_key="bank line 1", request={}
    )
    with Workspace.open(home, environment={}) as workspace:
        with workspace.store.read() as conn:
            company_id = find_company(conn, None).company_id
        with workspace.store.write(company_id) as conn:
            intents.plan(conn, company_id, payment, at=workspace.clock.now())
    found = next(f for f in look(home) if "no known outcome" in f.text)
    assert found.level is Level.WARN and "the same keys" in (found.remedy or "")


def test_a_database_that_is_none_fails(home: Path) -> None:
    for left in ("recoup.db-wal", "recoup.db-shm"):
        (home / left).unlink(missing_ok=True)
    (home / "recoup.db").write_bytes(b"no database" * 500)
    found = about(look(home), "database")
    assert found.level is Level.FAIL and "is not a database" in found.text


def test_a_database_changed_by_hand_breaks_the_audit_trail(home: Path) -> None:
    with sqlite3.connect(home / "recoup.db") as db:
        db.execute("UPDATE audit SET action = 'nothing' WHERE seq = 1")
    db.close()
    assert about(look(home), "audit trail").level is Level.FAIL


@pytest.mark.parametrize(("days", "level"), [(40, Level.OK), (29, Level.WARN), (-1, Level.FAIL)])
def test_a_consent_that_ends_is_told_thirty_days_ahead(home: Path, days: int, level: Level) -> None:
    end = datetime.now(UTC) + timedelta(days=days, hours=1)
    tokens = TokenSet(access_token="a", access_expires_at=datetime.now(UTC), hard_expires_at=end)
    with Workspace.open(home, environment={}) as workspace:
        with workspace.store.read() as conn:
            company = find_company(conn, "acme")
        workspace.vault.save(company.grant_id, tokens)
    found = about(look(home), "consent of acme")
    assert found.level is level and f"{end:%Y-%m-%d}" in found.text


def test_a_revoked_consent_says_how_to_reconnect(home: Path, standin: StandIn) -> None:
    for grant in standin.consent.grants:
        grant.revoked = True
    found = about(look(home, live=True), "ledger of acme")
    assert found.level is Level.FAIL
    assert found.remedy == f"recoup connect quickbooks --base-url {standin.url}"


def test_a_stand_in_that_stopped_is_said(home: Path, standin: StandIn) -> None:
    standin.stop()
    found = about(look(home, live=True), "ledger of acme")
    assert (found.level, found.remedy) == (Level.FAIL, "is the stand-in running?")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (Fatal("no active subscription: renew it"), None),
        (NeedsConsent("scopes are missing"), "by a person who may grant all that it asks for"),
        (BudgetSpent("the day is spent"), "try again later"),
        (Retriable("no answer"), "is the stand-in running?"),
    ],
)
def test_what_to_do_about_a_ledger_goes_by_the_kind_of_its_refusal(
    home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, remedy: str | None
) -> None:
    def refuses(ledger: object) -> None:
        raise error

    monkeypatch.setattr("recoup.connector.facades.Ledger.describe_company", refuses)
    found = about(look(home, live=True), "ledger of acme")
    assert found.level is Level.FAIL and found.text == str(error)
    assert remedy in found.remedy if remedy and found.remedy else found.remedy is remedy


def test_a_budget_that_runs_out_is_a_warning(home: Path) -> None:
    (home / "recoup.toml").write_text("[quickbooks]\nmonthly_reads = 5\n")
    warned = [f for f in look(home) if "reads used this month" in f.text]
    assert warned[0].level is Level.WARN and "monthly_reads" in (warned[0].remedy or "")


def test_the_command_prints_signs_remedies_and_a_sum(home: Path) -> None:
    result = CliRunner().invoke(recoup, ["--home", str(home), "doctor"])
    assert result.exit_code == 0 and "Nothing is broken" in result.stdout
    (home / "vault.key").chmod(0o644)
    result = CliRunner().invoke(recoup, ["--home", str(home), "doctor", "--offline"])
    assert result.exit_code == 1
    assert "FAIL  vault key" in result.stdout and "→ chmod 600" in result.stdout


def test_a_company_never_synced_says_what_to_run(tmp_path: Path, standin: StandIn) -> None:
    Workspace.init(tmp_path / "w")
    with Workspace.open(tmp_path / "w", environment={}) as workspace:
        connect(workspace, workspace.platform("quickbooks"), consenting(), base_url=standin.url)
    found = about(look(tmp_path / "w"), "acme")
    assert (found.level, found.remedy) == (Level.WARN, "recoup sync acme")


def test_no_company_is_a_warning(tmp_path: Path) -> None:
    Workspace.init(tmp_path / "w")
    found = about(look(tmp_path / "w"), "companies")
    assert (found.level, found.remedy) == (Level.WARN, "recoup connect quickbooks")


def test_held_customers_are_named_with_their_reason(home: Path) -> None:
    from recoup.sync.store.conclusions import save_holds

    with Workspace.open(home, environment={}) as workspace, workspace.store.write(1) as conn:
        reasons = {str(n): f"reason {n}" for n in range(5)}
        save_holds(conn, 1, reasons, workspace.clock.now())
    [found] = [f for f in look(home) if "held customers" in f.text]
    assert "0: reason 0; 1: reason 1; 2: reason 2 and 2 more" in found.text
    assert found.remedy == "recoup tieout acme"


def test_a_sync_that_failed_or_is_long_ago_is_a_warning(home: Path) -> None:
    with sqlite3.connect(home / "recoup.db") as db:
        db.execute("UPDATE pulls SET outcome = 'no answer'")
    db.close()
    assert about(look(home), "acme").text == "the last sync ended with: no answer"
    with sqlite3.connect(home / "recoup.db") as db:
        db.execute("UPDATE pulls SET outcome = 'done'")
        db.execute("UPDATE cursors SET finished_at = finished_at - 3 * 86400 * 1000000")
    db.close()
    assert about(look(home), "acme").level is Level.WARN


def test_a_lease_left_behind_is_told_and_needs_nothing(home: Path) -> None:
    with sqlite3.connect(home / "control.db") as db:
        db.execute("INSERT INTO leases VALUES ('pull:1', 'gone', 1)")
    db.close()
    found = about(look(home), "leases")
    assert found.level is Level.OK and "pull:1" in found.text


def test_tokens_that_are_gone_ask_for_a_reconnect(home: Path) -> None:
    with sqlite3.connect(home / "control.db") as db:
        db.execute("DELETE FROM tokens")
    db.close()
    found = about(look(home), "consent of acme")
    assert found.level is Level.FAIL and "recoup connect quickbooks" in (found.remedy or "")
