"""Mirrors src/unisono/recordings/signals/resampling.py."""

import numpy as np
import pytest
import xarray as xr
from scipy.signal import resample_poly

from unisono.core.errors import UnisonoError
from unisono.recordings.schema import make_stream
from unisono.recordings.signals.resampling import resample, resample_to_rate

TONES = ((3.0, 1.0, 0.3), (11.0, 0.5, 1.0), (17.0, 0.2, 2.0))


def _tones(time: np.ndarray) -> np.ndarray:
    return sum(a * np.sin(2 * np.pi * f * time + p) for f, a, p in TONES)


def _stream(time: np.ndarray, *columns: np.ndarray, **more: object) -> xr.Dataset:
    return make_stream(
        np.stack(columns, axis=1),
        time=time,
        channels=[f"c{i}" for i in range(len(columns))],
        units="N",
        kind="force",
        **more,
    )


@pytest.mark.parametrize("rate", [50.0, 60.0, 99.0, 100.0, 240.0, 1000.0])
def test_band_limited_sines_are_exact_to_a_thousandth(rate: float) -> None:
    time = np.arange(500) / 100
    new = resample_to_rate(_stream(time, _tones(time)), rate)
    t = new.time.values
    inner = (t > 1) & (t < 4)  # the ends are continued, not known
    assert np.abs(new.data.values[inner, 0] - _tones(t[inner])).max() < 1e-3
    assert new.attrs["rate_hz"] == rate
    assert new.valid.values.all()
    assert "resampled from 100" in new.attrs["history"][-1]


@pytest.mark.parametrize("tone", [30.0, 45.0, 70.0, 95.0, 180.0, 333.0])
def test_aliases_are_suppressed_by_more_than_40_db(tone: float) -> None:
    time = np.arange(3000) / 1000
    new = resample_to_rate(_stream(time, np.sin(2 * np.pi * tone * time)), 50.0)
    inner = (new.time.values > 1) & (new.time.values < 2)
    assert np.sqrt(2) * new.data.values[inner, 0].std() < 10 ** (-40 / 20)


def test_samples_at_the_own_instants_are_kept() -> None:
    time = np.arange(80) / 100
    x = np.random.default_rng(0).normal(size=80)
    assert np.abs(resample(_stream(time, x), time).data.values[:, 0] - x).max() < 1e-12
    finer = resample_to_rate(_stream(time, x), 300.0)
    assert np.abs(finer.data.values[::3, 0] - x).max() < 1e-9


def test_agrees_with_polyphase_resampling_in_the_pass_band() -> None:
    time = np.arange(4000) / 1000
    new = resample_to_rate(_stream(time, _tones(time)), 100.0)
    other = resample_poly(_tones(time), 1, 10)
    assert np.abs(new.data.values[100:300, 0] - other[100:300]).max() < 2e-3


def test_irregular_stamps_are_taken_at_their_word(rng: np.random.Generator) -> None:
    time = np.sort(np.arange(600) / 200 + rng.uniform(-0.4, 0.4, 600) / 200)
    slow = np.sin(2 * np.pi * 4 * time)
    new = resample_to_rate(_stream(time, slow), 100.0)
    inner = (new.time.values > 0.3) & (new.time.values < 2.7)
    error = new.data.values[:, 0] - np.sin(2 * np.pi * 4 * new.time.values)
    assert np.abs(error[inner]).max() < 1e-3
    # Taking the stamps as even would be wrong by two orders of magnitude more.
    naive = np.interp(new.time.values, np.linspace(time[0], time[-1], 600), slow)
    assert np.abs(naive - np.sin(2 * np.pi * 4 * new.time.values))[inner].max() > 0.02


def test_ends_of_a_run_keep_value_and_slope() -> None:
    time = np.arange(100) / 100
    new = resample(_stream(time, 3 * time + 1), np.linspace(0, 0.99, 37))
    assert np.abs(new.data.values[:, 0] - (3 * new.time.values + 1)).max() < 1e-5


def test_gaps_are_never_bridged_and_channels_are_apart() -> None:
    time = np.arange(200) / 100
    broken = _tones(time)
    broken[60:90] = np.nan
    new = resample_to_rate(_stream(time, broken, _tones(time)), 250.0)
    t, valid = new.time.values, new.valid.values
    in_gap = (t > 0.59 + 1e-9) & (t < 0.90 - 1e-9)
    assert not valid[in_gap, 0].any()
    assert valid[~in_gap, 0].all()
    assert valid[:, 1].all()
    assert np.isnan(new.data.values[in_gap, 0]).all()
    # What is valid beside the gap does not depend on what lay beyond it.
    other = broken.copy()
    other[:60] *= 5
    assert np.array_equal(
        resample_to_rate(_stream(time, other), 250.0).data.values[t >= 0.9, 0],
        resample_to_rate(_stream(time, broken), 250.0).data.values[t >= 0.9, 0],
    )


def test_a_hole_in_the_stamps_is_a_gap() -> None:
    time = np.concatenate([np.arange(50), np.arange(80, 150)]) / 100
    new = resample_to_rate(_stream(time, _tones(time)), 100.0)
    t = new.time.values
    assert not new.valid.values[(t > 0.495) & (t < 0.795), 0].any()
    assert new.valid.values[(t < 0.485) | (t > 0.805), 0].all()


def test_outside_the_recording_nothing_is_valid() -> None:
    time = np.arange(100) / 100
    new = resample(_stream(time, _tones(time)), np.arange(-50, 150) / 100)
    assert new.valid.values[:, 0].tolist() == [False] * 50 + [True] * 100 + [False] * 50


def test_the_mask_of_filled_samples_travels() -> None:
    time = np.arange(20) / 100
    stream = _stream(time, time.copy())
    stream["filled"] = (("time", "channel"), (np.arange(20) // 5 == 1)[:, None])
    new = resample(stream, np.array([0.02, 0.061, 0.094, 0.12]))
    assert new.filled.values[:, 0].tolist() == [False, True, True, False]


def test_single_samples_and_wrong_instants() -> None:
    one = _stream(np.array([0.5]), np.array([2.0]))
    assert resample(one, [0.5]).data.values.tolist() == [[2.0]]
    assert not resample(one, [0.6]).valid.values.any()
    for wrong in ([], [0.2, 0.1], [0.1, 0.1]):
        with pytest.raises(UnisonoError, match="increase strictly"):
            resample(one, wrong)
    with pytest.raises(UnisonoError, match="rate_hz"):
        resample_to_rate(one, 0.0)


def test_precision_is_kept() -> None:
    time = np.arange(100) / 100
    assert resample(_stream(time, _tones(time).astype(np.float32)), time).data.dtype == np.float32
