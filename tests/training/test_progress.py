import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from unisono.training.progress import Pace, Progress, duration, rich_progress


def test_pace_of_even_steps_is_exact_from_the_first() -> None:
    times = iter(range(0, 1000, 3))
    pace = Pace(lambda: float(next(times)))
    assert [pace.tick() for _ in range(5)] == pytest.approx([3.0] * 5)


def test_pace_follows_a_change() -> None:
    def clock() -> Iterator[float]:
        now = 0.0
        for k in range(400):
            yield now
            now += 1.0 if k < 100 else 5.0

    times = clock()
    pace = Pace(lambda: next(times))
    seen = [pace.tick() for _ in range(399)]
    assert seen[99] == pytest.approx(1.0) and seen[-1] == pytest.approx(5.0, rel=0.02)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.6, "1 min 00 s"), (3599.4, "59 min 59 s"), (3600, "1 h 00 min")],
)
def test_duration(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_bar_shows_phase_loss_and_time_left() -> None:
    page = io.StringIO()
    with rich_progress(Console(file=page, force_terminal=True, width=100)) as show:
        show(Progress(3, 12, "process", 0.12345, {}, 1e-3, 50.0, 200.0))
    for words in ("process", "3/12", "loss 0.1235", "3 min 20 s left"):
        assert words in page.getvalue()
