"""The shipped curves are those of the recordings, where the recordings are present."""

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from unisono.simulators.gait.measure import harmonics, main, measure_walk


def test_harmonics_rebuild_a_smooth_curve(rng: np.random.Generator) -> None:
    u = np.arange(100) / 100
    terms = rng.normal(size=(5, 2))
    terms[0, 1] = 0
    curve = sum(
        a * np.cos(2 * np.pi * k * u) + b * np.sin(2 * np.pi * k * u)
        for k, (a, b) in enumerate(terms)
    )
    np.testing.assert_allclose(harmonics(curve, 4), terms, atol=1e-12)


def test_walking_speed_and_stance_are_those_of_an_adult(
    shared_data: Callable[[str], Path],
) -> None:
    mean = measure_walk(shared_data("predictsim3d"))
    assert 1.2 < mean.speed < 1.4
    assert 0.58 < mean.stance < 0.65
    assert 55 < mean.knee.max() < 70


@pytest.mark.slow
def test_shipped_curves_can_be_made_again(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shared_data("bmc_ric").parent
    shared_data("predictsim3d"), shared_data("rbds_raw")
    main([str(folder), "--out", str(tmp_path / "curves.json")])
    made = json.loads((tmp_path / "curves.json").read_text())
    shipped = json.loads(
        resources.files("unisono.simulators.gait").joinpath("curves.json").read_text()
    )
    assert made == shipped
