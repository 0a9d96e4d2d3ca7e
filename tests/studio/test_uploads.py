"""Mirrors src/unisono/studio/uploads.py."""

import errno
import json
from pathlib import Path

import pytest

from unisono.core.errors import ConfigError, OutputError, UnisonoError
from unisono.studio.answers import Answers
from unisono.studio.uploads import TooLarge, Upload, Uploads, plain_name


def drop(uploads: Uploads, name: str = "w.csv", content: bytes = b"time,a\n0,1\n") -> Upload:
    with uploads.arriving(name) as arriving:
        arriving.add(content[:3])
        arriving.add(content[3:])
        return arriving.keep()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("walk.C3D", "walk.c3d"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("..\\..\\boot.mot", "boot.mot"),
        ("/etc/cron.d/x.trc", "x.trc"),
        ("\0\n.csv", "recording.csv"),
        (".csv", "recording.csv"),
        ("a/../.csv", "recording.csv"),
        ("über größe.csv", "über_größe.csv"),
        ("Gang Mu\u0308ller.csv", "Gang_Müller.csv"),  # an accent of its own, as macOS writes it
        ("歩行/..\\\u202e\u2215歩き_1.csv", "歩き_1.csv"),
        ("歩" * 300 + ".parquet", "歩" * 53 + ".parquet"),
        ("x" * 300 + ".csv", "x" * 80 + ".csv"),
        ("CON.csv", "CON.csv"),
    ],
)
def test_names_never_lead_anywhere(name: str, wanted: str, tmp_path: Path) -> None:
    assert plain_name(name) == wanted
    upload = drop(Uploads(tmp_path), name)
    assert upload.path.resolve().parent.parent == tmp_path.resolve()
    assert upload.path.name == wanted


@pytest.mark.parametrize("name", ["x.rows.toml", "x.exe", "csv", "x.csv.", "x.pkl", "x.html", ""])
def test_kinds_that_are_not_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="kind of file"):
        Uploads(tmp_path).arriving(name)
    assert list(tmp_path.iterdir()) == []


def test_whole_or_not_at_all(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, most_bytes=20)
    with pytest.raises(TooLarge, match="larger"):
        drop(uploads, content=b"x" * 21)
    with pytest.raises(ConfigError, match="empty"):
        drop(uploads, content=b"")
    with pytest.raises(RuntimeError), uploads.arriving("w.csv") as arriving:  # a closed tab
        arriving.add(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == [] and uploads.listed() == []


def test_limits_of_count_and_of_all_together(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, most_files=2, most_total=25)
    drop(uploads)
    with pytest.raises(TooLarge):
        drop(uploads, content=b"x" * 20)
    drop(uploads)
    with pytest.raises(TooLarge, match="2 files"):
        drop(uploads)


def test_what_is_said_survives_a_restart(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    upload = drop(uploads, "Anna's walk.csv")
    uploads.say(upload.id, Answers(up="z", subject="Anna"))
    uploads.describe_by(upload.id, 7)
    (tmp_path / ".0123").mkdir()  # what a server that died was taking in
    (tmp_path / "foreign").mkdir()
    again = Uploads(tmp_path)
    (found,) = again.listed()
    assert found.name == "Anna's walk.csv" and found.job == 7
    assert found.answers == {"up": "z", "subject": "Anna"}
    assert not (tmp_path / ".0123").exists()
    again.remove(found.id)
    assert Uploads(tmp_path).listed() == []
    with pytest.raises(ConfigError, match="no such file"):
        again.get(found.id)


@pytest.mark.parametrize("number", ["..", "", "x/../y", "0" * 16])
def test_numbers_that_are_none(number: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        Uploads(tmp_path).get(number)


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = Uploads(tmp_path)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left.*drop it again"):
        drop(uploads)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_note_hides_its_file_alone(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    broken, whole = drop(uploads), drop(uploads)
    (broken.path.parent / "about.json").write_text(json.dumps({"name": "w"}))
    assert [one.id for one in Uploads(tmp_path).listed()] == [whole.id]
    assert issubclass(TooLarge, UnisonoError)
