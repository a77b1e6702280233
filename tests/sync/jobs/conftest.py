"""A queue on both databases, and workers to kill. Another queue joins the suite here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.jobs.seam import JobQueue
from recoup.sync.store.engine import Store

ACTORS = Path(__file__).with_name("actors.py")
Worker = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def queue(store: Store) -> JobQueue:
    return EmbeddedQueue(store)


@pytest.fixture
def worker(store_address: str) -> Iterator[Worker]:
    """Start a worker in a process of its own; returns once it has reached the step."""
    started: list[subprocess.Popen[str]] = []

    def start(step: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", str(ACTORS), store_address, step],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None and process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
