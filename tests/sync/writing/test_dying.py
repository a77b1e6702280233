"""A process may die before any statement, before any commit and around any call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from drill.acting import Tally
from drill.cases import Case, Step, Trouble
from drill.kill_points import POINTS
from drill.killing import KILLER
from drill.proof import play, prove

PLATFORMS = ("quickbooks", "xero", "sage")
WRITES = {
    "pay": Case((100, 60), steps=(Step("pay", ((0, 4), (1, 2)), rest=20, discount=0),)),
    "allocate": Case((100, 60), money=50, steps=(Step("allocate", ((0, 1), (1, 0))),)),
    "fee": Case((100,), steps=(Step("fee", ((0, 4),)),)),
}


def dying_at(case: Case, point: tuple[str, int], *, undoing: bool) -> Case:
    [step] = case.steps
    trouble = (Trouble(death=point),)
    tries, undo = ((), trouble) if undoing else (trouble, ())
    return Case(case.amounts, case.money, case.credit, (_with(step, tries, undo),))


def _with(step: Step, tries: tuple[Trouble, ...], undo: tuple[Trouble, ...]) -> Step:
    return Step(step.operation, step.invoices, step.rest, step.discount, step.source, tries, undo)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_write_that_dies_anywhere_is_done_once_and_undone_whole(
    platform: str, write: str, make_firm: Callable[..., Any], record_property: Any
) -> None:
    firm, tally, case = make_firm(platform), Tally(), WRITES[write]
    play(firm, case, tally)  # warm, so that the census is that of a usual write
    done, undone = _census(firm, case, tally)
    points = [(point, False) for point in _chosen(done)]
    if write == "pay":
        points += [(point, True) for point in _chosen(undone)]
    for point, undoing in points:
        play(firm, dying_at(case, point, undoing=undoing), tally)
    prove(firm)
    assert tally.ended["died"] >= len(points) - 3, "points of the census were not met again"
    assert set(KILLER.kills) <= set(POINTS[platform])
    record_property("say", f"{platform}: {write} died at {len(points)} points and came to rest")


def _chosen(census: Counter[str]) -> list[tuple[str, int]]:
    """Every kind of point once; where the store or the ledger moves, the last of a kind too."""
    counted = sorted(census.items())
    ends = [(label, n) for label, n in counted if n > 1 and label.startswith(("call", "store C"))]
    return [(label, 1) for label, _ in counted] + ends


def _census(firm: Any, case: Case, tally: Tally) -> tuple[Counter[str], Counter[str]]:
    """What a calm write and its undoing pass by, and how often."""
    KILLER.lives.clear()
    play(firm, case, tally)
    return KILLER.lives[0], KILLER.lives[1]
