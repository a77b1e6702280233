"""Random histories: after every one the store equals the ledger and ties out.

Fifty run with the other tests. ``make soak`` runs a thousand in batches of twenty-five; each
batch is a seed of its own, and one that has passed is not run again. RECOUP_SOAK_HISTORIES is
their number, RECOUP_SOAK_SEED the first seed (25 histories then), RECOUP_SOAK_FRESH=1 forgets
what has passed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import bookkeeping, progress
from harness.kill_points import KILL_POINTS
from harness.machine import History, run_histories
from harness.planted import BUGS
from harness.world import FAULTS, Finding, Tally

BATCH = 25
FIRST_SEED = 1
FOCUSED = 100_000  # seeds of the histories that are killed at one point
RULES = (
    "come_to_rest",
    "sync",
    "sync_killed",
    "sync_killed_again_and_again",
    "sync_on_a_bad_day",
    "sync_struck",
    "sync_while_the_bookkeeper_works",
    "time_passes",
)
Machine = Callable[[Tally, str | None], type[History]]


def test_fifty_histories_end_with_the_ledgers_own_figures(machine: Machine) -> None:
    tally = Tally()
    for seeded in (FIRST_SEED, FIRST_SEED + 1):
        run_histories(machine(tally, None), number=BATCH, seeded=seeded)
    print(json.dumps(tally.as_plain(), indent=1))
    assert tally.histories >= 2 * BATCH
    assert set(RULES) <= set(tally.rules)
    assert len(tally.kills) >= 10 and len(tally.faults) >= 8


def test_a_sync_passes_no_point_that_is_not_listed(machine: Machine) -> None:
    tally = Tally()
    run_histories(machine(tally, None), number=5, seeded=1000)
    assert set(tally.passed) <= set(KILL_POINTS)


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, machine: Machine) -> None:
    tally = Tally()
    with pytest.raises(Finding):
        run_histories(machine(tally, bug), number=100, seeded=7)
    print(f"{bug}: found in history {tally.histories + 1}")


@pytest.mark.soak
def test_a_thousand_histories(machine: Machine) -> None:
    wanted = int(os.environ.get("RECOUP_SOAK_HISTORIES", "1000"))
    first = int(os.environ.get("RECOUP_SOAK_SEED", "0"))
    done = progress.Progress(Path("build/soak.json"), fresh=bool(first) or _asked_afresh())
    seeds = [first] if first else range(FIRST_SEED, FIRST_SEED + -(-wanted // BATCH))
    for seeded in seeds:
        if seeded not in done.seeds:
            tally = Tally()
            print(f"seed {seeded} …", flush=True)
            run_histories(machine(tally, None), number=BATCH, seeded=seeded)
            done.keep(seeded, tally)
    if not first:
        _hit_what_chance_missed(machine, done)
    print(json.dumps(done.tally.as_plain(), indent=1))
    if not first:
        assert done.tally.histories >= wanted
        assert not _never_hit(done.tally), "these were never hit"


def _hit_what_chance_missed(machine: Machine, done: progress.Progress) -> None:
    """Histories of their own for kill points that few syncs pass."""
    for number, point in enumerate(KILL_POINTS):
        for seeded in range(FOCUSED + 10 * number, FOCUSED + 10 * number + 10):
            if done.tally.kills[point] or seeded in done.seeds:
                continue
            print(f"seed {seeded}, killed before {point} …", flush=True)
            tally = Tally()
            run_histories(machine(tally, None), number=BATCH, seeded=seeded, focus=point)
            done.keep(seeded, tally)


def _asked_afresh() -> bool:
    return os.environ.get("RECOUP_SOAK_FRESH") == "1"


def _never_hit(tally: Tally) -> list[str]:
    acts = [*bookkeeping.VERBS, *(f"meanwhile {verb}" for verb in bookkeeping.VERBS)]
    unhit = [name for name in (*RULES, *acts) if not tally.rules[name]]
    unhit += [name for name in FAULTS if not tally.faults[name]]
    return unhit + [f"kill before {name}" for name in KILL_POINTS if not tally.kills[name]]
