"""The keys that seal the vault: from the environment, a private file or the OS keyring."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from recoup.connector.errors import UsageError

__all__ = ["SETTING", "KeyRing", "find_keys"]

SETTING = "RECOUP_VAULT_KEY"
_FILE = "vault.key"
_MAKE = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class KeyRing:
    """Fernet keys, of which the first seals and any opens, and where they came from."""

    def __init__(self, source: str, load: Callable[[bool], str | None]) -> None:
        self._source = source
        self._load = load  # told whether a missing key may be made now
        self._fernet: MultiFernet | None = None

    def __repr__(self) -> str:
        return f"KeyRing({self._source})"

    def seal(self, plain: bytes) -> bytes:
        """Encrypt; a workspace without a key gets one now."""
        return self._keys(make=True).encrypt(plain)

    def open(self, sealed: bytes, grant_id: str) -> bytes:
        """Decrypt. Raises UsageError naming the setting when no key fits."""
        try:
            return self._keys(make=False).decrypt(sealed)
        except InvalidToken:
            raise UsageError(
                f"the key in {self._source} does not open the tokens of grant {grant_id}: "
                f"set {SETTING} to the key that sealed them, or run recoup connect again"
            ) from None

    def _keys(self, *, make: bool) -> MultiFernet:
        if self._fernet is None:
            written = self._load(make)
            if written is None:
                raise UsageError(
                    f"{self._source} is missing: restore it, set {SETTING} to the key that "
                    "sealed the tokens, or run recoup connect again"
                )
            self._fernet = _parse(written, self._source)
        return self._fernet


def find_keys(given: str | None, home: Path | None) -> KeyRing:
    """Return the keys: *given*, else RECOUP_VAULT_KEY, else the file vault.key in *home*.

    Either text is Fernet keys, comma separated; the word "keyring" keeps the key in the
    operating system's keyring instead. Raises UsageError when there is nowhere to look.
    """
    written = given or os.environ.get(SETTING, "").strip()
    if written == "keyring":
        return KeyRing("the OS keyring", lambda make: _from_keyring(str(home or ""), make))
    if written:
        return KeyRing(SETTING, lambda _make: written)
    if home is None:
        raise UsageError(f"{SETTING} is not set; make a key with: {_MAKE}")
    path = home / _FILE
    return KeyRing(str(path), lambda make: _from_file(path, make))


def _parse(written: str, source: str) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key.strip()) for key in written.split(",") if key.strip()])
    except ValueError:
        raise UsageError(f"{source} holds no Fernet key; make one with: {_MAKE}") from None


def _from_file(path: Path, make: bool) -> str | None:
    if not path.exists():
        if not make:
            return None
        _make_file(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise UsageError(f"{path} can be read by others (mode {mode:o}): run chmod 600 {path}")
    try:
        return path.read_text(encoding="ascii").strip()
    except PermissionError:
        raise UsageError(f"{path} cannot be read by this user") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} holds no Fernet key; make one with: {_MAKE}") from None


def _make_file(path: Path) -> None:
    """Write a new key whole and private, or leave the one that another process wrote first."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".vault-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)


def _from_keyring(workspace: str, make: bool) -> str | None:
    try:
        keyring: Any = import_module("keyring")
    except ImportError:
        raise UsageError(f"{SETTING}=keyring needs: pip install keyring") from None
    written: str | None = keyring.get_password("recoup", workspace)
    if written is None and make:
        written = Fernet.generate_key().decode()
        keyring.set_password("recoup", workspace, written)
    return written
