"""The queue of one machine or a small team: a table of the control database, and leases on it.

A holder on this machine whose process is gone has lost its jobs at once; one on another machine
when its lease runs out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from recoup.sync.jobs.seam import Defer, Done, Job, JobLost, Outcome, Waiting
from recoup.sync.store import jobs
from recoup.sync.store.engine import Store
from recoup.sync.store.leases import is_dead, new_holder

__all__ = ["LEASE", "EmbeddedQueue"]

LEASE = timedelta(minutes=1)  # renewed by the runner several times within it


class EmbeddedQueue:
    """Implements recoup.sync.jobs.seam.JobQueue."""

    def __init__(self, store: Store, *, lease: timedelta = LEASE) -> None:
        self._database = store.control_database
        self._clock = store.clock
        self._lease = lease

    def enqueue(
        self,
        kind: str,
        key: str,
        args: Mapping[str, Any] | None = None,
        *,
        run_at: datetime | None = None,
        priority: int = 0,
    ) -> bool:
        with self._database.write(durable=True) as control:
            due = run_at or self._clock.now()
            return jobs.add_job(control, kind, key, args or {}, run_at=due, priority=priority)

    def enqueue_many(self, kind: str, keys: Sequence[str]) -> int:
        with self._database.write(durable=True) as control:
            now = self._clock.now()
            return sum(jobs.add_job(control, kind, key, {}, run_at=now, priority=0) for key in keys)

    def claim(self, kinds: Collection[str], keys: Collection[str] | None = None) -> Job | None:
        holder = new_holder()
        with self._database.write(durable=True) as control:
            now = self._clock.now()
            until = now + self._lease
            row = jobs.take_job(control, kinds, keys, holder=holder, now=now, until=until)
        if row is None:
            return None
        args = json.loads(row.args)
        return Job(job_id=row.job_id, kind=row.kind, key=row.key, args=args, holder=holder)

    def heartbeat(self, job: Job) -> None:
        with self._database.write() as control:
            until = self._clock.now() + self._lease
            if not jobs.extend_lease(control, job.job_id, job.holder, until):
                raise JobLost(f"{job.kind} of {job.key} is no longer ours")

    def end(self, job: Job, outcome: Outcome) -> None:
        with self._database.write(durable=True) as control:
            if isinstance(outcome, Done):
                ours = jobs.remove_job(control, job.job_id, job.holder)
            elif isinstance(outcome, Defer):
                ours = jobs.put_back(
                    control,
                    job.job_id,
                    job.holder,
                    run_at=outcome.until,
                    reason=outcome.reason,
                    cause=outcome.cause,
                )
            else:
                ours = jobs.fail_job(
                    control,
                    job.job_id,
                    job.holder,
                    at=self._clock.now(),
                    reason=outcome.reason,
                    cause=outcome.cause,
                )
        if not ours:
            raise JobLost(f"{job.kind} of {job.key} is no longer ours")

    def sweep(self) -> int:
        with self._database.read() as control:
            if not any(self._is_lost(row) for row in jobs.lost_jobs(control)):
                return 0
        with self._database.write(durable=True) as control:
            lost = [row for row in jobs.lost_jobs(control) if self._is_lost(row)]
            return sum(self._recover(control, row) for row in lost)

    def _is_lost(self, row: Any) -> bool:
        return bool(row.lease_until <= self._clock.now() or is_dead(row.holder))

    def _recover(self, control: Any, row: Any) -> bool:
        now = self._clock.now()
        if row.deaths + 1 >= jobs.MOST_DEATHS:
            reason = f"its worker died {jobs.MOST_DEATHS} times in a row; run recoup doctor"
            return jobs.fail_job(control, row.job_id, row.holder, at=now, reason=reason, cause=None)
        return jobs.put_back(
            control,
            row.job_id,
            row.holder,
            run_at=now,
            reason="its worker died",
            cause=None,
            died=True,
        )

    def withdraw(self, kind: str, key: str) -> bool:
        with self._database.read() as control:
            if not jobs.has_job(control, kind, key):  # as nearly always, and a look is cheap
                return False
        with self._database.write(durable=True) as control:
            return jobs.drop_job(control, kind, key)

    def next_due(
        self, kinds: Collection[str], keys: Collection[str] | None = None
    ) -> datetime | None:
        with self._database.read() as control:
            return jobs.first_due(control, kinds, keys)

    def waiting(self, kind: str) -> list[Waiting]:
        with self._database.read() as control:
            rows = jobs.list_jobs(control, kind)
        return [
            Waiting(
                kind=row.kind,
                key=row.key,
                state=row.state,
                run_at=row.run_at,
                reason=row.reason,
                cause=row.cause,
                holder=row.holder,
            )
            for row in rows
        ]
