"""First sync of a Sage business that is being worked in, against the loop everybody writes first.

The loop walks page=1,2,3 over ascending updated_at and inserts rows: an edit moves a row that it
has read to the end of the list and everything behind it one place up, so that the next page begins
one row too late. Each contender has a server of its own with the same documents and as many
edits; rounds in turn, the median of their ratios counts.
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

from benchmarks.printing import Check, Table, finish
from benchmarks.racing import race, served

SEED = 20261122


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000, help="invoices, and receipts")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    count, edits = asked.documents, asked.documents // 100
    table = Table(
        f"Sage bootstrap while somebody works: {count:,} invoices, {count:,} receipts, "
        f"{count // 10:,} contacts, {edits:,} edits, seed {SEED}, {asked.rounds} rounds"
    )

    def run(name: str) -> dict[str, Any]:
        with served("living_sage", count, count, count // 10, edits, SEED) as port:
            return race("contenders_sage", name, port)

    rounds = [{name: run(name) for name in ("ours", "loop")} for _ in range(asked.rounds)]
    ours, loop = [each["ours"] for each in rounds], [each["loop"] for each in rounds]

    def rate(answer: dict[str, Any]) -> float:
        total: float = answer["documents"] / answer["seconds"]
        return total

    table.row(
        "documents/s",
        ours=statistics.median(map(rate, ours)),
        loop=statistics.median(map(rate, loop)),
    )
    table.row("calls", ours=ours[0]["calls"], loop=loop[0]["calls"])
    table.row("documents lost", ours=total(ours, "lost"), loop=total(loop, "lost"))
    table.row(
        "documents left as they were before", ours=total(ours, "old"), loop=total(loop, "old")
    )
    table.lines.append("(lost and left of all rounds together)")
    ratio = statistics.median(rate(one["ours"]) / rate(one["loop"]) for one in rounds)
    finish(
        table,
        [
            Check("documents per second against the loop", ratio, at_least=1),
            Check("documents that recoup lost", total(ours, "lost"), at_most=0),
            Check("documents that recoup left as they were", total(ours, "old"), at_most=0),
            Check("documents that the loop lost", total(loop, "lost"), at_least=1),
            Check("edits that were not made", total([*ours, *loop], "edits_left"), at_most=0),
        ],
    )


def total(answers: list[dict[str, Any]], name: str) -> int:
    return sum(answer[name] for answer in answers)


if __name__ == "__main__":
    main()
