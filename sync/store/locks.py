"""Locks between processes that die with their holder: a file's, and a transaction's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from recoup.connector.errors import Busy, UsageError

fcntl: Any
try:
    fcntl = import_module("fcntl")
except ImportError:  # Windows
    fcntl = None

__all__ = ["FileLock", "serialise"]

_FIRST_NAP, _LONGEST_NAP = 0.0005, 0.02  # seconds


class FileLock:
    """An exclusive lock on a file, between processes and between threads of one.

    Waiting is real time whatever the store's clock says: the holder is another process. Each
    holding opens the file anew, so two threads exclude each other as two processes do.
    """

    def __init__(self, path: Path, *, patience: float = 60.0) -> None:
        if fcntl is None:
            raise UsageError(
                "SQLite workspaces need a POSIX system (Linux, macOS, WSL); "
                "on Windows give a postgresql:// address instead"
            )
        self.path = path
        self.patience = patience  # seconds

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. Raises Busy when another holds it for longer than the patience."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._acquire(handle)
            try:
                yield
            finally:  # said aloud: a forked child may still have the file open
                fcntl.flock(handle, fcntl.LOCK_UN)
        finally:
            os.close(handle)

    def _acquire(self, handle: int) -> None:
        nap, until = _FIRST_NAP, time.monotonic() + self.patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise Busy(f"another process holds {self.path}: try again later") from None
            else:
                return
            time.sleep(nap)
            nap = min(nap * 2, _LONGEST_NAP)


def serialise(conn: Connection, *names: str) -> None:
    """Let one transaction at a time past the same names, until it ends.

    PostgreSQL needs this where a row to lock may not exist yet; SQLite's writers are alone.
    """
    if conn.dialect.name != "postgresql":
        return
    for name in sorted(set(names)):  # one order for all, so that nobody waits in a circle
        conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:n, 0))"), {"n": name})
