"""A failure is one line and an exit code; a defect of ours is neither."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from recoup.connector.errors import (
    BudgetSpent,
    Busy,
    Fatal,
    NeedsReconnect,
    Retriable,
    Unreadable,
    UsageError,
    WrongCompany,
)
from recoup.sync.cli.faults import exit_code, one_line


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no"), 2),
        (Fatal("no"), 2),
        (WrongCompany("no"), 2),
        (Unreadable("no"), 2),
        (NeedsReconnect("no"), 3),
        (Retriable("no"), 4),
        (Busy("no"), 4),
        (OSError(errno.ENOSPC, "full"), 4),
    ],
)
def test_every_consequence_has_its_exit_code(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def test_a_line_stays_a_line() -> None:
    assert one_line(UsageError("two\n  lines")) == "two lines"
    assert one_line(Fatal("refused", request_id="1-2")) == "refused (request 1-2)"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=1), "; try again in 1 second"),
        (timedelta(seconds=61), "; try again in 2 minutes"),
        (timedelta(days=9, hours=1), "; try again in 10 days"),
        (timedelta(0), ""),
    ],
)
def test_what_passes_says_when_to_try_again(span: timedelta, words: str) -> None:
    assert one_line(BudgetSpent("spent", retry_after=span)) == f"spent{words}"
    assert one_line(Busy("busy", retry_after=span)) == "busy"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("database or disk is full", "the disk is full or failing"),
        ("attempt to write a readonly database", "cannot be written"),
        ("something else", "something else; run recoup doctor"),
    ],
)
def test_what_a_database_says_is_put_in_a_line(said: str, words: str) -> None:
    line = one_line(OperationalError("SELECT 1", None, Exception(said)))
    assert line is not None and words in line


def test_a_full_disk_is_told_from_other_system_errors() -> None:
    line = one_line(OSError(errno.ENOSPC, "No space left on device"))
    assert line is not None and "free some space" in line
    assert one_line(OSError(errno.EBADF, "Bad file descriptor")) is None


def test_a_defect_of_ours_keeps_its_trace() -> None:
    assert one_line(KeyError("oops")) is None
