"""Subject, events and the laboratory's axes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono.recordings.formats.c3d import read_c3d
from unisono.recordings.formats.c3d_header import parse_c3d
from unisono.recordings.formats.c3d_meta import body_of, events_in, laboratory_frame
from unisono.recordings.formats.c3d_plates import FoundPlates, find_platforms
from unisono.recordings.schema import events_of

Writer = Callable[..., Path]
Maker = Callable[..., dict[tuple[str, str], Any]]


@pytest.mark.parametrize(
    ("stated", "metres"),
    [(1450.0, 1.45), (145.0, 1.45), (1.45, 1.45), (0.0, None), (9999.0, None), (-3.0, None)],
)
def test_height_in_the_unit_its_size_tells(
    stated: float, metres: float | None, write_c3d: Writer
) -> None:
    known = {("PROCESSING", "Height"): np.float32(stated)}
    path = write_c3d(np.ones((2, 1, 3)), parameters=known)
    assert body_of(parse_c3d(path.read_bytes(), path)[1]).height_m == metres


def test_mass_name_and_doubt(write_c3d: Writer) -> None:
    known = {
        ("PROCESSING", "Bodymass"): np.float32(32.1),
        ("SUBJECTS", "NAMES"): ["HC002D ", "Second"],
    }
    path = write_c3d(np.ones((2, 1, 3)), parameters=known)
    body = body_of(parse_c3d(path.read_bytes(), path)[1])
    assert (body.subject, body.mass_kg) == ("HC002D+Second", 32.1)
    known["PROCESSING", "Bodymass"] = np.float32(32100.0)
    tree = read_c3d(write_c3d(np.ones((2, 1, 3)), parameters=known))
    assert "mass_kg" not in tree.attrs
    assert any("32100 kg is not believed" in line for line in tree["markers"].attrs["history"])


def test_events_count_from_the_trial_and_the_recording_from_the_file(write_c3d: Writer) -> None:
    known = {
        ("EVENT", "USED"): np.int16(6),
        ("EVENT", "CONTEXTS"): ["Left", "Right", "General", "Left", "R", ""],
        ("EVENT", "LABELS"): ["Foot Strike", "Toe Off", "Turn start", "Foot Off", "FS", "RHS"],
        ("EVENT", "TIMES"): np.array([[0.0, 0, 0, 1, 0, 0], [1.24, 1.26, 1.25, 2, np.nan, 1.27]]),
    }
    path = write_c3d(np.ones((10, 1, 3)), parameters=known, first=125, rate=100.0)
    tree = read_c3d(path)
    events = events_of(tree)
    assert events.time.values.tolist() == [0.0, 0.01, 0.02, 0.03]
    assert events.name.values.tolist() == [
        "foot_strike", "turn_start", "foot_off", "foot_strike",
    ]  # fmt: skip
    assert events.side.values.tolist() == ["left", "", "right", "right"]
    assert set(events.how.values) == {"given"} and tree.attrs["source"]["first_frame"] == 125
    assert any("2 of 6 events" in line for line in tree["markers"].attrs["history"])


def test_times_of_real_events_are_those_of_the_plates(shared_data: Callable[[str], Path]) -> None:
    # A foot strike on a plate is where its force rises over 20 N; 10 ms is one frame.
    apart = []
    for path in sorted(shared_data("biomechzoo").rglob("*.c3d")):
        tree = read_c3d(path)
        plates, events = tree["plates"].to_dataset(), events_of(tree)
        for number in (1, 2):
            loaded = plates.data.sel(channel=f"p{number}_fz").values > 20
            edges = {
                "foot_strike": plates.time.values[np.flatnonzero(np.diff(loaded * 1) == 1)],
                "foot_off": plates.time.values[np.flatnonzero(np.diff(loaded * 1) == -1)],
            }
            for time, name in zip(events.time.values, events.name.values, strict=True):
                near = edges[str(name)]
                if near.size and np.abs(near - time).min() < 0.05:
                    apart.append(time - near[np.argmin(np.abs(near - time))])
    assert len(apart) > 50
    assert abs(float(np.median(apart))) < 0.003 and float(np.std(apart)) < 0.01


def test_no_events(write_c3d: Writer) -> None:
    path = write_c3d(np.ones((2, 1, 3)))
    layout, parameters = parse_c3d(path.read_bytes(), path)
    assert events_in(parameters, layout).events.sizes["event"] == 0


def test_up_axis(write_c3d: Writer, plate_c3d: Maker) -> None:
    def frame(known: dict[tuple[str, str], Any], plates: bool = False) -> Any:  # noqa: ANN401
        path = write_c3d(np.ones((2, 1, 3)), parameters=known)
        parameters = parse_c3d(path.read_bytes(), path)[1]
        found = find_platforms(parameters, ["N"] * 6, "mm") if plates else FoundPlates()
        return laboratory_frame(parameters, found)

    assert frame({}).frame["up"] == "unknown"
    assert frame({("POINT", "Y_SCREEN"): ["+Y"]}).frame["up"] == "y"
    assert frame({("POINT", "Y_SCREEN"): ["-Z"]}).frame["up"] == "-z"
    assert frame({("POINT", "Y_SCREEN"): ["up"]}).frame["handedness"] == "unknown"
    both = frame(plate_c3d(2, 6, [0.0, 0, -40]) | {("POINT", "Y_SCREEN"): ["+Y"]}, plates=True)
    assert both.frame == {"up": "z", "forward": "unknown", "handedness": "right"}
    assert "force plates say z" in both.doubts[0]


def test_up_axis_of_real_files(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("file_readers")
    ups = {p.stem: read_c3d(p)["markers"].attrs["frame"]["up"] for p in folder.glob("*.c3d")}
    assert ups == {"BMC_Gait": "z", "c3d_sample": "y", "kinematics_tennis_serve": "unknown"}
