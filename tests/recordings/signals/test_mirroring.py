"""Mirrors src/unisono/recordings/signals/mirroring.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.formats.bvh import read_bvh, write_bvh
from unisono.recordings.schema import events_of, make_events, make_recording, make_stream, streams
from unisono.recordings.signals.cycles import cut_cycles, cycle_intervals
from unisono.recordings.signals.mirroring import (
    lateral_axis,
    leg_view,
    mirror,
    mirror_stream,
    undo_leg_view,
)

LAB = {"up": "z", "forward": "x", "handedness": "right"}


def _gait(rng: np.random.Generator) -> xr.DataTree:
    time = np.arange(50) / 100

    def stream(channels: list[str], units: object, kind: str) -> xr.Dataset:
        data = rng.normal(size=(50, len(channels)))
        valid = rng.random(data.shape) > 0.1
        return make_stream(np.where(valid, data, np.nan), time=time, channels=channels,
                           units=units, kind=kind, frame=LAB, history=["made"])  # fmt: skip

    grf = [f"{s}_{c}" for s in "rl" for c in ("fx", "fy", "fz", "copx", "copy", "tz")]
    return make_recording(
        {
            "angles": stream(
                ["r_hip_flexion", "r_hip_adduction", "l_hip_flexion", "l_hip_adduction",
                 "pelvis_tilt", "pelvis_list", "pelvis_rotation", "trunk_lateral"], "deg", "angle",
            ),
            "grf": stream(grf, (["N"] * 3 + ["m"] * 2 + ["N*m"]) * 2, "force"),
            "markers": stream([f"{m}_{a}" for m in ("r_heel", "l_heel", "c7") for a in "xyz"],
                              "m", "position"),
            "imu": stream([f"{s}_{m}_{a}" for s in ("r_shank", "l_shank", "pelvis")
                           for m in ("acc", "gyro") for a in "xyz"],
                          (["m/s^2"] * 3 + ["rad/s"] * 3) * 3, "acceleration"),
        },
        recording="walk", subject="s1", mass_kg=70.0, labels={"affected": "left", "speed": 1.3},
        events=make_events([0.1, 0.2, 0.3], ["foot_strike", "foot_off", "toe"],
                           ["right", "left", ""], "given"),
    )  # fmt: skip


def _same(a: xr.DataTree, b: xr.DataTree) -> None:
    assert list(a.children) == list(b.children)
    for name, node in streams(a):
        xr.testing.assert_identical(node, b[name].to_dataset())
    xr.testing.assert_identical(events_of(a), events_of(b))
    assert a.attrs == b.attrs


def test_mirroring_twice_returns_the_recording(rng: np.random.Generator) -> None:
    tree = _gait(rng)
    _same(mirror(mirror(tree)), tree)


def test_one_mirror_swaps_sides_and_turns_signs(rng: np.random.Generator) -> None:
    tree = _gait(rng)
    image = mirror(tree)

    def read(which: xr.DataTree, stream: str, channel: str) -> np.ndarray:
        return which[stream].data.sel(channel=channel).values

    for stream, there, here, sign in (
        ("angles", "r_hip_adduction", "l_hip_adduction", 1),
        ("angles", "pelvis_tilt", "pelvis_tilt", 1),
        ("angles", "pelvis_list", "pelvis_list", -1),
        ("angles", "trunk_lateral", "trunk_lateral", -1),
        ("grf", "l_fx", "r_fx", 1),
        ("grf", "l_fy", "r_fy", -1),
        ("grf", "l_copy", "r_copy", -1),
        ("grf", "l_tz", "r_tz", -1),
        ("markers", "r_heel_y", "l_heel_y", -1),
        ("markers", "c7_x", "c7_x", 1),
        ("imu", "l_shank_gyro_x", "r_shank_gyro_x", -1),
        ("imu", "pelvis_acc_y", "pelvis_acc_y", -1),
    ):
        assert np.array_equal(
            read(image, stream, there), sign * read(tree, stream, here), equal_nan=True
        ), (stream, there)
    assert events_of(image)["side"].values.tolist() == ["left", "right", ""]
    assert image.attrs["labels"] == {"affected": "right", "speed": 1.3}
    told = mirror(make_recording({"grf": tree["grf"].to_dataset()}, recording="a", subject="s",
                                 captions=["Left leg first, leftwards, then clockwise", "bright"]),
                  lateral="y")  # fmt: skip
    assert told.attrs["captions"] == [
        "Right leg first, rightwards, then counterclockwise", "bright",
    ]  # fmt: skip
    assert image["grf"].attrs["history"] == ["made", "mirrored left to right"]


@pytest.mark.parametrize("lateral", ["x", "y", "z"])
def test_moments_of_mirrored_forces_are_mirrored_moments(
    rng: np.random.Generator, lateral: str
) -> None:
    point, force = rng.normal(size=(2, 20, 3))
    moment = np.cross(point, force)
    names = [f"p1_{h}{a}" for h in ("cop", "f", "m") for a in "xyz"]
    stream = make_stream(np.hstack([point, force, moment]), time=np.arange(20), channels=names,
                         units=["m"] * 3 + ["N"] * 3 + ["N*m"] * 3, kind="force",
                         frame={"up": "z"})  # fmt: skip
    image = mirror_stream(stream, lateral).data.values
    assert np.allclose(np.cross(image[:, :3], image[:, 3:6]), image[:, 6:])
    assert not np.allclose(image, stream.data.values)


def test_a_side_without_a_partner_is_renamed() -> None:
    stream = make_stream([[1.0, 2.0]], time=[0], channels=["r_knee", "pelvis_list"], units="deg",
                         kind="angle", side="right")  # fmt: skip
    tree = make_recording({"angles": stream}, recording="a", subject="s")
    image = mirror(tree)["angles"]
    assert image.channel.values.tolist() == ["l_knee", "pelvis_list"]
    assert image.data.values.tolist() == [[1.0, -2.0]]
    assert image.attrs["side"] == "left"
    _same(mirror(mirror(tree)), tree)


def test_streams_named_by_side_change_names() -> None:
    def one(value: float) -> xr.Dataset:
        return make_stream([[value]], time=[0], channels=["emg"], units="mV", kind="emg")

    tree = make_recording({"r_leg": one(1), "l_leg": one(2)}, recording="a", subject="s")
    image = mirror(tree)
    assert list(image.children) == ["r_leg", "l_leg"]
    assert (image["r_leg"].data.item(), image["l_leg"].data.item()) == (2.0, 1.0)


def test_flip_patterns_of_the_caller_go_first() -> None:
    stream = make_stream([[1.0, 2.0]], time=[0], channels=["trunk_x_angle", "pelvis_list"],
                         units="deg", kind="angle")  # fmt: skip
    tree = make_recording({"angles": stream}, recording="a", subject="s")
    assert mirror(tree, flip=["trunk*"])["angles"].data.values.tolist() == [[-1.0, -2.0]]


@pytest.mark.parametrize(
    ("frame", "known", "lateral"),
    [
        ({"up": "z", "forward": "x"}, {}, "y"),
        ({"up": "y", "forward": "x"}, {}, "z"),
        ({"up": "y", "forward": "z"}, {}, "x"),
        ({"up": "y"}, {"source": {"skeleton": {}}}, "x"),
        ({}, {"source": {"skeleton": {}}}, "x"),
        ({"up": "z"}, {}, "y"),
        ({"up": "y"}, {}, "z"),
    ],
)
def test_lateral_axis_follows_the_frame(frame: dict, known: dict, lateral: str) -> None:
    grf = make_stream([[0.0]], time=[0], channels=["r_fy"], units="N", kind="force", frame=frame)
    tree = make_recording({"grf": grf}, recording="a", subject="s", **known)
    assert lateral_axis(tree, "grf") == lateral


def test_lateral_axis_is_across_the_travel_or_asked_for() -> None:
    path = np.stack([np.zeros(9), np.arange(9.0), np.ones(9)], axis=1)
    markers = make_stream(path, time=np.arange(9), channels=["c_x", "c_y", "c_z"], units="m",
                          kind="position", frame={"up": "z"})  # fmt: skip
    tree = make_recording({"markers": markers}, recording="a", subject="s")
    assert lateral_axis(tree, "markers") == "x"
    lost = markers.assign_attrs(frame={"up": "unknown", "forward": "unknown"})
    tree = make_recording({"markers": lost}, recording="a", subject="s")
    with pytest.raises(SchemaError, match="stream 'markers' does not say which axis is up"):
        mirror(tree)
    assert mirror(tree, lateral="x")["markers"].data.values[0].tolist() == [-0.0, 0.0, 1.0]
    assert mirror(tree, lateral={"markers": "z"})["markers"].data.values[0, 2] == -1.0


def test_forces_without_a_frame_lie_in_the_axes_of_the_markers() -> None:
    frame = {"up": "z", "forward": "y"}
    markers = make_stream([[0.0]], time=[0], channels=["c_x"], units="m", kind="position",
                          frame=frame)  # fmt: skip
    forces = make_stream([[5.0]], time=[0], channels=["RGroundReactionForce_x"], units="N",
                         kind="force")  # fmt: skip
    sensor = make_stream([[1.0]], time=[0], channels=["acc_x"], units="m/s^2", kind="acceleration")
    tree = make_recording({"markers": markers, "forces": forces}, recording="a", subject="s")
    assert mirror(tree)["forces"].data.item() == -5.0
    tree = make_recording({"markers": markers, "imu": sensor}, recording="a", subject="s")
    with pytest.raises(SchemaError, match="stream 'imu' does not say which axis is up"):
        mirror(tree)


def test_corners_of_plates_are_mirrored() -> None:
    plates = make_stream([[0.0]], time=[0], channels=["p1_fz"], units="N", kind="force", frame=LAB)
    plates.attrs["corners"] = {"p1": [[0, 0, 0], [1, 0, 0], [1, 2, 0], [0, 2, 0]]}
    image = mirror_stream(plates, "y")
    assert image.attrs["corners"]["p1"][2] == [1.0, -2.0, 0.0]
    assert plates.attrs["corners"]["p1"][2] == [1, 2, 0]


def test_every_leg_view_looks_like_a_right_leg(rng: np.random.Generator) -> None:
    tree = _gait(rng)
    right, left = leg_view(tree, "right"), leg_view(tree, "left")
    assert right["angles"].channel.values.tolist() == left["angles"].channel.values.tolist()
    # The left leg's view of a recording is the right leg's view of its mirror image.
    other = leg_view(mirror(tree), "right")
    for name, node in streams(left):
        assert np.array_equal(node.data.values, other[name].data.values, equal_nan=True)
    assert np.array_equal(
        left["grf"].data.sel(channel="ipsi_fy").values,
        -tree["grf"].data.sel(channel="l_fy").values,
        equal_nan=True,
    )
    ipsi = events_of(left).to_dataframe().query("side == 'right'")
    assert ipsi["name"].tolist() == ["foot_off"]  # it was the left foot's


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_leg_view_is_undone(rng: np.random.Generator, side: str) -> None:
    tree = _gait(rng)
    _same(undo_leg_view(leg_view(tree, side)), tree)
    vicon = make_stream(rng.normal(size=(2, 6)), time=[0, 1], units="deg", kind="angle",
                        channels=[f"{s}KneeAngles_{a}" for s in "LR" for a in "xyz"])  # fmt: skip
    tree = make_recording({"angles": vicon}, recording="a", subject="s")
    view = leg_view(tree, side)
    assert sorted(view["angles"].channel.values)[0] == "contra_KneeAngles_x"
    _same(undo_leg_view(view), tree)


def test_a_generated_stream_goes_back_when_told_the_side() -> None:
    grf = make_stream([[5.0, 1.0, 7.0]], time=[0], units="N", kind="force", frame=LAB,
                      channels=["ipsi_fy", "contra_fy", "note"])  # fmt: skip
    tree = make_recording({"grf": grf}, recording="a", subject="s")
    with pytest.raises(SchemaError, match="give side='left'"):
        undo_leg_view(tree)
    back = undo_leg_view(tree, side="left")["grf"]
    values = dict(zip(back.channel.values.tolist(), back.data.values[0], strict=True))
    assert values == {"l_fy": -5.0, "r_fy": -1.0, "note": 7.0}


def test_two_channels_of_one_name_are_refused() -> None:
    stream = make_stream([[0.0, 0.0]], time=[0], channels=["r_knee", "knee_r"], units="deg",
                         kind="angle")  # fmt: skip
    tree = make_recording({"angles": stream}, recording="a", subject="s")
    with pytest.raises(SchemaError, match="two channels would be called 'ipsi_knee'"):
        leg_view(tree, "right")
    with pytest.raises(ValueError, match="side must be one of"):
        leg_view(tree, "up")


def test_vicon_pelvis_angles_show_that_the_convention_is_right(
    children: Callable[[str], list[xr.DataTree]],
) -> None:
    """Each file holds the pelvis twice, as the left and as the right side see it."""
    for tree in children("Straight")[:3]:
        angles, image = tree["angles"], mirror(tree)["angles"]
        for axis in "xyz":
            was = angles.data.sel(channel=f"LPelvisAngles_{axis}").values
            assert np.allclose(image.data.sel(channel=f"RPelvisAngles_{axis}").values, was)
        right = angles.data.sel(channel="RPelvisAngles_z").values
        left = angles.data.sel(channel="LPelvisAngles_z").values
        assert np.allclose(left, -right, atol=1e-3)


@pytest.fixture(scope="module")
def views(children: Callable[[str], list[xr.DataTree]]) -> dict[str, list[xr.DataTree]]:
    """Each child's straight walk, told from the right and from the left leg."""
    return {s: [leg_view(t, s) for t in children("Straight")] for s in ("right", "left")}


@pytest.mark.parametrize(
    ("stream", "base"),
    [
        ("moments", "HipMoment_y"),
        ("moments", "KneeMoment_z"),
        ("moments", "GroundReactionMoment_z"),
        ("model_forces", "HipForce_y"),
        ("model_forces", "GroundReactionForce_x"),
        ("model_forces", "NormalisedGRF_y"),
        ("angles", "AnkleAngles_z"),
    ],
)
def test_both_legs_of_children_agree_best_in_the_leg_view(
    views: dict[str, list[xr.DataTree]], stream: str, base: str
) -> None:
    """Mean curve of the left stance against the right one: same sign in the view, frontal too."""
    curves: dict[str, list[np.ndarray]] = {"right": [], "left": []}
    for side, found in curves.items():
        for view in views[side]:
            load = view["model_forces"].data.sel(channel="ipsi_GroundReactionForce_z").values
            on = np.flatnonzero(np.nan_to_num(load) > 0.3)
            if 30 < len(on) < 80 and on[-1] - on[0] < len(on):
                curve = view[stream].data.sel(channel=f"ipsi_{base}").values[on]
                if np.isfinite(curve).all():
                    grid = np.linspace(0, len(on) - 1, 51)
                    found.append(np.interp(grid, np.arange(len(on)), curve))
    right, left = (np.mean(curves[s], axis=0) for s in ("right", "left"))
    assert min(len(c) for c in curves.values()) >= 9
    assert np.abs(right - left).mean() < 0.6 * np.abs(right + left).mean()


@pytest.mark.parametrize("stream", ["angles", "angular_rates", "grf", "moments", "powers", "imu"])
def test_both_legs_of_a_simulated_walker_agree_in_the_leg_view(
    walk: xr.DataTree, stream: str
) -> None:
    """Every channel that moves much has one curve over the stride, whichever leg tells it."""
    mean = {}
    for side in ("right", "left"):
        view = leg_view(walk, side)
        strides = cycle_intervals(events_of(view), side="right")  # ipsi is right in every view
        cut = cut_cycles(view, strides, points=51, streams=[stream])
        with np.errstate(invalid="ignore"):
            mean[side] = np.where(cut.valid[stream].all(axis=0), cut.data[stream].mean(axis=0), 0)
    node = leg_view(walk, "right")[stream]
    names, units = node.channel.values, node.unit.values
    moves = {u: np.abs(mean["right"][:, units == u]).mean() for u in set(units)}
    still = []
    for column, name in enumerate(names):
        a, b = mean["right"][:, column], mean["left"][:, column]
        a, b = a - a.mean() * name.endswith("copx"), b - b.mean() * name.endswith("copx")
        apart, other = np.abs(a - b).mean(), np.abs(a + b).mean()
        if other < 0.1 * moves[units[column]]:
            still.append(name)
        elif apart > other:
            raise AssertionError(f"{name}: {apart:.3g} apart, {other:.3g} from the opposite")
    assert len(still) < len(names) / 2


LEGS = """HIERARCHY
ROOT Hips
{
  OFFSET 1 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT LeftLeg
  {
    OFFSET 12 -5 1
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 1 -80 3
    }
  }
  JOINT RightLeg
  {
    OFFSET -9 -4 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -82 2
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.05
5 92 7 90 5 0 1 2 90 10 20 30
6 91 7 80 5 4 2 2 91 11 21 31
"""


@pytest.mark.parametrize("alike", [True, False])
def test_a_mirrored_skeleton_has_its_joints_where_the_mirror_shows_them(
    tmp_path: Path, alike: bool
) -> None:
    text = LEGS
    if not alike:  # the left leg turns about one axis only
        text = text.replace("3 Zrotation Xrotation Yrotation", "1 Xrotation", 1)
        text = text.replace("1 2 90 10", "1 10").replace("2 2 91 11", "2 11")
    (tmp_path / "a.bvh").write_text(text)
    tree = read_bvh(tmp_path / "a.bvh")
    mirrored = mirror(tree)
    back = read_bvh(write_bvh(mirrored, tmp_path / "b.bvh"))["positions"].to_dataset()
    wanted = mirrored["positions"].to_dataset()
    back = back.sel(channel=wanted["channel"].values)
    np.testing.assert_allclose(back["data"], wanted["data"], atol=1e-9)
    assert mirror(mirrored).attrs["source"] == tree.attrs["source"]
