"""First sync of a large Xero organisation against xero-python's models, dlt and tap-xero.

All contenders read the same pre-rendered pages, each in a process of its own, in turn: recoup and
the loops several rounds, of whose ratios the median counts, dlt and tap-xero once. tap-xero runs
in an environment of its own below build/, with six beside it, which it needs and does not name.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.printing import Check, Table, finish
from benchmarks.racing import HERE, race, served

SEED = 20261122
TAP_HOME = HERE.parent / "build" / "tap-xero"


def tap_python() -> Path:
    """Install tap-xero where it is not yet. Raises RuntimeError in pip's words."""
    python = TAP_HOME / "bin" / "python"
    marker = TAP_HOME / ".installed"
    if marker.exists():
        return python
    for command in (
        [sys.executable, "-m", "venv", str(TAP_HOME)],
        [str(python), "-m", "pip", "install", "--quiet", "tap-xero==2.6.0", "six"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
    marker.touch()
    return python


def run(name: str, port: int) -> dict[str, Any]:
    return race("contenders_xero", name, port)


def rate(answer: dict[str, Any]) -> float:
    total: float = sum(answer["documents"].values()) / answer["seconds"]
    return total


def check_whole(answers: list[dict[str, Any]]) -> None:
    """Every contender has read every document, or no ratio means anything."""
    counts = {tuple(sorted(answer["documents"].items())) for answer in answers}
    if len(counts) != 1:
        sys.exit(f"the contenders read different documents: {counts}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=50_000, help="invoices, and payments")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    count, contacts = asked.documents, asked.documents // 10
    table = Table(
        f"Xero bootstrap: {count:,} invoices, {count:,} payments, {contacts:,} contacts, "
        f"seed {SEED}, {asked.rounds} rounds"
    )
    unable, tap = "", None
    try:
        python = tap_python()
    except RuntimeError as error:
        unable = str(error)
    with served("prerendered_xero", count, count, contacts, SEED) as port:
        run("ours", port)
        names = ("ours", "storing-loop", "loop")
        rounds = [{name: run(name, port) for name in names} for _ in range(asked.rounds)]
        dlt = run("dlt", port)
        if not unable:
            tap = race("tap_xero_alone", "tap-xero", port, python=str(python))
    singles = [dlt] if tap is None else [dlt, tap]
    check_whole([*(answer for each in rounds for answer in each.values()), *singles])
    finish(table, checks(table, rounds, dlt, tap, unable))


def checks(
    table: Table,
    rounds: list[dict[str, Any]],
    dlt: dict[str, Any],
    tap: dict[str, Any] | None,
    unable: str,
) -> list[Check]:
    ours = statistics.median(rate(each["ours"]) for each in rounds)
    storing = statistics.median(rate(each["storing-loop"]) for each in rounds)
    bare = statistics.median(rate(each["loop"]) for each in rounds)
    table.row("documents/s", ours=ours, model_loop=storing, model_loop_without_payloads=bare)
    against = [rate(each["ours"]) / rate(each["storing-loop"]) for each in rounds]
    columns = [rate(each["ours"]) / rate(each["loop"]) for each in rounds]
    table.row("documents/s", dlt=rate(dlt))
    table.lines.append(f"dlt {dlt['version']}, rest_api source into SQLite, pages of 1,000")
    peak = max(each["ours"]["peak_mb"] for each in rounds)
    found = [
        Check("against the loop over models, payloads kept by both", statistics.median(against), 4),
        Check("against the loop over models that keeps ten columns", statistics.median(columns), 1),
        Check("against dlt rest_api into SQLite", ours / rate(dlt), 8),
    ]
    if tap is None:
        table.lines.append(f"tap-xero could not be installed: {unable}")
        found.append(Check("against tap-xero (not measured)", 0, 20))
    else:
        table.row("documents/s", tap_xero=rate(tap))
        table.lines.append(f"tap-xero {tap['version']}, its messages into a file, pages of 100")
        found.append(Check("against tap-xero", ours / rate(tap), 20))
    table.row("peak memory, MB", ours=peak, model_loop=rounds[0]["storing-loop"]["peak_mb"])
    table.row("bytes on disk", ours=rounds[0]["ours"]["bytes"])
    parked = max(each["ours"]["parked"] for each in rounds)
    found.append(Check("peak memory in MB", peak, at_most=100))
    found.append(Check("documents that could not be read", parked, at_most=0))
    return found


if __name__ == "__main__":
    main()
