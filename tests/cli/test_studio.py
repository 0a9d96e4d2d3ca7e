"""Mirrors src/unisono/cli/studio.py."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from unisono.cli.main import main
from unisono.studio.folder import WorkFolder
from unisono.studio.serving import Listening


def test_its_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("unisono.studio.serving.serve", lambda *words: seen.append(words))
    monkeypatch.chdir(tmp_path)
    assert main(["studio"]) == 0
    words = ["studio", "lab", "--port", "0", "--host", "0.0.0.0", "--no-browser", "--workers", "3"]
    assert main([*words, "--file-mb", "9", "--json"]) == 0
    assert seen == [
        (Path("."), Listening()),
        (Path("lab"), Listening("0.0.0.0", 0, False, 3, 9.0, True)),
    ]


def test_a_folder_that_is_open_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = WorkFolder(tmp_path).lock()
    assert main(["studio", str(tmp_path), "--port", "0", "--no-browser"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "already open in another studio" in said
    lock.release()


def test_help_imports_no_server() -> None:
    code = (
        "import sys; from unisono.cli.main import main; main(['studio', '--help']);"
        "print(sorted({'fastapi', 'uvicorn', 'torch', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--no-browser" in done.stdout and done.stdout.splitlines()[-1] == "[]"
