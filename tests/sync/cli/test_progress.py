"""What a person sees while several companies are synced, and how Ctrl-C ends it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from click.testing import Result

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

Run = Callable[..., Result]
Spawn = Callable[..., Popen[str]]


@pytest.fixture
def second(
    connected: Path,
    make_books: Callable[..., Books],
    join_standin: Callable[[Path, StandIn], None],
) -> Iterator[StandIn]:
    """A second company, connected to the same workspace."""
    other = make_books("Other Books", "9130000000000002")
    with StandIn(other, 0, Options(throttle=False)) as running:
        join_standin(connected, running)
        yield running


def read_all(terminal: int) -> str:
    """What was written to a terminal until its last writer left."""
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody holds the other end any more
            piece = b""
        if not piece:
            return seen.decode()
        seen += piece


def test_a_terminal_gets_a_bar_with_documents_rate_and_budget(connected: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "recoup.sync.cli", "sync"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(words, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    seen = read_all(ours)
    os.close(ours)
    assert process.wait(30) == 0, seen
    assert "acme-books" in seen and "documents" in seen and "/s" in seen
    assert "reads left" in seen and "new or changed" in seen


def test_a_terminal_gets_a_line_for_all_companies_and_one_for_each(
    connected: Path, second: StandIn
) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "recoup.sync.cli", "sync", "--all"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(words, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    seen = read_all(ours)
    os.close(ours)
    assert process.wait(30) == 0, seen
    assert "of 2 companies" in seen and "other-books" in seen and "2 synced" in seen


def test_all_companies_are_synced_at_once(second: StandIn, run: Run) -> None:
    result = run("sync", "--all")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert sorted(line.split(":")[0] for line in lines[:2]) == ["acme-books", "other-books"]
    assert lines[2].startswith("2 companies: 2 synced; ")
    assert len(lines) == 4  # both companies share one budget
    assert run("tieout", "--all").exit_code == 0


def test_ctrl_c_stops_all_of_them_and_nothing_is_lost(
    second: StandIn, standin: StandIn, spawn: Spawn, run: Run
) -> None:
    for running in (standin, second):
        running.faults.next("hang", times=1, match="Invoice", seconds=3)
    process = spawn("sync", "--all")
    while standin.faults.waiting or second.faults.waiting:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=40)
    assert process.returncode == 130
    assert err.strip() == "stopped; nothing is lost, run the same command again"
    assert run("sync", "--all").exit_code == 0 and run("tieout", "--all").exit_code == 0
