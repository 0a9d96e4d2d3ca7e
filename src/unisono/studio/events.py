"""Server-sent events: what changes in the queue, told to every page that listens.

One task looks at the queue for all listeners, and only where the file of the queue has changed; a
listener that does not keep up is told the newest state of each job, not every one.
"""

import asyncio
import json
import sqlite3
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from unisono.studio.jobs import Job, JobQueue

__all__ = ["Board"]

_LOOKING = 0.2
"""Seconds between two looks at the queue."""

_QUIET = 15.0
"""Seconds after which a listener hears that nothing happened, so that no proxy hangs up."""

_NEWEST = 200

_OVERLAP = 30.0
"""Seconds by which a look goes back behind the one before: ends are noted before they are seen."""


class Board:
    """Tells listeners what changes.

    Args:
        queue: The queue.
        spoken: A job as it is told.
        most: Listeners at most.
    """

    def __init__(
        self, queue: JobQueue, spoken: Callable[[Job], dict[str, Any]], *, most: int = 500
    ) -> None:
        self._queue, self._spoken, self._most = queue, spoken, most
        self._listeners: dict[int, tuple[asyncio.Event, dict[int, str]]] = {}
        self._seen: dict[int, str] = {}
        self._next = 0

    @property
    def is_full(self) -> bool:
        """Whether no more listeners are taken."""
        return len(self._listeners) >= self._most

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look at the queue while the block runs."""
        task = asyncio.create_task(self._look())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def listen(self) -> AsyncIterator[str]:
        """Events as they are sent: first every recent job, then each that changes."""
        self._next += 1
        number, woken = self._next, asyncio.Event()
        waiting = dict(self._seen)  # by number of the job
        self._listeners[number] = (woken, waiting)
        try:
            yield "retry: 1000\n\n"
            while True:
                for text in [waiting.pop(key) for key in sorted(waiting)]:
                    yield f"event: job\ndata: {text}\n\n"
                woken.clear()
                try:
                    await asyncio.wait_for(woken.wait(), _QUIET)
                except TimeoutError:
                    yield ": nothing new\n\n"
        finally:
            del self._listeners[number]

    async def _look(self) -> None:
        version: int | None = None
        since = 0.0
        while True:
            try:
                now = await asyncio.to_thread(self._queue.version)
                if now != version:
                    begun = time.time()
                    jobs = await asyncio.to_thread(self._queue.recent, since, limit=_NEWEST)
                    self._tell({job.id: json.dumps(self._spoken(job)) for job in jobs})
                    version, since = now, begun - _OVERLAP
            except sqlite3.Error:  # a full disk, a busy one: look again
                traceback.print_exc()
            await asyncio.sleep(_LOOKING)

    def _tell(self, texts: dict[int, str]) -> None:
        changed = {key: text for key, text in texts.items() if self._seen.get(key) != text}
        self._seen |= changed
        for key in sorted(self._seen)[: -2 * _NEWEST]:
            del self._seen[key]
        if changed:
            for woken, waiting in self._listeners.values():
                waiting.update(changed)
                woken.set()
