"""Plates of a file: streams, units, plates that cannot be computed, and real walking."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose

from unisono.recordings.formats.c3d import read_c3d
from unisono.recordings.formats.c3d_header import parse_c3d
from unisono.recordings.formats.c3d_plates import find_platforms, plates_stream
from unisono.recordings.schema import UNKNOWN_FRAME

Writer = Callable[..., Path]
Maker = Callable[..., dict[tuple[str, str], Any]]


def plate_file(write_c3d: Writer, known: dict[tuple[str, str], Any], analog: np.ndarray) -> Path:
    return write_c3d(np.ones((len(analog) // 2, 2, 3)), analog=analog, samples=2, parameters=known)


@pytest.fixture
def analog(rng: np.random.Generator) -> np.ndarray:
    return np.float32(rng.normal(size=(8, 9)) * 30 + [0, 0, -700, 0, 0, 0, 0, 0, 0])


def vector(stream: xr.Dataset, stem: str) -> np.ndarray:
    return stream.data.sel(channel=[f"{stem}{axis}" for axis in "xyz"]).values


def test_stream_of_one_plate(
    write_c3d: Writer, plate_c3d: Maker, marker_c3d: Maker, analog: np.ndarray
) -> None:
    known = marker_c3d(2, outputs=False) | plate_c3d(2, 9, [0.0, 0, -40])
    stream = read_c3d(plate_file(write_c3d, known, analog))["plates"].to_dataset()
    units = dict(zip(stream.channel.values, stream.unit.values, strict=True))
    assert (units["p1_fx"], units["p1_mx"], units["p1_copx"], units["p1_tz"]) == (
        "N", "N*mm", "mm", "N*mm",
    )  # fmt: skip
    assert stream.attrs["rate_hz"] == 200.0 and stream.attrs["frame"]["up"] == "z"
    assert (vector(stream, "p1_f")[:, 2] > 500).all()  # on the body: upward
    assert any("20 N" in line for line in stream.attrs["history"])
    assert any("on the body" in line for line in stream.attrs["history"])
    corners = known["FORCE_PLATFORM", "CORNERS"][..., 0].T
    assert_allclose(stream.attrs["corners"]["p1"], corners)  # by these a foot beside it is seen


def test_moments_in_newton_metres_give_the_same_wrench(
    write_c3d: Writer, plate_c3d: Maker, marker_c3d: Maker, analog: np.ndarray
) -> None:
    known = marker_c3d(2, outputs=False) | plate_c3d(2, 9, [0.0, 0, -40])
    plain = read_c3d(plate_file(write_c3d, known, analog))["plates"].to_dataset()
    known["ANALOG", "UNITS"] = ["N", "N", "kN", "Nm", "Nm", "Nm", "V", "V", "V"]
    scaled = analog / np.float32([1, 1, 1000, 1000, 1000, 1000, 1, 1, 1])
    other = read_c3d(plate_file(write_c3d, known, scaled))["plates"].to_dataset()
    assert_allclose(other.data, plain.data, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("TYPE", np.array([7], np.int16), "type 7 is not one of 1 to 4"),
        ("TYPE", np.array([4], np.int16), "CAL_MATRIX is missing"),
        ("CORNERS", np.zeros((3, 4, 1)), "on a line"),
        ("CORNERS", np.zeros((3, 2, 1)), "CORNERS is missing or too short"),
        ("ORIGIN", np.zeros((2, 1)), "ORIGIN is missing or too short"),
        ("CHANNEL", np.full((6, 1), 99, np.int16), "channels that are not there"),
        ("CHANNEL", np.ones((6, 1), np.int16), "channels that are not there"),
    ],
)
def test_plate_that_cannot_be_computed_stays_as_channels(
    key: str, value: np.ndarray, words: str,
    write_c3d: Writer, plate_c3d: Maker, analog: np.ndarray,
) -> None:  # fmt: skip
    known = plate_c3d(2, 9, [0.0, 0, -40])
    known["FORCE_PLATFORM", key] = value
    tree = read_c3d(plate_file(write_c3d, known, analog))
    assert "plates" not in tree.children
    assert tree["analog"].sizes["channel"] == 6 and tree["emg"].sizes["channel"] == 3
    history = [line for node in tree.children.values() for line in node.attrs["history"]]
    assert any(line.startswith("doubt: ") and words in line for line in history)


def test_plates_that_share_channels(
    write_c3d: Writer, plate_c3d: Maker, analog: np.ndarray
) -> None:
    known = plate_c3d(2, 9, [0.0, 0, -40])
    for key in ("CORNERS", "ORIGIN", "CHANNEL"):
        known["FORCE_PLATFORM", key] = np.repeat(known["FORCE_PLATFORM", key], 2, axis=-1)
    known |= {
        ("FORCE_PLATFORM", "USED"): np.int16(2),
        ("FORCE_PLATFORM", "TYPE"): np.array([2, 2], np.int16),
    }
    stream = read_c3d(plate_file(write_c3d, known, analog))["plates"].to_dataset()
    assert stream.sizes["channel"] == 12
    assert any("shares channels" in line for line in stream.attrs["history"])


def test_strange_units_are_a_doubt_and_the_baseline_a_note(
    write_c3d: Writer, plate_c3d: Maker, marker_c3d: Maker, analog: np.ndarray
) -> None:
    known = marker_c3d(2, outputs=False) | plate_c3d(2, 9, [0.0, 0, -40])
    known["ANALOG", "UNITS"] = ["V"] * 9
    known["FORCE_PLATFORM", "ZERO"] = np.array([1, 3], np.int16)
    path = plate_file(write_c3d, known, analog)
    _, parameters = parse_c3d(path.read_bytes(), path)
    found = find_platforms(parameters, ["V"] * 9, "mm")
    assert "state V; taken as N and N*mm" in found.doubts[0]
    assert found.notes == ["baseline of frames 1 to 3 (FORCE_PLATFORM:ZERO) not removed"]
    assert found.channels == set(range(6))


def test_no_plates_no_stream() -> None:
    from unisono.recordings.formats.c3d_parameters import C3DParameters

    found = find_platforms(C3DParameters("intel", {}), [], "mm")
    empty = np.zeros((0, 0), np.float32)
    assert plates_stream(found, empty, rate_hz=1.0, length="mm", frame=UNKNOWN_FRAME) is None


@pytest.mark.parametrize("folder", ["biomechzoo", "file_readers"])
def test_agrees_with_ezc3d_on_real_plates(folder: str, shared_data: Callable[[str], Path]) -> None:
    import ezc3d

    for path in sorted(shared_data(folder).rglob("*.c3d"))[::4]:
        tree = read_c3d(path)
        if "plates" not in tree.children:
            continue
        stream = tree["plates"].to_dataset()
        platforms = ezc3d.c3d(str(path), extract_forceplat_data=True)["data"]["platform"]
        for number, theirs in enumerate(platforms, 1):
            for key, stem in (("force", "f"), ("moment", "m"), ("center_of_pressure", "cop")):
                mine = vector(stream, f"p{number}_{stem}")
                valid = np.isfinite(mine)
                size = np.abs(theirs[key].T[valid]).max(initial=1e-3)
                assert_allclose(mine[valid], theirs[key].T[valid], rtol=1e-4, atol=1e-5 * size)


def test_standing_children_weigh_what_the_file_says(shared_data: Callable[[str], Path]) -> None:
    paths = sorted(shared_data("biomechzoo").rglob("Static/*.c3d"))
    for path in paths:
        tree = read_c3d(path)
        stream = tree["plates"].to_dataset()
        weight = sum(vector(stream, f"p{n}_f")[:, 2].mean() for n in (1, 2))
        assert 0.95 < weight / (tree.attrs["mass_kg"] * 9.81) < 1.1
    assert len(paths) == 8


def test_plates_agree_with_the_model_force_of_walking(
    shared_data: Callable[[str], Path],
) -> None:
    # The model's force per mass is in laboratory axes; the file calls it N.
    for path in sorted(shared_data("biomechzoo").rglob("Straight/*.c3d"))[:4]:
        tree = read_c3d(path)
        plates = tree["plates"].to_dataset()
        total = sum(vector(plates, f"p{n}_f") for n in (1, 2))[::10] / tree.attrs["mass_kg"]
        model = tree["model_forces"].to_dataset()
        both = [vector(model, f"{side}GroundReactionForce_") for side in "LR"]
        shown = np.isfinite(both[0][:, 2]) | np.isfinite(both[1][:, 2])
        expected = np.nansum(both, axis=0)[shown]
        assert np.median(np.abs(total[shown] - expected), axis=0).max() < 0.4  # N/kg, of 9.8
