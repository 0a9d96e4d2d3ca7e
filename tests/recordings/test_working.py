"""Mirrors src/unisono/recordings/working.py."""

import os
import signal
from pathlib import Path

import pytest

from unisono.recordings.working import Done, cores, work_through


def square(x: int) -> int:
    return x * x


def crash_on_three(x: int) -> int:
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x


def fail_on_three(x: int) -> int:
    if x == 3:
        raise ValueError("three")
    return x


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_cores_are_those_that_this_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    assert cores() == len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize("processes", [1, 2])
def test_every_job_is_done_once(processes: int) -> None:
    done = sorted(work_through(square, range(12), processes=processes))
    assert done == [Done(n, n * n) for n in range(12)]


def test_one_process_keeps_the_order() -> None:
    assert [d.number for d in work_through(square, range(5))] == list(range(5))
    assert list(work_through(square, [])) == []


@pytest.mark.slow
def test_a_crash_costs_one_job() -> None:
    done = dict(sorted(work_through(crash_on_three, range(7), processes=2)))
    assert done == {n: None if n == 3 else n * n for n in range(7)}


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_is_passed_on(processes: int) -> None:
    with pytest.raises(ValueError, match="three"):
        list(work_through(fail_on_three, range(6), processes=processes))


def touch_or_fail(path: Path) -> None:
    if path.name == "0":
        raise OSError("full")
    path.touch()


def test_jobs_not_begun_are_left_undone(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"):
        list(work_through(touch_or_fail, [tmp_path / str(n) for n in range(5)]))
    assert not list(tmp_path.iterdir())
