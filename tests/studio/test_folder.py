"""Mirrors src/unisono/studio/folder.py."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from unisono.core.errors import ConfigError, OutputError
from unisono.studio.folder import NotThere, WorkFolder, fresh_name


def test_datasets_and_models_are_found_where_people_keep_them(tmp_path: Path, walks: Any) -> None:  # noqa: ANN401
    folder = WorkFolder(tmp_path)
    (tmp_path / "gait.un").symlink_to(walks.path)  # a link may lead anywhere
    for name in ("a.un", "deep/b.un", "deep/er/c.un", ".hidden.un"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "dataset.toml").write_text("recordings = []\n")
    (tmp_path / "runs" / "m").mkdir(parents=True)
    (tmp_path / "runs" / "m" / "model.toml").write_text("method = ]")
    assert [place.name for place in folder.places("dataset")] == ["a.un", "deep/b.un"]
    (model,) = folder.places("model")
    assert (model.name, model.table) == ("runs/m", {})
    assert folder.place("dataset", "a.un").table == {"recordings": []}
    (tmp_path / "a.un" / "dataset.toml").write_text("format = 1\n")
    assert folder.place("dataset", "a.un").table == {"format": 1}


@pytest.mark.parametrize("name", ["../a.un", "/etc", "a.un/", "", "nope"])
def test_a_name_is_looked_up_and_never_joined(name: str, tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path)
    (tmp_path / "a.un").mkdir()
    (tmp_path / "a.un" / "dataset.toml").write_text("")
    with pytest.raises(NotThere):
        folder.place("dataset", name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "-x", "a b", "ä", "x" * 61, "a\n"])
def test_names_for_something_new(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="letters, digits"):
        fresh_name(name)
    with pytest.raises(ConfigError, match="letters, digits"):
        WorkFolder(tmp_path).new_place("dataset", name)


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path)
    folder.new_place("model", "m").mkdir()
    with pytest.raises(ConfigError, match="already"):
        folder.new_place("model", "m")


def test_one_server_a_folder_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path)
    code = (
        "import sys, time; from unisono.studio.folder import WorkFolder;"
        f"lock = WorkFolder({str(tmp_path)!r}).lock(); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match="already open in another studio"):
            folder.lock()
        other.kill()
    lock = folder.lock()
    lock.release()
    folder.lock().release()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another folder"):
        WorkFolder(tmp_path / "file")
