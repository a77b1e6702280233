"""What every scenario stands on: a fresh case, a pull that survives, skips with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Retriable
from recoup.connector.facades import Ledger
from recoup.connector.testing.case import LedgerCase, Unplayable
from recoup.connector.testing.mirror import Mirror

__all__ = ["Scenarios", "assert_same_books", "playable", "pull_through", "require"]

PATIENCE = 50  # refusals after which a pull is taken to be stuck


class Scenarios:
    """Base of the scenario classes; the author's test class names its case."""

    case_type: ClassVar[type[LedgerCase]]

    @pytest.fixture
    def case(self) -> Iterator[LedgerCase]:
        opened = self.case_type()
        try:
            yield opened
        finally:
            opened.close()


def require(ledger: Ledger, capability: Capability) -> None:
    """Skip a scenario whose capability is not declared; the promises check the opposite."""
    if capability not in ledger.capabilities():
        pytest.skip(f"{capability} is not declared")


@contextmanager
def playable() -> Iterator[None]:
    """Skip with the case's own reason where its ledger has no such act."""
    try:
        yield
    except Unplayable as reason:
        pytest.skip(str(reason))


def pull_through(case: LedgerCase, mirror: Mirror) -> int:
    """Pull to the end as the engine does, waiting where told; returns how often that was."""
    for refusals in range(PATIENCE):
        try:
            mirror.pull(case.open_ledger())
        except Retriable as refusal:
            case.clock.advance(refusal.retry_after)
        else:
            return refusals
    raise AssertionError(f"the pull was still refused after {PATIENCE} attempts")


def assert_same_books(mirror: Mirror, case: LedgerCase) -> None:
    """The pull's documents are the ledger's, one by one, with the same open amounts."""
    ours = mirror.open_amounts()
    theirs = dict(case.truth())
    lost = sorted(map(str, theirs.keys() - ours.keys()))
    invented = sorted(map(str, ours.keys() - theirs.keys()))
    wrong = {
        str(ref): (str(ours[ref]), str(theirs[ref]))
        for ref in ours.keys() & theirs.keys()
        if ours[ref] != theirs[ref]
    }
    assert not lost, f"the ledger has these and the pull does not: {lost}"
    assert not invented, f"the pull has these and the ledger does not: {invented}"
    assert not wrong, f"open amounts as (pulled, ledger's): {wrong}"
    assert json.loads(json.dumps(mirror.cursor)) == mirror.cursor, "a cursor is a JSON object"
