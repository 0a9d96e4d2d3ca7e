"""Mirrors src/unisono/core/files.py."""

import errno
import os
import sys
from pathlib import Path

import pytest

from unisono.core import files
from unisono.core.errors import OutputError
from unisono.core.files import atomic_file, atomic_folder, digest_file, write_text


def test_a_failure_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    target = write_text(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError), atomic_file(target) as part:
        part.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with pytest.raises(RuntimeError), atomic_folder(target) as part:
        (part / "weights").write_text("half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    with atomic_folder(target) as part:
        (part / "weights").write_text("1")
    with pytest.raises(OutputError, match="exists"), atomic_folder(target):
        pass
    with atomic_folder(target, overwrite=True) as part:
        (part / "weights").write_text("2")
    assert (target / "weights").read_text() == "2"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_folder_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, rename = tmp_path / "model", os.replace
    write_text(target / "weights", "1")

    def refused(source: Path, to: Path) -> None:
        if Path(source).suffix == ".part":
            raise OSError(errno.EACCES, "Permission denied")
        rename(source, to)

    monkeypatch.setattr(os, "replace", refused)
    with (
        pytest.raises(OutputError, match="Permission denied"),
        atomic_folder(target, overwrite=True) as part,
    ):
        (part / "weights").write_text("2")
    assert (target / "weights").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_an_existing_file_is_kept_unless_allowed(tmp_path: Path) -> None:
    target = write_text(tmp_path / "a.txt", "old")
    with pytest.raises(OutputError, match=r"exists; choose another name, or remove it\."):
        write_text(target, "new", overwrite=False)
    assert target.read_text() == "old"


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full; free space"):
        write_text(tmp_path / "a.txt", "new")
    assert not list(tmp_path.iterdir())


def test_digest_is_sha256(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a", "abc")
    assert digest_file(path).startswith("sha256:ba7816bf8f01cfea414140de5dae2223b00361a3")


@pytest.mark.parametrize("known", [True, False])
def test_folders_of_many_files_are_flushed_whole_or_one_by_one(
    known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(files, "_sync_each", lambda some: flushed.extend(some))
    if not known:
        monkeypatch.setattr(files, "_sync_file_system", lambda _: False)
    with atomic_folder(tmp_path / "many") as part:
        for number in range(250):
            (part / f"{number}.txt").write_text("x")
    expected = 0 if known and sys.platform == "linux" else 250
    assert len(flushed) == expected
    assert len(list((tmp_path / "many").iterdir())) == 250


@pytest.mark.skipif(sys.platform != "linux", reason="syncfs is Linux's")
def test_a_file_system_that_cannot_be_flushed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Path) -> bool:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(files, "_sync_file_system", failing)
    with pytest.raises(OutputError, match="cannot be written"), atomic_folder(tmp_path / "m") as p:
        for number in range(250):
            (p / f"{number}.txt").write_text("x")
    assert not (tmp_path / "m").exists()
