"""The seam between what recoup does and who runs it, one process or a queue of many.

A job is known by its kind and its key. The key is whose it is, usually a company: one job of a key
runs at a time, whatever its kind, and a (kind, key) is queued at most once. A queue keeps jobs
through any crash; a job may therefore run again from its start and must not mind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

__all__ = ["Defer", "Done", "Failed", "Job", "JobLost", "JobQueue", "Outcome", "Waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that this process runs until it says how it ended."""

    job_id: int
    kind: str
    key: str
    args: Mapping[str, Any] = field(default_factory=dict)  # plain JSON
    holder: str  # this running of it, a name of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job as a list shows it."""

    kind: str
    key: str
    state: str  # queued, running or failed
    run_at: datetime  # queued: not before; failed: when it failed
    reason: str | None  # why it waits or failed
    cause: str | None  # the class of the error behind that
    holder: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """The work is done; nothing is kept of it."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now: run it again at *until* or later, on any worker. It keeps no worker meanwhile.

    soon: a runner that would end stays for it. Otherwise the job is parked, and the runner that
    was told so does not take it up again.
    """

    until: datetime
    reason: str
    cause: str | None = None
    soon: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot be done as things are; kept with its reason until it is enqueued again."""

    reason: str
    cause: str | None = None


Outcome = Done | Defer | Failed


class JobLost(Exception):
    """The job was taken from this holder, whose lease had run out: another one may be at it."""


class JobQueue(Protocol):
    """Where jobs wait. Every method is one durable step; a kill between two loses nothing."""

    def enqueue(
        self,
        kind: str,
        key: str,
        args: Mapping[str, Any] | None = None,
        *,
        run_at: datetime | None = None,
        priority: int = 0,
    ) -> bool:
        """Queue a job; False when (kind, key) is queued already, which then stays as it is.

        run_at None is now. A higher priority comes first, then the earlier run_at. What failed
        of this (kind, key) before is forgotten.
        """
        ...

    def enqueue_many(self, kind: str, keys: Sequence[str]) -> int:
        """Queue a job for each key in one step, due now, in this order; return how many are new."""
        ...

    def claim(self, kinds: Collection[str], keys: Collection[str] | None = None) -> Job | None:
        """Take the next job that is due and whose key is free, with a lease on it.

        keys: only jobs of these. None when there is none at this moment.
        """
        ...

    def heartbeat(self, job: Job) -> None:
        """Renew the lease. Raises JobLost when the job is no longer this holder's."""
        ...

    def end(self, job: Job, outcome: Outcome) -> None:
        """Say how it ended. Raises JobLost when the job is no longer this holder's."""
        ...

    def sweep(self) -> int:
        """Queue again what dead holders left behind; returns how many jobs that were.

        A job that killed several holders in a row has failed instead.
        """
        ...

    def withdraw(self, kind: str, key: str) -> bool:
        """Take back a queued job, and forget one that failed; a running one goes on."""
        ...

    def next_due(
        self, kinds: Collection[str], keys: Collection[str] | None = None
    ) -> datetime | None:
        """When the first queued job whose key is free may run; it may be past. None is never."""
        ...

    def waiting(self, kind: str) -> list[Waiting]:
        """Return every job of a kind that is queued, runs or failed last, by key."""
        ...
