"""Where the firm's own secrets come from: the environment, else the system's keyring."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from recoup.connector.errors import UsageError

__all__ = ["client_secret"]

_KEYRING_SERVICE = "recoup"


def client_secret(ledger: str, environment: Mapping[str, str]) -> str:
    """Return the secret of the firm's OAuth application for *ledger*.

    Looked for in RECOUP_<LEDGER>_CLIENT_SECRET, then in the keyring (service recoup, name
    <ledger>.client_secret). Raises UsageError naming the variable.
    """
    variable = f"RECOUP_{ledger.upper()}_CLIENT_SECRET"
    if given := environment.get(variable):
        return given
    if kept := _from_keyring(f"{ledger}.client_secret"):
        return kept
    raise UsageError(f"the client secret of your {ledger} app is missing; set {variable}")


def _from_keyring(name: str) -> str | None:
    """Ask the system's keyring, where the optional keyring package is installed."""
    try:
        keyring = import_module("keyring")
    except ImportError:
        return None
    try:
        kept = keyring.get_password(_KEYRING_SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise UsageError(f"the keyring cannot be read for {name}: {error}") from error
    return str(kept) if kept else None
