"""Mirrors src/unisono/recordings/window_spans.py."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from unisono.core.errors import SchemaError
from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.recordings.window_settings import Cut
from unisono.recordings.window_spans import event_spans, fixed_spans, shared_time


def stream(start: float, stop: float, rate: float = 100) -> xr.Dataset:
    time = np.arange(start, stop + 1e-9, 1 / rate)
    return make_stream(
        np.zeros((len(time), 1)), time=time, channels=["x"], units="m", kind="feature"
    )


def trial(
    *spans: tuple[float, float], events: list[tuple[float, str, str]] | None = None
) -> xr.DataTree:
    parts = {f"s{i}": stream(*span) for i, span in enumerate(spans)}
    columns = zip(*events, strict=True) if events else ([], [], [])
    return make_recording(
        parts, recording="r", subject="s", events=make_events(*map(list, columns), how="given")
    )


def test_streams_that_do_not_overlap_are_one_clear_line() -> None:
    tree = trial((0, 1), (2, 3))
    with pytest.raises(
        SchemaError, match=r"'r': stream 's1' starts at 2 s, after stream 's0' ends at 1 s"
    ):
        fixed_spans(tree, Cut(("s0", "s1"), rate_hz=10, length=5))


def test_the_grid_covers_what_the_required_streams_share() -> None:
    tree = trial((0, 2), (0.5, 3))
    assert shared_time(tree, ("s0", "s1")) == (0.5, 2.0)
    grid, _ = fixed_spans(tree, Cut(("s0", "s1"), rate_hz=10, length=5))
    np.testing.assert_allclose(grid, np.arange(5, 21) / 10)
    grid, _ = fixed_spans(tree, Cut(("s0", "s1"), rate_hz=10, length=5, require=("s0",)))
    np.testing.assert_allclose(grid, np.arange(21) / 10)


@given(st.integers(1, 40), st.integers(0, 12), st.integers(2, 60))
def test_fixed_windows_are_all_that_fit(length: int, stride: int, samples: int) -> None:
    tree = trial((0, (samples - 1) / 100))
    cut = Cut(("s0",), rate_hz=100, length=length, stride=stride)
    grid, spans = fixed_spans(tree, cut)
    assert len(grid) == samples
    step = stride or length
    expected = [first for first in range(0, samples, step) if first + length <= samples]
    assert [span.first for span in spans] == expected
    for span in spans:
        assert span.stop_s - span.start_s == pytest.approx((length - 1) / 100)


def test_mirrored_fixed_windows_come_once_a_leg() -> None:
    cut = Cut(("s0",), rate_hz=10, length=5, mirror=True)
    _, spans = fixed_spans(trial((0, 1)), cut)
    assert [(s.side, s.first) for s in spans] == [(s, f) for s in ("left", "right") for f in (0, 5)]


WALK = [
    (0.1, "foot_strike", "left"),
    (0.3, "foot_off", "right"),
    (0.5, "foot_strike", "right"),
    (0.7, "foot_off", "left"),
    (1.1, "foot_off", "right"),
    (1.2, "foot_strike", "left"),
    (1.5, "foot_strike", "right"),
    (2.6, "foot_strike", "right"),
    (3.1, "foot_off", "right"),
]


def test_stance_phases() -> None:
    spans = event_spans(trial((0, 4), events=WALK), Cut(("s0",), by=("foot_strike", "foot_off")))
    # From 1.5 s no foot-off comes before the next strike: one was missed there.
    assert [(s.start_s, s.stop_s, s.side) for s in spans] == [
        (0.1, 0.7, "left"),
        (0.5, 1.1, "right"),
        (2.6, 3.1, "right"),
    ]


def test_strides_and_limits() -> None:
    tree = trial((0, 4), events=WALK)
    cut = Cut(("s0",), by=("foot_strike", "foot_strike"), side="right", lasting_s=(0.2, 1.05))
    assert [(s.start_s, s.stop_s) for s in event_spans(tree, cut)] == [(0.5, 1.5)]


def test_events_without_a_side() -> None:
    events = [(0.5, "onset", ""), (1.0, "end", ""), (0.6, "end", "left")]
    spans = event_spans(trial((0, 2), events=events), Cut(("s0",), by=("onset", "end")))
    assert [(s.start_s, s.stop_s, s.side) for s in spans] == [(0.5, 1.0, "")]


def test_no_events_no_windows() -> None:
    assert event_spans(trial((0, 2)), Cut(("s0",), by=("onset", "end"))) == []
