"""Mirrors src/unisono/studio/pool.py: real processes, really killed."""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from unisono.core.errors import ConfigError
from unisono.studio.jobs import ENDED, JobQueue
from unisono.studio.pool import WorkerPool, find_handlers
from unisono.studio.worker import Limit, WorkerSettings

KINDS = """
import time
def slow(request, tell):
    for k in range(request["steps"]):
        tell("steps", k, request["steps"])
        time.sleep(0.01)
    with open(request["file"], "a") as file:
        file.write("x")
    return request["steps"]
def deaf(request, tell):
    time.sleep(60)
HANDLERS = {"slow": slow, "deaf": deaf}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerSettings:
    (tmp_path / "studio_kinds.py").write_text(KINDS)
    monkeypatch.syspath_prepend(tmp_path)
    return WorkerSettings(tmp_path / "jobs.sqlite", lease_s=5, beat_s=0.1, grace_s=0.3)


def wait(until: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


@pytest.mark.slow
def test_killed_workers_lose_nothing_and_every_job_ends_once(
    settings: WorkerSettings, tmp_path: Path
) -> None:
    pool = WorkerPool(settings, handlers="studio_kinds:HANDLERS", workers=2)
    files = [tmp_path / f"{k}.txt" for k in range(8)]
    numbers = [pool.queue.submit("slow", {"steps": 20, "file": str(f)}) for f in files]
    deaf = pool.queue.submit("deaf", {})
    pool.start()
    rng = random.Random(0)
    try:
        for _ in range(3):
            wait(lambda: len(pool.pids) == 2 and bool(pool.queue.listed(state="running")))
            time.sleep(rng.uniform(0, 0.2))
            os.kill(pool.pids[0], signal.SIGKILL)
        wait(lambda: all(pool.queue.get(n).state in ENDED for n in numbers))
        wait(lambda: pool.queue.get(deaf).state == "running")
        pool.queue.cancel(deaf)  # it hears nothing, and is ended with its process
        wait(lambda: pool.queue.get(deaf).state == "cancelled")
        wait(lambda: len(pool.pids) == 2)
    finally:
        pool.close()
    for number, file in zip(numbers, files, strict=True):
        job = pool.queue.get(number)
        assert job.attempts <= 2
        assert job.state == "done" or job.error == "its worker was killed twice"
        if job.state == "done":
            assert file.read_text() in ("x", "xx")  # killed between the file and the word of it
    assert sum(pool.queue.get(n).state == "done" for n in numbers) >= len(numbers) - 1


@pytest.mark.slow
def test_a_closed_pool_leaves_its_jobs_to_the_next(
    settings: WorkerSettings, tmp_path: Path
) -> None:
    file = tmp_path / "a.txt"
    number = JobQueue(settings.queue).submit("slow", {"steps": 100, "file": str(file)})
    first = WorkerPool(settings, handlers="studio_kinds:HANDLERS", workers=1)
    first.start()
    wait(lambda: first.queue.get(number).done > 2)
    first.close()
    assert first.queue.get(number).state == "queued"
    second = WorkerPool(settings, handlers="studio_kinds:HANDLERS", workers=1)
    second.start()
    try:
        wait(lambda: second.queue.get(number).state == "done")
    finally:
        second.close()
    assert file.read_text() == "x"


@pytest.mark.slow
def test_time_is_limited_and_quick_jobs_wait_for_no_long_one(
    settings: WorkerSettings, tmp_path: Path
) -> None:
    limited = replace(settings, limits={"deaf": Limit(seconds=0.5)})
    pool = WorkerPool(limited, handlers="studio_kinds:HANDLERS", workers=1, quick=("slow",))
    file = str(tmp_path / "a.txt")
    deaf = [pool.queue.submit("deaf", {}) for _ in range(3)]
    quick = pool.queue.submit("slow", {"steps": 1, "file": file})
    pool.start()
    try:
        wait(lambda: pool.queue.get(quick).state == "done")
        assert pool.queue.get(deaf[-1]).state == "queued"  # it waits for the others
        wait(lambda: pool.queue.get(deaf[0]).state == "failed")
        assert "longer than 0.5 s" in pool.queue.get(deaf[0]).error
    finally:
        pool.close()


@pytest.mark.parametrize("place", ["absent_module:X", "unisono.studio.handlers:NONE", "math:pi"])
def test_handlers_that_are_not_there(place: str) -> None:
    with pytest.raises(ConfigError):
        find_handlers(place)
