"""Labels, model outputs, units and gaps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono.core.errors import FileFormatError
from unisono.recordings.formats.c3d import read_c3d
from unisono.recordings.formats.c3d_points import unique_labels

Writer = Callable[..., Path]
Maker = Callable[..., dict[tuple[str, str], Any]]


def test_model_outputs_leave_the_markers(write_c3d: Writer, marker_c3d: Maker) -> None:
    tree = read_c3d(write_c3d(np.ones((3, 5, 3)), parameters=marker_c3d(5)))
    assert list(tree.children) == ["markers", "angles", "model_forces"]
    assert tree["angles"].channel.values.tolist() == [f"LKneeAngles_{a}" for a in "xyz"]
    assert set(tree["angles"].unit.values) == {"deg"} and tree["angles"].attrs["kind"] == "angle"
    assert tree["markers"].sizes["channel"] == 9
    assert tree["angles"].attrs["frame"]["up"] == "unknown"


def test_outputs_are_told_by_their_labels_where_no_list_exists(write_c3d: Writer) -> None:
    labels = ["LASI", "LHipAngles", "RNormalisedGRF", "LKneeMoment", "LKneePower", "ForcePoint"]
    known = {("POINT", "LABELS"): labels, ("POINT", "UNITS"): ["mm"]}
    tree = read_c3d(write_c3d(np.ones((3, 6, 3)), parameters=known))
    homes = {
        str(c).rsplit("_", 1)[0]: name
        for name, node in tree.children.items()
        for c in node.channel.values
    }
    assert list(map(homes.get, labels)) == [
        "markers", "angles", "model_forces", "moments", "powers", "markers",
    ]  # fmt: skip
    assert any("ANGLE_UNITS is not stated" in line for line in tree["angles"].attrs["history"])


def test_labels_beyond_255(write_c3d: Writer, marker_c3d: Maker) -> None:
    known = marker_c3d(300)  # the model outputs are the last two
    known["POINT", "ANGLES"] = ["none of them"]
    known["POINT", "ANGLES2"] = ["LKneeAngles"]
    points = np.arange(2 * 300 * 3.0).reshape(2, 300, 3) + 1
    tree = read_c3d(write_c3d(points, parameters=known))
    assert tree["angles"].data.values[1].tolist() == points[1, 298].tolist()
    assert tree["model_forces"].data.values[1].tolist() == points[1, 299].tolist()
    assert "M297_z" in tree["markers"].channel.values


def test_gaps(write_c3d: Writer, marker_c3d: Maker) -> None:
    points = np.ones((4, 3, 3))
    points[2] = 0.0
    seen = np.ones((4, 3), bool)
    seen[1] = False
    tree = read_c3d(write_c3d(points, seen=seen, parameters=marker_c3d(3)))
    assert tree["markers"].valid.values[:, 0].tolist() == [True, False, False, True]
    assert np.isnan(tree["markers"].data.values[1, 0])
    # An angle may be exactly zero in all three planes; only the file's own mark counts.
    assert tree["angles"].valid.values[:, 0].tolist() == [True, False, True, True]


def test_never_seen_point_is_kept_and_not_valid(write_c3d: Writer) -> None:
    seen = np.ones((3, 2), bool)
    seen[:, 1] = False
    tree = read_c3d(write_c3d(np.ones((3, 2, 3)), seen=seen))
    assert not tree["markers"].valid.values[:, 3:].any()


def test_unit_that_is_none(write_c3d: Writer) -> None:
    known = {("POINT", "UNITS"): ["frobs"]}
    with pytest.raises(FileFormatError, match="POINT:UNITS: 'frobs' is not a unit"):
        read_c3d(write_c3d(np.ones((3, 2, 3)), parameters=known))
    tree = read_c3d(write_c3d(np.ones((3, 2, 3))))
    assert set(tree["markers"].unit.values) == {"1"}
    assert any("POINT:UNITS is not stated" in line for line in tree["markers"].attrs["history"])


def test_declared_unit_is_kept_even_where_it_lies(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("biomechzoo") / "HC002D/Straight/HC002D06.c3d"
    tree = read_c3d(path)
    assert set(tree["model_forces"].unit.values) == {"N"}
    assert set(tree["moments"].unit.values) == {"N*mm"}
    force = tree["model_forces"].to_dataset().data.sel(channel="LGroundReactionForce_z")
    assert 9 < float(force.max()) < 15  # per kilogram, whatever the file says


def test_prefix_of_the_only_subject_is_taken_off(write_c3d: Writer) -> None:
    known = {
        ("POINT", "LABELS"): ["Ann:LASI", "Ann:RASI"],
        ("SUBJECTS", "LABEL_PREFIXES"): ["Ann:"],
        ("SUBJECTS", "NAMES"): ["Ann"],
    }
    tree = read_c3d(write_c3d(np.ones((3, 2, 3)), parameters=known))
    assert tree["markers"].channel.values[0] == "LASI_x"
    known["SUBJECTS", "LABEL_PREFIXES"] = ["Ann:", "Bob:"]
    tree = read_c3d(write_c3d(np.ones((3, 2, 3)), parameters=known))
    assert tree["markers"].channel.values[0] == "Ann:LASI_x"


def test_analog_channels(write_c3d: Writer) -> None:
    known = {
        ("ANALOG", "LABELS"): ["L Rect", "EMG 2", "Goniometer", "Gast", "", "Goniometer"],
        ("ANALOG", "UNITS"): ["V", "uV", "deg", "m/s^2", "frobs", ""],
    }
    analog = np.arange(36.0).reshape(6, 6)
    tree = read_c3d(write_c3d(np.ones((3, 1, 3)), analog=analog, samples=2, parameters=known))
    assert tree["emg"].channel.values.tolist() == ["L Rect", "EMG 2"]
    assert tree["emg"].unit.values.tolist() == ["V", "uV"]
    assert tree["analog"].channel.values.tolist() == [
        "Goniometer", "Gast", "analog_5", "Goniometer_2",
    ]  # fmt: skip
    assert tree["analog"].data.values[1].tolist() == [8.0, 9.0, 10.0, 11.0]
    assert tree["emg"].attrs["rate_hz"] == 200.0
    assert tree["emg"].time.values[:3].tolist() == [0.0, 0.005, 0.01]
    assert any("frobs" in line for line in tree["analog"].attrs["history"])


def test_labels_stay_unique_whatever_comes() -> None:
    labels, notes = unique_labels(["A", "A_2", "A", "A"], 5, "point")
    assert labels == ["A", "A_2", "A_3", "A_4", "point_5"] and "A" in notes[0]
    many, _ = unique_labels(["x"] * 3000, 3000, "point")
    assert len(set(many)) == 3000
