"""Three hundred companies, a hundred of each ledger, bootstrapped by one ``recoup sync --all``.

The command runs as a process of its own beside the three stand-ins in theirs, with their limits on
and within them. A run of a tenth of the companies shows whether memory grows with their number.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from benchmarks.crowd import HOMES, company_ids
from benchmarks.printing import Check, Table, finish
from benchmarks.racing import HERE
from recoup.connector.model import Company
from recoup.connector.protocols import TokenSet
from recoup.sync.connections import book
from recoup.sync.workspace import HOME, Workspace

MOST_GROWTH = 1.25  # peak memory with ten times the companies


@dataclass
class Crowd:
    """One stand-in with its companies; told is what it said when it was stopped."""

    ledger: str
    ids: list[str]
    url: str
    told: dict[str, int] = field(default_factory=dict)

    def grant(self, **asked: str) -> TokenSet:
        answer = requests.post(f"{self.url}/admin/grant", json=asked, timeout=30).json()
        now = datetime.now(UTC)
        return TokenSet(
            access_token=answer["access_token"],
            refresh_token=answer["refresh_token"],
            access_expires_at=now + timedelta(seconds=answer["expires_in"]),
            refresh_expires_at=now + timedelta(days=30),
        )


@contextmanager
def crowd(ledger: str, count: int, documents: int) -> Iterator[Crowd]:
    words = (ledger, str(count), str(documents))
    command = [sys.executable, "-m", "benchmarks.crowd", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
    assert process.stdout is not None
    try:
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        served = Crowd(ledger, company_ids(ledger, count), url)
        yield served
        process.terminate()
        served.told = json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def connect(workspace: Workspace, crowds: list[Crowd]) -> None:
    """Put the companies on file as ``recoup connect`` does: a consent each at QuickBooks, one for
    all of them at Xero and Sage."""
    now = workspace.clock.now()
    for served in crowds:
        single = served.ledger == "quickbooks"
        for at, ids in enumerate([[each] for each in served.ids] if single else [served.ids]):
            grant_id = f"{served.ledger}-{at}"
            workspace.vault.save(grant_id, served.grant(realm=ids[0]) if single else served.grant())
            companies = [
                Company(
                    ledger=served.ledger,
                    ledger_id=each,
                    name=f"{served.ledger} {each[-4:]}",
                    home_currency=HOMES[served.ledger],
                )
                for each in ids
            ]
            book(workspace.store, companies, base_url=served.url, grant_id=grant_id, at=now)


@dataclass(frozen=True)
class Run:
    """What one sync of everything came to."""

    companies: int
    documents: int
    seconds: float
    peak_mb: float
    calls: int
    refused: int
    summary: str


def sync_all(folder: Path) -> tuple[float, float, str]:
    """Run the command; returns its seconds, its own peak in MB and its last line but budgets."""
    command = [sys.executable, "-m", "recoup.sync.cli", "sync", "--all"]
    environment = {**os.environ, HOME: str(folder)}
    said, errors = folder / "said.txt", folder / "errors.txt"
    with said.open("w") as out, errors.open("w") as wrong:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=wrong, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"sync --all ended with {process.returncode}:\n{errors.read_text()[-3000:]}")
    lines = [line for line in said.read_text().splitlines() if "documents in" in line]
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return seconds, peak, lines[-1]


def measure(each: int, documents: int) -> Run:
    """Bootstrap *each* companies of every ledger into a fresh workspace."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        crowds = [stack.enter_context(crowd(ledger, each, documents)) for ledger in HOMES]
        Workspace.init(folder)
        with Workspace.open(folder, environment={}) as workspace:
            connect(workspace, crowds)
        seconds, peak, summary = sync_all(folder)
        database = sqlite3.connect(folder / "recoup.db")
        [[held]] = database.execute("SELECT count(*) FROM documents")
        [[people]] = database.execute("SELECT count(*) FROM customers")
        database.close()
        stack.close()  # which has the stand-ins tell what they served
        told: dict[str, Any] = {crowd.ledger: crowd.told for crowd in crowds}
    calls = sum(one["calls"] for one in told.values())
    refused = sum(one["refused"] for one in told.values())
    return Run(3 * each, held + people, seconds, peak, calls, refused, summary)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=300, help="a third of each ledger")
    parser.add_argument("--documents", type=int, default=2_000, help="of each company")
    asked = parser.parse_args()
    few = measure(max(asked.companies // 30, 1), asked.documents)
    many = measure(asked.companies // 3, asked.documents)
    table = Table(
        f"sync --all of {many.companies} companies, {asked.companies // 3} of each ledger, "
        f"{asked.documents:,} documents each, limits of the stand-ins on, four at a time"
    )
    for run in (few, many):
        table.row(
            f"{run.companies} companies",
            documents=run.documents,
            seconds=run.seconds,
            documents_a_second=run.documents / run.seconds,
            calls=run.calls,
            peak_MB=run.peak_mb,
        )
    table.row("more memory for ten times the companies", MB=many.peak_mb - few.peak_mb)
    table.lines.append(many.summary)
    wanted = asked.documents * many.companies
    finish(
        table,
        [
            Check("documents stored of those there are", many.documents / wanted, at_least=0.999),
            Check("peak memory against a tenth of the companies", many.peak_mb / few.peak_mb,
                  at_most=MOST_GROWTH),
            Check("calls that a platform refused", few.refused + many.refused, at_most=0),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
