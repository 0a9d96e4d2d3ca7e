"""Mirrors src/unisono/viewing/scene_figure.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.formats.registry import read_file
from unisono.recordings.schema import make_recording, make_stream
from unisono.viewing.packing import Packer, unpack
from unisono.viewing.scene_figure import page_figure, see_body

NAMES = ("r_heel", "r_toe", "r_ankle", "r_knee", "l_knee", "c7", "head")
PLACES = np.array(
    [[0, 0, 0], [0.2, 0, 0], [0, 0, 0.1], [0, 0, 0.5], [0, 0.2, 0.5], [0, 0, 1.5], [0, 0, 1.7]]
)


def walker(*, cop: bool = True, up: str = "z", mm: bool = False) -> xr.DataTree:
    """A person of markers who stands at (1, 2), 70 kg on the right foot for the first half."""
    time = np.arange(20) / 100
    places = np.tile(PLACES + [1.0, 2.0, 0.0], (20, 1, 1))
    places[5, 3] = np.nan
    turned = {"z": places, "y": places[..., [0, 2, 1]] * [1, 1, -1]}[up]
    markers = make_stream(
        (1000 if mm else 1) * turned.reshape(20, -1), time=time, units="mm" if mm else "m",
        channels=[f"{n}_{a}" for n in NAMES for a in "xyz"], kind="position",
        frame={"up": up, "forward": "x", "handedness": "right"},
    )  # fmt: skip
    fine = np.arange(200) / 1000
    force = np.zeros((200, 5))
    force[:, 2] = 70 * 9.80665
    force[:, 3:] = [1.1, 2.05]
    force[100:, 3:] = np.nan
    names = ["r_fx", "r_fy", "r_fz", "r_copx", "r_copy"]
    units = ["N", "N", "N", "m", "m"]
    kept = 5 if cop else 3
    grf = make_stream(
        force[:, :kept], time=fine, channels=names[:kept], units=units[:kept], kind="force",
        frame={"up": "z", "forward": "x", "handedness": "right"},
    )  # fmt: skip
    return make_recording({"markers": markers, "grf": grf}, recording="a", subject="s", mass_kg=70)


@pytest.mark.parametrize("up", ["z", "y"])
@pytest.mark.parametrize("mm", [False, True])
def test_markers_stand_upright_in_metres(up: str, mm: bool) -> None:
    body = see_body(walker(up=up, mm=mm))
    assert body is not None
    place = dict(zip(body.points, body.positions[0], strict=True))
    np.testing.assert_allclose(place["head"], [1, 2, 1.7], atol=1e-9)
    assert np.isnan(body.positions[5, body.points.index("r_knee")]).all()
    assert ("r_knee", "r_ankle", "right") in {tuple(line) for line in body.lines}


def test_the_arrow_stands_at_the_centre_of_pressure_and_goes_when_unloaded() -> None:
    packer = Packer()
    figure = page_figure(walker(), None, packer)
    (arrow,) = figure.arrows
    place = unpack(packer.text(), arrow["place"]).reshape(-1, 3)
    force = unpack(packer.text(), arrow["force"]).reshape(-1, 3)
    assert arrow["clock"] == {"start": 0.0, "step": pytest.approx(0.005), "count": 40}
    np.testing.assert_allclose(force, np.tile([0, 0, 1], (40, 1)), atol=1e-6)
    np.testing.assert_allclose(place[0], [1.1, 2.05, 0], rtol=1e-6)
    assert np.isnan(place[20:, :2]).all() and np.isfinite(place[:20]).all()


def test_a_generated_force_without_a_place_borrows_one_and_says_so() -> None:
    made = make_recording(
        {"grf": walker(cop=False)["grf"].to_dataset()}, recording="a", subject="s", mass_kg=70
    )
    for recorded, word, at in (
        (walker(), "recorded centre of pressure", [1.1, 2.05, 0]),
        (walker(cop=False), "under the foot", [1 + 0.2 / 3, 2, 0]),
    ):
        packer = Packer()
        figure = page_figure(recorded, made, packer)
        arrow = next(a for a in figure.arrows if a["origin"] == "generated")
        place = unpack(packer.text(), arrow["place"]).reshape(-1, 3)
        np.testing.assert_allclose(place[0], at, rtol=1e-6)
        assert any(word in note for note in figure.notes)


def without_frame(tree: xr.DataTree, turn: list[int], half: float = 1.0) -> xr.DataTree:
    """The same forces in turned axes that nobody stated, of a person whose mass is not known."""
    parts = {}
    for name in tree.children:
        old = tree[name].to_dataset()
        values = old["data"].values.copy()
        if name == "grf":
            values[:, :3] = half * values[:, turn]
        parts[name] = make_stream(
            values, time=old["time"].values, channels=old["channel"].values,
            units=old["unit"].values, kind=old.attrs["kind"],
        )  # fmt: skip
    return make_recording(parts, recording="a", subject="s")


def test_forces_stand_as_the_body_does_and_have_one_scale() -> None:
    tree = without_frame(walker(up="y"), [0, 2, 1])  # y is up, and no stream says so
    half = without_frame(walker(up="y"), [0, 2, 1], half=0.5)
    packer = Packer()
    figure = page_figure(tree, half, packer)
    assert any("drawn with y up" in note for note in figure.notes)
    forces = {
        arrow["origin"]: unpack(packer.text(), arrow["force"]).reshape(-1, 3)
        for arrow in figure.arrows
    }
    np.testing.assert_allclose(forces["recorded"][0], [0, 0, 1.2], atol=1e-6)
    np.testing.assert_allclose(forces["generated"][0], [0, 0, 0.6], atol=1e-6)


def test_bvh_is_drawn_with_its_bones(shared_data: Callable[[str], Path]) -> None:
    file = sorted(shared_data("bandai").rglob("*walk_normal*.bvh"))[0]
    body = see_body(read_file(file))
    assert body is not None and "y up" in " ".join(body.notes)
    head = body.positions[:, body.points.index("Head"), 2]
    assert 1.2 < float(head.min()) < float(head.max()) < 2.0
    feet = body.positions[..., 2].min(axis=1)
    assert np.abs(feet).max() < 0.2
    lines = {(line.start, line.end): line.side for line in body.lines}
    assert lines[("UpperLeg_L", "LowerLeg_L")] == "left"
    assert not any(start == "joint_Root" for start, _ in lines)  # it stays at the origin


def test_opencap_markers_and_angles_show_one_person(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("opencap_subjectA")
    seen = see_body(read_file(folder / "MarkerData" / "walking3.trc"))
    posed = see_body(read_file(folder / "IK" / "walking3_ik.mot"))
    assert seen is not None and posed is not None and posed.name == "angles"
    assert posed.positions[..., 2].min() == pytest.approx(0, abs=1e-6)
    assert 1.4 < float(np.nanmax(seen.positions[..., 2])) < 2.1


def test_no_body_is_none() -> None:
    tree = make_recording(
        {"x": make_stream([[1.0]], time=[0], channels=["a"], units="V", kind="emg")},
        recording="a", subject="s",
    )  # fmt: skip
    assert see_body(tree) is None
    assert page_figure(tree, None, Packer()) == ([], [], [])
