"""Mirrors src/unisono/studio/planning.py."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from unisono.core.errors import ConfigError
from unisono.studio.asking import Asked
from unisono.studio.folder import NotThere, WorkFolder
from unisono.studio.planning import Planner, model_kind, word_files, word_folder
from unisono.studio.uploads import Uploads

ASKED: TypeAdapter[Any] = TypeAdapter(Asked)
TRAIN = {"kind": "train", "name": "new", "dataset": "gait.un", "given": ["angles"], "want": ["grf"]}


@pytest.fixture
def planner(tmp_path: Path) -> Planner:
    folder = WorkFolder(tmp_path)
    (tmp_path / "gait.un").mkdir()
    (tmp_path / "gait.un" / "dataset.toml").write_text(
        '[[recordings]]\nrecording = "w 1"\nsubject = "s"\nstreams = ["angles", "grf"]\n'
    )
    for name, method in (("m", "llma"), ("map", "conda"), ("bridge", "lddbm"), ("bad", ""),
                         ("talks", "lead")):  # fmt: skip
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.toml").write_text(f'method = "{method}"\n')
    uploads = Uploads(folder.files)
    return Planner(folder, uploads)


def plan(planner: Planner, **asked: Any) -> Any:  # noqa: ANN401
    return planner.plan(ASKED.validate_python(asked))


def test_names_become_the_places_that_the_folder_knows(planner: Planner) -> None:
    root = planner.folder.root
    with planner.uploads.arriving("../w.csv") as arriving:
        arriving.add(b"time,a\n0,1\n")
        upload = arriving.keep()
    planned = plan(planner, kind="generate", models=["m"], source={"file": upload.id})
    assert planned.kind == "generate"
    assert planned.request["models"] == {"m": str(root / "m")}
    assert planned.request["source"]["path"] == str(upload.path)
    assert planned.request["source"]["name"] == "../w.csv"
    assert Path(planned.request["out"]).parent == planner.folder.results
    planned = plan(planner, **TRAIN)
    assert planned.request["output"] == str(root / "models" / "new")
    assert planned.request["name"] == "models/new" and planned.request["asked"]["steps"] == 3000
    of_set = {"dataset": "gait.un", "recording": "w 1"}
    assert plan(planner, kind="view", source=of_set).request["source"]["recording"] == "w 1"
    made = plan(planner, kind="import", name="lab", files=[upload.id]).request
    assert made["out"] == str(root / "lab.un") and len(made["sources"]) == 1
    walk = plan(planner, kind="walk", model="map", points=[[0, 0], [1, 1]]).request
    assert walk["model"] == str(root / "map")
    edit = plan(planner, kind="edit", model="map", source=of_set, forecast=3).request
    assert edit["source"]["dataset"] == str(root / "gait.un")


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"kind": "view", "source": {}}, ConfigError, "name a file"),
        ({"kind": "view", "source": {"file": "0" * 16}}, NotThere, "no such file"),
        ({"kind": "view", "source": {"dataset": "gait.un", "recording": "../w"}}, NotThere,
         "no recording"),
        ({"kind": "generate", "models": ["map"], "source": {}}, ConfigError, "is no generator"),
        ({"kind": "generate", "models": ["bad"], "source": {}}, ConfigError, "is no generator"),
        ({"kind": "generate", "models": ["../m"], "source": {}}, NotThere, "no model"),
        ({"kind": "place", "model": "m"}, ConfigError, "is no map"),
        ({"kind": "translate", "model": "map", "source": {}}, ConfigError, "is no bridge"),
        ({**TRAIN, "dataset": "gate.un"}, NotThere, "Did you mean 'gait.un'"),
        ({**TRAIN, "want": ["emg"]}, ConfigError, "no stream 'emg'; it has angles, grf"),
        ({**TRAIN, "want": ["angles"]}, ConfigError, "any from any"),
        ({"kind": "import", "name": "gait", "files": ["0" * 16]}, NotThere, "no such file"),
        ({"kind": "import", "name": "gait", "files": ["0" * 16] * 2}, ConfigError, "twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_at_once(
    planner: Planner, asked: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        plan(planner, **asked)


def test_a_training_that_was_begun_is_resumed_and_not_begun_again(planner: Planner) -> None:
    (planner.folder.models / "new.run").mkdir()
    with pytest.raises(ConfigError, match="resume it"):
        plan(planner, **TRAIN)
    planner.plan(ASKED.validate_python(TRAIN), again=True)
    (planner.folder.models / "new").mkdir()
    with pytest.raises(ConfigError, match="already"):
        planner.plan(ASKED.validate_python(TRAIN), again=True)


def test_kinds_of_models(planner: Planner) -> None:
    kinds = {p.name: model_kind(p) for p in planner.folder.places("model")}
    assert kinds == {"m": "generator", "map": "map", "bridge": "bridge", "bad": "",
                     "talks": "words"}  # fmt: skip


def test_learned_words_are_found_by_what_a_text_says(planner: Planner) -> None:
    words = word_folder(planner.folder.root / "talks")
    words.mkdir()
    for name in ("limp.word", "Odd One.word", "limp.txt"):
        (words / name).write_text("{}")
    assert word_files(planner.folder.root / "talks") == {"*limp*": words / "limp.word"}
    asked = {"kind": "speak", "model": "talks", "texts": ["a *Limp* person", "*limp* on"]}
    planned = plan(planner, **asked).request
    assert planned["words"] == [str(words / "limp.word")] and "source" not in planned
    with pytest.raises(NotThere, match=r"has not learned \*lamp\*.*Did you mean '\*limp\*'"):
        plan(planner, kind="speak", model="talks", texts=["*lamp*"])
    with pytest.raises(ConfigError, match="is no words"):
        plan(planner, kind="speak", model="m", texts=["a person walks"])
    clips = [{"dataset": "gait.un", "recording": "w 1"}]
    learning = {"kind": "learn", "model": "talks", "clips": clips}
    planned = plan(planner, **learning, word="*odd*").request
    assert planned["out"] == str(words) and len(planned["clips"]) == 1
    with pytest.raises(ConfigError, match="learned .* already"):
        plan(planner, **learning, word="*limp*")
    for wrong in ("limp", "*../x*", "**", "*A*", "*a b*"):
        with pytest.raises(ValueError, match="word"):
            plan(planner, **learning, word=wrong)


def test_several_recordings_are_looked_at_together(planner: Planner) -> None:
    one = {"dataset": "gait.un", "recording": "w 1"}
    assert len(plan(planner, kind="view", source=one, beside=[one, one]).request["beside"]) == 2
    with pytest.raises(NotThere):
        plan(planner, kind="view", source=one, beside=[{**one, "recording": "x"}])
