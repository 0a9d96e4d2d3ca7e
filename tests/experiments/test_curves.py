"""Mirrors src/unisono/experiments/curves.py."""

from pathlib import Path

import numpy as np
import pytest

from unisono.experiments.curves import LENGTHS, SHARES, curves_cells, llma_curves
from unisono.experiments.curves_uses import BROKEN, GUIDES
from unisono.experiments.plan import Plan


def test_every_length_has_its_control_and_every_share_its_counterpart() -> None:
    cells = curves_cells(Plan(seeds=2))
    assert len({cell.name for cell in cells}) == len(cells)
    arms = {(c.arm, c.variant) for c in cells if c.seed == 1}
    for length in LENGTHS:
        assert {("both", f"C={length}"), ("shuffled_batch", f"C={length}")} <= arms
    for share in SHARES:
        assert {("none", f"broken={share}"), ("both", f"broken={share}")} <= arms
    assert {("none", ""), ("one_way", ""), ("one_way", "back")} <= arms


@pytest.mark.slow
def test_a_tiny_run_goes_through_everything_and_is_not_run_twice(tmp_path: Path) -> None:
    settings = ["tiny=true", "seeds=1", "only=gait/ours/C=25/both/s0"]
    found = llma_curves(tmp_path, settings)
    cell = next((tmp_path / "cells").rglob("*.json"))
    before = cell.stat().st_mtime_ns
    llma_curves(tmp_path, settings)
    assert cell.stat().st_mtime_ns == before
    figures = {f["name"]: f["value"] for f in found.content["figures"]}
    for how in ("prediction", "agreement"):
        assert 0 <= figures[f"both late=5.{how}.off"] < 30
        assert all(0 <= figures[f"both bond={s:g}.{how}.power"] <= 1 for s in BROKEN)
    for kind, sizes in GUIDES.items():
        errors = [figures[f"both {kind}={size}.mse"] for size in sizes]
        assert np.isfinite(errors).all() and len(set(errors)) == len(errors)
    back = llma_curves(tmp_path, ["tiny=true", "seeds=1", "only=gait/ours/back/one_way/s0"])
    assert "alone back.mse" in {f["name"] for f in back.content["figures"]}
    assert "alone mse" not in {f["name"] for f in back.content["figures"]}
