"""The vault's keys: where they come from, who may read them, what a wrong one says."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.fernet import Fernet

from recoup.connector.errors import UsageError
from recoup.sync.store.keys import SETTING, find_keys


@pytest.fixture(autouse=True)
def _no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)


def new_key() -> str:
    return Fernet.generate_key().decode()


def test_a_workspace_without_a_key_gets_a_private_one(tmp_path: Path) -> None:
    sealed = find_keys(None, tmp_path).seal(b"tokens")
    path = tmp_path / "vault.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert find_keys(None, tmp_path).open(sealed, "g") == b"tokens"
    assert [entry.name for entry in tmp_path.iterdir()] == ["vault.key"]


def test_a_missing_key_file_is_not_replaced_to_open_old_tokens(tmp_path: Path) -> None:
    sealed = find_keys(None, tmp_path).seal(b"tokens")
    (tmp_path / "vault.key").unlink()
    with pytest.raises(UsageError, match=rf"vault\.key is missing: restore it, set {SETTING}"):
        find_keys(None, tmp_path).open(sealed, "g")
    assert not (tmp_path / "vault.key").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    find_keys(None, tmp_path).seal(b"tokens")
    (tmp_path / "vault.key").chmod(mode)
    with pytest.raises(UsageError, match=f"mode {mode:o}.: run chmod 600"):
        find_keys(None, tmp_path).seal(b"tokens")


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, new_key())
    find_keys(None, tmp_path).seal(b"tokens")
    assert not (tmp_path / "vault.key").exists()


def test_the_first_key_seals_and_any_key_opens(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    sealed = find_keys(old, tmp_path).seal(b"tokens")
    both = find_keys(f"{new}, {old}", tmp_path)
    assert both.open(sealed, "g") == b"tokens"
    assert find_keys(new, tmp_path).open(both.seal(b"tokens"), "g") == b"tokens"


def test_a_wrong_key_names_the_setting_and_no_secret(tmp_path: Path) -> None:
    sealed, wrong = find_keys(new_key(), tmp_path).seal(b"tokens"), new_key()
    with pytest.raises(UsageError, match=f"{SETTING} does not open the tokens of grant g") as said:
        find_keys(wrong, tmp_path).open(sealed, "g")
    assert wrong not in str(said.value) and wrong not in repr(find_keys(wrong, tmp_path))


@pytest.mark.parametrize("text", ["a passphrase", "abc", ","])
def test_what_is_no_key_says_how_to_make_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"holds no Fernet key; make one with: python -c"):
        find_keys(text, tmp_path).seal(b"tokens")


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    with pytest.raises(UsageError, match=r"vault\.key holds no Fernet key"):
        find_keys(None, tmp_path).seal(b"tokens")


def test_without_a_folder_the_setting_is_asked_for() -> None:
    with pytest.raises(UsageError, match=f"{SETTING} is not set; make a key with"):
        find_keys(None, None)


def test_the_word_keyring_keeps_the_key_in_the_operating_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[tuple[str, str], str] = {}
    keyring = ModuleType("keyring")
    keyring.get_password = lambda service, user: kept.get((service, user))  # type: ignore[attr-defined]
    keyring.set_password = lambda service, user, key: kept.update({(service, user): key})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    sealed = find_keys("keyring", tmp_path).seal(b"tokens")
    assert find_keys("keyring", tmp_path).open(sealed, "g") == b"tokens"
    assert list(kept) == [("recoup", str(tmp_path))] and not list(tmp_path.iterdir())


def test_a_missing_keyring_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match="pip install keyring"):
        find_keys("keyring", tmp_path).seal(b"tokens")
