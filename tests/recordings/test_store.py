"""Mirrors src/unisono/recordings/store.py."""

import errno
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from zarr.storage import ZipStore

from unisono.core.errors import OutputError, SchemaError
from unisono.recordings.schema import make_events, make_recording, make_stream, stream_names
from unisono.recordings.store import (
    RecordingStore,
    digest_recording,
    folder_name,
    recording_file,
    zip_recording,
)


def walk(name: str = "walk1", frames: int = 20, dtype: str = "float64") -> xr.DataTree:
    time = np.arange(frames) / 100
    angles = np.sin(time)[:, None] * np.array([1.0, np.nan, 3.0])
    force = np.abs(np.sin(10 * np.arange(frames * 10) / 1000))[:, None] * 700
    return make_recording(
        {
            "grf": make_stream(
                force.astype(dtype), time=np.arange(frames * 10) / 1000, channels=["r_fz"],
                units="N", kind="force", side="right", filter={"type": "lowpass", "order": 4},
            ),
            "angles": make_stream(
                angles.astype(dtype), time=time, channels=["knee", "gap", "höhe"],
                units=["deg", "deg", "m"], kind="angle", frame={"up": "z"}, history=["made up"],
            ),
        },
        recording=name, subject="S1", mass_kg=70.5, labels={"speed": 1.25, "shod": True},
        captions=["a person walks"],
        events=make_events([0.1, 0.05], ["foot_off", "foot_strike"], ["right"] * 2, "given"),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> RecordingStore:
    return RecordingStore.create(tmp_path / "recordings")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_recording_comes_back_identical(store: RecordingStore, dtype: str) -> None:
    tree = walk(dtype=dtype)
    digest = store.add(tree)
    back = store.load("walk1")
    assert stream_names(back) == stream_names(tree)
    xr.testing.assert_identical(back, tree)
    assert digest_recording(back) == digest == digest_recording(tree)


def test_xarray_alone_opens_a_recording(store: RecordingStore) -> None:
    store.add(walk("walk1"))
    store.add(walk("walk 2:b"))
    file = store.path / "walk 2%3Ab.zarr.zip"
    with xr.open_datatree(ZipStore(file, mode="r"), engine="zarr") as opened:
        assert set(opened.children) == {"grf", "angles", "events"}
        assert opened.attrs["subject"] == "S1"
        grf = opened["grf"].to_dataset()
        assert grf.attrs["filter"] == {"type": "lowpass", "order": 4}
        assert set(grf.coords) == {"time", "channel", "unit"}
        np.testing.assert_array_equal(grf["data"], walk()["grf"]["data"])
    assert store.names == ["walk 2:b", "walk1"]


def unzip_as_folder(store: RecordingStore, name: str) -> Path:
    """Turn a recording into what version 1 wrote: the same nodes as files in folders."""
    file = recording_file(store.path, name)
    with zipfile.ZipFile(file) as zipped:
        zipped.extractall(store.path / folder_name(name))
    file.unlink()
    return store.path / folder_name(name)


def test_a_recording_that_is_a_folder_is_read_and_replaced(store: RecordingStore) -> None:
    store.add(walk("walk:1"))
    folder = unzip_as_folder(store, "walk:1")
    assert store.names == ["walk:1"]
    xr.testing.assert_identical(store.load("walk:1"), walk("walk:1"))
    with pytest.raises(OutputError, match="already holds"):
        store.add(walk("walk:1"))
    store.add(walk("walk:1", frames=5), overwrite=True)
    assert store.names == ["walk:1"]
    assert store.load("walk:1")["angles"].sizes["time"] == 5
    store.add(walk("walk2"))
    unzip_as_folder(store, "walk2")
    (folder.parent / "walk2" / "angles" / "data" / "c.0.0").write_bytes(b"damaged")
    with pytest.raises(SchemaError, match="damaged"):
        store.load("walk2")


@pytest.mark.parametrize("name", ["..", ".hidden", "__init", "ä b", "100%", "con:1", "a%2Fb"])
def test_odd_names_are_kept(store: RecordingStore, name: str) -> None:
    store.add(walk(name))
    assert store.names == [name]
    assert store.load(name).attrs["recording"] == name
    assert Path(folder_name(name)).name == folder_name(name)
    assert not folder_name(name).startswith((".", "__"))


def test_a_stream_without_time_is_kept(store: RecordingStore) -> None:
    image = xr.Dataset(
        {
            "data": (("row", "column"), np.eye(3, dtype=np.float32)),
            "valid": (("row", "column"), np.ones((3, 3), dtype=bool)),
        },
        attrs={"kind": "image", "history": []},
    )
    tree = make_recording({"digit": image}, recording="seven", subject="pen")
    store.add(tree)
    xr.testing.assert_identical(store.load("seven"), tree)


def test_the_digest_sees_every_change_and_no_other() -> None:
    tree = walk()
    digest = digest_recording(tree)
    swapped = xr.DataTree.from_dict(
        {k: tree[k].to_dataset() for k in reversed(list(tree.children))}
    )
    swapped.attrs = dict(reversed(tree.attrs.items()))
    assert digest_recording(swapped) == digest
    changes = []
    for key, value in (("data", 5.0), ("valid", False)):
        changed = tree.copy(deep=True)
        changed["angles"][key].values[3, 0] = value
        changes.append(changed)
    renamed = tree.copy(deep=True)
    renamed["angles"] = tree["angles"].to_dataset().assign_coords(channel=["knee", "gap", "hohe"])
    relabelled = tree.copy(deep=True)
    relabelled.attrs["mass_kg"] = 70.6
    digests = [digest_recording(t) for t in [*changes, renamed, relabelled]]
    assert len({digest, *digests}) == 5


def test_a_taken_name_is_refused_and_replaced_only_on_request(store: RecordingStore) -> None:
    store.add(walk())
    with pytest.raises(OutputError, match="already holds a recording 'walk1'"):
        store.add(walk(frames=5))
    assert store.load("walk1").sizes == {}
    assert store.load("walk1")["angles"].sizes["time"] == 20
    store.add(walk(frames=5), overwrite=True)
    assert store.load("walk1")["angles"].sizes["time"] == 5


def test_a_full_disk_leaves_nothing_behind(
    store: RecordingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(walk("before"))

    def full(path: Path, content: memoryview) -> int:
        with path.open("wb") as handle:
            handle.write(content[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="disk is full"):
        store.add(walk("after"))
    assert store.names == ["before"]
    assert sorted(path.name for path in store.path.iterdir()) == ["before.zarr.zip"]


def test_a_file_half_written_is_not_a_recording(store: RecordingStore) -> None:
    store.add(walk())
    (store.path / ".walk2.zarr.x.part.zip").write_bytes(zip_recording(walk("walk2"))[:100])
    (store.path / ".walk3.x.part").mkdir()
    (store.path / ".walk3.x.part" / "zarr.json").write_text("{}")
    assert store.names == ["walk1"]


def test_what_is_missing_or_damaged_is_named(store: RecordingStore, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="holds no recording 'run'"):
        store.load("run")
    with pytest.raises(SchemaError, match="no store of recordings"):
        RecordingStore(tmp_path / "nowhere")
    store.add(walk())
    with pytest.raises(OutputError, match="not empty"):
        RecordingStore.create(store.path)


@pytest.mark.parametrize("kept", [0, 1, 1000, -1])
def test_a_file_cut_off_is_damaged(store: RecordingStore, kept: int) -> None:
    store.add(walk())
    file = recording_file(store.path, "walk1")
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(SchemaError, match=r"walk1\.zarr\.zip is damaged"):
        store.load("walk1")


def test_one_changed_byte_of_a_chunk_is_damage(store: RecordingStore) -> None:
    store.add(walk())
    file = recording_file(store.path, "walk1")
    content = bytearray(file.read_bytes())
    content[content.index(b"grf/data/c.0.0") + 80] ^= 1  # the first mention is where the chunk is
    file.write_bytes(content)
    with pytest.raises(SchemaError, match=r"damaged .*CRC"):
        store.load("walk1")
