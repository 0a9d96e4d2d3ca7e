"""Worker processes: so many at a time; one that dies is replaced and its job taken back."""

import importlib
import multiprocessing
import os
import sqlite3
import threading
import traceback
import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from multiprocessing.context import SpawnProcess

from unisono.core.checks import check_range
from unisono.core.errors import ConfigError
from unisono.studio.jobs import JobQueue
from unisono.studio.worker import Handler, WorkerSettings, work

__all__ = ["WorkerPool", "find_handlers"]


def find_handlers(place: str) -> Mapping[str, Handler]:
    """The handlers that a module holds, by name, so that another process finds them too.

    Args:
        place: ``package.module:NAME``.

    Raises:
        ConfigError: If there is none there.

    Example:
        >>> sorted(find_handlers("unisono.studio.handlers:HANDLERS"))[:3]
        ['describe', 'edit', 'evaluate']
    """
    module, _, name = place.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"there are no handlers at {place!r}; give package.module:NAME."
        ) from error
    if not isinstance(found, Mapping):
        raise ConfigError(f"{place!r} is no mapping of handlers by kind of job.")
    return found


_YIELDING = 5
"""How much long jobs yield to the server and to what a person waits for (of the system's 19)."""


def _main(name: str, settings: WorkerSettings, place: str) -> None:
    if not settings.kinds and hasattr(os, "nice"):  # no lane of its own: it does long jobs
        os.nice(_YIELDING)
    work(name, settings, find_handlers(place))


class WorkerPool:
    """Keeps so many workers at work until it is closed.

    Args:
        settings: How the workers work.
        handlers: Where their handlers are, as :func:`find_handlers` takes it.
        workers: How many processes.
        quick: Kinds of job that are never to wait for a long one: one process more takes these
            alone, and leaves all others.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        handlers: str = "unisono.studio.handlers:HANDLERS",
        workers: int = 2,
        quick: Collection[str] = (),
    ) -> None:
        check_range("workers", workers, 1, 64, closed=True)
        self.settings, self.handlers = settings, handlers
        self.queue = JobQueue(settings.queue, lease_s=settings.lease_s)
        self._lanes = [settings, *([replace(settings, kinds=tuple(quick))] if quick else [])]
        self._counts = [workers, 1]
        self._workers: dict[str, SpawnProcess] = {}
        self._lane_of: dict[str, int] = {}
        self._closing = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start the workers; jobs left by a server that died are taken back as leases lapse."""
        self._watcher.start()

    def close(self) -> None:
        """End the workers; what they were at waits for the next pool."""
        self._closing.set()
        self._watcher.join()
        for process in self._workers.values():
            process.terminate()
        for name, process in self._workers.items():
            process.join(5.0)
            if process.is_alive():
                process.kill()
                process.join()
            self.queue.give_back(name)
        self._workers.clear()

    @property
    def pids(self) -> list[int]:
        """Process numbers of the workers that live."""
        found = [p.pid for p in list(self._workers.values()) if p.is_alive()]
        return [pid for pid in found if pid is not None]

    def _watch(self) -> None:
        while True:
            try:
                self._look()
            except (sqlite3.Error, OSError):  # a full disk, no process left: look again
                traceback.print_exc()
            if self._closing.wait(0.1):
                return

    def _look(self) -> None:
        """Take back what the dead held, and replace them."""
        for name, process in list(self._workers.items()):
            if not process.is_alive():
                process.join()
                self.queue.lost(name)
                del self._workers[name]
        self.queue.recover()
        for lane in range(len(self._lanes)):
            here = sum(self._lane_of[name] == lane for name in self._workers)
            for _ in range(self._counts[lane] - here):
                self._begin(lane)

    def _begin(self, lane: int) -> None:
        """Start a worker of a lane."""
        name = uuid.uuid4().hex
        process = multiprocessing.get_context("spawn").Process(
            target=_main,
            args=(name, self._lanes[lane], self.handlers),
            daemon=True,
        )
        process.start()
        self._lane_of[name] = lane
        self._workers[name] = process
