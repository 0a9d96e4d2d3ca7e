"""Mirrors src/unisono/recordings/doubt_axes.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.recordings.declaring import Declared, declare, state_up
from unisono.recordings.doubt_axes import axis_doubts
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.signals.mirroring import mirror

TIME = np.arange(100) / 100
BODY = {  # forward, left, up in metres
    "RASI": (0.1, -0.12, 1.0), "LASI": (0.1, 0.12, 1.0), "RKNE": (0, -0.15, 0.5),
    "LKNE": (0, 0.15, 0.5), "RHEE": (-0.05, -0.1, 0.05), "LHEE": (-0.05, 0.1, 0.05),
    "RTOE": (0.12, -0.1, 0.04), "LTOE": (0.12, 0.1, 0.04), "C7": (0, 0, 1.5), "HEAD": (0, 0, 1.8),
}  # fmt: skip


def _walker(up: str = "z", stated: str | None = None, **changes: object) -> xr.DataTree:
    """A person carried along x at 1 m/s, with a foot's centre of pressure under each foot."""
    channels, columns = [], []
    swap = changes.get("swap", {})
    for name, (forward, left, height) in BODY.items():
        xyz = {"x": forward + TIME, "y": left + 0 * TIME, "z": height + 0 * TIME}
        if up == "y":
            xyz = {"x": xyz["x"], "y": xyz["z"], "z": -xyz["y"]}
        columns += [xyz[a] for a in "xyz"]
        channels += [f"{swap.get(name, name)}_{a}" for a in "xyz"]
    frame = {"up": stated or up}
    parts = {"markers": make_stream(np.stack(columns, 1), time=TIME, channels=channels, units="m",
                                    kind="position", frame=frame)}  # fmt: skip
    sign, scale = changes.get("sign", 1.0), changes.get("scale", 1.0)
    force = np.zeros((100, 10))
    for i, left in enumerate((-0.1, 0.1)):
        force[:, 5 * i : 5 * i + 5] = [20.0, 5.0, 600.0 * sign, 0, 0]
        force[:, 5 * i + 3] = (TIME + 0.05) * scale
        force[:, 5 * i + 4] = left * scale
    names = [f"{s}_{c}" for s in "rl" for c in ("fx", "fy", "fz", "copx", "copy")]
    parts["grf"] = make_stream(force, time=TIME, channels=names, units=(["N"] * 3 + ["m"] * 2) * 2,
                               kind="force", frame={"up": "z"})  # fmt: skip
    if up == "y":
        del parts["grf"]
    return make_recording(parts, recording="r", subject="s", mass_kg=60.0)


def _kinds(tree: xr.DataTree) -> list[tuple[str, str]]:
    return [(d.stream, d.kind) for d in axis_doubts(tree)]


@pytest.mark.parametrize("up", ["z", "y"])
def test_an_honest_recording_is_not_doubted(up: str) -> None:
    assert _kinds(_walker(up)) == []


@pytest.mark.parametrize(("up", "stated"), [("y", "z"), ("z", "y")])
def test_a_wrong_vertical_axis_is_found(up: str, stated: str) -> None:
    tree = _walker(up, stated)
    found = [d for d in axis_doubts(tree) if d.kind == "frame"]
    assert found[0].remedy == f"if so, state --up {up}"
    assert _kinds(declare(tree, Declared(up=up))) == []


def test_an_unknown_vertical_axis_is_guessed_for_the_user_to_state() -> None:
    tree = _walker("y", "unknown")
    (doubt,) = axis_doubts(tree)
    assert (doubt.kind, doubt.remedy) == ("frame", "state it with --up y")
    grf = _walker()["grf"].to_dataset()
    grf.attrs["frame"] = {"up": "unknown"}
    alone = make_recording({"grf": grf}, recording="r", subject="s")
    assert [d.remedy for d in axis_doubts(alone)] == ["state it with --up z"]
    # Beside markers that know it, a force stream without a frame raises no second question.
    beside = make_recording({"markers": _walker()["markers"].to_dataset(), "grf": grf},
                            recording="r", subject="s")  # fmt: skip
    assert _kinds(beside) == []


def test_offsets_of_joints_in_their_parents_frames_have_no_vertical_axis() -> None:
    walker = _walker()
    offsets = walker["markers"].to_dataset().assign_attrs(frame={})
    tree = make_recording({"joint_offsets": offsets}, recording="r", subject="s")
    assert not [d for d in axis_doubts(tree) if d.kind == "frame"]
    tree = make_recording({"positions": offsets}, recording="r", subject="s")
    assert [d.remedy for d in axis_doubts(tree)] == ["state it with --up z"]


def test_forces_on_the_plate_are_found_and_reversed() -> None:
    tree = _walker(sign=-1.0)
    (doubt,) = [d for d in axis_doubts(tree) if d.kind == "sign"]
    assert doubt.remedy == "if so, say --reverse grf"
    assert _kinds(declare(tree, Declared(reverse=("grf",)))) == []
    flipped = state_up(tree["grf"].to_dataset(), "y")
    assert [d.kind for d in axis_doubts(make_recording({"grf": flipped}, recording="r",
                                                       subject="s"))] == ["frame"]  # fmt: skip


def test_swapped_sides_are_found() -> None:
    names = {n: ("L" if n[0] == "R" else "R") + n[1:] for n in BODY if n[0] in "RL"}
    kinds = _kinds(_walker(swap=names))
    assert ("markers", "sides") in kinds
    assert ("grf", "sides") in kinds  # the pressure is under the other foot
    tree = _walker(swap=names)
    (doubt,) = [d for d in axis_doubts(tree) if (d.stream, d.kind) == ("markers", "sides")]
    assert doubt.remedy == "if the labels are, say --swap markers"
    assert _kinds(declare(tree, Declared(swap=("markers",)))) == []  # and none about the forces
    one = {"RKNE": "LKNE", "LKNE": "RKNE"}
    assert ("markers", "sides") not in _kinds(_walker(swap=one))  # one pair may be odd


def test_pressure_away_from_every_foot_is_found() -> None:
    assert _kinds(_walker(scale=1000.0)) == [("grf", "place")] * 2


def test_a_mirrored_recording_is_as_honest() -> None:
    assert _kinds(mirror(_walker())) == []


def test_children_and_simulated_walkers_are_not_doubted(
    shared_data: Callable[[str], Path],
) -> None:
    from unisono.recordings.formats.c3d import read_c3d
    from unisono.recordings.signals.assign import assign_plates

    for path in sorted(shared_data("biomechzoo").glob("*/*/*.c3d"))[:9]:
        tree = read_c3d(path)
        assert _kinds(tree) == []
        assert _kinds(assign_plates(tree).tree) == []
