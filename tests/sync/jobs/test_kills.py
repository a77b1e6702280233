"""Workers are killed at every step: no job is lost, none runs twice at the same time."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import Popen
from typing import Any

import pytest

from recoup.sync.jobs.seam import Done, JobQueue

Worker = Callable[[str], "Popen[str]"]
PULL = ["pull"]


@pytest.mark.parametrize("step", ["claimed", "beaten"])
def test_a_job_whose_worker_was_killed_is_swept_back(
    queue: JobQueue, worker: Worker, step: str
) -> None:
    queue.enqueue("pull", "7", {"n": 1})
    killed = worker(step)
    assert queue.claim(PULL) is None and queue.sweep() == 0  # it lives, and the job is its own
    killed.kill()
    killed.wait()
    assert queue.sweep() == 1
    job = queue.claim(PULL)
    assert job is not None and job.args == {"n": 1}
    queue.end(job, Done())
    assert queue.waiting("pull") == []


def test_a_killed_process_nobody_has_buried_yet_counts_as_dead(
    queue: JobQueue, worker: Worker
) -> None:
    queue.enqueue("pull", "7")
    killed = worker("claimed")
    killed.kill()
    while queue.sweep() == 0:  # until the system has ended it; it stays a zombie
        assert killed.returncode is None
    assert queue.claim(PULL) is not None


@pytest.mark.parametrize(
    ("step", "left"),
    [("enqueued", "queued"), ("done", None), ("deferred", "queued"), ("failed", "failed")],
)
def test_a_step_that_was_taken_outlives_the_kill(
    queue: JobQueue, worker: Worker, step: str, left: str | None
) -> None:
    if step != "enqueued":
        queue.enqueue("pull", "7")
    killed = worker(step)
    killed.kill()
    killed.wait()
    assert queue.sweep() == 0
    assert [row.state for row in queue.waiting("pull")] == ([left] if left else [])


def test_workers_that_are_killed_while_they_work_lose_nothing(
    queue: JobQueue, worker: Worker, clock: Any
) -> None:
    keys = [str(n) for n in range(40)]
    queue.enqueue_many("pull", keys)
    said: list[str] = []
    for _ in range(4):  # each is killed in the middle of its third job or so
        killed = worker("forever")
        assert killed.stdout is not None
        said += [killed.stdout.readline() for _ in range(5)]
        killed.kill()
        said += killed.stdout.readlines()
        killed.wait()
    clock.move(days=400)  # the workers went by the machine's clock
    queue.sweep()
    while (job := queue.claim(PULL)) is not None:
        said.append(f"ended {job.key}")
        queue.end(job, Done())
    begun = {line.split()[1] for line in said if line.strip()}
    assert begun == set(keys) and queue.waiting("pull") == []
