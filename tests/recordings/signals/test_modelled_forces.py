"""Mirrors src/unisono/recordings/signals/modelled_forces.py; the last test reads a real file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.units import conversion_factor
from unisono.recordings.formats.registry import read_trials
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.assign import AssignRule, assign_plates
from unisono.recordings.signals.modelled_forces import modelled_forces

TIME = np.arange(100) / 100
CHANNELS = [f"{side}GroundReactionForce_{axis}" for side in "LR" for axis in "xyz"]


def tree(right: np.ndarray, left: np.ndarray, channels: list[str] = CHANNELS) -> xr.DataTree:
    """A foot's force points along no single axis: only its size may count."""
    direction = np.array([0.6, 0.0, -0.8])
    data = np.concatenate([left[:, None] * direction, right[:, None] * direction], axis=1)
    own = make_stream(data, time=TIME, channels=channels, units="N/kg", kind="force")
    return make_recording({"own": own}, recording="a", subject="b")


def step(start: float, stop: float) -> np.ndarray:
    return np.where((start <= TIME) & (stop >= TIME), 9.0, 0.0)


def test_a_foot_is_confirmed_where_its_model_has_a_force() -> None:
    found = modelled_forces(tree(right=step(0.2, 0.5), left=step(0.6, 0.9)))
    assert found is not None
    np.testing.assert_allclose(found.load["right"], step(0.2, 0.5) / 9)
    assert found.confirms("right", 0.2, 0.5)
    assert not found.confirms("right", 0.6, 0.9)
    assert found.confirms("right", 0.2, 0.79)  # half of it
    assert not found.confirms("right", 0.2, 0.85)
    assert found.confirms("left", 3.0, 4.0)  # outside: nothing speaks against it


def test_a_model_without_any_force_says_nothing() -> None:
    assert modelled_forces(tree(0 * TIME, 0 * TIME)) is None
    other = ["LAnkleForce_x", "LAnkleForce_y", "LAnkleForce_z", "r_fx", "r_fy", "r_fz"]
    assert modelled_forces(tree(step(0, 1), step(0, 1), other)) is None


@pytest.mark.slow
def test_real_files_agree_with_their_own_model_but_for_one_contact(
    shared_data: Callable[[str], Path],
) -> None:
    """Oracle: the laboratory's own model. Its force equals the plate's wherever it has one."""
    folder: Path = shared_data("biomechzoo")
    (doubted,) = folder.rglob("HC042A40.c3d")
    (fine,) = folder.rglob("HC042A13.c3d")
    for file, reasons in ((fine, 0), (doubted, 1)):
        (read,) = read_trials(file)
        found = assign_plates(read)
        without = assign_plates(read, AssignRule(modelled=False))
        said = [c for c in found.contacts if "own model" in c.reason]
        assert len(said) == reasons
        before, after = ({c.side for c in a.contacts if c.side} for a in (without, found))
        assert before == {"left", "right"}
        assert after == ({"right"} if reasons else before)
        own = modelled_forces(read)
        assert own is not None
        grf = found.tree["grf"].to_dataset()
        vertical = grf["data"].sel(channel="r_fz").where(grf.valid.sel(channel="r_fz"))
        load = np.interp(own.time, grf.time.values, np.nan_to_num(vertical.values))
        assert conversion_factor(str(grf.unit.sel(channel="r_fz").values), "N") == 1.0
        loaded = load > 200
        assert np.corrcoef(load[loaded], own.load["right"][loaded])[0, 1] > 0.98
