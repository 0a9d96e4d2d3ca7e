"""Mirrors src/unisono/recordings/signals/gaps.py."""

import numpy as np
import pytest
import xarray as xr
from scipy.interpolate import PchipInterpolator

from unisono.core.errors import UnisonoError
from unisono.recordings.schema import make_stream
from unisono.recordings.signals.gaps import GapPolicy, fill_gaps, find_gaps


def _holed(*holes: tuple[int, int]) -> xr.Dataset:
    time = np.arange(100) / 100
    x = np.sin(2 * np.pi * 1.5 * time)
    broken = x.copy()
    for start, stop in holes:
        broken[start:stop] = np.nan
    return make_stream(np.stack([broken, x], 1), time=time, channels=["a", "b"], units="m",
                       kind="position")  # fmt: skip


def test_gaps_are_found_with_their_times() -> None:
    gaps = find_gaps(_holed((0, 3), (10, 12), (95, 100)))
    assert [(g.channel, g.samples, g.inside) for g in gaps] == [
        ("a", 3, False), ("a", 2, True), ("a", 5, False)]  # fmt: skip
    assert gaps[1].duration_s == pytest.approx(0.03)
    assert (gaps[0].start_s, gaps[2].stop_s) == (0.0, 0.99)


@pytest.mark.parametrize("method", ["pchip", "linear"])
def test_short_gaps_are_filled_long_ones_and_ends_are_not(method: str) -> None:
    stream = _holed((0, 3), (10, 14), (40, 60), (97, 100))
    new = fill_gaps(stream, GapPolicy(max_gap_s=0.05, method=method))
    filled = new.filled.values[:, 0]
    assert np.flatnonzero(filled).tolist() == [10, 11, 12, 13]
    assert not new.valid.values[40:60, 0].any()
    assert not new.valid.values[:3, 0].any()
    assert not new.valid.values[97:, 0].any()
    assert not new.filled.values[:, 1].any()
    assert np.abs(new.data.values[10:14, 0] - stream.data.values[10:14, 1]).max() < 0.03
    kept = stream.valid.values
    assert np.array_equal(new.data.values[kept], stream.data.values[kept])
    assert new.attrs["history"][-1] == f"filled 4 samples in gaps up to 0.05 s ({method})"


def test_pchip_is_scipys_over_true_time() -> None:
    time = np.array([0, 0.1, 0.25, 0.3, 0.5, 0.6])
    x = np.array([0, 1.0, np.nan, 2.0, 0.5, 0.0])
    stream = make_stream(x[:, None], time=time, channels=["a"], units="m", kind="position")
    known = np.isfinite(x)
    wanted = PchipInterpolator(time[known], x[known])(0.25)
    new = fill_gaps(stream, GapPolicy(max_gap_s=0.2))
    assert new.data.values[2, 0] == pytest.approx(wanted)


def test_filling_is_remembered_over_two_policies() -> None:
    stream = _holed((10, 12), (40, 50))
    once = fill_gaps(stream, GapPolicy(max_gap_s=0.03))
    twice = fill_gaps(once, GapPolicy(max_gap_s=0.2))
    assert np.flatnonzero(twice.filled.values[:, 0]).tolist() == [10, 11, *range(40, 50)]
    assert twice.valid.values.all()
    assert find_gaps(twice) == []


def test_a_channel_without_any_valid_sample_stays() -> None:
    stream = make_stream(np.full((5, 1), np.nan), time=range(5), channels=["a"], units="m",
                         kind="position")  # fmt: skip
    assert not fill_gaps(stream, GapPolicy(max_gap_s=10)).valid.values.any()


def test_policies_out_of_range_are_refused() -> None:
    with pytest.raises(UnisonoError, match="max_gap_s"):
        GapPolicy(max_gap_s=-1)
    with pytest.raises(UnisonoError, match="method must be one of pchip, linear"):
        GapPolicy(method="guess")
