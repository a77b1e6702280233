"""What a pull hands over: pages of payloads, confirmed deletions, sweeps and the next cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

__all__ = ["Cursor", "Fetched", "Page", "Payload", "Swept", "Tombstone", "Window"]

Cursor = Mapping[str, Any]  # opaque JSON object; only the adapter that wrote it reads it


class Payload(NamedTuple):
    """One object as received. Its bytes are hashed first and decoded only when they are new."""

    source_type: str  # the platform's own name of the type, e.g. "Invoice"
    ledger_id: str
    raw: bytes


class Tombstone(NamedTuple):
    """A deletion, confirmed by the ledger; absence alone is never one.

    merged_into names the surviving object where the ledger says so.
    """

    source_type: str
    ledger_id: str
    merged_into: str | None = None


class Window(NamedTuple):
    """Documents by the ledger's creation time: start inclusive, end exclusive, None unbounded."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What the ledger holds of one type in one window, so that the engine can say what is missing.

    count is always set. ids is None when the objects were only counted. With open_only the
    sweep covers the objects with an open balance, drafts included, and no others: one that the
    store holds open and the sweep does not show is read live.
    """

    source_type: str
    window: Window
    count: int
    ids: frozenset[str] | None = None
    open_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One unit of work: everything in it is stored in one transaction with *cursor*.

    cursor is where a pull that is cut off after this page starts again.
    """

    payloads: Sequence[Payload] = ()
    tombstones: Sequence[Tombstone] = ()
    swept: Sequence[Swept] = ()
    cursor: Cursor
    calls: int = 0  # API calls this page cost
    total: int | None = None  # documents expected in this pull, where known, for progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Named objects as the ledger holds them at this moment; what is in neither list is unknown."""

    payloads: Sequence[Payload] = ()
    tombstones: Sequence[Tombstone] = ()
