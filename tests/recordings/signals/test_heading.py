"""Mirrors src/unisono/recordings/signals/heading.py."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError, UnisonoError
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.heading import from_heading, heading_angle, to_heading


def _walker(angle: float, up: str = "z", speed: float = 1.2, turn: float = 0.0) -> xr.DataTree:
    """A pelvis of two markers that walks in a direction and faces ``turn`` further left."""
    time = np.arange(100) / 50
    forward = np.array([np.cos(angle), np.sin(angle)])
    face = np.array([np.cos(angle + turn), np.sin(angle + turn)])
    left = np.array([-face[1], face[0]])
    channels, columns = [], []
    for name, side in (("RASI", -0.12), ("LASI", 0.12), ("RHEE", -0.1)):
        plane = speed * time[:, None] * forward + side * left
        if name == "RHEE":
            plane = plane + 0.3 * np.sin(5 * time)[:, None] * forward
        height = np.full(100, 0.9)
        xyz = (plane[:, 0], plane[:, 1], height) if up == "z" else (
            plane[:, 0], height, -plane[:, 1])  # fmt: skip
        columns += xyz
        channels += [f"{name}_{a}" for a in "xyz"]
    markers = make_stream(np.stack(columns, 1) * 1000, time=time, channels=channels, units="mm",
                          kind="position", frame={"up": up})  # fmt: skip
    return make_recording({"markers": markers}, recording="w", subject="s")


@pytest.mark.parametrize("up", ["z", "y"])
@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2, 3.0, -2.0])
def test_travel_and_pelvis_agree_on_a_straight_walk(angle: float, up: str) -> None:
    travel = heading_angle(_walker(angle, up))
    assert travel.angle_rad == pytest.approx(angle, abs=1e-9)
    assert travel.speed == pytest.approx(1.2)
    assert travel.distance_m == pytest.approx(1.2 * 1.98)
    pelvis = heading_angle(_walker(angle, up), by="pelvis")
    assert np.cos(pelvis.angle_rad - angle) == pytest.approx(1)


def test_the_pelvis_may_face_elsewhere_and_serves_on_a_treadmill() -> None:
    pelvis = heading_angle(_walker(0.3, turn=0.5), by="pelvis").angle_rad
    assert pelvis == pytest.approx(0.8)
    still = _walker(0.3, speed=0.0)
    assert heading_angle(still, by="pelvis").angle_rad == pytest.approx(0.3)
    with pytest.raises(UnisonoError, match="use by='pelvis'"):
        heading_angle(still)


def test_a_span_and_its_limits() -> None:
    assert heading_angle(_walker(1.0), span=(0.5, 1.0)).distance_m == pytest.approx(0.6)
    with pytest.raises(UnisonoError, match="no markers between"):
        heading_angle(_walker(1.0), span=(5, 6))


def test_errors_name_the_remedy() -> None:
    angles = make_stream([[0.0]], time=[0], channels=["knee"], units="deg", kind="angle")
    tree = make_recording({"angles": angles}, recording="w", subject="s")
    with pytest.raises(SchemaError, match="no marker positions"):
        heading_angle(tree)
    with pytest.raises(SchemaError, match="no vector with components x and y"):
        to_heading(angles, 0.1, up="z")
    lone = make_stream(np.zeros((3, 3)), time=range(3), channels=["C7_x", "C7_y", "C7_z"],
                       units="m", kind="position", frame={"up": "z"})  # fmt: skip
    with pytest.raises(SchemaError, match="iliac spine"):
        heading_angle(make_recording({"m": lone}, recording="w", subject="s"), by="pelvis")
    with pytest.raises(ValueError, match="by must be one of"):
        heading_angle(tree, by="nose")


@pytest.mark.parametrize("up", ["z", "y"])
def test_walkers_look_alike_in_their_heading_frames(up: str) -> None:
    ahead = _walker(0.0, up)["markers"].to_dataset()
    for angle in (0.5, 2.5, -1.0):
        tree = _walker(angle, up)
        turned = to_heading(tree["markers"].to_dataset(), heading_angle(tree).angle_rad)
        assert np.abs(turned.data.values - ahead.data.values).max() < 1e-9
        assert turned.attrs["frame"] == {"up": up, "forward": "x", "handedness": "unknown"}
        back = from_heading(turned, angle)
        assert np.abs(back.data.values - tree["markers"].data.values).max() < 1e-9
        assert back.attrs["frame"] == tree["markers"].attrs["frame"]
        assert "laboratory_frame" not in back.attrs


def test_one_angle_a_sample_and_masks_of_both_components(rng: np.random.Generator) -> None:
    data = rng.normal(size=(4, 3))
    valid = np.ones((4, 3), dtype=bool)
    valid[2, 0] = False
    grf = make_stream(data, time=range(4), channels=["r_fx", "r_fy", "r_fz"], units="N",
                      kind="force", valid=valid, frame={"up": "z"})  # fmt: skip
    angle = np.linspace(0, 1, 4)
    turned = to_heading(grf, angle)
    for i in (0, 1, 3):
        c, s = np.cos(angle[i]), np.sin(angle[i])
        slow = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) @ data[i]
        assert np.allclose(turned.data.values[i], slow)
    assert turned.valid.values[2].tolist() == [False, False, True]


def test_filled_samples_stay_marked() -> None:
    grf = make_stream(np.ones((3, 3)), time=range(3), channels=["r_fx", "r_fy", "r_fz"], units="N",
                      kind="force", frame={"up": "z"})  # fmt: skip
    grf["filled"] = (("time", "channel"), np.eye(3, dtype=bool))
    turned = to_heading(grf, 0.3)
    wanted = [[True, True, False], [True, True, False], [False, False, True]]
    assert turned["filled"].values.tolist() == wanted
    assert from_heading(turned, 0.3)["filled"].values.tolist() == wanted


@pytest.mark.parametrize("up", ["y", "z"])
def test_corners_of_plates_turn_with_the_centre_of_pressure(
    up: str, rng: np.random.Generator
) -> None:
    flat = "xy" if up == "z" else "xz"
    names = [f"p1_f{a}" for a in "xyz"] + [f"p1_cop{a}" for a in flat]
    at = rng.normal(size=3)
    data = [[1.0, 2.0, 3.0, *(at["xyz".index(a)] for a in flat)]]
    plates = make_stream(data, time=[0], channels=names, units=["N"] * 3 + ["m"] * 2,
                         kind="force", frame={"up": up})  # fmt: skip
    plates.attrs["corners"] = {"p1": [at.tolist()] * 4}
    turned = to_heading(plates, 0.7)
    corner = dict(zip("xyz", turned.attrs["corners"]["p1"][0], strict=True))
    assert [corner[a] for a in flat] == pytest.approx(turned.data.values[0, 3:].tolist())
    assert corner[up] == at["xyz".index(up)]
    assert np.allclose(from_heading(turned, 0.7).attrs["corners"]["p1"], at)
    assert to_heading(plates, [0.7]).attrs["corners"] == turned.attrs["corners"]


def _steps(trees: list[xr.DataTree], by: str) -> list[tuple[float, np.ndarray]]:
    """Heading and forward force in body weights of each step on one plate."""
    steps = []
    for tree in trees:
        plates = tree["plates"].to_dataset()
        for number in (1, 2):
            on = np.flatnonzero(plates.sel(channel=f"p{number}_fz").data.values > 20)
            if 300 < len(on) < 800:  # else not stepped on, or by both feet
                heading = heading_angle(tree, by=by, span=(on[0] / 1000, on[-1] / 1000))
                turned = to_heading(plates, heading.angle_rad).sel(channel=f"p{number}_fx")
                weight = tree.attrs["mass_kg"] * 9.80665
                steps.append((heading.angle_rad, turned.data.values[on] / weight))
    return steps


@pytest.mark.parametrize("by", ["travel", "pelvis"])
def test_children_brake_and_then_push_whichever_way_they_walk(
    children: Callable[[str], list[xr.DataTree]], by: str
) -> None:
    steps = _steps(children("Straight"), by)
    assert len(steps) == 22
    for _, curve in steps:
        half = len(curve) // 2
        assert curve[:half].mean() < -0.03
        assert curve[half:].mean() > 0.03
        assert -0.45 < curve.min() < -0.08
        assert 0.08 < curve.max() < 0.45
    assert {round(a / np.pi * 2) for a, _ in steps} == {1, -1}  # they walk both ways


@pytest.mark.parametrize("by", ["travel", "pelvis"])
def test_children_who_turn_push_later_than_they_brake(
    children: Callable[[str], list[xr.DataTree]], by: str
) -> None:
    steps = _steps(children("Turn"), by)
    assert len(steps) == 18
    for _, curve in steps:  # the pelvis turns by up to 80 degrees within one of these steps
        half = len(curve) // 2
        assert curve[half:].mean() - curve[:half].mean() > 0.05
    assert np.ptp([a for a, _ in steps]) > 0.5
