"""Random histories: after every one the store equals the ledger and ties out.

Some run with the other tests. ``make soak`` runs a thousand per ledger in batches of twenty-five;
each batch is a seed of its own, and one that has passed is not run again.
RECOUP_SOAK_HISTORIES is their number, RECOUP_SOAK_SEED the first seed (25 histories then),
RECOUP_SOAK_FRESH=1 forgets what has passed; ``-k xero`` runs one ledger alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import progress
from harness.machine import History, run_histories
from harness.platform import PLATFORMS, Platform, platform_of
from harness.world import Tally

BATCH = 25
BATCHES = {"quickbooks": 2, "xero": 2, "sage": 1}  # with the other tests; Sage takes most calls
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
Machine = Callable[[str, Tally], type[History]]


@pytest.mark.parametrize("ledger", PLATFORMS)
def test_histories_end_with_the_ledgers_own_figures(ledger: str, machine: Machine) -> None:
    tally = Tally()
    for seeded in range(FIRST_SEED, FIRST_SEED + BATCHES[ledger]):
        run_histories(machine(ledger, tally), number=BATCH, seeded=seeded)
    print(json.dumps(tally.as_plain(), indent=1))
    assert tally.histories >= BATCHES[ledger] * BATCH
    assert set(RULES) <= set(tally.rules)
    assert set(_switches(platform_of(ledger))) <= set(tally.switches)
    assert len(tally.kills) >= 10 and len(tally.faults) >= 8


@pytest.mark.parametrize("ledger", PLATFORMS)
def test_a_sync_passes_no_point_that_is_not_listed(ledger: str, machine: Machine) -> None:
    tally = Tally()
    run_histories(machine(ledger, tally), number=5, seeded=1000)
    assert set(tally.passed) <= set(platform_of(ledger).kill_points)


@pytest.mark.soak
@pytest.mark.parametrize("ledger", PLATFORMS)
def test_a_thousand_histories(ledger: str, machine: Machine) -> None:
    wanted = int(os.environ.get("RECOUP_SOAK_HISTORIES", "1000"))
    first = int(os.environ.get("RECOUP_SOAK_SEED", "0"))
    path = Path(f"build/soak-{ledger}.json")
    done = progress.Progress(path, fresh=bool(first) or _asked_afresh())
    seeds = [first] if first else range(FIRST_SEED, FIRST_SEED + -(-wanted // BATCH))
    for seeded in seeds:
        if seeded not in done.seeds:
            tally = Tally()
            print(f"{ledger}: seed {seeded} …", flush=True)
            run_histories(machine(ledger, tally), number=BATCH, seeded=seeded)
            done.keep(seeded, tally)
    if not first:
        _hit_what_chance_missed(ledger, machine, done)
    print(ledger, json.dumps(done.tally.as_plain(), indent=1))
    if not first:
        assert done.tally.histories >= wanted
        assert not list(_never_hit(platform_of(ledger), done.tally)), "these were never hit"


def _hit_what_chance_missed(ledger: str, machine: Machine, done: progress.Progress) -> None:
    """Histories of their own for kill points that few syncs pass."""
    for number, point in enumerate(platform_of(ledger).kill_points):
        for seeded in range(FOCUSED + 10 * number, FOCUSED + 10 * number + 10):
            if done.tally.kills[point] or seeded in done.seeds:
                continue
            print(f"{ledger}: seed {seeded}, killed before {point} …", flush=True)
            tally = Tally()
            run_histories(machine(ledger, tally), number=BATCH, seeded=seeded, focus=point)
            done.keep(seeded, tally)


def _asked_afresh() -> bool:
    return os.environ.get("RECOUP_SOAK_FRESH") == "1"


def _switches(platform: Platform) -> Iterator[str]:
    for name, ways in platform.switches.items():
        yield from (f"{name} {'on' if way else 'off'}" for way in ways)


def _never_hit(platform: Platform, tally: Tally) -> Iterator[str]:
    acts = [*platform.verbs, *(f"meanwhile {verb}" for verb in platform.verbs)]
    yield from (name for name in (*RULES, *acts) if not tally.rules[name])
    yield from (name for name in platform.faults if not tally.faults[name])
    yield from (name for name in _switches(platform) if not tally.switches[name])
    yield from (f"kill before {one}" for one in platform.kill_points if not tally.kills[one])
