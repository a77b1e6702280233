"""What a failure means on the command line: one line on stderr and an exit code.

0 done · 1 a finding · 2 wrong use · 3 a person must reconnect · 4 not now, try again later ·
130 stopped by Ctrl-C
"""

from __future__ import annotations

import errno

from recoup.connector.errors import AdapterFault, Busy, NeedsReconnect, RecoupError, Retriable

__all__ = ["DONE", "FINDING", "LATER", "RECONNECT", "STOPPED", "WRONG_USE", "exit_code", "one_line"]

DONE, FINDING, WRONG_USE, RECONNECT, LATER, STOPPED = 0, 1, 2, 3, 4, 130


def exit_code(error: Exception) -> int:
    """The exit code of a failure that one_line() has words for."""
    if isinstance(error, NeedsReconnect):
        return RECONNECT
    if isinstance(error, AdapterFault):
        return FINDING
    if isinstance(error, Retriable) or not isinstance(error, RecoupError):
        return LATER
    return WRONG_USE


def one_line(error: Exception) -> str | None:
    """Say *error* in one line; None when it is a defect of ours and its trace is wanted."""
    if isinstance(error, RecoupError):
        line = " ".join(str(error).split())
        return f"{line}{_when(error)}" if isinstance(error, Retriable) else line
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; nothing is lost, free some space and run the same command again"
    if _is_database_fault(error):
        return _database_line(error)
    return None


def _when(error: Retriable) -> str:
    """From when on it is worth trying again, where that is known and not said already."""
    seconds = round(error.retry_after.total_seconds())
    if seconds < 1 or isinstance(error, Busy) or "allows the next call" in error.message:
        return ""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds >= length:
            count = -(-seconds // length)
            return f"; try again in {count} {unit}{'' if count == 1 else 's'}"
    return ""


def _is_database_fault(error: Exception) -> bool:
    # By name, so that the library is not imported just to ask.
    return any(base.__module__ == "sqlalchemy.exc" for base in type(error).__mro__) and any(
        base.__name__ in ("OperationalError", "DatabaseError") for base in type(error).__mro__
    )


def _database_line(error: Exception) -> str:
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    if "disk is full" in said or "No space left" in said or "disk I/O" in said:
        return (
            "the disk is full or failing; nothing is lost, free some space and run the same "
            "command again"
        )
    if "readonly" in said or "read-only" in said:
        return "the database cannot be written; check the permissions of the workspace folder"
    return f"the database failed: {said}; run recoup doctor"
