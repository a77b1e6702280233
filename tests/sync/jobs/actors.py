"""Workers in processes of their own, each of which stops where a test wants to kill it.

``actors.py ADDRESS STEP``: one line on stdout says that the step is reached; then it hangs.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from recoup.connector.protocols import SystemClock
from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.jobs.seam import Defer, Done, Failed
from recoup.sync.store.engine import open_store


def main(address: str, step: str) -> None:
    clock = SystemClock()
    with open_store(address, clock=clock) as store:
        queue = EmbeddedQueue(store)
        if step == "enqueued":
            queue.enqueue("pull", "7")
            hang()
        if step == "forever":
            work(queue)
        job = queue.claim(["pull"])
        assert job is not None
        if step == "beaten":
            queue.heartbeat(job)
        if step == "done":
            queue.end(job, Done())
        if step == "deferred":
            queue.end(job, Defer(clock.now() - timedelta(days=1), "asked to wait"))
        if step == "failed":
            queue.end(job, Failed("refused"))
        hang()


def work(queue: EmbeddedQueue) -> None:
    """Work until killed; each job done is a line."""
    print("at work", flush=True)
    while True:
        queue.sweep()
        job = queue.claim(["pull"])
        if job is None:
            time.sleep(0.002)
            continue
        print(f"began {job.key}", flush=True)
        queue.end(job, Done())
        print(f"ended {job.key}", flush=True)


def hang() -> None:
    print("reached", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
