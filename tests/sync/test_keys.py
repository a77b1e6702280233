"""The client secret comes from the environment, else from the keyring, and nowhere else."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from recoup.connector.errors import UsageError
from recoup.sync.keys import client_secret


class KeyringError(Exception):
    """What the keyring package raises when the system's keyring is locked."""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """A keyring that is installed; what the test puts in is what it holds."""
    entries: dict[tuple[str, str], str] = {}
    keyring = ModuleType("keyring")
    keyring.__dict__["errors"] = SimpleNamespace(KeyringError=KeyringError)
    keyring.__dict__["get_password"] = lambda service, name: entries.get((service, name))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    return entries


def test_the_environment_wins(kept: dict[tuple[str, str], str]) -> None:
    kept["recoup", "quickbooks.client_secret"] = "kept"
    variable = "RECOUP_QUICKBOOKS_CLIENT_SECRET"
    assert client_secret("quickbooks", {variable: "given"}) == "given"
    assert client_secret("quickbooks", {}) == "kept"


def test_with_neither_the_variable_is_named(kept: dict[tuple[str, str], str]) -> None:
    with pytest.raises(UsageError, match="set RECOUP_QUICKBOOKS_CLIENT_SECRET"):
        client_secret("quickbooks", {})


def test_without_the_keyring_package_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match="set RECOUP_QUICKBOOKS_CLIENT_SECRET"):
        client_secret("quickbooks", {})


def test_a_locked_keyring_is_said(
    kept: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(service: str, name: str) -> str:
        raise KeyringError("locked")

    monkeypatch.setattr(sys.modules["keyring"], "get_password", locked)
    with pytest.raises(UsageError, match="keyring cannot be read"):
        client_secret("quickbooks", {})
