"""The scenario of the story: what the adapter brings is what happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from recoup.connector.testing.canon import reckoned_lines, told_lines
from recoup.connector.testing.mirror import Mirror
from recoup.connector.testing.reckoning import reckon
from recoup.connector.testing.story import STORY
from recoup.connector.testing.teller import Enacted, Teller, enact

__all__ = ["StoryScenarios", "compare"]


class StoryScenarios:
    """The author's test class names its teller beside its case."""

    teller_type: ClassVar[type[Teller] | None] = None

    @pytest.fixture
    def teller(self) -> Iterator[Teller]:
        if self.teller_type is None:
            pytest.skip("this adapter's author has no teller of the story")
        opened = self.teller_type()
        try:
            yield opened
        finally:
            opened.close()

    def test_the_story_comes_over_as_it_happened(self, teller: Teller) -> None:
        enacted = enact(teller, STORY)
        mirror = Mirror()
        mirror.pull(teller.open_ledger())
        assert not mirror.parked
        compare(teller, enacted, mirror)

    def test_the_story_pulled_day_by_day_comes_to_the_same(self, teller: Teller) -> None:
        mirror, enacted = Mirror(), Enacted()
        for event in STORY:
            enact(teller, [event], enacted)
            mirror.pull(teller.open_ledger())
        compare(teller, enacted, mirror)


def compare(teller: Teller, enacted: Enacted, mirror: Mirror) -> None:
    """Lay what was pulled beside the reckoning; every difference is listed, every listed shows."""
    ours = told_lines(mirror, enacted.known)
    theirs = reckoned_lines(reckon(enacted.played), teller.home)
    only_ours, only_theirs = sorted(ours - theirs), sorted(theirs - ours)
    differing = {_label(line, teller) for line in (*only_ours, *only_theirs)}
    unlisted = differing - teller.differences.keys()
    shown = f"\npulled: {only_ours}\nthe story: {only_theirs}"
    assert not unlisted, f"differences that nobody explained: {sorted(unlisted)}{shown}"
    played = {label for event in enacted.played for label in _words(event.act)}
    idle = (teller.differences.keys() & played) - differing
    assert not idle, f"listed differences that do not show: {sorted(idle)}"


def _label(line: str, teller: Teller) -> str:
    label = line.partition(":")[0]
    return next((known for known in teller.differences if label.startswith(known)), label)


def _words(act: object) -> list[str]:
    return [str(getattr(act, name)) for name in getattr(act, "__dataclass_fields__", ())]
