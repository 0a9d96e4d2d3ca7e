"""``unisono map`` at the command line."""

import json
from pathlib import Path

import pytest

from unisono import api
from unisono.cli.main import main

FAST = ["--set", "steps=40", "--set", "codes=5", "--set", "hidden=[16]", "--set", "negatives=64"]


def test_a_map_is_sealed_drawn_and_told(
    swings: api.Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["map", str(swings.path), "--by", "time,speed", "--dims", "3", "--no-controls",
             "--out", str(tmp_path / "m"), *FAST, "--json"]  # fmt: skip
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (tmp_path / "m" / "seal.json").exists() and Path(told["picture"]).exists()
    assert set(told["rows"]["map"]) == {"speed", "frames"}


@pytest.mark.parametrize(
    ("by", "words"),
    [("sped", "has no label 'sped'"), (",", "name what the map is by")],
)
def test_bad_labels_are_one_line(
    by: str, words: str, swings: api.Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "m")
    assert main(["map", str(swings.path), "--by", by, "--out", out, "--json"]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert not (tmp_path / "m").exists()


def test_a_picture_that_exists_is_left_before_anything_is_done(
    swings: api.Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.png").write_text("mine")
    words = ["map", str(swings.path), "--by", "time", "--out", str(tmp_path / "m")]
    assert main([*words, *FAST, "--no-controls"]) == 2
    assert "m.png exists" in capsys.readouterr().err
    assert (tmp_path / "m.png").read_text() == "mine" and not (tmp_path / "m").exists()
