"""Who enacts the story in one platform's stand-in, and what came of each act there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentRef
from recoup.connector.testing.acts import Act, Bills, Credits, Event, Opens, Receives, Refunds
from recoup.connector.testing.case import Unplayable
from recoup.connector.testing.fakes import FakeClock
from recoup.connector.testing.story import HOME

__all__ = ["Enacted", "Known", "Teller", "enact"]


@dataclass(slots=True)
class Known:
    """The ledger's ids of what the story calls by labels."""

    customers: dict[str, str] = field(default_factory=dict)
    documents: dict[str, tuple[DocumentRef, ...]] = field(default_factory=dict)

    def only(self, label: str) -> str:
        """The ledger id of a document that is one document in this ledger, too."""
        [ref] = self.documents[label]
        return ref.ledger_id


class Teller(ABC):
    """One fresh company with pounds as home currency, euros allowed, and its bookkeeper.

    ``differences`` names, by label, what this ledger cannot express as the story has it, and why.
    Each is told to the reader of docs/one-truth.md, and each must show: a difference that does
    not is a test failure, as is one that is not listed.
    """

    differences: ClassVar[Mapping[str, str]] = {}
    home: ClassVar[str] = HOME  # only books of a single currency may have another
    clock: FakeClock  # the one that the connection carries

    @abstractmethod
    def open_ledger(self) -> Ledger:
        """Open the company anew, as a process that has just started does."""

    @abstractmethod
    def close(self) -> None:
        """Stop the stand-in."""

    @abstractmethod
    def turn_to(self, day: date) -> None:
        """Make it noon of *day* in the company's calendar, for the ledger and the adapter."""

    @abstractmethod
    def open_customer(self, act: Opens, known: Known) -> str:
        """Enter a customer; returns its ledger id. A parent that cannot be is left out."""

    @abstractmethod
    def tell(self, act: Act, known: Known) -> Mapping[str, Sequence[DocumentRef]]:
        """Enact *act* today, as a person in the platform's own pages does.

        Returns the documents that came of it by label. One label may be several documents: money
        beyond an invoice is a document of its own in some ledgers. What the story does not name,
        such as the credit note that stands for a discount, is labelled "R4 discount". Raises
        Unplayable where the ledger has no such act at all.
        """


@dataclass(slots=True)
class Enacted:
    """What was played, and what was left out because the ledger has no such act."""

    known: Known = field(default_factory=Known)
    played: list[Event] = field(default_factory=list)
    unplayed: list[tuple[Event, str]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)  # labels of what could not be played


def enact(teller: Teller, story: Iterable[Event], told: Enacted | None = None) -> Enacted:
    """Have *teller* play *story*, going on from *told*.

    An act about something that could not be played falls out with it.
    """
    told = told or Enacted()
    for event in story:
        try:
            lost = told.missing & set(_named(event.act))
            if lost:
                raise Unplayable(f"{', '.join(sorted(lost))} could not be played")
            teller.turn_to(event.on)
            if isinstance(event.act, Opens):
                told.known.customers[event.act.customer] = teller.open_customer(
                    event.act, told.known
                )
            else:
                for label, refs in teller.tell(event.act, told.known).items():
                    told.known.documents[label] = tuple(refs)
        except Unplayable as reason:
            told.unplayed.append((event, str(reason)))
            told.missing |= set(_made(event.act))
        else:
            told.played.append(event)
    return told


def _made(act: Act) -> list[str]:
    """The label that an act makes; without it nothing else can be done to it."""
    makes = isinstance(act, Opens | Bills | Credits | Receives | Refunds)
    return _named(act)[:1] if makes else []


def _named(act: Act) -> list[str]:
    """The labels that an act names, what it makes or changes first."""
    named: list[str] = []
    for name in act.__dataclass_fields__:
        value = getattr(act, name)
        if isinstance(value, Mapping):
            named += value
        elif isinstance(value, str) and name not in ("amount", "rate", "currency", "name"):
            named.append(value)
    return named
