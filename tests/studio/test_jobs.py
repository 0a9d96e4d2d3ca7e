"""Mirrors src/unisono/studio/jobs.py."""

import threading
import time
from pathlib import Path

import pytest

from unisono.core.errors import ConfigError
from unisono.studio.jobs import ENDED, JobQueue


@pytest.fixture
def queue(tmp_path: Path) -> JobQueue:
    return JobQueue(tmp_path / "jobs.sqlite", lease_s=30)


def test_jobs_are_taken_in_the_order_they_came_and_survive_a_restart(queue: JobQueue) -> None:
    numbers = [queue.submit("add", {"k": k}) for k in range(3)]
    again = JobQueue(queue.path)
    taken = [again.claim("w") for _ in range(4)]
    assert [job.id for job in taken if job] == numbers and taken[3] is None
    assert [job.request["k"] for job in taken if job] == [0, 1, 2]
    again.tell(numbers[0], "w", "steps", 3, 10)
    job = queue.get(numbers[0])
    assert (job.state, job.doing, job.done, job.total) == ("running", "steps", 3, 10)
    assert [j.id for j in queue.listed(state="running")] == numbers[::-1]


def test_each_job_is_claimed_by_one_of_many(queue: JobQueue) -> None:
    numbers = [queue.submit("x", {}) for _ in range(40)]
    taken: list[int] = []

    def take(name: str) -> None:
        while (job := queue.claim(name)) is not None:
            taken.append(job.id)
            assert queue.finish(job.id, name, None)

    threads = [threading.Thread(target=take, args=(f"w{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == numbers


def test_a_lost_job_is_tried_once_more_and_then_fails(queue: JobQueue) -> None:
    number = queue.submit("x", {})
    queue.claim("first")
    assert queue.lost("first") == [number]
    assert "once more" in queue.get(number).error
    assert not queue.finish(number, "first", "late")  # thought dead, it came back
    job = queue.claim("second")
    assert job is not None and job.attempts == 2
    assert not queue.finish(number, "first", "late")
    assert queue.lost("second") == [number]
    job = queue.get(number)
    assert (job.state, job.error) == ("failed", "its worker was killed twice")
    assert queue.claim("third") is None


def test_a_lease_that_lapses(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("unisono.studio.jobs.time.time", lambda: now[0])
    number = queue.submit("x", {})
    queue.claim("w")
    now[0] += 29
    assert queue.recover() == []
    assert queue.beat(number, "w")
    now[0] += 29
    assert queue.recover() == []
    now[0] += 2
    assert queue.recover() == [number]
    assert queue.get(number).state == "queued" and not queue.beat(number, "w")


def test_cancelling(queue: JobQueue) -> None:
    waiting, running, over = (queue.submit("x", {"k": k}) for k in range(3))
    assert queue.cancel(waiting).state == "cancelled"
    assert queue.claim("a").id == running  # type: ignore[union-attr]
    assert queue.cancel(running).state == "running" and not queue.beat(running, "a")
    assert queue.stopped(running, "a")
    queue.claim("b")
    assert queue.finish(over, "b", {"is": 1})
    assert queue.cancel(over).state == "done"
    assert queue.get(over).result == {"is": 1}
    killed = queue.submit("x", {})
    queue.claim("c")
    queue.cancel(killed)
    queue.lost("c")
    assert {queue.get(n).state for n in (waiting, running, killed)} == {"cancelled"}


def test_what_has_ended_never_changes(queue: JobQueue) -> None:
    number = queue.submit("x", {})
    queue.claim("w")
    assert queue.fail(number, "w", "no")
    before = queue.get(number)
    assert before.state in ENDED
    for change in (
        lambda: queue.finish(number, "w", 1),
        lambda: queue.cancel(number),
        lambda: queue.lost("w"),
        queue.recover,
        lambda: queue.tell(number, "w", "a", 1, 2),
    ):
        change()
        assert queue.get(number) == before


def test_what_is_not_there(queue: JobQueue) -> None:
    with pytest.raises(ConfigError, match="no job 7"):
        queue.get(7)
    with pytest.raises(ConfigError, match="Did you mean 'queued'"):
        queue.listed(state="queue")


def test_a_worker_that_leaves_costs_its_job_no_attempt(queue: JobQueue) -> None:
    number, asked = queue.submit("x", {}), queue.submit("x", {})
    for turn in range(5):  # so many restarts of the server
        assert queue.claim(f"w{turn}").id == number  # type: ignore[union-attr]
        assert queue.give_back(f"w{turn}") == [number]
    assert queue.get(number).state == "queued" and queue.get(number).attempts == 0
    queue.claim("a")
    queue.claim("b")
    queue.cancel(asked)
    assert queue.give_back("b") == [asked] and queue.get(asked).state == "cancelled"
    assert queue.finish(number, "a", 1)


def test_lanes_and_counts(queue: JobQueue) -> None:
    slow, quick = queue.submit("slow", {}), queue.submit("quick", {})
    assert queue.count("queued") == 2 and queue.count("queued", "running") == 2
    assert queue.claim("q", ("quick", "other")).id == quick  # type: ignore[union-attr]
    assert queue.claim("q", ("quick",)) is None
    assert queue.claim("w").id == slow  # type: ignore[union-attr]
    job = queue.get(slow)
    assert job.began is not None and job.asked <= job.began and job.ended is None
    assert queue.count("running") == 2


def test_what_happened_of_late(queue: JobQueue) -> None:
    old, running, waiting = (queue.submit("x", {}) for _ in range(3))
    queue.claim("w")
    queue.finish(old, "w", 1)
    between = time.time()
    time.sleep(0.01)
    assert queue.claim("w").id == running  # type: ignore[union-attr]
    late = queue.submit("x", {})
    queue.cancel(late)
    assert [job.id for job in queue.recent(0.0)] == [running, late, waiting, old]
    assert [job.id for job in queue.recent(between)] == [running, late, waiting]
    assert [job.id for job in queue.recent(between, limit=1)] == [running]


def test_a_number_that_changes_with_the_queue(queue: JobQueue) -> None:
    first = queue.version()
    assert queue.version() == first
    JobQueue(queue.path).submit("x", {})
    assert queue.version() != first
    queue.close()
