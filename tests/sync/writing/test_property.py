"""Random writes under fire: each is done once and taken back whole, whatever dies and breaks.

Seventy cases for each platform run with the other tests, on SQLite; ten on PostgreSQL. ``make
soak`` runs a thousand each and meets every kill point and fault. RECOUP_WRITE_CASES is another
number, RECOUP_WRITE_SEED another first seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from drill.acting import Finding, Tally
from drill.cases import draw
from drill.kill_points import points_of
from drill.killing import KILLER
from drill.proof import play, prove
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

PLATFORMS = ("quickbooks", "xero", "sage")
CASES = int(os.environ.get("RECOUP_WRITE_CASES", "70"))
SEED = int(os.environ.get("RECOUP_WRITE_SEED", "1"))
AGE = 8  # cases that one firm lives through
PATIENCE = 150  # cases that wait for one kill point, or one fault, which chance had missed
# hypothesis draws up to 24 bits evenly; what a number stands for is drawn by random.Random.
CHANCE = st.integers(0, 2**24 - 1)


class Run:
    """The cases of one test. A firm serves several; before it closes it is tied out."""

    def __init__(self, make_firm: Callable[..., Any], platform: str, database: str) -> None:
        self.tally = Tally()
        self.points = points_of(platform, database)
        self._found = lambda: make_firm(platform, database)
        self._firm: Any = None
        self.faults: tuple[str, ...] = ()
        self.passed: set[str] = set()
        self.kills: dict[str, int] = {}
        self.wanted: list[str] = []  # kill points that must be hit
        self.young()

    def young(self) -> Any:
        if self._firm is None:
            self._firm, self._cases = self._found(), 0
            self.faults = tuple(self._firm.faults)
            KILLER.kills.update(self.kills)
        return self._firm

    def case(
        self,
        number: int,
        points: tuple[str, ...],
        faults: tuple[str, ...],
        *,
        focused: bool = False,
    ) -> None:
        firm = self.young()
        case = draw(Random(number), points, faults, focused=focused)
        try:
            play(firm, case, self.tally)
            self._cases += 1
            if self._cases == AGE:
                self.retire()
        except Finding as finding:
            firm.close()
            self._firm = None
            raise Finding(f"case {number}: {finding}\n{case}") from finding
        finally:
            self.kills = dict(KILLER.kills)

    def retire(self) -> None:
        """Tie the firm out; the next case has a new one."""
        if self._firm is not None:
            firm, self._firm = self._firm, None
            prove(firm)
            firm.close()

    def all_of(self, number: int, first_seed: int, *, rare: bool = False) -> None:
        KILLER.ever.clear()

        @seed(first_seed)
        @settings(
            max_examples=number,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(CHANCE)
        def run(chance: int) -> None:
            self.case(chance, self.points, self.faults)

        run()
        if not rare:  # what chance leaves out of a few hundred cases, the thousand must meet
            self.retire()
            return
        self.wanted = list(self.points)
        for point in self.wanted:
            self._wait_for(lambda p=point: self.kills.get(p, 0), (point,), self.faults)
        for fault in self.faults:
            self._wait_for(
                lambda f=fault: self.tally.struck[f], self.points, (fault, "token_expires")
            )
        self.retire()

    def _wait_for(
        self, happened: Callable[[], int], points: tuple[str, ...], faults: tuple[str, ...]
    ) -> None:
        for number in range(PATIENCE):
            if happened():
                return
            self.case(10**8 + number, points, faults, focused=True)


def check(run: Run, number: int, platform: str, say: Callable[[str, object], None]) -> None:
    say("say", "\n".join(run.tally.lines(platform)))
    assert run.tally.cases >= number
    assert set(KILLER.ever) <= set(run.points), "a point that is not listed"
    if run.wanted:
        assert [point for point in run.wanted if not run.kills.get(point)] == []
        assert [fault for fault in run.faults if not run.tally.struck[fault]] == []
    else:
        assert len(run.kills) >= 10 and len(+run.tally.struck) >= 4


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_write_is_done_once_and_undone_whole(
    platform: str, make_firm: Callable[..., Any], record_property: Any
) -> None:
    run = Run(make_firm, platform, "sqlite")
    run.all_of(CASES, SEED)
    check(run, CASES, platform, record_property)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_so_it_is_on_postgresql(platform: str, make_firm: Callable[..., Any]) -> None:
    run = Run(make_firm, platform, "postgresql")
    for number in range(CASES // 7):
        run.case(SEED + number, run.points, run.faults)
    run.retire()
    assert run.tally.cases == CASES // 7


@pytest.mark.soak
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_thousand_cases(
    platform: str, make_firm: Callable[..., Any], record_property: Any
) -> None:
    run = Run(make_firm, platform, "sqlite")
    run.all_of(max(CASES, 1000), SEED + 1, rare=True)
    check(run, 1000, platform, record_property)
