"""Bugs planted on purpose: a machine that does not find them proves nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from harness.machine import History, run_histories
from harness.planted import ENGINE
from harness.platform import PLATFORMS, platform_of
from harness.world import Finding, Tally

Machine = Callable[[str, Tally, str], type[History]]
PLANTED = [(ledger, bug) for ledger in PLATFORMS for bug in (*platform_of(ledger).bugs, *ENGINE)]
FOCUS = {"cursor_apart_from_its_page": "store INSERT objects"}  # where chance kills too rarely


@pytest.mark.parametrize(("ledger", "bug"), PLANTED)
def test_a_planted_bug_is_found(ledger: str, bug: str, machine: Machine) -> None:
    tally = Tally()
    with pytest.raises(Finding):
        run_histories(machine(ledger, tally, bug), number=100, seeded=7, focus=FOCUS.get(bug))
    print(f"{ledger}, {bug}: found in history {tally.histories + 1}")
