"""Mirrors src/unisono/cli/learn_word.py, and what a model of text to motion says to bad input."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def bvh(motion_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A motion of the model's own, as a file."""
    from unisono import api

    model = api.load_motion_model(motion_model_folder)
    file = tmp_path_factory.mktemp("clips") / "own.bvh"
    return Path(model.generate("walks", options=api.MotionSampling(seconds=1.0)).save(file)[0])


@pytest.mark.slow
def test_a_word_is_learned_and_used(
    motion_model_folder: Path, bvh: Path, unisono: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "limp.word"
    ran = unisono("learn-word", motion_model_folder, "*limp*", bvh, "--out", file, "--json",
                  "--warm", "2", "--steps", "2")  # fmt: skip
    assert ran.status == 0, ran.err
    assert ran.json["written"] == str(file) and ran.json["space"] == "realigned"
    out = tmp_path / "limping.bvh"
    ran = unisono("generate", motion_model_folder, "--text", "a *limp* person", "--word", file,
                  "--seconds", "1", "--samples", "2", "--out", out)  # fmt: skip
    assert ran.status == 0 and (tmp_path / "limping_001.bvh").exists()
    again = unisono("learn-word", motion_model_folder, "*limp*", bvh, "--out", file)
    assert "exists" in again.complaint
    kept = tmp_path / "kept.bvh"
    ran = unisono("generate", motion_model_folder, bvh, "--text", "runs", "--keep-frames", "0:5",
                  "--out", kept, "--json")  # fmt: skip
    assert ran.status == 0 and ran.json["written"] == [str(kept)]
    path = tmp_path / "path.csv"
    path.write_text("time,x,z\n0,0,0\n1,0.2,0.5\n")
    ran = unisono("generate", motion_model_folder, "--text", "runs", "--seconds", "1", "--path",
                  path, "--out", tmp_path / "led.bvh")  # fmt: skip
    assert ran.status == 0 and "missed by" in ran.out


ONE_JOINT = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
}
MOTION
Frames: 2
Frame Time: 0.05
0 0 0 0 0 0
0 0 0 0 0 0
"""


def no_motion(good: str) -> str:
    return good[: good.index("MOTION")]


def nan(good: str) -> str:
    head, _, last = good.rstrip().rpartition("\n")
    return head + "\nnan " + last.split(" ", 1)[1] + "\n"


def short(good: str) -> str:
    return good.rstrip().rpartition(" ")[0] + "\n"


def other_bones(good: str) -> str:
    return good.replace("JOINT LeftLeg\n", "JOINT LeftShin\n")


CLIPS: dict[str, tuple[Callable[[str], str], str]] = {
    "one joint": (lambda _: ONE_JOINT, "single joint"),
    "no MOTION": (no_motion, "MOTION"),
    "NaN": (nan, "not valid"),
    "a wrong channel count": (short, "cut off"),
    "another skeleton": (other_bones, "another skeleton"),
}


@pytest.mark.parametrize("what", CLIPS)
def test_clips_that_cannot_be_used(
    what: str,
    motion_model_folder: Path,
    bvh: Path,
    unisono: Callable[..., Any],
    tmp_path: Path,
) -> None:
    change, said = CLIPS[what]
    file, out = tmp_path / "bad.bvh", tmp_path / "bad.word"
    file.write_text(change(bvh.read_text()))
    complaint = unisono("learn-word", motion_model_folder, "*limp*", file, "--out", out).complaint
    assert said in complaint
    complaint = unisono("generate", motion_model_folder, file, "--text", "runs", "--keep-frames",
                        "0:1", "--out", tmp_path / "x.bvh").complaint  # fmt: skip
    assert said in complaint
    assert not out.exists() and not (tmp_path / "x.bvh").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--text", ""], "empty"),
        (["--text", "zorps"], "knows no word"),
        (["--text", "runs", "--seconds", "0"], "two or more"),
        (["--text", "runs", "--seconds", "0.05"], "two or more"),
        (["--text", "runs", "--keep-frames", "0:3"], "name its file"),
        (["--text", "runs", "--word", "absent.word"], "no file of a learned word"),
        (["--text", "runs", "--samples", "0"], "samples"),
        (["--text", "runs", "--steps", "0"], "steps"),
        ([], "--text"),
    ],
)
def test_questions_that_cannot_be_answered(
    words: list[str],
    said: str,
    motion_model_folder: Path,
    unisono: Callable[..., Any],
    tmp_path: Path,
) -> None:
    out = tmp_path / "x.bvh"
    assert said in unisono("generate", motion_model_folder, *words, "--out", out).complaint
    assert not out.exists()


def test_masks_that_leave_nothing(
    motion_model_folder: Path, bvh: Path, unisono: Callable[..., Any], tmp_path: Path
) -> None:
    ask = ["generate", motion_model_folder, bvh, "--text", "runs", "--out", tmp_path / "x.bvh"]
    assert "keeps nothing" in unisono(*ask).complaint
    assert "keeps everything" in unisono(*ask, "--keep-frames", "0:20").complaint
