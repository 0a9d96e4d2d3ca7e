"""Mirrors src/unisono/recordings/paired_windows.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import ConfigError, UnisonoError
from unisono.recordings.dataset import Dataset
from unisono.recordings.paired_windows import pair_windows
from unisono.recordings.window_settings import Cut

GIVEN = Cut(("angles",), rate_hz=50.0, length=50, stride=25)


def test_sides_of_other_rate_and_length_meet_in_time(walks: Any) -> None:  # noqa: ANN401
    want = Cut(("grf",), rate_hz=20.0, length=16, stride=10)  # 0.8 s of each second
    found = pair_windows(walks, GIVEN, want)
    pairs = found.pairs
    assert pairs.shapes == {"angles": (50, 6), "grf": (16, 6)}
    assert (found.streams["angles"].rate_hz, found.streams["grf"].rate_hz) == (50.0, 20.0)
    assert pairs.paired.sum() >= 12 * 4
    assert len(set(pairs.subject)) == 6
    row = int(np.flatnonzero(pairs.paired)[7])
    batch = pairs.batch([row])
    assert batch.mask["angles"].all()
    assert batch.mask["grf"].all()
    # the same trial cut at the rate of the other side agrees at the common instants
    same = pair_windows(walks, GIVEN, Cut(("grf",), rate_hz=50.0, length=50, stride=25)).pairs
    fine = same.batch([row]).data["grf"][0, ::5][:8]
    coarse = batch.data["grf"][0, ::2][:8]
    np.testing.assert_allclose(fine.numpy(), coarse.numpy(), rtol=0.02, atol=3.0)


def test_windows_without_partner_are_kept(walks: Any) -> None:  # noqa: ANN401
    late = Cut(("grf",), rate_hz=50.0, length=100, stride=25)
    pairs = pair_windows(walks, GIVEN, late).pairs
    assert 0 < pairs.paired.sum() < len(pairs)
    alone = pairs.batch(np.flatnonzero(~pairs.paired))
    assert not alone.mask["grf"].any()
    assert alone.mask["angles"].any()


def test_what_cannot_meet_is_refused(
    walks: Any,  # noqa: ANN401
    make_walk: Callable[..., xr.DataTree],
    tmp_path: Path,
) -> None:
    with pytest.raises(UnisonoError, match="has a stream 'markers'"):
        pair_windows(walks, GIVEN, Cut(("markers",), rate_hz=50.0, length=50, stride=25))
    one, other = make_walk("a", 1), make_walk("b", 2)
    del one["grf"]
    del other["angles"]
    apart = Dataset.create(tmp_path / "apart.un", [one, other])
    with pytest.raises(ConfigError, match="no windows of the two sides start together"):
        pair_windows(apart, GIVEN, Cut(("grf",), rate_hz=50.0, length=50, stride=25))
