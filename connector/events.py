"""What is told to listeners and what platforms tell us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = ["ChangeHint", "Event", "EventKind"]


class EventKind(StrEnum):
    COMPANY_CONNECTED = "company_connected"
    SYNC_FINISHED = "sync_finished"
    TIED_OUT = "tied_out"
    CUSTOMER_HELD = "customer_held"
    CUSTOMER_RELEASED = "customer_released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that has been committed; a listener cannot change it."""

    kind: EventKind
    company: str  # slug
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeHint:
    """A webhook's word that something changed; the next pull finds out what."""

    company_id: str  # the ledger's id
    source_type: str
    ledger_id: str
    operation: str  # as the platform names it, lower case
    changed_at: datetime | None = None
    event_id: str | None = None
    merged_id: str | None = None  # the id that a merge removed
