"""Mirrors src/unisono/viewing/reactions.py."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.schema import make_recording, make_stream
from unisono.viewing.reactions import force_stream, reactions


def plates(names: list[str], units: list[str], rows: list[list[float]]) -> xr.DataTree:
    stream = make_stream(
        rows, time=np.arange(len(rows)) / 10, channels=names, units=units, kind="force"
    )
    return make_recording({"grf": stream}, recording="a", subject="s", mass_kg=50.0)


def test_force_in_body_weights_at_its_place_in_metres() -> None:
    names = ["r_fx", "r_fy", "r_fz", "r_copx", "r_copy", "r_tz"]
    tree = plates(
        names,
        ["N", "N", "N", "mm", "mm", "N*m"],
        [[0, 0, 490.3325, 100, 200, 1], [0, 0, 0, np.nan, np.nan, 0]],
    )
    (one,) = reactions(tree, "grf")
    assert (one.name, one.side) == ("r_f", "right")
    np.testing.assert_allclose(one.force, [[0, 0, 1], [0, 0, 0]])
    assert one.place is not None
    np.testing.assert_allclose(one.place, [[0.1, 0.2, 0], [np.nan, np.nan, 0]])
    assert force_stream(tree) == "grf"


def test_opensim_names_and_forces_without_a_place() -> None:
    names = ["1_ground_force_vx", "1_ground_force_vy", "1_ground_force_vz"]
    names += [n.replace("_v", "_p") for n in names] + ["l_fx", "l_fy", "l_fz"]
    tree = plates(names, ["N"] * 3 + ["m"] * 3 + ["N/kg"] * 3, [[1.0] * 9])
    plate, foot = reactions(tree, "grf")
    assert plate.place is not None and plate.side == ""
    assert foot.place is None and foot.side == "left"
    np.testing.assert_allclose(foot.force, 1 / 9.80665)


def test_feet_share_one_scale_where_the_mass_is_not_known() -> None:
    names = [f"{side}_f{axis}" for side in "lr" for axis in "xyz"]
    tree = plates(names, ["N"] * 6, [[0, 0, 400, 0, 0, 800]])
    del tree.attrs["mass_kg"]
    left, right = reactions(tree, "grf")
    assert right.force[0, 2] == pytest.approx(1.2)
    assert left.force[0, 2] == pytest.approx(0.6)


def test_a_stream_that_is_not_there() -> None:
    tree = plates(["r_fx"], ["N"], [[1.0]])
    assert reactions(tree, "grf") == []
    with pytest.raises(SchemaError, match="'plates'"):
        reactions(tree, "plates")
