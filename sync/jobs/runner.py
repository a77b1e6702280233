"""Runs jobs: one thread hands them out and keeps their leases, a few others do the work.

A job that is deferred costs no thread. The runner stays only as long as something runs or was
deferred to come back soon; what is parked is the queue's to remember.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from recoup.connector.protocols import Clock
from recoup.sync.jobs.seam import Defer, Failed, Job, JobLost, JobQueue, Outcome

__all__ = ["Runner", "Stopped"]

_BEAT = 15.0  # seconds between renewals of the leases, a quarter of the embedded queue's
_LOOK = 1.0  # seconds between looks at the queue while a thread is free: others enqueue too
_GRACE = 10.0  # seconds that the work gets to come to a good point after Ctrl-C

Work = Callable[[Job], Outcome]


class Stopped(BaseException):
    """Raised by work that saw Runner.stopping: the job is queued again, to be run later."""


@dataclass(frozen=True, slots=True)
class _Ended:
    job: Job
    outcome: Outcome | None
    defect: BaseException | None


class Runner:
    """Works off the jobs of some kinds, and of some keys where they are given."""

    def __init__(
        self,
        queue: JobQueue,
        work: Mapping[str, Work],
        *,
        workers: int,
        clock: Clock,
        keys: Collection[str] | None = None,
        beat: float = _BEAT,
    ) -> None:
        """work: by kind. It returns how the job ended; anything it raises is a defect, raised by
        ``run`` once all else has ended. beat: seconds between renewals of the leases."""
        self.stopping = threading.Event()
        self._queue, self._work, self._clock = queue, work, clock
        self._workers = workers
        self._keys = None if keys is None else set(keys)
        self._awaited: set[str] = set()  # keys that come back soon
        self._given: SimpleQueue[Job | None] = SimpleQueue()
        self._ended: SimpleQueue[_Ended] = SimpleQueue()
        self._running: dict[int, Job] = {}
        self._defects: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._every, self._beaten = beat, time.monotonic()

    def run(self) -> None:
        """Work until nothing is left that is due or comes back soon.

        Ctrl-C lets each job come to a good point, then raises KeyboardInterrupt; what was cut
        off is queued. A defect of the work is raised at the end, the first one as it was.
        """
        self._queue.sweep()
        try:
            while self._hand_out() or self._running or self._wait_for_due():
                self._collect()
                self._beat()
        except BaseException:
            self._leave()
            raise
        finally:
            for _ in self._threads:
                self._given.put(None)
        if self._defects:
            raise self._defects[0]

    def _hand_out(self) -> bool:
        """Claim a job for every thread that is free; whether there was any."""
        any_claimed = False
        while len(self._running) < self._workers:
            job = self._queue.claim(tuple(self._work), self._keys)
            if job is None:
                break
            self._running[job.job_id] = job
            self._awaited.discard(job.key)
            any_claimed = True
            if len(self._threads) < len(self._running):
                # A daemon, so that a call that hangs cannot keep a stopped command alive.
                thread = threading.Thread(target=self._labour, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._given.put(job)
        return any_claimed

    def _labour(self) -> None:
        while (job := self._given.get()) is not None:
            try:
                self._ended.put(_Ended(job, self._work[job.kind](job), None))
            except Stopped:
                self._ended.put(_Ended(job, None, None))
            except BaseException as defect:  # noqa: BLE001 - raised by run() in its own thread
                self._ended.put(_Ended(job, None, defect))

    def _collect(self) -> None:
        """Wait for an end, though not for long, and take all that have come."""
        patience = min(_LOOK, self._every) if len(self._running) < self._workers else self._every
        while self._running:
            try:
                ended = self._ended.get(timeout=patience)
            except Empty:
                return
            self._settle(ended)
            patience = 0.0

    def _settle(self, ended: _Ended) -> None:
        del self._running[ended.job.job_id]
        outcome = ended.outcome or Defer(self._clock.now(), "it was stopped")
        if ended.defect is not None:
            self._defects.append(ended.defect)
            outcome = Failed("recoup itself failed at it", type(ended.defect).__name__)
        if isinstance(outcome, Defer) and outcome.soon:
            self._awaited.add(ended.job.key)
        elif self._keys is not None:
            self._keys.discard(ended.job.key)
        try:
            self._queue.end(ended.job, outcome)
        except JobLost:  # our lease ran out: whoever has the job now says how it ends
            return

    def _wait_for_due(self) -> bool:
        """Nothing runs: sleep until what comes back soon is due; False when nothing does."""
        due = self._queue.next_due(tuple(self._work), self._awaited) if self._awaited else None
        if due is None:  # or another process has taken it
            return False
        left = (due - self._clock.now()).total_seconds()
        self._clock.sleep(min(max(left, 0.001), self._every))
        return True

    def _beat(self) -> None:
        if time.monotonic() - self._beaten < self._every:
            return
        self._beaten = time.monotonic()
        for job in list(self._running.values()):
            try:
                self._queue.heartbeat(job)
            except JobLost:  # its work goes on to its end, which will not count
                continue
        self._queue.sweep()

    def _leave(self) -> None:
        self.stopping.set()
        deadline = time.monotonic() + _GRACE
        while self._running and (left := deadline - time.monotonic()) > 0:
            try:
                self._settle(self._ended.get(timeout=left))
            except Empty:
                return
