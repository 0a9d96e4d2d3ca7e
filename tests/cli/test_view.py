"""Mirrors src/unisono/cli/view.py."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from unisono.cli.main import main
from unisono.recordings.formats.registry import write


@pytest.fixture
def folder(
    make_walk: Callable[..., xr.DataTree], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    for k in range(2):
        write(make_walk(f"w{k}", k), tmp_path / "trials" / f"w{k}.npz")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "trials"


def test_one_page_of_several_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"written": ["trials.html"], "recordings": ["w0", "w1"]}
    assert Path("trials.html").read_text().startswith("<!doctype html>")
    assert main(["view", str(folder)]) == 2  # it exists
    assert "--overwrite" in capsys.readouterr().err
    assert main(["view", str(folder / "w0.npz"), "--out", "trials.html", "--overwrite"]) == 0
    assert "(1 recording)" in capsys.readouterr().out


def test_it_opens_the_browser_when_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert main(["view", str(folder / "w1.npz"), "--open"]) == 0
    assert opened == [Path("w1.html").resolve().as_uri()]


@pytest.mark.slow
def test_with_a_model(folder: Path, tiny_model: Any) -> None:  # noqa: ANN401
    words = ["view", str(folder / "w0.npz"), "--model", str(tiny_model.folder), "--samples", "4"]
    assert main(words) == 0
    assert '"origin":"generated"' in Path("w0.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "at least one"),
        (["absent.c3d"], "absent.c3d"),
        (["w.npz", "--out", "x.png"], ".html"),
        (["w.npz", "--samples", "4"], "--samples says nothing without --model"),
    ],
)
def test_bad_input(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", *words]) == 2
    assert said in capsys.readouterr().err
