"""Mirrors src/unisono/recordings/signals/live_resampling.py."""

import numpy as np
import numpy.typing as npt
import pytest

from unisono.core.errors import ShapeError, UnisonoError
from unisono.recordings.schema import make_stream
from unisono.recordings.signals.live_resampling import LiveResampler
from unisono.recordings.signals.resampling import resample

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def run(
    live: LiveResampler, time: Array, x: Array, valid: Mask, sizes: list[int]
) -> tuple[Array, Mask]:
    out, start, turn = [], 0, 0
    while start < len(time):
        size = sizes[turn % len(sizes)]
        here = slice(start, start + size)
        live.push(time[here], x[here], valid[here])
        out.append(live.take(float(time[0])))
        start, turn = start + size, turn + 1
    out.append(live.take(float(time[0]), last=True))
    return np.concatenate([o.values for o in out]), np.concatenate([o.valid for o in out])


def wave(rate: float, seconds: float = 2.0) -> tuple[Array, Array]:
    time = np.arange(round(seconds * rate)) / rate
    return time, np.stack([np.sin(2 * np.pi * 3 * time), time**2], axis=1)


@pytest.mark.parametrize("rate", [100.0, 120.0, 250.0, 30.0, 50.0])
def test_it_agrees_with_the_truth_and_with_the_offline_filter(rate: float) -> None:
    time, x = wave(rate)
    got, valid = run(LiveResampler(rate, 50.0, 2), time, x, np.ones_like(x, bool), [7])
    instants = np.arange(len(got)) / 50
    assert valid.all() and instants[-1] <= time[-1] + 1e-9 < instants[-1] + 0.02
    truth = np.stack([np.sin(2 * np.pi * 3 * instants), instants**2], axis=1)
    inside = slice(6, -6)
    tolerance = 1e-12 if rate == 50 else 0.03
    np.testing.assert_allclose(got[inside], truth[inside], atol=tolerance)
    stream = make_stream(x, time=time, channels=["a", "b"], units="1", kind="feature")
    offline = resample(stream, instants)["data"].values
    np.testing.assert_allclose(got[inside], offline[inside], atol=tolerance)
    np.testing.assert_allclose(got, truth, atol=0.12)  # also at the ends


@pytest.mark.parametrize("rate", [100.0, 47.0, 50.0])
def test_the_same_bits_however_it_is_chunked(rate: float) -> None:
    time, x = wave(rate)
    valid = np.ones_like(x, bool)
    whole = run(LiveResampler(rate, 50.0, 2), time, x, valid, [len(time)])
    for sizes in ([1], [3, 11, 2], [40]):
        again = run(LiveResampler(rate, 50.0, 2), time, x, valid, sizes)
        np.testing.assert_array_equal(whole[0], again[0])


def test_nothing_known_later_changes_what_was_said() -> None:
    time, x = wave(100.0)
    one, other = LiveResampler(100.0, 50.0, 2), LiveResampler(100.0, 50.0, 2)
    later = x.copy()
    later[100:] += 1000.0
    said = []
    for live, values in ((one, x), (other, later)):
        live.push(time[:100], values[:100], np.ones((100, 2), bool))
        first = live.take(0.0)
        live.push(time[100:], values[100:], np.ones((len(time) - 100, 2), bool))
        said.append((first.values, live.take(0.0).values))
    np.testing.assert_array_equal(said[0][0], said[1][0])
    assert (said[0][1] != said[1][1]).any()
    # every frame is told as soon as its delay has passed, and not before
    assert len(said[0][0]) == 1 + int(np.floor((0.99 - one.delay_s) * 50 + 1e-9))


def test_delay_is_two_frames_of_the_slower_clock() -> None:
    assert LiveResampler(100.0, 50.0, 1).delay_s == pytest.approx(0.04)
    assert LiveResampler(25.0, 50.0, 1).delay_s == pytest.approx(0.08)
    assert LiveResampler(50.0, 50.0, 1).delay_s == 0


def test_what_lies_above_half_the_rate_is_damped_as_documented() -> None:
    time = np.arange(400) / 200
    got, _ = run(
        LiveResampler(200.0, 50.0, 1), time, np.sin(2 * np.pi * 40 * time)[:, None],
        np.ones((400, 1), bool), [50],
    )  # fmt: skip
    assert np.abs(got[10:-10]).max() < 0.065


def test_gaps_and_lost_samples_are_not_bridged() -> None:
    time, x = wave(100.0)
    valid = np.ones_like(x, bool)
    valid[50:60, 0] = False
    x[50:60, 0] = np.nan
    kept = np.ones(len(time), bool)
    kept[120:130] = False
    got, seen = run(LiveResampler(100.0, 50.0, 2), time[kept], x[kept], valid[kept], [13])
    instants = np.arange(len(got)) / 50
    np.testing.assert_array_equal(
        seen[:, 0], ~np.isin(np.round(instants * 100), [*range(50, 60), *range(120, 130)])
    )
    assert seen[:, 1].sum() == len(got) - 5 and np.isfinite(got).all()


def test_stamps_that_jitter_are_believed() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(200) / 100 + rng.uniform(-0.002, 0.002, 200)
    x = (3 * time)[:, None]
    got, _ = run(LiveResampler(100.0, 50.0, 1), time, x, np.ones((200, 1), bool), [9])
    instants = time[0] + np.arange(len(got)) / 50
    np.testing.assert_allclose(got[5:-5, 0], 3 * instants[5:-5], atol=0.01)


def test_misuse_is_said() -> None:
    live = LiveResampler(100.0, 50.0, 1)
    live.push(np.array([0.0, 0.01]), np.zeros((2, 1)), np.ones((2, 1), bool))
    with pytest.raises(UnisonoError, match="order of time"):
        live.push(np.array([0.01]), np.zeros((1, 1)), np.ones((1, 1), bool))
    with pytest.raises(ShapeError, match=r"expected \(n, 1\)"):
        live.push(np.array([0.02]), np.zeros((1, 2)), np.ones((1, 2), bool))
