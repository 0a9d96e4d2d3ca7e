"""Mirrors src/unisono/experiments/curves_data.py."""

import numpy as np
import pytest
import torch
from experiment_world import World

from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError
from unisono.experiments.curves_data import (
    break_bond,
    broken_set,
    curve_set,
    margin_batch,
    mixed,
    strangers,
)
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import streams


def test_a_broken_signal_keeps_mean_and_spread_and_loses_what_it_shared() -> None:
    rng = np.random.default_rng(0)
    own, other = 3 + rng.normal(size=(1, 4000, 2)), 7 + rng.normal(size=(1, 4000, 2))
    for share in (0.0, 0.25, 0.75, 1.0):
        found = mixed(own, other, share)
        np.testing.assert_allclose(found.mean(axis=1), own.mean(axis=1))
        np.testing.assert_allclose(found.std(), 1.0, atol=0.05)
        shared = np.corrcoef(found[0, :, 0], own[0, :, 0])[0, 1] ** 2
        assert shared == pytest.approx(1 - share, abs=0.05)


def test_everybody_gets_a_stranger_and_each_is_used_once(rng: np.random.Generator) -> None:
    units = np.array(["a"] * 4 + ["b"] * 1 + ["c"] * 3, dtype=np.str_)
    found = strangers(units, rng)
    assert sorted(found) == list(range(8))
    assert (units[found] != units).all()
    with pytest.raises(ConfigError, match="more than half"):
        strangers(np.array(["a", "a", "b"], dtype=np.str_), rng)


def test_windows_are_broken_on_the_wanted_side_alone(generator: torch.Generator) -> None:
    x = torch.randn(4, 10, 2, generator=generator)
    rows, ones = torch.arange(4), torch.ones(4, 10, 2, dtype=torch.bool)
    batch = Batch({"x": x, "y": x}, {"x": ones, "y": ones}, rows, rows, rows)
    units = np.array(list("aabb"), dtype=np.str_)
    found = break_bond(batch, ["y"], units, 1.0, rng=np.random.default_rng(0))
    torch.testing.assert_close(found.data["x"], x)
    centred = x - x.mean(dim=1, keepdim=True)
    for row in range(4):
        theirs = [int(r) for r in range(4) if units[r] != units[row]]
        mine = found.data["y"][row] - x[row].mean(dim=0)
        assert min(float((mine - centred[r]).abs().max()) for r in theirs) < 1e-5


@pytest.mark.slow
def test_recordings_are_broken_once_and_windows_get_margins(world: World) -> None:
    data = curve_set(world.folder / "data", tiny=True)
    broken = broken_set(data, 0.5, world.folder / "data")
    before, after = (next(iter(Dataset.open(d.path))) for d in (data, broken))
    for name in data.given:
        a, b = (dict(streams(tree))[name]["data"].values for tree in (before, after))
        np.testing.assert_allclose(a, b)
    a, b = (dict(streams(tree))["moments"]["data"].values for tree in (before, after))
    assert 0.3 < np.corrcoef(a[:, 3], b[:, 3])[0, 1] < 0.98
    batch, units = margin_batch(data, world.plan, 7)
    assert batch.data["angles"].shape[1] == int(data.windows["length"]) + 14
    assert len(units) == batch.size
