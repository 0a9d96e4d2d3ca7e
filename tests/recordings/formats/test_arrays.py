"""Mirrors src/unisono/recordings/formats/arrays.py."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import FileFormatError
from unisono.recordings.describe import describe
from unisono.recordings.doubt_samples import sample_doubts
from unisono.recordings.formats.arrays import arrays_to_streams, read_npy, read_npz, write_npz
from unisono.recordings.formats.options import DEFAULTS, ReadOptions
from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.recordings.signals.gaps import GapPolicy, fill_gaps


@pytest.fixture
def tree(rng: np.random.Generator) -> xr.DataTree:
    time = np.cumsum(rng.random(30))
    grf = make_stream(
        rng.normal(size=(30, 2)).astype(np.float32), time=time, channels=["fz", "px"],
        units=["N", "mm"], kind="force", valid=rng.random((30, 2)) > 0.1, side="left",
        history=["made"], frame={"up": "z"}, rate_hz=2.0,
    )  # fmt: skip
    angles = make_stream(np.ones((4, 1)), time=range(4), channels=["k"], units="deg", kind="angle")
    return make_recording(
        {"grf": grf, "angles": angles}, recording="walk", subject="A", mass_kg=70.0,
        labels={"speed": 1.3}, captions=["a person walks"], source={"file": "x"},
        events=make_events([1.0, 2.0], ["foot_strike", "foot_off"], ["left"] * 2, "given"),
    )  # fmt: skip


def test_our_layout_returns_the_same_recording(tree: xr.DataTree, tmp_path: Path) -> None:
    back = read_npz(write_npz(tree, tmp_path / "a.npz"))
    xr.testing.assert_identical(back, tree)


def test_filled_samples_and_labels_of_numpy_come_back(tree: xr.DataTree, tmp_path: Path) -> None:
    filled = fill_gaps(tree["grf"].to_dataset(), GapPolicy(10.0))
    assert filled["filled"].values.any()
    tree["grf"] = xr.DataTree(filled)
    tree.attrs["labels"] = {"trial": np.int64(3)}
    xr.testing.assert_identical(read_npz(write_npz(tree, tmp_path / "a.npz")), tree)


def test_chosen_streams_and_stated_options(tree: xr.DataTree, tmp_path: Path) -> None:
    write_npz(tree, tmp_path / "a.npz", streams=["grf"])
    back = read_npz(tmp_path / "a.npz", ReadOptions(units={"grf": "N/kg"}, subject="B"))
    assert [*back.children] == ["grf", "events"]
    assert (back.attrs["subject"], back["grf"].unit.values.tolist()) == ("B", ["N/kg", "mm"])


@pytest.mark.parametrize("meta", ["{", "[]", '{"streams": {}, "attrs": {}}', '{"streams": 3}'])
def test_damaged_description(tmp_path: Path, meta: str) -> None:
    np.savez(tmp_path / "a.npz", recording=np.array(meta))
    with pytest.raises(FileFormatError, match="recording: "):
        read_npz(tmp_path / "a.npz")


def test_description_of_an_absent_stream(tree: xr.DataTree, tmp_path: Path) -> None:
    write_npz(tree, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as found:
        kept = {key: found[key] for key in found.files if not key.startswith("grf/")}
    assert json.loads(str(kept["recording"]))
    np.savez(tmp_path / "b.npz", **kept)
    with pytest.raises(FileFormatError, match="description is damaged.*grf/data"):
        read_npz(tmp_path / "b.npz")


def test_plain_arrays(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz", time=np.arange(5) / 10, angles=np.ones((5, 2)), wide=np.zeros((3, 5)),
        note=np.array("x"), other=np.zeros((4, 4)),
    )  # fmt: skip
    tree = read_npz(tmp_path / "a.npz", ReadOptions(units={"angles": "rad"}))
    assert tree["wide"].sizes["channel"] == 3
    assert tree["angles"].attrs["kind"] == "angle"
    assert "other (4, 4)" in tree["angles"].attrs["history"][-1]
    (said,) = (d for d in describe(tree).doubts if "not read" in d.message)
    assert "other (4, 4)" in said.message
    assert tree["angles"].attrs["rate_hz"] == 10.0


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ({"x": np.ones((5, 2))}, {}, "there is no time; state rate_hz"),
        (
            {"x": np.ones((5, 2, 2))},
            {"rate_hz": 1},
            r"no array is \(time, channel\): x \(5, 2, 2\)",
        ),
        ({"x": np.ones((5, 2)), "t": np.zeros(5)}, {}, "time does not increase"),
        ({"x": np.ones((5, 2)), "t": np.array("a")}, {}, "t: the time is not numbers"),
        ({"x": np.ones((5, 2)), "t": np.arange(4)}, {}, "no array is"),
        ({"x": np.ones((5, 2))}, {"rate_hz": 1, "columns": ["a"]}, "1 names are stated for 2"),
        ({"x": np.ones((0, 2))}, {"rate_hz": 1}, "no array is"),
    ],
)
def test_what_is_no_stream(arrays: dict, options: dict, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        arrays_to_streams("f", arrays, ReadOptions(**options))


def test_heat_field(shared_data: Callable[[str], Path]) -> None:
    file = shared_data("pydmd") / "tutorials" / "data" / "heat_90.npy"
    tree = read_npy(file, ReadOptions(rate_hz=10))
    np.testing.assert_array_equal(tree["features"]["data"], np.load(file))
    with pytest.raises(FileFormatError, match="state rate_hz"):
        read_npy(file)


def test_stack_of_trials_is_refused(shared_data: Callable[[str], Path]) -> None:
    with pytest.raises(FileFormatError, match=r"X \(38, 101, 21\)"):
        read_npz(shared_data("biomechzoo") / "stance_dev.npz", DEFAULTS)


def test_arrays_of_another_length_are_told_as_a_doubt(tmp_path: Path) -> None:
    time = np.arange(5) / 10
    np.savez(tmp_path / "a.npz", time=time, x=np.ones((5, 2)), y=np.ones((5, 2)), z=np.ones((4, 2)))
    told = [
        d.message for d in sample_doubts(read_npz(tmp_path / "a.npz")) if "not read" in d.message
    ]
    assert len(told) == 1 and "z (4, 2)" in told[0]
    np.savez(tmp_path / "b.npz", time=time, z=np.ones((4, 2)))
    with pytest.raises(FileFormatError, match=r"with the 5 times of 'time': z \(4, 2\)"):
        read_npz(tmp_path / "b.npz")
