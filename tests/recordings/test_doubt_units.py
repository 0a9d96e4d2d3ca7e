"""Mirrors src/unisono/recordings/doubt_units.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.doubt_units import unit_doubts
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.stream_units import apply_units

TIME = np.arange(200) / 100
STANCE = np.clip(np.sin(np.pi * TIME), 0, None)
MASS = 50.0
WEIGHT = MASS * 9.80665


def _one(peak: float, unit: str, kind: str, *names: str, mass: float | None = MASS) -> xr.DataTree:
    data = np.stack([peak * STANCE / (1 + i) for i in range(len(names))], axis=1)
    stream = make_stream(data, time=TIME, channels=list(names), units=unit, kind=kind,
                         frame={"up": "z"})  # fmt: skip
    return make_recording({"it": stream}, recording="r", subject="s", mass_kg=mass)


def _remedies(tree: xr.DataTree, kind: str = "unit") -> list[str]:
    return [d.remedy.removeprefix("if so, say ") for d in unit_doubts(tree) if d.kind == kind]


FORCE = ("r_fz", "r_fx")
MOMENT = ("r_knee_flexion", "r_hip_flexion")
ANGLE = ("r_knee_flexion", "l_knee_flexion", "r_hip_flexion", "l_hip_flexion")
MARKERS = ("a_x", "b_x", "c_x", "d_x")


@pytest.mark.parametrize(
    ("truth", "declared", "kind", "names"),
    [
        (1.1 * WEIGHT, "N", "force", FORCE),
        (1.1, "BW", "force", FORCE),
        (11.0, "N/kg", "force", FORCE),
        (2.5 * WEIGHT, "N", "force", FORCE),
        (0.55, "kN", "force", FORCE),
        (75.0, "N*m", "moment", MOMENT),
        (1.5, "N*m/kg", "moment", MOMENT),
        (1500.0, "N*mm/kg", "moment", MOMENT),
        (75000.0, "N*mm", "moment", MOMENT),
        (3.0, "W/kg", "power", MOMENT),
        (150.0, "W", "power", MOMENT),
        (60.0, "deg", "angle", ANGLE),
        (1.05, "rad", "angle", ANGLE),
    ],
)
@pytest.mark.parametrize("mass", [MASS, None])
def test_true_units_are_not_doubted(
    truth: float, declared: str, kind: str, names: tuple[str, ...], mass: float | None
) -> None:
    assert _remedies(_one(truth, declared, kind, *names, mass=mass)) == []


@pytest.mark.parametrize(
    ("value", "declared", "kind", "names", "truth"),
    [
        (11.0, "N", "force", FORCE, "N/kg"),
        (1.1, "N", "force", FORCE, "BW"),
        (550.0, "N/kg", "force", FORCE, "N"),
        (550.0, "BW", "force", FORCE, "N"),
        (1.1, "N/kg", "force", FORCE, "BW"),
        (1500.0, "N*mm", "moment", MOMENT, "N*mm/kg"),
        (75.0, "N*m/kg", "moment", MOMENT, "N*m"),
        (1500.0, "N*m", "moment", MOMENT, "N*mm/kg"),
        (3.0, "W", "power", MOMENT, "W/kg"),
        (1.05, "deg", "angle", ANGLE, "rad"),
        (60.0, "rad", "angle", ANGLE, "deg"),
    ],
)
def test_a_lie_is_doubted_and_the_remedy_mends_it(
    value: float, declared: str, kind: str, names: tuple[str, ...], truth: str
) -> None:
    tree = _one(value, declared, kind, *names)
    (remedy,) = _remedies(tree)
    assert remedy == f"--unit it={truth}"
    stream, unit = remedy.removeprefix("--unit ").split("=")
    assert _remedies(apply_units(tree, {stream: unit})) == []


def test_without_the_mass_only_impossible_sizes_are_doubted() -> None:
    assert _remedies(_one(11.0, "N", "force", *FORCE, mass=None)) == ["--unit it=N/kg"]
    assert _remedies(_one(150.0, "N", "force", *FORCE, mass=None)) == []


def _standing(scale: float, unit: str, mass: float = MASS) -> xr.DataTree:
    heights = np.array([0.02, 0.5, 0.9, 1.2, 1.7]) * scale
    data = np.concatenate([np.tile(heights, (20, 1)), np.zeros((20, 10))], axis=1)
    names = [f"m{i}_{a}" for a in "zxy" for i in range(5)]
    stream = make_stream(data, time=np.arange(20) / 100, channels=names, units=unit,
                         kind="position", frame={"up": "z"})  # fmt: skip
    return make_recording({"markers": stream}, recording="r", subject="s", mass_kg=mass)


@pytest.mark.parametrize(
    ("scale", "unit", "remedy"),
    [
        (1, "m", []),
        (1000, "mm", []),
        (100, "cm", []),
        (1, "mm", ["--unit markers=m"]),
        (1000, "m", ["--unit markers=mm"]),
    ],
)
def test_markers_span_a_person(scale: float, unit: str, remedy: list[str]) -> None:
    assert _remedies(_standing(scale, unit)) == remedy


def test_a_percentage_of_body_weight_is_known_by_its_name() -> None:
    tree = _one(110.0, "N", "force", "RNormalisedGRF_z", "LNormalisedGRF_z", mass=None)
    assert "--unit 'it/*NormalisedGRF*=percent'" in _remedies(tree)


def test_forces_without_a_mass_are_doubted_once_a_stream() -> None:
    assert len(_remedies(_one(500.0, "N", "force", *FORCE, mass=None), "mass")) == 1
    assert _remedies(_one(500.0, "N", "force", *FORCE), "mass") == []
    assert _remedies(_one(11.0, "N/kg", "force", *FORCE, mass=None), "mass") == []


def test_every_lying_child_file_is_caught(shared_data: Callable[[str], Path]) -> None:
    """The files say N, N*mm and W; they hold N/kg, N*mm/kg and W/kg."""
    from unisono.recordings.formats.c3d import read_c3d

    for path in sorted(shared_data("biomechzoo").glob("*/Straight/*.c3d")):
        tree = read_c3d(path)
        said = set(_remedies(tree))
        assert {"--unit model_forces=N/kg", "--unit moments=N*mm/kg", "--unit powers=W/kg"} <= said
        assert not any(d.stream in ("markers", "angles", "plates") for d in unit_doubts(tree))
        true = {"model_forces": "N/kg", "moments": "N*mm/kg", "powers": "W/kg",
                "model_forces/*NormalisedGRF*": "percent"}  # fmt: skip
        assert _remedies(apply_units(tree, true)) == []
