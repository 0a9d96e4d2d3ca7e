"""A worker: a process that takes jobs from the queue, one at a time, and ends with its parent.

While a job runs, a thread renews its lease and looks whether it is asked to stop. The job hears of
it at its next word of progress; one that says nothing is ended with its process after a grace. A
job that a person could mend fails with its one line; of any other error only the kind is told,
since a message may name places of this machine. Jobs of some kinds (those that read what came from
outside) have a limit of time, which ends their process, and of memory.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unisono.core.errors import UnisonoError
from unisono.studio.jobs import Job, JobQueue
from unisono.studio.plain import DISK_FULL, is_disk_full

__all__ = [
    "Handler",
    "JobStopped",
    "Limit",
    "Tell",
    "WorkerLeaves",
    "WorkerSettings",
    "work",
    "work_once",
]

_TELLING = 0.2
"""Seconds between two words of progress that are written down; each is a write to the disk."""

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

Handler = Callable[[Mapping[str, Any], Tell], object]
"""What does one kind of job: takes its request, returns a result of plain values."""


class JobStopped(Exception):
    """Raised inside a job that was asked to stop."""


class WorkerLeaves(Exception):
    """Raised inside a job whose worker was told to end: the job waits for another one."""


@dataclass(frozen=True)
class Limit:
    """What a job may use.

    Args:
        seconds: Time from its beginning; 0 for no limit.
        megabytes: Memory beyond what its worker held before; 0 for no limit. Where the system
            cannot limit it, there is none.
    """

    seconds: float = 0.0
    megabytes: int = 0


@dataclass(frozen=True)
class WorkerSettings:
    """How a worker works.

    Args:
        queue: The queue's file.
        lease_s: As of :class:`~unisono.studio.jobs.JobQueue`.
        beat_s: Seconds between two renewals.
        grace_s: Seconds that a job that is asked to stop may go on.
        idle_s: Seconds between two looks at an empty queue.
        limits: Limits by kind of job.
        kinds: Kinds of job that it takes; empty for all.
    """

    queue: Path
    lease_s: float = 10.0
    beat_s: float = 0.5
    grace_s: float = 5.0
    idle_s: float = 0.1
    limits: Mapping[str, Limit] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()


def work(name: str, settings: WorkerSettings, handlers: Mapping[str, Handler]) -> None:
    """Do jobs until the parent process is gone.

    Args:
        name: The worker's name, never used again by another.
        settings: How.
        handlers: What does each kind of job.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the server is the server's to handle
    queue = JobQueue(settings.queue, lease_s=settings.lease_s)
    # Who started it, not whose child it is now: a parent may die while a new process still imports.
    begun_by = multiprocessing.parent_process()
    parent = os.getppid() if begun_by is None else begun_by.pid
    while os.getppid() == parent:
        if not work_once(name, queue, settings, handlers):
            time.sleep(settings.idle_s)


def work_once(
    name: str, queue: JobQueue, settings: WorkerSettings, handlers: Mapping[str, Handler]
) -> bool:
    """Take a job and end it; False where none waited."""
    job = queue.claim(name, settings.kinds)
    if job is None:
        return False
    asked, over = threading.Event(), threading.Event()
    beating = threading.Thread(
        target=_beat, args=(job, name, queue, settings, (asked, over)), daemon=True
    )
    beating.start()

    last: list[tuple[str, float]] = []  # what was written down last, and when

    def tell(doing: str, done: int, total: int) -> None:
        if asked.is_set():
            raise JobStopped
        now = time.monotonic()
        if not last or doing != last[0][0] or now - last[0][1] > _TELLING:
            queue.tell(job.id, name, doing, done, total)
            last[:] = [(doing, now)]

    try:
        with _memory(settings.limits.get(job.kind, Limit()).megabytes):
            _end(job, name, queue, handlers, tell)
    finally:
        over.set()
        beating.join()
    return True


def _end(job: Job, name: str, queue: JobQueue, handlers: Mapping[str, Handler], tell: Tell) -> None:
    handler = handlers.get(job.kind)
    if handler is None:
        known = ", ".join(sorted(handlers))
        queue.fail(job.id, name, f"no job is of the kind {job.kind!r}; there are {known}.")
        return
    try:
        queue.finish(job.id, name, handler(job.request, tell))
    except JobStopped:
        queue.stopped(job.id, name)
    except WorkerLeaves:
        queue.give_back(name)
    except UnisonoError as error:
        queue.fail(job.id, name, " ".join(str(error).split()))
    except MemoryError:
        queue.fail(job.id, name, "it needs more memory than the studio allows; give a smaller one.")
    except Exception as error:  # our defect, to the log; the person hears its kind alone
        traceback.print_exc()
        defect = f"this is a defect of Unisono ({type(error).__name__})."
        queue.fail(job.id, name, DISK_FULL if is_disk_full(error) else defect)


@contextmanager
def _memory(megabytes: int) -> Iterator[None]:
    """Let the process take so much memory more, and no more, while the block runs."""
    held = Path("/proc/self/statm")
    if not megabytes or sys.platform == "win32" or not held.exists():
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(held.read_text().split()[0])
    most = pages * resource.getpagesize() + megabytes * 1_000_000
    if before[1] != resource.RLIM_INFINITY:
        most = min(most, before[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _beat(
    job: Job,
    name: str,
    queue: JobQueue,
    settings: WorkerSettings,
    events: tuple[threading.Event, threading.Event],
) -> None:
    """Renew the lease until the job is over; end the process where the job does not stop."""
    asked, over = events
    parent, since, begun = os.getppid(), 0.0, time.monotonic()
    longest = settings.limits.get(job.kind, Limit()).seconds
    while not over.wait(settings.beat_s):
        if os.getppid() != parent:
            queue.give_back(name)  # the server is gone, which is not the job's fault
            os._exit(1)
        if longest and time.monotonic() - begun > longest:
            queue.fail(job.id, name, f"it took longer than {longest:g} s; give a smaller one.")
            os._exit(1)
        if queue.beat(job.id, name):
            continue
        since = since or time.monotonic()
        asked.set()
        if time.monotonic() - since > settings.grace_s:
            queue.stopped(job.id, name)
            os._exit(1)
