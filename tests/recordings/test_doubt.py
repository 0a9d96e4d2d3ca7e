"""Mirrors src/unisono/recordings/doubt.py."""

import json

import numpy as np
import pytest

from unisono.recordings.doubt import Doubt, peak_of, quantile, values_of
from unisono.recordings.schema import make_stream


def test_a_doubt_reads_as_one_line_and_as_json() -> None:
    doubt = Doubt("grf", ("a", "b", "c", "d"), "unit", "looks odd", "say --unit grf=N")
    assert str(doubt) == "grf (a, b, c, ...): looks odd; say --unit grf=N"
    assert str(Doubt("", (), "overlap", "none", "")) == "recording: none"
    assert json.loads(json.dumps(doubt.to_dict()))["channels"] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("q", [0.02, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("axis", [0, 1])
def test_quantile_agrees_with_numpys_nearest_rank(
    rng: np.random.Generator, q: float, axis: int
) -> None:
    data = rng.normal(size=(40, 30))
    data[rng.random(data.shape) < 0.3] = np.nan
    wanted = np.nanquantile(data, q, axis=axis, method="nearest")
    assert np.allclose(quantile(data, q, axis=axis), wanted, atol=0.35)
    assert np.abs(quantile(data, q, axis=axis) - wanted).mean() < 0.02
    assert np.isnan(quantile(np.full((3, 2), np.nan), q, axis=0)).all()


def test_peaks_ignore_a_spike_and_what_is_not_valid() -> None:
    data = np.ones((5000, 2))
    data[100:103, 0] = 1e6
    stream = make_stream(data, time=np.arange(5000), channels=["a", "b"], units="N", kind="force")
    stream["valid"][:, 1] = False
    stream["data"][:, 1] = 77.0
    assert peak_of(stream, [0, 1]) == 1.0
    assert np.isnan(peak_of(stream, [1]))
    assert np.isnan(peak_of(stream, []))
    assert len(values_of(stream, [0])) == 1000
    assert len(values_of(stream, [0], frames=50)) == 50
