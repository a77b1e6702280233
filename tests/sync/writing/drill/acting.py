"""Carrying a write out until it comes to rest, whatever dies and breaks on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from drill.cases import CALM, Trouble
from drill.firm import Firm
from drill.killing import KILLER, Died
from recoup.connector.errors import (
    NeedsConsent,
    NeedsReconnect,
    NotSupported,
    RecoupError,
    Retriable,
    Skippable,
)
from recoup.connector.intents import Intent, IntentState, Outcome
from recoup.sync.store import intents
from recoup.sync.writing import carry_out, undo

__all__ = ["Finding", "Tally", "do", "stored", "take_back"]

PATIENCE = 30  # tries after which a write that still has no outcome is a finding


class Finding(AssertionError):
    """A write did what none may."""


@dataclass
class Tally:
    """What the cases did and met."""

    cases: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)  # how tries ended
    struck: Counter[str] = field(default_factory=Counter)
    retried: int = 0

    def lines(self, platform: str) -> list[str]:
        return [
            f"{platform}: {self.cases} cases, {self.done.total()} writes done, "
            f"{self.refused.total()} refused, {self.retried} tries repeated",
            f"  done {_spell(self.done)}; refused {_spell(self.refused)}",
            f"  tries ended {_spell(self.ended)}",
            f"  faults {_spell(self.struck)}",
            f"  killed at {_spell(KILLER.kills)}",
        ]


def _spell(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "nothing"


def do(firm: Firm, intent: Intent, tries: Sequence[Trouble], tally: Tally) -> Outcome | str:
    """Carry out *intent* until it is done, or refused: then why. Raises Finding otherwise."""

    def once() -> Outcome:
        return carry_out(firm.store, firm.company, firm.ledger(), intent, clock=firm.clock)

    return _come_to_rest(firm, once, tries, tally, str(intent.operation))


def take_back(firm: Firm, key: str, tries: Sequence[Trouble], tally: Tally) -> Outcome | str:
    """Undo the intent of that key until that is done or refused."""

    def once() -> Outcome:
        return undo(firm.store, firm.company, firm.ledger(), key, clock=firm.clock)

    return _come_to_rest(firm, once, tries, tally, "undo")


def _come_to_rest(
    firm: Firm, once: Callable[[], Outcome], tries: Sequence[Trouble], tally: Tally, what: str
) -> Outcome | str:
    said = ""
    for attempt in range(PATIENCE):
        trouble = tries[attempt] if attempt < len(tries) else CALM
        wait = trouble.pause
        _plan(firm, trouble)
        try:
            with KILLER.watching(trouble.death):
                outcome = once()
        except Died:
            firm.die()
            said = "died"
        except (Skippable, NotSupported) as refusal:
            tally.refused[what] += 1
            tally.ended[type(refusal).__name__] += 1
            return f"{type(refusal).__name__}: {refusal}"
        except RecoupError as error:
            said = f"{type(error).__name__}: {error}"
            if isinstance(error, NeedsReconnect) and not isinstance(error, NeedsConsent):
                firm.reconnect()
            if isinstance(error, Retriable):
                wait = max(wait, error.retry_after)
        else:
            tally.done[what] += 1
            tally.ended["done"] += 1
            firm.calm()
            return outcome
        finally:
            tally.struck.update(firm.struck())
        tally.ended[said.partition(":")[0]] += 1
        tally.retried += 1
        firm.clock.advance(max(wait, timedelta(seconds=2 ** min(attempt, 10))))
    raise Finding(f"{what} did not come to rest after {PATIENCE} tries: {said}")


def _plan(firm: Firm, trouble: Trouble) -> None:
    firm.calm()
    for name, after, writes_alone in trouble.strikes:
        firm.strike(name, after=after, method=firm.creates_with if writes_alone else None)


def stored(firm: Firm, key: str) -> Intent:
    """The intent as it lies in the store."""
    with firm.store.read(firm.company.company_id) as conn:
        found = intents.find_intent(conn, firm.company.company_id, key)
    if found is None:
        raise Finding(f"intent {key} was lost")
    return found


def is_open(intent: Intent) -> bool:
    return intent.state in (IntentState.PLANNED, IntentState.SENT, IntentState.UNKNOWN)
