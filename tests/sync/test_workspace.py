"""A workspace is found, made and opened; each refusal is one line that says what to do."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from recoup.connector.errors import UsageError
from recoup.sync.workspace import SETTINGS_FILE, Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "books"
    assert Workspace.init(made)
    return made


def open_at(home: Path | None, **environment: str) -> Workspace:
    return Workspace.open(home, environment=environment)


def test_a_new_workspace_is_closed_to_other_people(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_file_it_starts_with_changes_no_default(folder: Path) -> None:
    assert open_at(folder).settings.sync.parallel == 4
    assert open_at(folder).target == folder / "recoup.db"


def test_nothing_in_it_that_is_secret_goes_into_version_control(folder: Path) -> None:
    ignored = (folder / ".gitignore").read_text().split("\n")
    assert "vault.key" in ignored and "*.db" in ignored


def test_making_it_again_changes_nothing(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text("[sync]\nparallel = 2\n")
    assert not Workspace.init(folder)
    assert open_at(folder).settings.sync.parallel == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file/books: cannot make a workspace"):
        Workspace.init(tmp_path / "file" / "books")


def test_home_wins_over_the_environment(folder: Path, tmp_path: Path) -> None:
    assert open_at(folder, RECOUP_HOME=str(tmp_path)).folder == folder


def test_the_environment_names_it(folder: Path) -> None:
    assert open_at(None, RECOUP_HOME=str(folder)).folder == folder


def test_the_nearest_folder_upwards_is_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = folder / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert open_at(None).folder == folder


def test_without_one_recoup_init_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="recoup init"):
        open_at(None)
    with pytest.raises(UsageError, match=f"recoup init {tmp_path}"):
        open_at(tmp_path)


def test_a_setting_that_is_wrong_names_file_and_line(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text("[report]\nbuckets = 3\n")
    with pytest.raises(UsageError, match=r"recoup\.toml:2: report\.buckets"):
        open_at(folder)


def test_a_database_on_a_server_is_named_by_its_address(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text('database = "postgresql://db.example.com/recoup"\n')
    assert open_at(folder).target == "postgresql://db.example.com/recoup"


def test_a_missing_client_id_names_the_setting(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"quickbooks\.client_id is not set"):
        open_at(folder).app("quickbooks", None)


def test_a_missing_client_secret_names_the_variable(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text('[quickbooks]\nclient_id = "abc"\n')
    with pytest.raises(UsageError, match="set RECOUP_QUICKBOOKS_CLIENT_SECRET"):
        open_at(folder).app("quickbooks", None)


def test_a_real_secret_is_never_sent_to_a_stand_in(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text('[quickbooks]\nclient_id = "abc"\n')
    workspace = open_at(folder, RECOUP_QUICKBOOKS_CLIENT_SECRET="hush")
    assert workspace.app("quickbooks", None).client_secret == "hush"
    assert workspace.app("quickbooks", "http://127.0.0.1:8600").client_secret == "standin"
    assert "hush" not in repr(workspace.app("quickbooks", None))


def test_the_key_of_the_vault_is_private(folder: Path) -> None:
    from datetime import UTC, datetime

    from recoup.connector.protocols import TokenSet

    tokens = TokenSet(access_token="a", access_expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    with open_at(folder) as workspace:
        workspace.vault.save("g", tokens)
        assert workspace.vault.read("g").access_token == "a"
    assert os.name != "posix" or (folder / "vault.key").stat().st_mode & 0o777 == 0o600


def test_a_wrong_vault_key_names_the_setting(folder: Path) -> None:
    from datetime import UTC, datetime

    from cryptography.fernet import Fernet

    from recoup.connector.protocols import TokenSet

    tokens = TokenSet(access_token="a", access_expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    with open_at(folder) as workspace:
        workspace.vault.save("g", tokens)
    other = open_at(folder, RECOUP_VAULT_KEY=Fernet.generate_key().decode())
    with other, pytest.raises(UsageError, match="RECOUP_VAULT_KEY"):
        other.vault.read("g")


def test_a_connection_carries_the_allowances_of_its_ledgers_table(folder: Path) -> None:
    (folder / SETTINGS_FILE).write_text("[xero]\ndaily_calls = 1000\n[sage]\nat_once = 3\n")
    with open_at(folder) as workspace:
        found = {
            ledger: workspace.connection(
                ledger=ledger, ledger_id="1", grant_id="g", base_url="http://127.0.0.1:9"
            ).settings
            for ledger in ("quickbooks", "xero", "sage")
        }
    assert found == {"quickbooks": {}, "xero": {"daily_calls": 1000}, "sage": {"at_once": 3}}


def test_what_the_starting_file_shows_can_be_switched_on(folder: Path) -> None:
    file = folder / SETTINGS_FILE
    shown = r"^# (monthly_reads|daily_calls|minute_calls|at_once|parallel|every|daily) ="
    text, switched = re.subn(shown, r"\1 =", file.read_text(), flags=re.MULTILINE)
    file.write_text(text)
    settings = open_at(folder).settings
    assert switched == 7
    assert settings.ledger("xero").limits == {"daily_calls": 5000}
    assert settings.ledger("sage").limits == {"minute_calls": 100, "at_once": 20}
    assert (settings.sync.every, dict(settings.sync.intervals)) == ("1h", {"daily": "1d"})
