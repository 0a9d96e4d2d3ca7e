"""Mirrors src/unisono/experiments/curves_uses.py; the figures of a model are in test_curves.py."""

import numpy as np
import pytest

from unisono.experiments.curves_uses import BROKEN, GUIDES, LATE, Scan, lag_errors


def _scan(noise: float) -> Scan:
    """Errors that grow with the square of the offset, and scores that are them with noise."""
    offsets = np.arange(-40.0, 21.0)
    units = np.repeat(["a", "b"], 6).astype(np.str_)
    error = 1 + (offsets[:, None] / 10) ** 2 + np.zeros(12)
    draws = noise * np.random.default_rng(0).normal(size=error.shape)
    return Scan(offsets, -error + draws, error, units)


@pytest.mark.parametrize("late", [0, 7, 20])
def test_a_clear_lag_is_found_and_undone(late: int) -> None:
    found = lag_errors(_scan(0.0), late, searched=20)
    for name in "ab":
        assert found["asis"][name] == pytest.approx(1 + (late / 10) ** 2)
        assert found["synced"][name] == pytest.approx(1.0, abs=0.01)
        assert found["off"][name] == pytest.approx(0, abs=1e-6)
        assert found["single"][name] == pytest.approx(0, abs=1e-6)


def test_what_the_estimate_misses_is_paid_for() -> None:
    found = lag_errors(_scan(4.0), 20, searched=20)
    assert max(found["off"].values()) > 1
    for name in "ab":
        paid = 1 + (found["off"][name] / 10) ** 2
        assert found["synced"][name] == pytest.approx(paid, abs=0.01)
    assert max(found["single"].values()) > max(found["off"].values())


def test_what_is_varied_begins_with_nothing_wrong() -> None:
    assert LATE[0] == 0 and LATE[-1] == 50
    assert BROKEN[0] == 0 and BROKEN[-1] == 1
    assert set(GUIDES) == {"noise", "frames", "channels"}
