"""What happens in one case: invoices, writes, and the trouble that each try of a write meets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

__all__ = ["CALM", "Case", "Step", "Trouble", "draw"]

OPERATIONS = ("pay", "pay", "pay", "allocate", "allocate", "fee", "note", "expect")
PAUSES = tuple(timedelta(seconds=s) for s in (1, 30, 120, 250, 600, 86_400, 8 * 86_400))
# How many quarters of what is open an allocation takes; five are refused, none stands for 10.00.
QUARTERS = (0, 0, 0, 1, 2, 3, 4, 4, 5)


@dataclass(frozen=True)
class Trouble:
    """What befalls one try: where the process dies, what the platform does, how long after."""

    death: tuple[str, int] | None = None
    strikes: tuple[tuple[str, int, bool], ...] = ()  # fault, requests before it, writes alone
    pause: timedelta = timedelta(seconds=1)


CALM = Trouble()


@dataclass(frozen=True)
class Step:
    """One write. The numbers choose what it is about, out of what the firm has by then."""

    operation: str
    invoices: tuple[tuple[int, int], ...]  # which one, and how many quarters of what is open
    rest: int = 0  # units of money beyond the allocations
    discount: int = 0  # units let off the first invoice
    source: int = 0  # which credit to allocate, which invoice to annotate
    tries: tuple[Trouble, ...] = ()
    undo: tuple[Trouble, ...] | None = ()  # None leaves it done


@dataclass(frozen=True)
class Case:
    amounts: tuple[int, ...]  # of the invoices
    money: int = 0  # on account, entered by hand; 0 for none
    credit: int = 0  # a credit note; 0 for none
    steps: tuple[Step, ...] = ()


def draw(
    random: Random, points: Sequence[str], faults: Sequence[str], *, focused: bool = False
) -> Case:
    """Draw a case whose processes die at *points* and whose platform suffers *faults*.

    focused: every try does, after a pause that outlives tokens; for what chance seldom meets.
    """

    def tries() -> tuple[Trouble, ...]:
        most = random.randint(1, 2) if focused else random.randint(0, 3)
        return tuple(_trouble(random, points, faults, focused=focused) for _ in range(most))

    amounts = tuple(random.choice((40, 60, 100)) for _ in range(random.randint(1, 3)))
    steps = []
    for _ in range(random.randint(1, 3)):
        which = random.sample(range(len(amounts)), random.randint(1, len(amounts)))
        step = Step(
            operation=random.choice(OPERATIONS),
            invoices=tuple((at, random.choice(QUARTERS)) for at in which),
            rest=random.choice((0, 0, 5, 20)),
            discount=random.choice((0, 0, 2)),
            source=random.randrange(4),
            tries=tries(),
            undo=tries() if focused or random.random() < 0.7 else None,
        )
        steps.append(step)
    return Case(amounts, random.choice((0, 50)), random.choice((0, 50)), tuple(steps))


def _trouble(
    random: Random, points: Sequence[str], faults: Sequence[str], *, focused: bool
) -> Trouble:
    death, strikes = None, []
    if focused or random.random() < 0.6:
        death = (random.choice(points), 1 if focused else random.choice((1, 1, 1, 2, 3)))
    for _ in range(random.choice((0, 1, 1, 2)) if death is None else random.choice((0, 0, 1))):
        strikes.append((random.choice(faults), random.choice((0, 0, 1, 2)), random.random() < 0.6))
    if focused:
        strikes = [(fault, 0, False) for fault in random.sample(faults, min(len(faults), 2))]
    pause = random.choice(PAUSES[-2:] if focused else PAUSES)
    return Trouble(death, tuple(strikes), pause)
