"""First sync of a large company against a plain loop over python-quickbooks objects.

All contenders read the same pre-rendered pages of 1,000, each in a process of its own, in turn,
several rounds; the medians of the ratios within a round are what counts. dlt runs once, in an
environment of its own when DLT_PYTHON names one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from typing import Any

from benchmarks.printing import Check, Table, finish
from benchmarks.racing import race, served

SEED = 20261121


def run(name: str, port: int, *, python: str = sys.executable) -> dict[str, Any]:
    return race("contenders", name, port, python=python)


def rates(answer: dict[str, Any]) -> dict[str, float]:
    return {
        entity: answer["documents"][entity] / answer["seconds"][entity]
        for entity in ("Invoice", "Payment")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000, help="invoices, and payments")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    table = Table(
        f"bootstrap: {asked.documents:,} invoices, {asked.documents:,} payments, "
        f"{asked.documents // 20:,} customers, seed {SEED}, {asked.rounds} rounds"
    )
    count = asked.documents
    with served("prerendered", count, count, count // 20, SEED) as port:
        run("inline", port)  # renders every page once, so that nobody waits for that
        warm = run("ours", port)
        rounds = [
            {name: run(name, port) for name in ("ours", "storing-loop", "loop")}
            for _ in range(asked.rounds)
        ]
        inline = run("inline", port)
        dlt_python = os.environ.get("DLT_PYTHON", sys.executable)
        dlt = run("dlt", port, python=dlt_python)
    checks = speed_checks(table, rounds)
    checks += footprint_checks(table, rounds, inline, warm)
    dlt_rate = sum(dlt["documents"].values()) / dlt["seconds"]["all"]
    ours = [r["ours"] for r in rounds]
    rate = statistics.median(sum(o["documents"].values()) / o["total"] for o in ours)
    table.row("all documents/s", ours=rate, dlt=dlt_rate)
    table.lines.append(f"dlt {dlt['version']}, rest_api source into SQLite, pages of 1,000")
    checks.append(Check("against dlt rest_api into SQLite", rate / dlt_rate, at_least=8))
    finish(table, checks)


def speed_checks(table: Table, rounds: list[dict[str, Any]]) -> list[Check]:
    checks = []
    for entity, floor in (("Invoice", 8.0), ("Payment", 4.0)):
        ours = [rates(r["ours"])[entity] for r in rounds]
        storing = [rates(r["storing-loop"])[entity] for r in rounds]
        bare = [rates(r["loop"])[entity] for r in rounds]
        table.row(
            f"{entity.lower()}s/s",
            ours=statistics.median(ours),
            storing_loop=statistics.median(storing),
            loop_without_storing=statistics.median(bare),
        )
        against = statistics.median(a / b for a, b in zip(ours, storing, strict=True))
        checks.append(Check(f"{entity.lower()}s against the storing loop", against, floor))
        against = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
        checks.append(Check(f"{entity.lower()}s against the loop without storing", against, 1.0))
    first = [sum(r["ours"]["documents"].values()) / r["ours"]["total"] for r in rounds]
    again = [r["ours"]["again_documents"] / r["ours"]["again"] for r in rounds]
    table.row("re-sync of unchanged, documents/s", ours=statistics.median(again))
    ratio = statistics.median(a / f for a, f in zip(again, first, strict=True))
    checks.append(Check("re-sync of unchanged against the first sync", ratio, 5.0))
    changed = max(r["ours"]["again_changed"] for r in rounds)
    checks.append(Check("documents changed by a re-sync", changed, at_most=0))
    return checks


def footprint_checks(
    table: Table, rounds: list[dict[str, Any]], inline: dict[str, Any], warm: dict[str, Any]
) -> list[Check]:
    peak = max(r["ours"]["first_peak_mb"] for r in [*rounds, {"ours": warm}])
    disk = statistics.median(r["ours"]["bytes"] for r in rounds)
    table.row("peak memory, MB", ours=peak, storing_loop=rounds[0]["storing-loop"]["peak_mb"])
    table.row("bytes on disk", ours=disk, inline_json=inline["bytes"])
    return [
        Check("peak memory in MB", peak, at_most=100),
        Check("bytes on disk against inline JSON", disk / inline["bytes"], at_most=0.25),
    ]


if __name__ == "__main__":
    main()
