"""Mirrors src/unisono/studio/worker.py."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from unisono.core.errors import ConfigError
from unisono.studio.jobs import JobQueue
from unisono.studio.worker import Tell, WorkerSettings, work_once


def add(request: Mapping[str, Any], tell: Tell) -> object:
    tell("adding", 1, 2)
    return request["a"] + 1


def mendable(request: Mapping[str, Any], tell: Tell) -> object:
    raise ConfigError("the unit is\nunknown; state it.")


def defect(request: Mapping[str, Any], tell: Tell) -> object:
    raise RuntimeError("/home/somebody/secret")


def endless(request: Mapping[str, Any], tell: Tell) -> object:
    while True:
        tell("waiting", 0, 0)
        time.sleep(0.01)


HANDLERS = {"add": add, "mendable": mendable, "defect": defect, "endless": endless}


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
    kinds = ("add", "mendable", "defect", "absent")
    numbers = {kind: queue.submit(kind, {"a": 2}) for kind in kinds}
    while work_once("w", queue, settings, HANDLERS):
        pass
    jobs = {kind: queue.get(number) for kind, number in numbers.items()}
    assert (jobs["add"].state, jobs["add"].result, jobs["add"].done) == ("done", 3, 1)
    assert jobs["mendable"].error == "the unit is unknown; state it."
    assert jobs["defect"].error == "this is a defect of Unisono (RuntimeError)."
    assert "secret" in capsys.readouterr().err  # in the log alone
    assert "there are add, defect, endless, mendable" in jobs["absent"].error
    assert [jobs[k].state for k in kinds[1:]] == ["failed"] * 3


def test_a_running_job_stops_when_asked(queue: JobQueue, settings: WorkerSettings) -> None:
    number = queue.submit("endless", {})
    thread = threading.Thread(target=work_once, args=("w", queue, settings, HANDLERS))
    thread.start()
    while queue.get(number).doing != "waiting":
        time.sleep(0.01)
    queue.cancel(number)
    thread.join(10)
    assert not thread.is_alive() and queue.get(number).state == "cancelled"
