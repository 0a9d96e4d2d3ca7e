"""Do many independent jobs, in this process or in several, and outlive a job that crashes.

A reader in compiled code may take its whole process down on a damaged file. With several processes
that costs the one job: the others go on in new processes.
"""

import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Done", "cores", "work_through"]

Job = TypeVar("Job")
Result = TypeVar("Result")


class Done(NamedTuple, Generic[Result]):
    """A job that is through.

    Attributes:
        number: Which job, from 0.
        result: What it returned; None if its process crashed.
    """

    number: int
    result: Result | None


def cores() -> int:
    """How many processors this process may use.

    Example:
        >>> cores() >= 1
        True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work_through(
    function: Callable[[Job], Result], jobs: Sequence[Job], *, processes: int = 1
) -> Iterator[Done[Result]]:
    """Call a function for every job and yield the results as they come.

    Args:
        function: Importable by name, as are its argument and its result, for other processes.
        jobs: What to call it with.
        processes: How many processes; 1 stays in this one, where results come in order.

    Raises:
        Exception: What the function raised; jobs not yet begun are then left undone.

    Example:
        >>> [done.result for done in work_through(abs, [-1, -2])]
        [1, 2]
    """
    if processes <= 1 or len(jobs) <= 1:
        for number, job in enumerate(jobs):
            yield Done(number, function(job))
        return
    left = dict(enumerate(jobs))
    for done in _pooled(function, left, processes):
        del left[done.number]
        yield done
    for number, job in left.items():  # a process crashed: one job a pool shows which job did it
        alone = list(_pooled(function, {number: job}, 1))
        yield alone[0] if alone else Done(number, None)


def _pooled(
    function: Callable[[Job], Result], jobs: dict[int, Job], processes: int
) -> Iterator[Done[Result]]:
    """Results until a process crashes; the jobs without one are still to be done."""
    pool = ProcessPoolExecutor(min(processes, len(jobs)), mp_context=_context())
    try:
        with warnings.catch_warnings():  # Python 3.12 and later warn of what _context speaks of
            warnings.filterwarnings("ignore", "This process.*is multi-threaded", DeprecationWarning)
            futures: dict[Future[Result], int] = {
                pool.submit(function, job): number for number, job in jobs.items()
            }
        for future in as_completed(futures):
            yield Done(futures[future], future.result())
    except BrokenProcessPool:
        return
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _context() -> multiprocessing.context.BaseContext:
    """Forked processes start at once and run no script of the caller's again.

    Forking beside threads is safe for jobs that, like reading and writing files, use none of the
    locks or thread pools of the parent.
    """
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
