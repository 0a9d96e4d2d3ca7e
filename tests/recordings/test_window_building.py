"""Mirrors src/unisono/recordings/window_building.py."""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import ConfigError, OutputError, SchemaError
from unisono.recordings import window_building as module
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.window_building import build_windows
from unisono.recordings.window_cache import WindowSet
from unisono.recordings.windows import Cut, cut_windows

CUT = Cut(("angles", "grf"), rate_hz=50, length=10, stride=5, require=("angles",))


def trial(
    name: str, *, plate: bool = True, channels: str = "ab", late: bool = False
) -> xr.DataTree:
    rng = np.random.default_rng(sum(map(ord, name)))
    slow, fast = np.arange(60) / 50, np.arange(240) / 200 + 9 * late
    parts = {
        "angles": make_stream(
            rng.normal(size=(60, len(channels))), time=slow, channels=list(channels), units="deg",
            kind="angle",
        )
    }  # fmt: skip
    if plate:
        parts["grf"] = make_stream(
            rng.normal(size=(240, 1)), time=fast, channels=["fz"], units="N", kind="force"
        )
    labels: dict[str, object] = {"condition": name[0]}
    if name == "b1":
        labels["day"] = "monday"
    if name == "a1":
        labels["day"] = 3
    return make_recording(parts, recording=name, subject=name[0], labels=labels)


Make = Callable[..., WindowSet]


@pytest.fixture
def build(tmp_path: Path) -> Make:
    def make(*trees: xr.DataTree, cut: Cut = CUT) -> WindowSet:
        dataset = Dataset.create(tmp_path / "d.un", trees, overwrite=True)
        build_windows(dataset, cut, tmp_path / "windows", digest="sha256:0")
        return WindowSet(tmp_path / "windows")

    return make


def test_rows_are_the_windows_of_the_recordings_in_order(build: Make) -> None:
    trees = [trial("a1"), trial("b1", plate=False), trial("c1", channels="bc")]
    windows = build(*trees)
    assert windows.streams["angles"].channels == ("a", "b", "c")
    batches = [cut_windows(tree, CUT) for tree in trees]
    sizes = [len(batch) for batch in batches]
    assert len(windows) == sum(sizes) == 33
    got = windows.batch(np.arange(33))
    parts = np.split(got.data["angles"].numpy(), np.cumsum(sizes)[:-1])
    masks = np.split(got.mask["angles"].numpy(), np.cumsum(sizes)[:-1])
    for part, mask, batch, columns in zip(
        parts, masks, batches, ([0, 1], [0, 1], [1, 2]), strict=True
    ):
        np.testing.assert_array_equal(part[:, :, columns], batch.data["angles"])
        np.testing.assert_array_equal(mask[:, :, columns], batch.mask["angles"])
        other = [c for c in range(3) if c not in columns]
        assert not mask[:, :, other].any()
        assert (part[:, :, other] == 0).all()
    # A plate that is not there is missing, not zero.
    assert not got.mask["grf"][sizes[0] : sizes[0] + sizes[1]].any()
    np.testing.assert_array_equal(got.data["grf"][: sizes[0]], batches[0].data["grf"])
    assert windows.table["day"].iloc[[0, 11]].tolist() == ["3", "monday"]
    assert windows.table["recording"].tolist() == ["a1"] * 11 + ["b1"] * 11 + ["c1"] * 11


def test_recordings_that_give_nothing_are_told_with_the_reason(build: Make) -> None:
    windows = build(trial("a1"), trial("b1", late=True))
    assert list(windows.skipped) == ["b1"]
    assert "do not overlap in time" in windows.skipped["b1"]
    assert set(windows.table["recording"]) == {"a1"}


def test_nothing_at_all_is_an_error_that_says_why(build: Make) -> None:
    with pytest.raises(SchemaError, match=r"no recording of .* gives a window \(a1: .*overlap"):
        build(trial("a1", late=True))
    with pytest.raises(ConfigError, match=r"a stream 'imu'; there are angles, grf"):
        build(trial("a1"), cut=Cut(("imu",), rate_hz=50, length=10))


def test_a_recording_without_a_window_is_told_what_keeps_it_from_one(build: Make) -> None:
    for cut, why in (
        (
            replace(CUT, length=5000),
            "a1: it holds no such window: its streams share less than the 100",
        ),
        (
            Cut(("angles",), by=("foot_strike", "foot_off"), points=5),
            "no foot_strike is followed by foot_off of that side within 0.1 to 3 s",
        ),
    ):
        with pytest.raises(SchemaError, match=why):
            build(trial("a1"), cut=cut)
    empty = trial("a1")
    empty["angles"]["valid"][:] = False
    empty["grf"]["valid"][:] = False
    with pytest.raises(SchemaError, match="in none is the share min_valid = "):
        build(empty)


def test_a_pattern_must_fit_somewhere(build: Make) -> None:
    def chosen(*patterns: str) -> Cut:
        return Cut(("angles",), rate_hz=50, length=10, channels={"angles": patterns})

    trees = [trial("a1"), trial("c1", channels="bc")]
    assert build(*trees, cut=chosen("b", "c")).streams["angles"].channels == ("b", "c")
    with pytest.raises(ConfigError, match=r"no recording has a channel 'x' in stream 'angles'"):
        build(*trees, cut=chosen("b", "x"))
    with pytest.raises(
        SchemaError, match=r"gives a window \(a1: stream 'angles' has no channel 'x'"
    ):
        build(*trees, cut=chosen("x"))


def test_progress_is_told(tmp_path: Path) -> None:
    dataset = Dataset.create(tmp_path / "d.un", [trial("a1"), trial("b1")])
    told: list[tuple[int, int, str]] = []
    build_windows(
        dataset, CUT, tmp_path / "w", digest="x", progress=lambda *step: told.append(step)
    )
    assert told == [(1, 2, "a1"), (2, 2, "b1")]


def test_a_full_disk_leaves_nothing(
    build: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module.np, "save", full)
    with pytest.raises(OutputError, match="disk is full"):
        build(trial("a1"))
    assert [path.name for path in tmp_path.iterdir()] == ["d.un"]
