"""Asking a run to stop: Ctrl-C, SIGTERM, or a function that says so."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["StopRequest"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ECHO = 1.0
"""Seconds within which a second signal is the first one, passed on by a launcher."""


class StopRequest:
    """Within its block, the first SIGINT or SIGTERM is noted rather than obeyed.

    The loop looks at :attr:`reason` between steps, writes a checkpoint and leaves. A signal over a
    second later does what it would have done without this block, for a person in a hurry. Outside
    of the main thread (a server's job) signals are not Python's to catch: give ``asked``.

    Args:
        asked: Returns True once the run is to stop.
    """

    def __init__(self, asked: Callable[[], bool] | None = None) -> None:
        self._asked = asked
        self._caught: str | None = None
        self._since = 0.0
        self._before: dict[int, Any] = {}

    @property
    def reason(self) -> str | None:
        """What asked to stop: a signal's name or ``"stop"``; None while nothing did."""
        if self._caught is None and self._asked is not None and self._asked():
            self._caught = "stop"
        return self._caught

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._caught is None:
            self._caught, self._since = signal.Signals(number).name, time.monotonic()
        elif time.monotonic() - self._since > _ECHO:
            self._restore()
            signal.raise_signal(number)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()
