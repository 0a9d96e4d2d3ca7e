"""Mirrors src/unisono/studio/worker.py."""

import errno
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unisono.core.errors import ConfigError
from unisono.studio.jobs import JobQueue
from unisono.studio.worker import Limit, Tell, WorkerLeaves, WorkerSettings, work_once


def add(request: Mapping[str, Any], tell: Tell) -> object:
    tell("adding", 1, 2)
    return request["a"] + 1


def mendable(request: Mapping[str, Any], tell: Tell) -> object:
    raise ConfigError("the unit is\nunknown; state it.")


def defect(request: Mapping[str, Any], tell: Tell) -> object:
    raise RuntimeError("/home/somebody/secret")


def full(request: Mapping[str, Any], tell: Tell) -> object:
    raise OSError(errno.ENOSPC, "No space left on device", "/home/somebody/secret")


def endless(request: Mapping[str, Any], tell: Tell) -> object:
    while True:
        tell("waiting", 0, 0)
        time.sleep(0.01)


HANDLERS = {"add": add, "mendable": mendable, "defect": defect, "full": full, "endless": endless}


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(tmp_path / "jobs.sqlite", beat_s=0.02)


@pytest.fixture
def queue(settings: WorkerSettings) -> JobQueue:
    return JobQueue(settings.queue)


@pytest.mark.filterwarnings("default")
def test_jobs_end_with_their_result_or_one_line(
    queue: JobQueue, settings: WorkerSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = ("add", "mendable", "defect", "full", "absent")
    numbers = {kind: queue.submit(kind, {"a": 2}) for kind in kinds}
    while work_once("w", queue, settings, HANDLERS):
        pass
    jobs = {kind: queue.get(number) for kind, number in numbers.items()}
    assert (jobs["add"].state, jobs["add"].result, jobs["add"].done) == ("done", 3, 1)
    assert jobs["mendable"].error == "the unit is unknown; state it."
    assert jobs["full"].error == "the disk is full; free space and ask again."
    assert jobs["defect"].error == "this is a defect of Unisono (RuntimeError)."
    assert "secret" in capsys.readouterr().err  # in the log alone
    assert "there are add, defect, endless, full, mendable" in jobs["absent"].error
    assert [jobs[k].state for k in kinds[1:]] == ["failed"] * 4


def test_a_running_job_stops_when_asked(queue: JobQueue, settings: WorkerSettings) -> None:
    number = queue.submit("endless", {})
    thread = threading.Thread(target=work_once, args=("w", queue, settings, HANDLERS))
    thread.start()
    while queue.get(number).doing != "waiting":
        time.sleep(0.01)
    queue.cancel(number)
    thread.join(10)
    assert not thread.is_alive() and queue.get(number).state == "cancelled"


def hungry(request: Mapping[str, Any], tell: Tell) -> object:
    return len(bytearray(request["bytes"]))


def leaving(request: Mapping[str, Any], tell: Tell) -> object:
    raise WorkerLeaves


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_a_job_gets_so_much_memory_and_no_more(queue: JobQueue, settings: WorkerSettings) -> None:
    limited = replace(settings, limits={"hungry": Limit(megabytes=200)})
    numbers = [queue.submit("hungry", {"bytes": size}) for size in (50_000_000, 2_000_000_000)]
    while work_once("w", queue, limited, {"hungry": hungry}):
        pass
    fits, large = (queue.get(number) for number in numbers)
    assert fits.result == 50_000_000
    assert large.state == "failed" and "memory" in large.error
    assert len(bytearray(300_000_000)) == 300_000_000  # the limit went with the job


def test_a_worker_that_leaves_gives_its_job_back(queue: JobQueue, settings: WorkerSettings) -> None:
    number = queue.submit("leaving", {})
    assert work_once("w", queue, settings, {"leaving": leaving})
    assert (queue.get(number).state, queue.get(number).attempts) == ("queued", 0)


def test_a_lane_takes_its_kinds_alone(queue: JobQueue, settings: WorkerSettings) -> None:
    number = queue.submit("add", {"a": 1})
    other = replace(settings, kinds=("mendable",))
    assert not work_once("q", queue, other, HANDLERS)
    assert queue.get(number).state == "queued"
