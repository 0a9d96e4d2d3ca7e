"""Mirrors src/unisono/recordings/signals/filtering.py."""

import numpy as np
import pytest
import xarray as xr
from scipy import signal

from unisono.core.errors import UnisonoError
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.filtering import Butterworth, filter_stream, filter_streams

RATE = 200.0


def _stream(*columns: np.ndarray, rate: float = RATE) -> xr.Dataset:
    return make_stream(np.stack(columns, 1), time=np.arange(len(columns[0])) / rate,
                       channels=[f"c{i}" for i in range(len(columns))], units="m",
                       kind="position")  # fmt: skip


def _gain(spec: Butterworth, frequency: float) -> complex:
    """Gain for a sine, by correlation over whole periods far from the ends."""
    time = np.arange(8000) / RATE
    out = filter_stream(_stream(np.sin(2 * np.pi * frequency * time)), spec).data.values[:, 0]
    inner = slice(2000, 6000)
    wave = np.exp(-2j * np.pi * frequency * time[inner])
    return 2j * (out[inner] @ wave) / 4000


@pytest.mark.parametrize("order", [2, 4, 8])
@pytest.mark.parametrize("frequency", [1.0, 3.0, 6.0, 12.0, 24.0])
def test_zero_phase_low_pass_by_sine_waves(order: int, frequency: float) -> None:
    spec = Butterworth(6.0, order=order)
    gain = _gain(spec, frequency)
    n = order // 2
    omega = np.tan(np.pi * frequency / RATE) / np.tan(np.pi * 6 / RATE)
    c = (np.sqrt(2) - 1) ** (1 / (2 * n))
    assert abs(gain) == pytest.approx(1 / (1 + (c * omega) ** (2 * n)), abs=1e-6)
    if frequency < 12:
        assert abs(np.angle(gain)) < 1e-6
    if frequency == 6.0:
        assert abs(gain) == pytest.approx(2**-0.5, abs=1e-6)


@pytest.mark.parametrize("zero_phase", [True, False])
@pytest.mark.parametrize(
    ("kind", "cutoff"),
    [("lowpass", 6.0), ("highpass", 6.0), ("bandpass", (5.0, 20.0)), ("bandstop", (5.0, 20.0))],
)
def test_half_power_lies_at_every_stated_cutoff(
    kind: str, cutoff: object, zero_phase: bool
) -> None:
    spec = Butterworth(cutoff, type=kind, zero_phase=zero_phase)
    for edge in spec.edges:
        assert abs(_gain(spec, edge)) == pytest.approx(2**-0.5, abs=1e-5)
    far = {"lowpass": 30.0, "highpass": 1.0, "bandpass": 80.0, "bandstop": 10.0}[kind]
    assert abs(_gain(spec, far)) < 0.02


def test_causal_filter_is_scipys_own_and_delays() -> None:
    spec = Butterworth(6.0, order=3, zero_phase=False)
    x = np.random.default_rng(0).normal(size=400)
    out = filter_stream(_stream(x), spec).data.values[:, 0]
    sos = signal.butter(3, 6.0, fs=RATE, output="sos")
    zi = signal.sosfilt_zi(sos) * x[0]
    assert np.allclose(out, signal.sosfilt(sos, x, zi=zi)[0], atol=1e-12)
    assert np.angle(_gain(spec, 6.0)) == pytest.approx(-3 * np.pi / 4, abs=1e-3)
    later = x.copy()
    later[200:] += 1
    assert np.array_equal(filter_stream(_stream(later), spec).data.values[:200, 0], out[:200])


def test_constants_and_lines_pass_up_to_the_ends() -> None:
    line = np.linspace(-3, 5, 300)
    out = filter_stream(_stream(np.full(300, 7.0), line), Butterworth(6.0)).data.values
    assert np.allclose(out[:, 0], 7)
    assert np.abs(out[:, 1] - line).max() < 1e-3  # of a range of 8


def test_gaps_stay_and_nothing_leaks_across_them() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    x[100:140] = np.nan
    x[200] = np.nan
    x[202] = np.nan  # leaves one sample alone
    out = filter_stream(_stream(x, rng.normal(size=300)), Butterworth(6.0))
    assert np.array_equal(out.valid.values[:, 0], np.isfinite(x))
    assert out.data.values[201, 0] == x[201]
    alone = filter_stream(_stream(x[:100]), Butterworth(6.0)).data.values[:, 0]
    assert np.allclose(out.data.values[:100, 0], alone)
    assert out.valid.values[:, 1].all()


def test_a_sample_marked_not_valid_does_not_count() -> None:
    x = np.sin(np.arange(200) / 20)
    spoiled = _stream(x.copy())
    spoiled.data[50, 0] = 1e6
    spoiled.valid[50, 0] = False
    out = filter_stream(spoiled, Butterworth(6.0))
    assert np.abs(out.data.values[:50, 0]).max() < 1.1
    assert not out.valid.values[50, 0]


def test_the_filter_is_recorded_with_the_one_before() -> None:
    stream = _stream(np.zeros(100))
    once = filter_stream(stream, Butterworth(6.0))
    said = {"type": "butterworth lowpass", "order": 4, "cutoff_hz": 6.0, "zero_phase": True}
    assert once.attrs["filter"] == said
    twice = filter_stream(once, Butterworth((1.0, 40.0), type="bandpass", zero_phase=False))
    assert twice.attrs["filter"]["before"] == said
    assert twice.attrs["filter"]["cutoff_hz"] == [1.0, 40.0]
    assert "causal" in twice.attrs["history"][-1]


def test_streams_of_a_recording_have_each_their_filter() -> None:
    tree = make_recording({"a": _stream(np.zeros(50)), "b": _stream(np.zeros(50))},
                          recording="r", subject="s")  # fmt: skip
    new = filter_streams(tree, {"b": Butterworth(20.0)})
    assert new["a"].attrs["filter"] == {}
    assert new["b"].attrs["filter"]["cutoff_hz"] == 20.0
    with pytest.raises(UnisonoError, match="the stream to filter must be one of a, b"):
        filter_streams(tree, {"c": Butterworth(20.0)})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cutoff_hz": 6.0, "order": 3}, "order is even; got 3"),
        ({"cutoff_hz": 6.0, "type": "low"}, "Did you mean 'lowpass'"),
        ({"cutoff_hz": (1.0, 2.0)}, "one frequency above 0"),
        ({"cutoff_hz": (5.0, 2.0), "type": "bandpass"}, "two rising frequencies"),
        ({"cutoff_hz": -1.0}, "one frequency above 0"),
    ],
)
def test_contradicting_settings_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(UnisonoError, match=message):
        Butterworth(**settings)


def test_a_cutoff_beyond_half_the_rate_and_an_odd_clock_are_refused() -> None:
    with pytest.raises(UnisonoError, match="cut-off 100 Hz is not below half the rate of 200 Hz"):
        filter_stream(_stream(np.zeros(50)), Butterworth(100.0))
    uneven = make_stream(np.zeros((4, 1)), time=[0, 1, 5, 6], channels=["x"], units="m",
                         kind="position")  # fmt: skip
    with pytest.raises(UnisonoError, match="even clock"):
        filter_stream(uneven, Butterworth(0.1))
