"""``unisono edit`` at the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.cli.main import main
from unisono.recordings.formats.registry import write


@pytest.fixture
def file(make_swing: Callable[..., xr.DataTree], tmp_path: Path) -> Path:
    return write(make_swing(12), tmp_path / "trial.npz")[0]


@pytest.mark.parametrize(
    "words",
    [["--toward", "speed=1.8"], ["--forecast", "4"], ["--between", "0.5", "0.8"]],
)
def test_edits_are_written_and_told(
    words: list[str],
    tiny_map: api.MapModel,
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, picture = tmp_path / "edited.npz", tmp_path / "walk.png"
    status = main(["edit", str(tiny_map.folder), str(file), *words, "--out", str(out),
                   "--picture", str(picture), "--json"])  # fmt: skip
    assert status == 0
    told = json.loads(capsys.readouterr().out)
    assert told["written"] == [str(out), str(picture)] and picture.exists()
    before, after = api.read_one(file)["angles"]["data"], api.read_one(out)["angles"]["data"]
    assert not np.array_equal(after.values[: len(before)], before.values) or "--forecast" in words
    assert told["frames"] in (4, 14, 80)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--toward", "speed"], "must look like speed=1.8"),
        (["--to-class", "turn"], "has no class 'turn'"),
        ([], "say one thing to do"),
    ],
)
def test_bad_wishes_are_one_line(
    words: list[str],
    said: str,
    tiny_map: api.MapModel,
    file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "edited.npz"
    assert main(["edit", str(tiny_map.folder), str(file), *words, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and not out.exists()


def test_files_that_exist_are_left_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, picture = tmp_path / "o.npz", tmp_path / "walk.png"
    words = ["edit", "absent", "absent.npz", "--forecast", "3", "--out", str(out)]
    for name in ("o.npz", "walk.png"):
        (tmp_path / name).write_text("mine")
        assert main([*words, "--picture", str(picture)]) == 2
        assert f"{name} exists" in capsys.readouterr().err
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).unlink()


def test_a_model_without_a_map_is_one_line(
    tiny_model: api.Model, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["edit", str(tiny_model.folder), str(file), "--forecast", "3"]
    assert main([*words, "--out", str(tmp_path / "o.npz")]) == 2
    assert "generates streams of a recording" in capsys.readouterr().err
