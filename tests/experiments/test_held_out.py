"""Mirrors src/unisono/experiments/held_out.py."""

from pathlib import Path

import numpy as np

from unisono.evaluation.calibration import Bands
from unisono.evaluation.inputs import TargetInput
from unisono.experiments.held_out import HeldOut, load_held_out, save_held_out


def held(rng: np.random.Generator, *, banded: bool) -> HeldOut:
    truth = rng.normal(size=(3, 5, 2))
    bands = Bands((0.5, 0.9), truth, np.stack([truth - 1, truth - 2]), np.stack([truth, truth + 2]))
    target = TargetInput(
        truth=truth,
        valid=truth > 0,
        channels=("fx", "fz"),
        units=("N", "N"),
        spread=np.array([1.0, 2.0]),
        predictions={"llma": truth + 1, "ridge": truth + 2},
        controls={"shuffled_pairs": truth + 3},
        step=np.full(3, 0.02) if banded else None,
        bands=bands if banded else None,
        samples=rng.normal(size=(4, *truth.shape)) if banded else None,
        baseline_bands={"ridge": bands._replace(centre=truth + 2)} if banded else {},
    )
    leak = {"kind": "filter", "where": "angles", "what": "x", "remedy": "y"}
    return HeldOut("s1", ("slow", "fast", "slow"), {"grf": target}, ("filter",), (leak,))


def test_what_is_kept_reads_back_equal(rng: np.random.Generator, tmp_path: Path) -> None:
    for banded in (True, False):
        before = held(rng, banded=banded)
        save_held_out(tmp_path / "s1.npz", before)
        after = load_held_out(tmp_path / "s1.npz")
        assert (after.subject, after.conditions) == (before.subject, before.conditions)
        assert (after.audited, after.leaks) == (before.audited, before.leaks)
        a, b = before.targets["grf"], after.targets["grf"]
        assert (a.channels, a.units) == (b.channels, b.units)
        for name in a.predictions:
            np.testing.assert_array_equal(a.predictions[name], b.predictions[name])
        np.testing.assert_array_equal(a.controls["shuffled_pairs"], b.controls["shuffled_pairs"])
        np.testing.assert_array_equal(a.valid, b.valid)
        assert (a.step is None) == (b.step is None)
        assert (a.bands is None) == (b.bands is None)
        if a.bands is not None and b.bands is not None:
            np.testing.assert_array_equal(a.bands.lower, b.bands.lower)
            assert a.bands.levels == b.bands.levels
        assert (a.samples is None) == (b.samples is None)
        if a.samples is not None and b.samples is not None:
            np.testing.assert_allclose(a.samples, b.samples, atol=1e-6)
        assert set(a.baseline_bands) == set(b.baseline_bands)
        for name, band in a.baseline_bands.items():
            for mine, theirs in zip(band, b.baseline_bands[name], strict=True):
                np.testing.assert_array_equal(mine, theirs)
