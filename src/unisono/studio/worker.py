"""A worker: a process that takes jobs from the queue, one at a time, and ends with its parent.

While a job runs, a thread renews its lease and looks whether it is asked to stop. The job hears of
it at its next word of progress; one that says nothing is ended with its process after a grace. A
job that a person could mend fails with its one line; of any other error only the kind is told,
since a message may name places of this machine.
"""

import os
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unisono.core.errors import UnisonoError
from unisono.studio.jobs import Job, JobQueue

__all__ = ["Handler", "JobStopped", "Tell", "WorkerSettings", "work", "work_once"]

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

Handler = Callable[[Mapping[str, Any], Tell], object]
"""What does one kind of job: takes its request, returns a result of plain values."""


class JobStopped(Exception):
    """Raised inside a job that was asked to stop."""


@dataclass(frozen=True)
class WorkerSettings:
    """How a worker works.

    Args:
        queue: The queue's file.
        lease_s: As of :class:`~unisono.studio.jobs.JobQueue`.
        beat_s: Seconds between two renewals.
        grace_s: Seconds that a job that is asked to stop may go on.
        idle_s: Seconds between two looks at an empty queue.
    """

    queue: Path
    lease_s: float = 10.0
    beat_s: float = 0.5
    grace_s: float = 5.0
    idle_s: float = 0.1


def work(name: str, settings: WorkerSettings, handlers: Mapping[str, Handler]) -> None:
    """Do jobs until the parent process is gone.

    Args:
        name: The worker's name, never used again by another.
        settings: How.
        handlers: What does each kind of job.
    """
    queue = JobQueue(settings.queue, lease_s=settings.lease_s)
    parent = os.getppid()
    while os.getppid() == parent:
        if not work_once(name, queue, settings, handlers):
            time.sleep(settings.idle_s)


def work_once(
    name: str, queue: JobQueue, settings: WorkerSettings, handlers: Mapping[str, Handler]
) -> bool:
    """Take a job and end it; False where none waited."""
    job = queue.claim(name)
    if job is None:
        return False
    asked, over = threading.Event(), threading.Event()
    beating = threading.Thread(
        target=_beat, args=(job, name, queue, settings, (asked, over)), daemon=True
    )
    beating.start()

    def tell(doing: str, done: int, total: int) -> None:
        if asked.is_set():
            raise JobStopped
        queue.tell(job.id, name, doing, done, total)

    try:
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
    except UnisonoError as error:
        queue.fail(job.id, name, " ".join(str(error).split()))
    except Exception as error:  # our defect, to the log; the person hears its kind alone
        traceback.print_exc()
        queue.fail(job.id, name, f"this is a defect of Unisono ({type(error).__name__}).")


def _beat(
    job: Job,
    name: str,
    queue: JobQueue,
    settings: WorkerSettings,
    events: tuple[threading.Event, threading.Event],
) -> None:
    """Renew the lease until the job is over; end the process where the job does not stop."""
    asked, over = events
    parent, since = os.getppid(), 0.0
    while not over.wait(settings.beat_s):
        if os.getppid() != parent:
            os._exit(1)  # the server is gone; the next one takes the job back
        if queue.beat(job.id, name):
            continue
        since = since or time.monotonic()
        asked.set()
        if time.monotonic() - since > settings.grace_s:
            queue.stopped(job.id, name)
            os._exit(1)
