"""What one ledger brings to the histories; everything else is shared.

A platform is a module of this package with its name and a ``PLATFORM``: its books and busy
stand-in, the bookkeeper's verbs, its faults, the truth that the store is compared with, how a
child opens the ledger, its limits scaled down, and the bugs planted into its adapter.
"""

from __future__ import annotations

import importlib
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import Any, ClassVar

from recoup.connector.protocols import Connection
from recoup.connector.standin.clock import Clock
from recoup.connector.standin.listener import Answer, Request

__all__ = ["PLATFORMS", "Busy", "Doc", "Platform", "Strike", "Truth", "Verb", "platform_of"]

PLATFORMS = ("quickbooks", "xero", "sage")

Doc = dict[str, Any]
Verb = Callable[[Any, int, int], bool]
Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One kind of misbehaviour: a fault of the stand-in with its settings."""

    kind: str
    match: str = ""
    times: int = 1
    most_after: int = 99  # matching requests let through first, at most
    expires: bool = False  # the access token dies with it
    ends: frozenset[str] = frozenset()  # how a sync may end because of it, besides "later"
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Truth:
    """What the store must hold, worked out from the books without our own mapping.

    documents: (kind, id) → the columns that must be so. allocations: (source kind and id, target
    kind and id, minor units), or with as_legs (owner's kind and id, side, kind and id) → minor
    units. lives: whether the books still have (source type, id); None for what is none of theirs.
    """

    documents: dict[Key, dict[str, object]]
    allocations: Counter[tuple[object, ...]]
    customers: dict[str, dict[str, object]]
    accounts: set[tuple[str, int]]
    lives: Callable[[str, str], bool | None]
    as_legs: bool = False


class Busy:
    """Mixed into a stand-in: its bookkeeper goes on working between the requests of a sync."""

    token_path = ""
    pace = timedelta(0)  # that the ledger's clock moves with each request
    meanwhile: Sequence[tuple[int, str, int, int]] = ()  # (after requests, verb, a, b)
    served = 0
    renewals = 0  # requests for tokens since the sync began
    at_work: Callable[[str, int, int], None] = staticmethod(lambda verb, a, b: None)

    def handle(self, request: Request) -> Answer:
        if self.token_path in request.target:
            self.renewals += 1
        try:
            answer: Answer = super().handle(request)  # type: ignore[misc]
            return answer
        finally:
            self.served += 1
            self.books.clock.advance(self.pace)  # type: ignore[attr-defined]
            due = [item for item in self.meanwhile if item[0] == self.served]
            for _, verb, a, b in due:
                self.at_work(verb, a, b)


class Platform(ABC):
    """One ledger."""

    name: ClassVar[str]
    home: ClassVar[str]
    verbs: ClassVar[Mapping[str, Verb]]
    often: ClassVar[Sequence[str]]  # verbs that come more often than the rest
    refusal: ClassVar[type[Exception]]  # what a verb raises that the ledger's screens refuse
    faults: ClassVar[Mapping[str, Strike]]
    favoured: ClassVar[Sequence[str]] = ()  # faults that come more often
    grace: ClassVar[timedelta]  # for which a refresh token outlives its successor
    unused: ClassVar[timedelta]  # for which tokens live that nobody renews
    paces: ClassVar[Sequence[float]] = (0.0,)  # seconds that a request may take at the ledger
    switches: ClassVar[Mapping[str, Sequence[bool]]] = {}  # behaviours chosen per history
    kill_points: ClassVar[Sequence[str]]
    rare: ClassVar[Sequence[str]]
    bugs: ClassVar[Mapping[str, Callable[[], None]]]
    # A few documents reach what takes thousands. Only sizes change, on both sides alike.
    small_adapter: ClassVar[Sequence[tuple[ModuleType, str, int]]] = ()
    small_standin: ClassVar[Sequence[tuple[ModuleType, str, int]]] = ()

    @abstractmethod
    def open_books(self, clock: Clock) -> Any:
        """New books with a company of ours."""

    @abstractmethod
    def open_standin(self, books: Any) -> Any:
        """A busy stand-in over the books, not started."""

    @abstractmethod
    def company_id(self, books: Any) -> str: ...

    @abstractmethod
    def open_ledger(self, connection: Connection) -> object:
        """The adapter's hooks, its pages as small as the world."""

    @abstractmethod
    def truth(self, books: Any) -> Truth: ...

    def more_differences(self, books: Any, conn: sqlite3.Connection) -> Iterator[str]:
        """What else must agree."""
        del books, conn
        yield from ()

    def accounts_for(self, books: Any, tied: Mapping[str, Any]) -> bool:
        """Whether a tie-out that is not proven says exactly what the books say."""
        del books, tied
        return False

    def throw(self, standin: Any, switch: str, on: bool) -> None:
        """Throw one of the switches."""
        del standin, switch, on

    def shrink_adapter(self) -> None:
        """Scale the limits down in the child that syncs."""
        for module, name, size in self.small_adapter:
            setattr(module, name, size)

    def shrink_standin(self) -> Callable[[], None]:
        """The same in the process of the stand-in; returns what gives it its limits back."""
        full = [(module, name, getattr(module, name)) for module, name, _ in self.small_standin]
        for module, name, size in self.small_standin:
            setattr(module, name, size)

        def grow() -> None:
            for module, name, size in full:
                setattr(module, name, size)

        return grow


def platform_of(name: str) -> Platform:
    """The platform of that name; its adapter and stand-in are imported with it."""
    found: Platform = importlib.import_module(f"harness.{name}").PLATFORM
    return found
