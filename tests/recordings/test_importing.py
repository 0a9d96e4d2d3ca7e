"""Mirrors src/unisono/recordings/importing.py."""

import errno
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import ConfigError, OutputError
from unisono.recordings import dataset as dataset_module
from unisono.recordings import importing as module
from unisono.recordings.dataset import Dataset
from unisono.recordings.formats.options import ReadOptions
from unisono.recordings.formats.registry import read_file, write
from unisono.recordings.importing import ImportOptions, import_files
from unisono.recordings.schema import make_recording, make_stream, stream_names
from unisono.recordings.windows import Cut, cut_windows

SharedData = Callable[[str], Path]


def save(path: Path, stream: str = "angles", start: float = 0.0, unit: str = "deg") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {"angles": "angle", "grf": "force"}[stream]
    node = make_stream(
        np.random.default_rng(len(path.name)).normal(size=(30, 2)),
        time=start + np.arange(30) / 100, channels=["r_a", "l_a"], units=unit, kind=kind,
    )  # fmt: skip
    write(make_recording({stream: node}, recording=path.stem, subject="unknown"), path)
    return path


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """Two subjects, two conditions, angles and forces in folders of their own."""
    for subject in ("anna", "ben"):
        for condition in ("slow", "fast"):
            folder = tmp_path / "lab" / subject / condition
            save(folder / "IK" / "walk1.npz")
            save(folder / "GRF" / "walk1_grf.npz", "grf", 0.1, "N")
    return tmp_path / "lab"


def test_trials_are_joined_and_folders_are_named(lab: Path, tmp_path: Path) -> None:
    options = ImportOptions(folders=("subject", "condition"))
    told: list[tuple[int, int]] = []
    report = import_files(
        [lab], tmp_path / "out.un", options, lambda done, of, _: told.append((done, of))
    )
    assert report.bad == ()
    table = report.dataset.table
    assert sorted(table["recording"]) == [
        "anna_fast_walk1", "anna_slow_walk1", "ben_fast_walk1", "ben_slow_walk1",
    ]  # fmt: skip
    assert set(table["subject"]) == {"anna", "ben"}
    assert sorted(table["condition"]) == ["fast", "fast", "slow", "slow"]
    assert all(set(streams) == {"angles", "grf"} for streams in table["streams"])
    assert told == [(n, 4) for n in (1, 2, 3, 4)]
    apart = import_files([lab], tmp_path / "apart.un", ImportOptions(merge=False))
    assert len(apart.good) == 8


def test_every_bad_file_is_told_and_every_good_one_kept(lab: Path, tmp_path: Path) -> None:
    (lab / "anna" / "notes.mot").write_text("time to go home")
    (lab / "ben" / "empty.c3d").write_bytes(b"")
    (lab / "ben" / "slow" / "IK" / "walk1.npz").write_bytes(b"PK\x03\x04 damaged")
    missing = tmp_path / "nowhere.trc"
    (tmp_path / "bare").mkdir()
    report = import_files([lab, missing, tmp_path / "bare"], tmp_path / "out.un")
    assert {Path(bad.file).name for bad in report.bad} == {
        "notes.mot", "empty.c3d", "walk1.npz", "nowhere.trc", "bare",
    }  # fmt: skip
    assert all(bad.reason and "\n" not in bad.reason for bad in report.bad)
    assert len(report.dataset) == 4
    report.dataset.verify()
    alone = report.dataset.load("ben_slow_walk1")
    assert stream_names(alone) == ["grf"]
    assert json.loads(json.dumps(report.to_dict()))["good"][0]["recording"]


def test_a_name_too_long_for_a_file_loses_its_trial_only(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    long = "歩" * 60  # nine bytes each as the dataset spells it, three in the folder it comes from
    for name in ("walk1", long):
        (tmp_path / "in" / f"{name}.csv").write_text("time,Fz [N]\n0,1\n0.1,2\n")
    report = import_files([tmp_path / "in"], tmp_path / "lab.un")
    assert [entry.recording for entry in report.good] == ["walk1"]
    assert [long in bad.file and "too long" in bad.reason for bad in report.bad] == [True]


def test_files_of_a_trial_that_do_not_overlap_in_time(tmp_path: Path) -> None:
    save(tmp_path / "s1" / "IK" / "walk1.npz")
    late = save(tmp_path / "s1" / "walk1_grf.npz", "grf", start=9.0, unit="N")
    report = import_files([tmp_path / "s1"], tmp_path / "out.un")
    assert len(report.good) == 1
    assert len(report.bad) == 1
    assert "do not overlap in time" in report.bad[0].reason
    assert report.bad[0].file == str(late)


def test_a_stream_that_two_files_hold_is_kept_twice_and_doubted(tmp_path: Path) -> None:
    save(tmp_path / "s1" / "walk1.npz")
    save(tmp_path / "s1" / "walk1.csv")
    report = import_files([tmp_path / "s1"], tmp_path / "out.un")
    assert report.bad == ()
    names = [entry.recording for entry in report.good]
    assert len(names) == 2 == len(set(names))
    assert any("hold a stream 'angles'" in doubt.message for doubt in report.doubts)


def test_units_are_stated_for_the_whole_import(lab: Path, tmp_path: Path) -> None:
    read = ReadOptions(units={"grf": "N/kg", "imu": "m/s^2"}, mass_kg=70.0)
    report = import_files([lab / "anna"], tmp_path / "out.un", ImportOptions(read=read))
    assert report.bad == ()
    tree = next(iter(report.dataset))
    assert set(tree["grf"]["unit"].values) == {"N/kg"}
    assert set(tree["angles"]["unit"].values) == {"deg"}
    assert tree.attrs["mass_kg"] == 70.0
    assert any("'imu'" in doubt.message for doubt in report.doubts)
    wrong = ImportOptions(read=ReadOptions(units={"angles": "N"}))
    report = import_files([lab / "anna" / "slow" / "IK"], tmp_path / "none.un", wrong)
    assert report.good == ()
    assert not (tmp_path / "none.un").exists()


def test_what_is_skipped_is_not_read(lab: Path, tmp_path: Path) -> None:
    options = ImportOptions(skip=("*/fast/*", "ben/*"))
    report = import_files([lab], tmp_path / "out.un", options)
    assert [entry.recording for entry in report.good] == ["walk1"]


def test_nothing_good_makes_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("hello\nworld\n")
    report = import_files([tmp_path / "a.csv"], tmp_path / "out.un")
    assert report.good == ()
    assert len(report.bad) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]


def test_an_existing_folder_is_not_replaced(lab: Path, tmp_path: Path) -> None:
    first = import_files([lab / "anna"], tmp_path / "out.un")
    with pytest.raises(OutputError, match="exists"):
        import_files([lab], tmp_path / "out.un")
    assert Dataset.open(tmp_path / "out.un").digest == first.dataset.digest
    options = ImportOptions(overwrite=True)
    assert len(import_files([lab], tmp_path / "out.un", options).good) == 4


def test_a_full_disk_ends_the_import_and_leaves_nothing(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(dataset_module, "zip_recording", full)
    with pytest.raises(OutputError, match="disk is full"):
        import_files([lab], tmp_path / "out.un")
    assert [path.name for path in tmp_path.iterdir()] == ["lab"]


def read_or_crash(path: Path, options: ReadOptions) -> list[xr.DataTree]:
    if "fast" in path.parts and "anna" in path.parts:
        os.kill(os.getpid(), signal.SIGKILL)
    if "slow" in path.parts and "anna" in path.parts:
        raise ZeroDivisionError("a defect")
    return [read_file(path, options)]


@pytest.mark.slow
def test_a_reader_that_crashes_or_fails_loses_its_trial_only(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "read_trials", read_or_crash)  # forked processes inherit it
    options = ImportOptions(processes=2, folders=("subject", "condition"))
    report = import_files([lab], tmp_path / "out.un", options)
    assert {entry.subject for entry in report.good} == {"ben"}
    assert len(report.good) == 2
    reasons = sorted(bad.reason for bad in report.bad)
    assert len(reasons) == 4
    assert sum("the reader crashed" in reason for reason in reasons) == 2
    assert sum("ZeroDivisionError: a defect" in reason for reason in reasons) == 2


@pytest.mark.slow
def test_processes_make_the_same_dataset(lab: Path, tmp_path: Path) -> None:
    one = import_files([lab], tmp_path / "one.un")
    two = import_files([lab], tmp_path / "two.un", ImportOptions(processes=2))
    all_cores = import_files([lab], tmp_path / "cores.un", ImportOptions(processes=0))
    assert all_cores.dataset.digest == one.dataset.digest
    assert two.dataset.digest == one.dataset.digest
    assert two.dataset.recordings == one.dataset.recordings


def test_options_are_checked() -> None:
    with pytest.raises(ConfigError, match="names a level twice"):
        ImportOptions(folders=("subject", "", "", "subject"))
    with pytest.raises(ConfigError, match="got 'subject,condition'; repeat --folders"):
        ImportOptions(folders=("subject,condition",))
    with pytest.raises(ConfigError, match="processes"):
        ImportOptions(processes=-1)


@pytest.mark.slow
def test_opensim_files_of_one_person(shared_data: SharedData, tmp_path: Path) -> None:
    report = import_files([shared_data("predictsim3d")], tmp_path / "out.un")
    assert report.bad == ()
    assert len(report.good) == 7
    dataset = report.dataset
    assert dataset.subjects == ["subject2"]
    tree = dataset.load("gait_60")
    assert set(stream_names(tree)) == {"angles", "root_position", "grf", "moments"}
    assert tree["grf"].sizes["time"] == 4610
    assert tree["angles"].sizes["time"] == 136
    cut = Cut(("angles", "grf", "moments"), rate_hz=100, length=100, require=("angles", "grf"))
    batch = cut_windows(tree, cut)
    assert len(batch) == 1
    assert batch.table["start_s"][0] == pytest.approx(1.1)
    frames = np.searchsorted(tree["moments"]["time"].values, batch.table["start_s"][0] - 1e-6)
    np.testing.assert_allclose(
        batch.data["moments"][0], tree["moments"]["data"].values[frames : frames + 100], rtol=1e-4,
        atol=1e-4,
    )  # fmt: skip


@pytest.mark.slow
def test_opencap_files_of_one_person(shared_data: SharedData, tmp_path: Path) -> None:
    report = import_files([shared_data("opencap_subjectA")], tmp_path / "out.un")
    assert len(report.good) == 6
    assert all("error_report" in bad.file for bad in report.bad)
    for entry in report.good:
        assert set(entry.streams) >= {"angles", "root_position", "grf", "markers"}


def test_a_unit_for_forces_that_are_derived_is_told_to_be_unused(
    shared_data: SharedData, tmp_path: Path
) -> None:
    file = shared_data("biomechzoo") / "HC030A" / "Straight" / "HC030A05.c3d"
    options = ImportOptions(read=ReadOptions(units={"grf": "N/kg"}))
    report = import_files([file], tmp_path / "out.un", options)
    assert "N" in report.dataset.load("HC030A05")["grf"].unit.values
    assert report.doubts[0].message.startswith("'grf' is derived here and in no file")


@pytest.mark.slow
def test_children_in_c3d_files(shared_data: SharedData, tmp_path: Path) -> None:
    folder = shared_data("biomechzoo")
    options = ImportOptions(folders=("subject", "condition"), skip=("HC00*", "HC03*", "*.npz"))
    report = import_files([folder], tmp_path / "out.un", options)
    assert report.bad == ()
    files = [p for p in sorted(folder.rglob("*.c3d")) if p.name.startswith(("HC04", "HC05"))]
    assert len(report.good) == len(files)
    assert set(report.dataset.table["condition"]) <= {"Static", "Straight", "Turn"}
    for path in files[:2]:
        direct = read_file(path)
        kept = report.dataset.load(path.stem)
        for name in stream_names(direct):
            xr.testing.assert_identical(kept[name].to_dataset(), direct[name].to_dataset())
