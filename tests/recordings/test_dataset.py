"""Mirrors src/unisono/recordings/dataset.py."""

import errno
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import ConfigError, LeakError, OutputError, SchemaError
from unisono.recordings.dataset import Dataset, DatasetWriter
from unisono.recordings.schema import make_recording, make_stream, stream_names
from unisono.recordings.splits import Split


def trial(name: str, subject: str, condition: str = "slow") -> xr.DataTree:
    values = np.random.default_rng(len(name)).normal(size=(50, 2))
    time = np.arange(50) / 100
    parts = {
        key: make_stream(values * gain, time=time, channels=["x", "y"], units="m", kind="position")
        for key, gain in (("markers", 1.0), ("angles", 2.0))
    }
    return make_recording(
        parts, recording=name, subject=subject, mass_kg=70, labels={"condition": condition}
    )


def trials() -> Iterator[xr.DataTree]:
    yield trial("a1", "anna", "slow")
    yield trial("a2", "anna", "fast")
    yield trial("b1", "ben", "slow")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.create(tmp_path / "gait.un", trials())


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_create_open_load(dataset: Dataset) -> None:
    again = Dataset.open(dataset.path)
    assert again.recordings == ["a1", "a2", "b1"]
    assert again.subjects == ["anna", "ben"]
    assert again.digest == dataset.digest
    assert again.table["condition"].tolist() == ["slow", "fast", "slow"]
    for tree, original in zip(again, trials(), strict=True):
        xr.testing.assert_identical(tree, original)
        assert stream_names(tree) == ["markers", "angles"]
    assert sorted(files(dataset.path)) == [
        "dataset.toml", *(f"recordings/{name}.zarr.zip" for name in ("a1", "a2", "b1"))
    ]  # fmt: skip


def test_a_dataset_of_format_1_is_read_and_added_to(dataset: Dataset) -> None:
    for file in list(dataset.store.path.iterdir()):
        with zipfile.ZipFile(file) as zipped:
            zipped.extractall(dataset.path / "recordings.zarr" / file.name.split(".")[0])
    shutil.rmtree(dataset.path / "recordings")
    catalogue = dataset.path / "dataset.toml"
    catalogue.write_text(catalogue.read_text().replace("format = 2", "format = 1"))
    older = Dataset.open(dataset.path)
    older.verify()
    older.add(trial("c1", "carl"))
    again = Dataset.open(dataset.path)
    assert again.recordings == ["a1", "a2", "b1", "c1"]
    again.verify()


def test_same_recordings_same_digest_in_any_order(dataset: Dataset, tmp_path: Path) -> None:
    other = Dataset.create(tmp_path / "other.un", reversed(list(trials())))
    assert other.digest == dataset.digest
    fewer = Dataset.create(tmp_path / "fewer.un", list(trials())[:2])
    assert fewer.digest != dataset.digest


def test_an_existing_folder_is_replaced_only_on_request(dataset: Dataset, tmp_path: Path) -> None:
    before = files(dataset.path)
    with pytest.raises(OutputError, match="exists"):
        Dataset.create(dataset.path, trials())
    assert files(dataset.path) == before
    replaced = Dataset.create(dataset.path, [trial("c1", "carl")], overwrite=True)
    assert replaced.recordings == ["c1"]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("precious")
    with pytest.raises(OutputError, match="is not a dataset and is not replaced"):
        Dataset.create(tmp_path / "thesis", trials(), overwrite=True)
    assert (tmp_path / "thesis" / "chapter1.txt").exists()


def test_duplicate_names_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="two recordings are named 'a1'"):
        Dataset.create(tmp_path / "twice.un", [trial("a1", "anna"), trial("a1", "ben")])
    assert not list(tmp_path.iterdir())
    with pytest.raises(SchemaError, match="would hold no recording"):
        Dataset.create(tmp_path / "none.un", [])


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def filling(path: Path, mode: str = "r", *arguments: object) -> object:
        if mode == "xb" and path.name == "a2.zarr.zip":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opened(path, mode, *arguments)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", filling)
    with pytest.raises(OutputError, match=r"full\.un cannot be written: the disk is full"):
        Dataset.create(tmp_path / "full.un", trials())
    assert not list(tmp_path.iterdir())


def test_add_one_recording(dataset: Dataset) -> None:
    digest = dataset.digest
    dataset.add(trial("c1", "carl"))
    again = Dataset.open(dataset.path)
    assert again.recordings == ["a1", "a2", "b1", "c1"]
    assert again.digest == dataset.digest != digest
    with pytest.raises(SchemaError, match="already holds 'c1'"):
        dataset.add(trial("c1", "dora"))
    again.verify()


def test_a_kill_between_writing_and_listing_changes_nothing(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = dataset.digest

    def killed(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Dataset, "_save", lambda _, catalogue: killed(catalogue))
        with pytest.raises(KeyboardInterrupt):
            dataset.add(trial("c1", "carl"))
    again = Dataset.open(dataset.path)
    assert again.digest == digest
    assert "c1" not in again.recordings
    again.add(trial("c1", "carl", "fast"))
    assert again.load("c1").attrs["labels"] == {"condition": "fast"}


def test_splits_are_kept_and_checked(dataset: Dataset) -> None:
    split = Split({"train": ("anna",), "test": ("ben",)})
    dataset.save_split("main", split)
    dataset.save_split("turned", Split({"train": ("ben",), "test": ("anna",)}))
    again = Dataset.open(dataset.path)
    assert again.splits["main"] == split
    assert set(again.splits) == {"main", "turned"}
    assert again.digest == dataset.digest
    with pytest.raises(ConfigError, match=r"no recording has subject 'bem'.*Did you mean 'ben'"):
        dataset.save_split("typo", Split({"train": ("anna",), "test": ("bem",)}))
    by_condition = Split({"train": ("slow",), "test": ("fast",)}, by="condition")
    with pytest.raises(LeakError, match="'anna' has recordings in two parts"):
        dataset.save_split("condition", by_condition)
    dataset.save_split("condition", Split(by_condition.parts, by="condition", share_subjects=True))


def test_verify_finds_a_changed_number(dataset: Dataset) -> None:
    dataset.verify()
    changed = dataset.load("a1")
    changed["markers"]["data"].values[7, 1] += 1e-12
    dataset.store.add(changed, overwrite=True)
    with pytest.raises(SchemaError, match="'a1' is not what was written"):
        dataset.verify()


def test_what_is_no_dataset_is_named(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="is not a dataset"):
        Dataset.open(tmp_path)
    with pytest.raises(SchemaError, match=r"holds no 'a3'.*Did you mean 'a"):
        dataset.load("a3")
    (dataset.path / "recordings/b1.zarr.zip").unlink()
    with pytest.raises(SchemaError, match="lacks the recording 'b1'"):
        Dataset.open(dataset.path)


def test_a_writer_that_fails_leaves_the_old_dataset(dataset: Dataset) -> None:
    before = files(dataset.path)
    with (
        pytest.raises(RuntimeError, match="stop"),
        DatasetWriter.open(dataset.path, overwrite=True) as writer,
    ):
        writer.add(trial("c1", "carl"))
        assert "c1" in writer
        raise RuntimeError("stop")
    assert files(dataset.path) == before
    assert [path.name for path in dataset.path.parent.iterdir()] == ["gait.un"]
