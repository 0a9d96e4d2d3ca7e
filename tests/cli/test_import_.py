"""Mirrors src/unisono/cli/import_.py."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from unisono.recordings.dataset import Dataset


@pytest.fixture
def lab(tmp_path: Path, walk_file: Path) -> Path:
    for name in ("S01/slow/a.npz", "S02/fast/b.npz"):
        (tmp_path / "lab" / name).parent.mkdir(parents=True)
        shutil.copy(walk_file, tmp_path / "lab" / name)
    return tmp_path / "lab"


def test_folders_become_subjects_and_labels(
    unisono: Callable[..., object], lab: Path, tmp_path: Path
) -> None:
    out = tmp_path / "lab.un"
    run = unisono("import", lab, "--folders", "subject", "--folders", "pace", "--out", out)
    assert run.status == 0 and "2 recordings of 2 subjects" in run.out
    data = Dataset.open(out)
    assert sorted(data.subjects) == ["S01", "S02"]
    assert sorted(data.table["pace"]) == ["fast", "slow"]
    # the dataset is there: it is not written over unless that is asked for
    assert "exists" in unisono("import", lab, "--out", out, "--json").complaint
    again = unisono("import", lab, "--out", out, "--overwrite", "--skip", "S01/*", "--json")
    assert again.status == 0 and len(again.json["good"]) == 1


def test_one_recording_is_counted_as_one_and_a_doubt_about_none_names_none(
    unisono: Callable[..., object], walk_file: Path, tmp_path: Path
) -> None:
    run = unisono("import", walk_file, "--unit", "gfr=N", "--out", tmp_path / "one.un")
    assert "1 recording of 1 subject in" in run.out
    assert "\ndoubt: no recording has a stream or channel 'gfr'" in run.out


def test_bad_files_are_listed_and_good_ones_kept(
    unisono: Callable[..., object], lab: Path, tmp_path: Path
) -> None:
    (lab / "bad.c3d").write_bytes(b"\x00" * 600)
    (lab / "bad.mot").write_text("name\nnRows=5\nendheader\ntime\tx\n0\t1\n")
    run = unisono("import", lab, "--out", tmp_path / "lab.un", "--json")
    assert len(run.json["good"]) == 2 and len(run.json["bad"]) == 2
    assert run.complaint.endswith("2 files were not imported; 2 recordings were kept.")
    assert len(Dataset.open(tmp_path / "lab.un")) == 2
    run = unisono("import", lab / "bad.c3d", "--out", tmp_path / "none.un")
    assert run.status == 2 and "NOT IMPORTED" in run.out
    assert not (tmp_path / "none.un").exists()


def test_nothing_named(unisono: Callable[..., object], tmp_path: Path) -> None:
    assert "name at least one" in unisono("import", "--out", tmp_path / "x.un").complaint
