"""The contract of a job queue: order, one of a key at a time, deferral, leases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recoup.sync.jobs.seam import Defer, Done, Failed, Job, JobLost, JobQueue

PULL = ["pull"]
HOUR = timedelta(hours=1)


def claimed(queue: JobQueue, *kinds: str) -> Job:
    job = queue.claim(kinds or PULL)
    assert job is not None
    return job


def test_a_job_carries_its_kind_key_and_arguments(queue: JobQueue) -> None:
    assert queue.enqueue("pull", "7", {"why": "asked", "n": 3})
    job = claimed(queue)
    assert (job.kind, job.key, job.args) == ("pull", "7", {"why": "asked", "n": 3})


def test_what_is_queued_is_not_queued_again(queue: JobQueue) -> None:
    assert [queue.enqueue("pull", "7") for _ in range(2)] == [True, False]
    queue.end(claimed(queue), Done())
    assert queue.claim(PULL) is None


def test_many_are_queued_in_one_step_and_in_order(queue: JobQueue) -> None:
    queue.enqueue("pull", "2")
    assert queue.enqueue_many("pull", ["3", "2", "1"]) == 2
    assert [claimed(queue).key for _ in range(3)] == ["2", "3", "1"]


def test_the_higher_priority_comes_first_then_the_older(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "1")
    clock.move(seconds=1)
    queue.enqueue("pull", "2")
    queue.enqueue("pull", "3", priority=5)
    assert [claimed(queue).key for _ in range(3)] == ["3", "1", "2"]


def test_one_job_of_a_key_runs_at_a_time_whatever_its_kind(queue: JobQueue) -> None:
    queue.enqueue("pull", "7")
    queue.enqueue("tieout", "7")
    first = claimed(queue, "pull", "tieout")
    assert queue.claim(["pull", "tieout"]) is None
    assert queue.next_due(["pull", "tieout"]) is None
    queue.end(first, Done())
    assert claimed(queue, "pull", "tieout").kind != first.kind


def test_a_worker_takes_its_kinds_and_keys_only(queue: JobQueue) -> None:
    for key in "123":
        queue.enqueue("pull", key)
    assert queue.claim(["tieout"]) is None
    job = queue.claim(PULL, {"3", "4"})
    assert job is not None and job.key == "3"
    assert queue.claim(PULL, {"3", "4"}) is None


def test_a_job_may_be_queued_again_while_it_runs(queue: JobQueue) -> None:
    queue.enqueue("pull", "7")
    running = claimed(queue)
    assert queue.enqueue("pull", "7")
    queue.end(running, Done())
    assert claimed(queue).key == "7"


def test_a_deferred_job_waits_for_its_time_with_its_reason(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "7")
    until = clock.now() + HOUR
    queue.end(claimed(queue), Defer(until, "the day is spent", "BudgetSpent"))
    assert queue.claim(PULL) is None and queue.next_due(PULL) == until
    [row] = queue.waiting("pull")
    assert (row.state, row.run_at, row.reason) == ("queued", until, "the day is spent")
    assert row.cause == "BudgetSpent"
    clock.move(hours=1)
    assert claimed(queue).key == "7"


def test_a_deferral_outweighs_what_was_queued_meanwhile(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "7")
    running = claimed(queue)
    queue.enqueue("pull", "7")
    queue.end(running, Defer(clock.now() + HOUR, "throttled"))
    assert queue.claim(PULL) is None and len(queue.waiting("pull")) == 1


def test_a_failed_job_is_kept_until_it_is_wanted_again(queue: JobQueue) -> None:
    queue.enqueue("pull", "7")
    queue.end(claimed(queue), Failed("consent is gone", "NeedsReconnect"))
    [row] = queue.waiting("pull")
    assert (row.state, row.reason, row.cause) == ("failed", "consent is gone", "NeedsReconnect")
    assert queue.claim(PULL) is None and queue.next_due(PULL) is None
    queue.enqueue("pull", "7")
    assert [row.state for row in queue.waiting("pull")] == ["queued"]


def test_the_last_failure_replaces_the_one_before(queue: JobQueue) -> None:
    queue.enqueue("pull", "7")
    running = claimed(queue)
    queue.end(running, Failed("first"))
    queue.enqueue("pull", "7")
    queue.end(claimed(queue), Failed("second"))
    assert [row.reason for row in queue.waiting("pull")] == ["second"]


def test_a_job_for_later_is_not_due_yet(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "7", run_at=clock.now() + HOUR)
    assert queue.claim(PULL) is None
    assert queue.next_due(PULL) == clock.now() + HOUR


def test_a_queued_job_can_be_withdrawn(queue: JobQueue) -> None:
    queue.enqueue("pull", "7")
    assert queue.withdraw("pull", "7") and not queue.withdraw("pull", "7")
    assert queue.claim(PULL) is None


def test_a_running_job_cannot_be_withdrawn(queue: JobQueue) -> None:
    queue.enqueue("pull", "7")
    running = claimed(queue)
    assert not queue.withdraw("pull", "7")
    queue.end(running, Done())


def test_a_lease_that_ran_out_gives_the_job_to_another(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "7")
    slow = claimed(queue)
    clock.move(minutes=2)
    assert queue.sweep() == 1
    fast = claimed(queue)
    with pytest.raises(JobLost):
        queue.heartbeat(slow)
    with pytest.raises(JobLost):
        queue.end(slow, Done())
    queue.end(fast, Done())


def test_a_heartbeat_keeps_the_job(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "7")
    job = claimed(queue)
    for _ in range(5):
        clock.move(seconds=40)
        queue.heartbeat(job)
        assert queue.sweep() == 0
    queue.end(job, Done())


def test_a_swept_job_and_its_twin_become_one(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "7")
    claimed(queue)
    queue.enqueue("pull", "7")
    clock.move(minutes=2)
    assert queue.sweep() == 1
    queue.end(claimed(queue), Done())
    assert queue.claim(PULL) is None and queue.waiting("pull") == []


def test_a_job_that_kills_every_worker_is_given_up(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "7")
    for _ in range(5):
        claimed(queue)
        clock.move(minutes=2)
        assert queue.sweep() == 1
    [row] = queue.waiting("pull")
    assert row.state == "failed" and "died 5 times" in str(row.reason)
