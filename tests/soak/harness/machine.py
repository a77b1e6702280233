"""Random histories: hypothesis chooses what the bookkeeper does and what befalls the syncs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from harness.platform import Platform
from harness.world import Tally, World

__all__ = ["History", "run_histories"]

SKEW = st.sampled_from([0.0, -1200.0, 1200.0, 7200.0])  # our clock ahead of the ledger's, seconds
# Less than a second, so that two changes share one; over the token's hour; over the 30 days that
# change data capture looks back.
SPAN = st.sampled_from([0.2, 0.4, 0.9, 5.0, 61.0, 700.0, 4000.0, 90_000.0, 2_800_000.0])
# hypothesis chooses the shape of a history and these numbers; what a number stands for is drawn
# evenly by random.Random, because hypothesis itself likes to say the same thing twice.
CHANCE = st.integers(0, 2**24 - 1)  # hypothesis draws up to 24 bits evenly, more it does not

Act = tuple[str, int, int]


class Chooser:
    """Draws what a platform's histories are made of."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._bag = [*sorted(platform.verbs), *platform.often]
        self._faults = [*sorted(platform.faults), *platform.favoured]

    def act(self, draw: Random) -> Act:
        return draw.choice(self._bag), draw.randrange(100), draw.randrange(100)

    def acts(self, draw: Random, most: int) -> list[Act]:
        return [self.act(draw) for _ in range(draw.randint(1, most))]

    def meanwhile(self, draw: Random) -> list[tuple[int, str, int, int]]:
        return [(draw.randint(1, 8), *act) for act in self.acts(draw, 5)]

    def kill(self, draw: Random) -> tuple[object, ...]:
        """A kill at any statement, at a kind of statement, or at the first of some rare kinds."""
        way = draw.random()
        if way < 0.25 or not self._platform.kill_points:
            return ("nth", draw.randint(1, draw.choice([60, 60, 400])))
        if way < 0.7 or not self._platform.rare:
            return ("at", draw.choice(self._platform.kill_points), draw.choice([1, 1, 1, 1, 2]))
        return ("first_of", sorted(draw.sample(self._platform.rare, 4)))

    def fault(self, draw: Random) -> tuple[str, int]:
        return draw.choice(self._faults), draw.choice([0, 0, 0, 1, 1, 2, 4, 9])

    def switches(self, draw: Random) -> dict[str, bool]:
        return {name: draw.choice(ways) for name, ways in self._platform.switches.items()}


class History(RuleBasedStateMachine):
    """One history; it ends at rest, compared and tied out."""

    platform: ClassVar[Platform]
    make_world: ClassVar[Callable[[Tally, str | None], World]]
    tally: ClassVar[Tally]
    bug: ClassVar[str | None] = None
    seeded: ClassVar[int] = 0
    focus: ClassVar[str | None] = None  # a kill point that chance has not hit

    def __init__(self) -> None:
        super().__init__()
        self.chooser = Chooser(self.platform)
        self.world = self.make_world(self.tally, self.bug)
        self.failed = False
        self.step = 0
        self.restless = False  # something happened since the books were last compared

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.world.come_to_rest()
                self.tally.histories += 1
        finally:
            self.world.close()

    @initialize(skew=SKEW, chance=CHANCE)
    def connect(self, skew: float, chance: int) -> None:
        draw = self._draw(chance)
        switches, pace = self.chooser.switches(draw), draw.choice(self.platform.paces)
        note(f"connect: {skew=} {pace=} {switches=}")
        self._or_fail(lambda: self.world.connect(skew, pace=pace, switches=switches))
        self._work(self.chooser.acts(draw, 30))

    @rule(chance=CHANCE)
    def the_bookkeeper_works(self, chance: int) -> None:
        self._work(self.chooser.acts(self._draw(chance), 10))

    @rule(seconds=SPAN)
    def time_passes(self, seconds: float) -> None:
        self.tally.rules["time_passes"] += 1
        self.world.let_pass(seconds)

    @rule()
    def sync(self) -> None:
        self._sync("sync")

    @rule(chance=CHANCE)
    def sync_killed(self, chance: int) -> None:
        self._work_a_little(chance)
        self._sync("sync_killed", kill=self._kill(self._draw(chance)))

    @rule(chance=CHANCE)
    def sync_killed_again_and_again(self, chance: int) -> None:
        self._work_a_little(chance)
        draw = self._draw(chance)
        for _ in range(3):
            self._sync("sync_killed_again_and_again", kill=self._kill(draw))
            self.world.act(*self.chooser.act(draw))

    @rule(chance=CHANCE)
    def sync_struck(self, chance: int) -> None:
        self._work_a_little(chance)
        draw = self._draw(chance)
        self._sync("sync_struck", fault=self.chooser.fault(draw))
        self.world.let_pass(draw.choice([0.0, 0.0, 4000.0]))  # beyond what the next pull repeats

    @rule(chance=CHANCE)
    def sync_while_the_bookkeeper_works(self, chance: int) -> None:
        meanwhile = self.chooser.meanwhile(self._draw(chance))
        self._sync("sync_while_the_bookkeeper_works", meanwhile=meanwhile)

    @rule(chance=CHANCE)
    def sync_on_a_bad_day(self, chance: int) -> None:
        self._work_a_little(chance)
        draw = self._draw(chance)
        suffering = {"kill": self._kill(draw), "fault": self.chooser.fault(draw)}
        self._sync("sync_on_a_bad_day", **suffering, meanwhile=self.chooser.meanwhile(draw))

    @precondition(lambda self: self.restless)
    @rule()
    def come_to_rest(self) -> None:
        self.tally.rules["come_to_rest"] += 1
        self._or_fail(self.world.come_to_rest)
        self.restless = False

    def _draw(self, chance: int) -> Random:
        """Numbers of this step: the seed, the step and what hypothesis chose for it."""
        self.step += 1
        return Random(f"{self.seeded} {self.step} {chance}")

    def _kill(self, draw: Random) -> tuple[object, ...]:
        return self.chooser.kill(draw) if self.focus is None else ("at", self.focus, 1)

    def _work_a_little(self, chance: int) -> None:
        draw = self._draw(chance)
        if draw.random() < 0.7:  # a sync with nothing new is of interest, too
            self._work(self.chooser.acts(draw, 6))
        if draw.random() < 0.3:
            self.world.let_pass(draw.choice([0.3, 700.0, 7200.0]))

    def _work(self, acts: list[Act]) -> None:
        self.restless = True
        note(f"the bookkeeper: {acts}")
        for verb, a, b in acts:
            self.world.act(verb, a, b)

    def _sync(self, name: str, **suffering: Any) -> None:
        self.tally.rules[name] += 1
        note(f"{name}: {suffering}")
        self._or_fail(lambda: self.world.sync(**suffering))

    def _or_fail(self, step: Any) -> None:
        try:
            step()
        except BaseException:
            self.failed = True  # the end of the history has nothing more to say
            raise


def run_histories(
    machine: type[History],
    *,
    number: int,
    seeded: int,
    focus: str | None = None,
    shrink: bool = False,
) -> None:
    """Run *number* histories that follow from the seed; raises what the first bad one raised.

    focus: the kill point that every killed sync of them is killed at.
    """
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    chosen = settings(
        max_examples=number,
        stateful_step_count=14,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    fresh = type(machine.__name__, (machine,), {"seeded": seeded, "focus": focus})
    run_state_machine_as_test(seed(seeded)(fresh), settings=chosen)
