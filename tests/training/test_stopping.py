import os
import signal
import threading

import pytest

from unisono.training import stopping
from unisono.training.stopping import StopRequest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_handlers_come_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopRequest() as request:
        assert request.reason is None
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)  # a launcher that passes on what the terminal sent already
        assert request.reason == number.name
    assert signal.getsignal(number) is before


def test_a_later_signal_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [10.0]
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    # whoever runs the tests side by side may have told this process to ignore Ctrl-C
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), StopRequest():
            os.kill(os.getpid(), signal.SIGINT)
            now[0] += 5.0
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_function_may_ask() -> None:
    asked = [False]
    with StopRequest(lambda: asked[0]) as request:
        assert request.reason is None
        asked[0] = True
        assert request.reason == "stop"


def test_outside_of_the_main_thread_signals_are_left_alone() -> None:
    seen: list[object] = []

    def job() -> None:
        with StopRequest():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
