"""What a database says when it fails, as one line that a person can act on."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError

from recoup.connector.errors import Busy, Fatal, RecoupError, UsageError

__all__ = ["explain_postgres", "explain_sqlite"]


def explain_sqlite(error: BaseException, path: object) -> RecoupError | None:
    """Return the error to raise in place of *error*; None when it is a fault of ours."""
    if isinstance(error, OSError):
        return _explain_os(error, path)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return None
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return _no_space(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy(f"{path} is in use by another program: close it there and try again")
    if code == sqlite3.SQLITE_NOTADB:
        return UsageError(f"{path} is not a database: move it away or name another workspace")
    if code == sqlite3.SQLITE_CORRUPT:
        return UsageError(
            f"{path} is damaged: move it away, restore a copy or run recoup sync anew"
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return UsageError(f"{path} may not be written: check the permissions of file and folder")
    if code == sqlite3.SQLITE_CANTOPEN:
        return UsageError(
            f"{path} cannot be opened: check that it is a file you may read and write"
        )
    if code == sqlite3.SQLITE_IOERR:
        return Fatal(f"reading or writing {path} failed ({cause}): check the disk")
    return None


def explain_postgres(error: BaseException, address: str) -> RecoupError | None:
    """Return the error to raise in place of *error*; *address* carries no password."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state == "53100":  # disk_full
        return _no_space(address)
    if state in ("40001", "40P01", "55P03"):  # serialisation, deadlock, lock not available
        return Busy(f"{address} is busy with the same rows: try again")
    if "row-level security" in str(error.orig):
        return None  # we asked for another company's rows: a fault of ours
    if state in ("42501", "25006"):  # insufficient privilege, read only
        return UsageError(f"{address}: {_first_line(error.orig)}; grant the role what it needs")
    unreachable = state is None or state.startswith(("08", "28", "3D", "57P"))
    if unreachable and isinstance(error, OperationalError):
        return UsageError(f"cannot reach {address}: {_first_line(error.orig)}")
    return None


def _explain_os(error: OSError, path: object) -> RecoupError | None:
    if not str(error.filename or "").startswith(str(path)):
        return None  # somebody else's file, touched while the database was open
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _no_space(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UsageError(f"{path} may not be written: check the permissions of file and folder")
    return None


def _no_space(where: object) -> Fatal:
    return Fatal(f"no space left for {where}: free some and run again; nothing was half-written")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
