"""The runner: threads for what runs, none for what waits, and nothing lost when it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recoup.sync.jobs.runner import Runner, Stopped
from recoup.sync.jobs.seam import Defer, Done, Failed, Job, JobQueue, Outcome

Work = Callable[[Job], Outcome]


def run(queue: JobQueue, clock: Any, work: Work, *, workers: int = 2, **more: Any) -> Runner:
    runner = Runner(queue, {"pull": work}, workers=workers, clock=clock, **more)
    runner.run()
    return runner


def test_every_job_is_worked_off(queue: JobQueue, clock: Any) -> None:
    queue.enqueue_many("pull", [str(n) for n in range(12)])
    done: list[str] = []

    def work(job: Job) -> Outcome:
        done.append(job.key)
        return Done()

    run(queue, clock, work)
    assert sorted(map(int, done)) == list(range(12)) and queue.waiting("pull") == []


def test_as_many_run_at_once_as_there_are_workers(queue: JobQueue, clock: Any) -> None:
    queue.enqueue_many("pull", ["1", "2", "3"])
    together = threading.Barrier(3, timeout=10)

    def work(job: Job) -> Outcome:
        together.wait()
        return Done()

    run(queue, clock, work, workers=3)
    assert not together.broken


def test_a_short_deferral_is_waited_for_and_holds_no_thread(queue: JobQueue, clock: Any) -> None:
    queue.enqueue_many("pull", ["1", "2"])
    order: list[str] = []

    def work(job: Job) -> Outcome:
        order.append(job.key)
        if order == ["1"]:
            return Defer(clock.now() + timedelta(seconds=40), "a minute's limit", soon=True)
        return Done()

    began_at = clock.now()
    run(queue, clock, work, workers=1)
    assert order == ["1", "2", "1"] and clock.now() - began_at >= timedelta(seconds=40)


def test_a_parked_job_is_left_to_the_queue(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "1")
    until = clock.now() + timedelta(hours=5)
    run(queue, clock, lambda job: Defer(until, "the day is spent"))
    [row] = queue.waiting("pull")
    assert (row.state, row.run_at) == ("queued", until) and clock.now() < until


def test_a_runner_does_not_take_up_again_what_it_parked_itself(queue: JobQueue, clock: Any) -> None:
    queue.enqueue_many("pull", ["1", "2"])
    seen: list[str] = []

    def work(job: Job) -> Outcome:
        seen.append(job.key)
        clock.move(minutes=1)
        return Defer(clock.now(), "no answer") if job.key == "1" else Done()

    run(queue, clock, work, workers=1, keys={"1", "2"})
    assert seen == ["1", "2"] and [row.key for row in queue.waiting("pull")] == ["1"]


def test_a_failure_stops_no_other_job(queue: JobQueue, clock: Any) -> None:
    queue.enqueue_many("pull", ["1", "2", "3"])
    run(queue, clock, lambda job: Failed("refused") if job.key == "1" else Done())
    assert [(row.key, row.state) for row in queue.waiting("pull")] == [("1", "failed")]


def test_a_defect_is_raised_when_all_else_has_ended(queue: JobQueue, clock: Any) -> None:
    queue.enqueue_many("pull", ["1", "2", "3"])

    def work(job: Job) -> Outcome:
        if job.key == "1":
            raise ZeroDivisionError
        return Done()

    with pytest.raises(ZeroDivisionError):
        run(queue, clock, work)
    [row] = queue.waiting("pull")
    assert (row.key, row.state, row.cause) == ("1", "failed", "ZeroDivisionError")


def test_it_works_on_its_own_keys_only(queue: JobQueue, clock: Any) -> None:
    queue.enqueue_many("pull", ["1", "2"])
    run(queue, clock, lambda job: Done(), keys={"2"})
    assert [row.key for row in queue.waiting("pull")] == ["1"]


def test_a_stop_lets_work_come_to_a_good_point_and_queues_it_again(
    queue: JobQueue, clock: Any
) -> None:
    queue.enqueue_many("pull", ["1", "2"])
    runner: Runner | None = None

    def work(job: Job) -> Outcome:
        assert runner is not None
        runner.stopping.wait(10)
        raise Stopped

    runner = Runner(queue, {"pull": work}, workers=1, clock=clock)
    claim, claims = queue.claim, iter([queue.claim])

    def interrupt(*words: Any) -> Job | None:
        if next(claims, None) is None:
            raise KeyboardInterrupt
        return claim(*words)

    queue.claim = interrupt  # type: ignore[method-assign, assignment]
    runner._workers = 2  # so that it claims a second time
    with pytest.raises(KeyboardInterrupt):
        runner.run()
    assert [(row.key, row.state) for row in queue.waiting("pull")] == [
        ("1", "queued"),
        ("2", "queued"),
    ]


def test_what_a_dead_runner_left_behind_is_taken_up(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "1")
    queue.claim(["pull"])
    clock.move(minutes=5)
    run(queue, clock, lambda job: Done())
    assert queue.waiting("pull") == []


def test_work_that_outlasts_its_lease_keeps_its_job(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "1")
    beat, beaten = queue.heartbeat, threading.Event()

    def heartbeat(job: Job) -> None:
        beat(job)
        beaten.set()

    def work(job: Job) -> Outcome:
        for _ in range(5):
            clock.move(seconds=40)
            beaten.clear()
            assert beaten.wait(10) and queue.sweep() == 0
        return Done()

    queue.heartbeat = heartbeat  # type: ignore[method-assign]
    run(queue, clock, work, beat=0.01)
    assert queue.waiting("pull") == []


def test_the_end_of_work_that_lost_its_lease_does_not_count(queue: JobQueue, clock: Any) -> None:
    queue.enqueue("pull", "1")
    taken: list[Job | None] = []

    def work(job: Job) -> Outcome:
        clock.move(minutes=5)  # the machine slept; another one sweeps
        queue.sweep()
        taken.append(queue.claim(["pull"]))
        return Failed("too late to say")

    run(queue, clock, work)
    [row] = queue.waiting("pull")
    assert row.state == "running" and taken[0] is not None
