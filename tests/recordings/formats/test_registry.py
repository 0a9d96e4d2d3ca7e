"""Mirrors src/unisono/recordings/formats/registry.py."""

import errno
import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import FileFormatError, OutputError
from unisono.recordings.formats.options import ReadOptions
from unisono.recordings.formats.registry import (
    READERS,
    WRITERS,
    read,
    read_file,
    read_folder,
    read_trials,
    recording_files,
    write,
)
from unisono.recordings.schema import make_recording, make_stream, stream_names, streams


@pytest.fixture
def tree() -> xr.DataTree:
    part = make_stream(
        np.ones((4, 3)), time=np.arange(4) / 10, channels=["a_x", "a_y", "a_z"], units="mm",
        kind="position",
    )  # fmt: skip
    return make_recording({"markers": part}, recording="r", subject="s")


def test_every_reader_and_writer_exists(tmp_path: Path) -> None:
    for suffix, name in {**READERS, **WRITERS}.items():
        file = tmp_path / f"absent{suffix}"
        assert name.count(":") == 1
        with pytest.raises(FileFormatError, match="No such file"):
            read_file(file)


@pytest.mark.parametrize("suffix", [".trc", ".csv", ".npz", ".mot"])
def test_what_is_written_is_read(tree: xr.DataTree, tmp_path: Path, suffix: str) -> None:
    if suffix == ".mot":
        tree["markers"] = xr.DataTree(
            tree["markers"].to_dataset().assign_coords(channel=["a_tx", "a_ty", "a_tz"])
        )
    (file,) = write(tree, tmp_path / f"a{suffix}")
    back = read_file(file)
    _, part = next(streams(back))
    factor = 0.001 if suffix == ".mot" else 1.0
    np.testing.assert_allclose(part["data"], factor * tree["markers"]["data"])


@pytest.mark.parametrize(
    ("archive", "name", "stream"),
    [
        ("file_readers", "BMC_Gait.c3d", "markers"),
        ("file_readers", "bvh/bvh_test1.bvh", "angles"),
        ("predictsim3d", "subject2/ID/ID_gait_15.sto", "moments"),
        ("opencap_subjectA", "MarkerData/walking2.trc", "markers"),
        ("pinns", "KS.mat", "uu"),
    ],
)
def test_content_outranks_the_suffix(
    shared_data: Callable[[str], Path], tmp_path: Path, archive: str, name: str, stream: str
) -> None:
    for suffix in (".dat", ".csv"):
        shutil.copy(shared_data(archive) / name, tmp_path / f"a{suffix}")
        assert stream in stream_names(read_file(tmp_path / f"a{suffix}"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"\x89PNG\r\n\x1a\n....", "not a recording but a PNG picture"),
        ("a.npz", b"PK\x03\x04 word/document.xml", "not a recording but a ZIP archive"),
        ("a.c3d", b"hello", "a.c3d"),
        ("a.pkl", b"\x80\x04\x95", "Python pickle, which is never opened"),
        ("a.docx", b"words", "not a recording: the suffix '.docx' is not known"),
        ("a", b"words", "not a recording: the suffix '' is not known"),
        ("a.mot", b"", "is empty"),
        ("a.trc", b"\n \n", "is empty"),
    ],
)
def test_not_a_recording_is_one_line(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_file(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_exports_of_nexus_are_known_by_their_content(tmp_path: Path) -> None:
    export = "Devices\n100\n,,EMG\nFrame,Sub Frame,L_Tib\n,,V\n1,0,0.5\n2,0,0.6\n"
    spreadsheet = "\ufeffsep=;\r\n" + export.replace(",", ";").replace("\n", "\r\n")
    for name, text in (("a.csv", export), ("b.txt", f"\n{export}"), ("c.csv", spreadsheet)):
        (tmp_path / name).write_text(text)
        assert read_file(tmp_path / name).attrs["source"]["reader"] == "vicon"
    assert len(recording_files(tmp_path)) == 3
    (tmp_path / "plain.csv").write_text("Devices\n1\n2\n3\n")
    plain = read_file(tmp_path / "plain.csv", ReadOptions(rate_hz=10))
    assert plain.attrs["source"]["reader"] == "csv"


def test_folder_keeps_the_good_and_names_the_bad(tree: xr.DataTree, tmp_path: Path) -> None:
    write(tree, tmp_path / "sub" / "a.csv")
    write(tree, tmp_path / "b.npz")
    (tmp_path / "c.trc").write_text("broken")
    (tmp_path / "LICENSE.txt").write_text(
        "Permission is hereby granted\nto any person, 2 of them\n"
    )
    (tmp_path / ".hidden.csv").write_text("broken")
    (tmp_path / "table.txt").write_text("time\tFz [N]\n0\t1\n0.1\t2\n")
    names = [path.name for path in recording_files(tmp_path)]
    assert names == ["b.npz", "c.trc", "a.csv", "table.txt"]
    found = read_folder(tmp_path)
    assert len(found.recordings) == 3
    assert [path.name for path, _ in found.bad] == ["c.trc"]
    with pytest.warns(UserWarning, match="1 files could not be read: .*c.trc"):
        assert len(read(tmp_path)) == 3


def test_folders_without_recordings(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="the folder holds no recordings"):
        read(tmp_path)
    (tmp_path / "c.trc").write_text("broken")
    with pytest.raises(FileFormatError, match="no file can be read: .*PathFileType"):
        read(tmp_path)


def test_files_of_several_recordings(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("1,2\n3,4\n")
    (tmp_path / "x.rows.toml").write_text(
        'rate_hz = 10\n[streams.a]\nfile = "x.csv"\nchannels = ["c"]\nunit = "V"\nkind = "emg"\n'
    )
    assert len(read_trials(tmp_path / "x.rows.toml")) == len(read(tmp_path / "x.rows.toml")) == 2
    assert recording_files(tmp_path) == [tmp_path / "x.rows.toml"]
    with pytest.raises(FileFormatError, match="it holds 2 recordings"):
        read_file(tmp_path / "x.rows.toml")


def test_options_reach_every_reader(shared_data: Callable[[str], Path]) -> None:
    options = ReadOptions(subject="Ann", mass_kg=61.0, units={"markers": "m"})
    for archive, name in (
        ("file_readers", "BMC_Gait.c3d"),
        ("opencap_subjectA", "MarkerData/walking2.trc"),
    ):
        tree = read_file(shared_data(archive) / name, options)
        assert (tree.attrs["subject"], tree.attrs["mass_kg"]) == ("Ann", 61.0)
        assert set(tree["markers"].unit.values) == {"m"}


def test_forces_bring_their_loads(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    grf = make_stream(
        np.ones((2, 3)), time=[0, 0.1], channels=["r_fx", "r_fy", "r_fz"], units="N/kg",
        kind="force", frame={"up": "z"},
    )  # fmt: skip
    tree = make_recording({"grf": grf}, recording="r", subject="s", mass_kg=50.0)
    written = write(tree, tmp_path / "out.mot")
    assert [path.name for path in written] == ["out.mot", "out_external_loads.xml"]
    assert read_file(written[0])["grf"]["data"].values[0].tolist() == [50, 50, -50]


def test_forces_beside_angles_get_opensim_names_and_axes(tmp_path: Path) -> None:
    grf = make_stream(
        [[1.0, 2, 700, 0.1, 0.2, 3]] * 2, time=[0, 0.1], kind="force", frame={"up": "z"},
        channels=[f"r_{c}" for c in ("fx", "fy", "fz", "copx", "copy", "tz")],
        units=["N"] * 3 + ["m"] * 2 + ["N*m"],
    )  # fmt: skip
    angles = make_stream(
        [[5.0], [6.0]], time=[0, 0.1], channels=["knee_angle_r"], units="deg", kind="angle"
    )
    tree = make_recording({"angles": angles, "grf": grf}, recording="r", subject="s")
    written = write(tree, tmp_path / "all.mot")
    assert [path.name for path in written] == ["all.mot", "all_external_loads.xml"]
    back = read_file(written[0])
    assert stream_names(back) == ["angles", "grf"]
    assert back["angles"].to_dataset()["data"].values.tolist() == [[5.0], [6.0]]
    assert back["grf"].attrs["frame"]["up"] == "y"
    found = dict(zip(back["grf"].channel.values, back["grf"]["data"].values[0], strict=True))
    assert [found[f"ground_force_r_v{a}"] for a in "xyz"] == [1, 700, -2]
    assert found["ground_torque_r_y"] == 3


def test_no_writer_for_a_suffix(tree: xr.DataTree, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no writer for '\.c3d'; choose one of \.mot"):
        write(tree, tmp_path / "a.c3d")
    with pytest.raises(OutputError, match="no stream 'grf'"):
        write(tree, tmp_path / "a.csv", streams=["grf"])


@pytest.mark.parametrize("suffix", sorted(set(WRITERS) - {".bvh"}))
def test_a_full_disk_leaves_nothing(
    tree: xr.DataTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write(tree, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_reading_real_folders_loses_nothing(shared_data: Callable[[str], Path]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trees = read(shared_data("predictsim3d"))
    assert len(trees) == 21
    assert {tree.attrs["subject"] for tree in trees} == {"subject2"}
