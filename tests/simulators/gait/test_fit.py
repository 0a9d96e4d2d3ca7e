"""A fit lowers its cost, resumes where it stopped, and writes what the table reads."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unisono.simulators.gait import fit
from unisono.simulators.gait.parameters import FITTED
from unisono.simulators.gait.table import fitted_shape


def test_a_round_lowers_the_cost() -> None:
    away = replace(fitted_shape("walk", "normal", 1.3), q3=0.45, off_pitch=1.1)
    costs = [fit.fit_one(1.3, "normal", away, rounds=n).cost for n in (0, 3)]
    assert costs[1] < 0.5 * costs[0]


def test_the_shipped_fit_is_nearly_stationary() -> None:
    shape = fitted_shape("walk", "normal", 1.3)
    cost = fit.fit_one(1.3, "normal", shape, rounds=0).cost
    assert cost < 35
    assert fit.fit_one(1.3, "normal", shape, rounds=2).cost > 0.8 * cost


def test_the_command_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "PLAN", (("walk", "normal", (1.3,)),))
    out = tmp_path / "fits.json"
    fit.main(["--out", str(out), "--rounds", "0"])
    first = json.loads(out.read_text())["fits"]["walk normal"]
    size = len(FITTED)
    assert len(first["1.3"]["spread"]) == size * (size + 1) // 2
    monkeypatch.setattr(fit, "PLAN", (("walk", "normal", (1.3, 1.2)),))
    fit.main(["--out", str(out), "--rounds", "0"])
    second = json.loads(out.read_text())["fits"]["walk normal"]
    assert second["1.3"] == first["1.3"]
    assert set(second) == {"1.3", "1.2"}


def test_residuals_of_what_cannot_be_are_large_but_finite() -> None:
    shape = replace(fitted_shape("walk", "normal", 1.3), q3=5.0)
    assert np.isfinite(fit.fit_one(1.3, "normal", shape, rounds=0).cost)
