"""Mirrors src/unisono/studio/word_jobs.py."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono import api
from unisono.core.errors import UnisonoError
from unisono.recordings.formats.registry import read_file
from unisono.studio.asking import LearnAsked, SpeakAsked
from unisono.studio.planning import word_files, word_folder
from unisono.studio.word_jobs import learn_word, speak_motion


def quiet(doing: str, done: int, total: int) -> None:
    assert doing


def speak(model: Path, out: Path, **asked: Any) -> Any:  # noqa: ANN401
    told = SpeakAsked(kind="speak", model="m", **{"seconds": 1.0, **asked})
    request = {"model": str(model), "asked": told.model_dump(), "out": str(out), "words": []}
    return {**request, "asked": told.model_dump(mode="json")}


@pytest.fixture(scope="module")
def model(motion_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(motion_model_folder, tmp_path_factory.mktemp("lab") / "talks"))


@pytest.mark.slow
def test_words_become_motions_in_files_and_on_a_page(model: Path, tmp_path: Path) -> None:
    request = speak(model, tmp_path, texts=["a person walks"], samples=2, formats=["bvh", "npz"])
    said: Any = speak_motion(request, quiet)
    stem = "a_person_walks"
    assert said["page"] == f"{stem}.html" and said["refused"] == []
    assert said["written"] == [f"{stem}_000.bvh", f"{stem}_001.bvh", f"{stem}_000.npz",
                               f"{stem}_001.npz", f"{stem}.html"]  # fmt: skip
    assert sorted(said["written"]) == sorted(file.name for file in tmp_path.iterdir())
    rig = api.load_motion_model(model).rig.names
    angles = read_file(tmp_path / f"{stem}_000.bvh")["angles"]["channel"].values
    assert {str(name).rsplit("_", 1)[0] for name in angles} >= set(rig)
    assert "a person walks (2)" in (tmp_path / said["page"]).read_text()
    assert speak_motion(request, quiet) == said  # its worker died, and another does it once more


@pytest.mark.slow
def test_a_word_is_learned_then_used(model: Path, tmp_path: Path) -> None:
    speak_motion(speak(model, tmp_path, texts=["a person runs"], formats=["bvh"]), quiet)
    clip = {"path": str(tmp_path / "a_person_runs.bvh"), "name": "run.bvh", "answers": {}}
    asked = LearnAsked(kind="learn", model="m", word="*dash*", clips=[{}], warm=2, steps=2)  # type: ignore[list-item]
    learning = {"model": str(model), "clips": [clip], "out": str(word_folder(model)),
                "asked": asked.model_dump(mode="json")}  # fmt: skip
    seen: list[tuple[str, int, int]] = []
    said: Any = learn_word(learning, lambda *word: seen.append(word))
    assert said["written"] == ["dash.word"] and said["word"] == "*dash*" and said["clips"] == 1
    assert seen[-1] == ("learn", 4, 4)
    assert learn_word(learning, quiet) == said  # it was learned before its worker died
    assert list(word_files(model)) == ["*dash*"]
    request = speak(model, tmp_path, texts=["a *dash* person"], formats=["npz"])
    with pytest.raises(UnisonoError, match="knows no word"):
        speak_motion(speak(model, tmp_path, texts=["*dash*"]), quiet)
    made: Any = speak_motion({**request, "words": [str(word_files(model)["*dash*"])]}, quiet)
    assert "not known" not in made["summary"]


@pytest.mark.slow
def test_a_part_of_a_clip_is_made_anew(model: Path, tmp_path: Path) -> None:
    speak_motion(speak(model, tmp_path, texts=["a person walks"], formats=["bvh"]), quiet)
    file = tmp_path / "a_person_walks.bvh"
    source = {"path": str(file), "name": "w.bvh", "answers": {}}
    request = speak(model, tmp_path, texts=["a person runs"], keep_frames="0:8", formats=["bvh"])
    said: Any = speak_motion({**request, "source": source}, quiet)
    assert (
        said["written"] == ["a_person_runs.bvh", "a_person_runs.html"] and "kept" in said["summary"]
    )
    before, after = (
        read_file(f)["angles"].data.values for f in (file, tmp_path / "a_person_runs.bvh")
    )
    np.testing.assert_array_equal(before[:8], after[:8])
    assert not np.array_equal(before, after)
    with pytest.raises(UnisonoError, match="name its file"):
        speak_motion(request, quiet)
