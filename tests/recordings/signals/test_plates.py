"""Mirrors src/unisono/recordings/signals/plates.py."""

import numpy as np
import xarray as xr

from unisono.recordings.schema import make_stream
from unisono.recordings.signals.plates import find_plates


def _stream(*names: str) -> xr.Dataset:
    return make_stream(np.zeros((1, len(names))), time=[0], channels=list(names), units="N",
                       kind="force")  # fmt: skip


def test_plates_of_this_project() -> None:
    stream = _stream("p1_fx", "p1_fz", "p1_mx", "p1_copx", "p1_copy", "p1_tz", "p2_fz", "emg")
    stream.attrs["corners"] = {"p2": [[0, 0, 0]] * 4}
    one, two = find_plates(stream)
    assert (one.name, one.force, one.point, one.torque) == (
        "p1", {"x": 0, "z": 1}, {"x": 3, "y": 4}, {"z": 5})  # fmt: skip
    assert one.corners is None
    assert (two.force, two.corners.shape) == ({"z": 6}, (4, 3))


def test_plates_of_opensim() -> None:
    stream = _stream("ground_force_vy", "ground_force_px", "ground_torque_y", "1_ground_force_vy",
                     "1_ground_torque_y", "ground_force_2_vy", "ground_force_2_my")  # fmt: skip
    first, second, third = find_plates(stream)
    assert first == ("ground_force", {"y": 0}, {"x": 1}, {"y": 2}, None)
    assert second == ("1_ground_force", {"y": 3}, {}, {"y": 4}, None)
    assert third == ("ground_force_2", {"y": 5}, {}, {"y": 6}, None)


def test_a_stream_without_plates_has_none() -> None:
    assert find_plates(_stream("r_fz", "l_fz", "p1_copx")) == []
