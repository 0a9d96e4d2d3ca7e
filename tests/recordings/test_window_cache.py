"""Mirrors src/unisono/recordings/window_cache.py."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from unisono.core.errors import LeakError, SchemaError
from unisono.recordings import window_cache as module
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.splits import Split
from unisono.recordings.window_cache import WindowSet, open_windows
from unisono.recordings.windows import Cut

CUT = Cut(("angles",), rate_hz=50, length=10)


def trial(name: str, subject: str, **known: object) -> xr.DataTree:
    values = np.random.default_rng(len(name)).normal(size=(50, 2))
    angles = make_stream(
        values, time=np.arange(50) / 50, channels=["knee", "hip"], units="deg", kind="angle",
        filter={"type": "lowpass", "cutoff_hz": 6.0}, frame={"up": "z"},
    )  # fmt: skip
    return make_recording({"angles": angles}, recording=name, subject=subject, **known)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    trees = [
        trial("walk", "ben", mass_kg=70, labels={"condition": "slow", "speed": 1.0}),
        trial("run", "anna", height_m=1.7, labels={"condition": "fast", "speed": 3.0}),
        trial("jump", "ben"),
    ]
    return Dataset.create(tmp_path / "gait.un", trees)


def test_a_batch_holds_the_rows_asked_for(dataset: Dataset) -> None:
    windows = open_windows(dataset, CUT)
    assert len(windows) == 15
    assert windows.subject_names == ("anna", "ben")
    assert windows.condition_names == ("fast", "slow")
    batch = windows.batch([12, 0, 7])
    assert batch.index.tolist() == [12, 0, 7]
    assert batch.subject.tolist() == [1, 1, 0]
    assert batch.condition.tolist() == [-1, 1, 0]
    assert batch.data["angles"].shape == (3, 10, 2)
    assert batch.data["angles"].dtype == torch.float32
    assert batch.mask["angles"].dtype == torch.bool
    assert batch.index.dtype == batch.subject.dtype == batch.condition.dtype == torch.int64
    torch.testing.assert_close(
        batch.known["mass_kg"], torch.tensor([torch.nan, 70.0, torch.nan]), equal_nan=True
    )
    torch.testing.assert_close(
        batch.known["speed"], torch.tensor([torch.nan, 1.0, 3.0]), equal_nan=True
    )
    values = dataset.load("run")["angles"].data.values[20:30].astype(np.float32)
    np.testing.assert_allclose(batch.data["angles"][2].numpy(), values, atol=1e-6)
    assert windows.name(7) == "run 0.40-0.58 s"


def test_a_batch_may_be_changed_without_changing_the_windows(dataset: Dataset) -> None:
    windows = open_windows(dataset, CUT)
    before = windows.batch([0]).data["angles"].clone()
    windows.batch([0]).data["angles"].zero_()
    torch.testing.assert_close(windows.batch([0]).data["angles"], before)


def test_streams_are_described(dataset: Dataset) -> None:
    info = open_windows(dataset, CUT).streams["angles"]
    assert info.channels == ("knee", "hip")
    assert info.units == ("deg", "deg")
    assert info.rate_hz == 50
    assert info.filter == {"type": "lowpass", "cutoff_hz": 6.0}
    assert info.frame["up"] == "z"


def test_the_cache_is_used_and_made_again_when_anything_changes(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_windows(dataset, CUT)
    built = []
    build = module.build_windows
    monkeypatch.setattr(
        module, "build_windows", lambda *a, **k: (built.append(a[1]), build(*a, **k))
    )
    again = open_windows(Dataset.open(dataset.path), replace(CUT))
    assert again.digest == first.digest
    assert not built
    other = open_windows(dataset, replace(CUT, stride=5))
    assert other.digest != first.digest
    assert len(built) == 1
    assert len(list(dataset.cache.iterdir())) == 2
    dataset.add(trial("stand", "carl"))
    more = open_windows(dataset, CUT)
    assert len(more) == 20
    assert len(built) == 2
    assert [path.name for path in dataset.cache.iterdir()] == [more.folder.name]


@pytest.mark.parametrize("file", ["windows.json", "windows.parquet", "angles.data.npy"])
def test_a_damaged_cache_is_made_again(dataset: Dataset, file: str) -> None:
    folder = open_windows(dataset, CUT).folder
    (folder / file).write_bytes(b"damaged")
    with pytest.raises(SchemaError, match="is damaged"):
        WindowSet(folder)
    assert len(open_windows(dataset, CUT)) == 15


def test_an_array_of_objects_is_never_unpickled(dataset: Dataset) -> None:
    folder = open_windows(dataset, CUT).folder
    np.save(folder / "angles.data.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(SchemaError, match="is damaged"):
        WindowSet(folder)


def test_rows_by_split(dataset: Dataset) -> None:
    windows = open_windows(dataset, CUT)
    split = Split({"train": ("ben",), "test": ("anna",)})
    assert windows.rows(split, "train").tolist() == [*range(5), *range(10, 15)]
    assert windows.rows(split, "test").tolist() == list(range(5, 10))
    assert windows.rows(split, "calibration").tolist() == []
    dataset.add(trial("sprint", "ben", labels={"condition": "fast"}))
    more = open_windows(dataset, replace(CUT))
    by_condition = Split({"train": ("slow",), "test": ("fast",)}, by="condition")
    with pytest.raises(Exception, match="'condition' of recording 'jump' is unknown"):
        more.rows(by_condition, "train")


def test_a_split_that_shares_subjects_is_a_leak(tmp_path: Path) -> None:
    trees = [trial(c, "ben", labels={"condition": c}) for c in ("slow", "fast")]
    windows = open_windows(Dataset.create(tmp_path / "d.un", trees), CUT)
    parts = {"train": ("slow",), "test": ("fast",)}
    with pytest.raises(LeakError, match="'ben' has recordings in two parts"):
        windows.rows(Split(parts, by="condition"), "train")
    assert len(windows.rows(Split(parts, by="condition", share_subjects=True), "test")) == 5


def test_the_cache_may_lie_elsewhere(dataset: Dataset, tmp_path: Path) -> None:
    windows = open_windows(dataset, CUT, cache=tmp_path / "cache")
    assert windows.folder.parent == tmp_path / "cache"
    assert not dataset.cache.exists()
