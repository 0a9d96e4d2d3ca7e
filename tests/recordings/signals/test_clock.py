"""Mirrors src/unisono/recordings/signals/clock.py."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.recordings.signals.clock import measure_clock, require_regular, valid_runs


def test_rounded_stamps_are_regular_and_a_dropped_frame_is_not() -> None:
    rounded = np.round(np.arange(300) * 3 / 1000, 3) + np.tile([0, 0.0003, -0.0003], 100)
    clock = measure_clock(rounded)
    assert clock.regular
    assert clock.rate_hz == pytest.approx(1000 / 3, rel=1e-3)
    dropped = np.delete(np.arange(100) / 100, 50)
    clock = measure_clock(dropped)
    assert not clock.regular
    assert clock.rate_hz == pytest.approx(100)
    with pytest.raises(UnisonoError, match=r"filter needs an even clock .* resample_to_rate"):
        require_regular(dropped, "filter")
    with pytest.raises(UnisonoError, match="one sample"):
        require_regular(dropped[:1], "filter")


def test_runs_end_at_invalid_samples_and_at_gaps_in_time() -> None:
    valid = np.array([1, 1, 0, 1, 1, 1], dtype=bool)
    assert valid_runs(valid) == [(0, 2), (3, 6)]
    time = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.9])
    assert valid_runs(valid, time) == [(0, 2), (3, 5), (5, 6)]
    assert valid_runs(np.zeros(3, dtype=bool)) == []
    assert valid_runs(np.zeros(0, dtype=bool)) == []
