"""Mirrors src/unisono/studio/model_jobs.py."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono import api
from unisono.core.errors import ModelError
from unisono.recordings.schema import make_recording, make_stream
from unisono.studio.asking import GenerateAsked, TrainAsked
from unisono.studio.model_jobs import (
    evaluate_model,
    generate_signals,
    recipe_tables,
    take_in_model,
    train_model,
)
from unisono.studio.worker import JobStopped


def quiet(doing: str, done: int, total: int) -> None:
    assert doing


def training(walks: Any, output: Path, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    asked = TrainAsked.model_validate(
        {
            "kind": "train", "name": "m", "dataset": "d", "given": ["angles"], "want": ["grf"],
            "steps": 6, "size": "tiny", "rate_hz": 50, "frames": 32, "test": 0.34,
            "calibration": 0.34, "previews": 3, **more,
        }
    )  # fmt: skip
    return {"asked": asked.model_dump(), "dataset": str(walks.path), "output": str(output),
            "name": "models/m"}  # fmt: skip


@pytest.mark.slow
def test_a_training_that_is_stopped_goes_on_from_its_checkpoint(walks: Any, tmp_path: Path) -> None:  # noqa: ANN401
    request = training(walks, tmp_path / "m")
    seen: list[int] = []

    def stop(doing: str, done: int, total: int) -> None:
        seen.append(done)
        if done == 4:
            raise JobStopped

    with pytest.raises(JobStopped):
        train_model(request, stop)
    assert seen[-1] == 4 and not (tmp_path / "m").exists()
    assert list((tmp_path / "m.run" / "main" / "checkpoints").iterdir())
    assert [p.name for p in (tmp_path / "m.run/main/previews").glob("*.png")] == [
        "step-000000003.png"
    ]
    later: list[int] = []

    def tell(doing: str, done: int, total: int) -> None:
        later.append(done)

    made: Any = train_model(request, tell)
    assert made["model"] == "models/m" and made["want"] == ["grf"]
    assert min(later) > 4  # not from the beginning
    assert train_model(request, quiet)["model"] == "models/m"  # type: ignore[index]
    assert set(api.load(tmp_path / "m").streams["grf"].units) == {"N/kg"}


def test_a_recipe_takes_forces_by_mass_only_where_asked(walks: Any, tmp_path: Path) -> None:  # noqa: ANN401
    tables = recipe_tables(training(walks, tmp_path / "m"))
    assert tables["windows"]["units"] == {"grf": "N/kg"}
    plain = recipe_tables(training(walks, tmp_path / "m", per_mass=False))
    assert "units" not in plain["windows"]
    bare = recipe_tables(training(walks, tmp_path / "m", calibration=0))
    assert bare["bands"]["method"] == "none"


def test_forces_of_opensim_are_taken_without_their_centre_of_pressure(tmp_path: Path) -> None:
    grf = make_stream(
        np.ones((4, 2)), time=np.arange(4) / 100, channels=["ground_force_vy", "ground_force_px"],
        units=["N", "m"], kind="force",
    )  # fmt: skip
    angles = make_stream(np.ones((4, 1)), time=np.arange(4) / 100, channels=["knee"], units="deg",
                         kind="angle")  # fmt: skip
    walk = make_recording({"angles": angles, "grf": grf}, recording="w", subject="s")
    data = api.Dataset.create(tmp_path / "data.un", [walk])
    channels = recipe_tables(training(data, tmp_path / "m"))["windows"]["channels"]
    assert channels == {"grf": ["*[fv][xyz]"]}


@pytest.mark.slow
def test_generating_with_two_models_is_comparing(
    tiny_model: Any,  # noqa: ANN401
    walk_file: Path,
    tmp_path: Path,
) -> None:
    asked = GenerateAsked(kind="generate", models=["a", "runs/b"], source={}, samples=4)  # type: ignore[arg-type]
    said: Any = generate_signals(
        {
            "asked": asked.model_dump(),
            "models": {"a": str(tiny_model.folder), "runs/b": str(tiny_model.folder)},
            "source": {"path": str(walk_file), "name": "w.npz", "answers": {}},
            "out": str(tmp_path),
        },
        quiet,
    )
    assert {"w_a.mot", "w_b.mot", "w.html"} <= set(said["written"]) and said["page"] == "w.html"
    assert [one["model"] for one in said["reports"]] == ["a", "runs/b"]
    assert all((tmp_path / name).is_file() for name in said["written"])
    assert (tmp_path / "w.html").read_text().count('"origin":"generated"') >= 2


@pytest.mark.slow
def test_a_report(tiny_model: Any, walks: Any, tmp_path: Path) -> None:  # noqa: ANN401
    said: Any = evaluate_model(
        {"asked": {"samples": 4}, "model": str(tiny_model.folder), "dataset": str(walks.path),
         "out": str(tmp_path / "r")},
        quiet,
    )  # fmt: skip
    assert said["written"] == ["report.html", "report.json"] and "ridge" in said["table"]


def zipped(folder: Path, archive: Path, below: str = "deep/er/") -> Path:
    with zipfile.ZipFile(archive, "w") as packed:
        for file in folder.iterdir():
            packed.write(file, below + file.name)
    return archive


@pytest.mark.slow
def test_a_model_from_outside_is_verified_first(tiny_model: Any, tmp_path: Path) -> None:  # noqa: ANN401
    good = zipped(tiny_model.folder, tmp_path / "good.zip", "../../")
    kept = good.read_bytes()
    request = {"path": str(good), "output": str(tmp_path / "in" / "m"), "name": "models/m"}
    said: Any = take_in_model(request, quiet)
    assert said["kind"] == "generator" and said["want"] == ["grf"]
    assert sorted(p.name for p in (tmp_path / "in" / "m").iterdir()) == [
        "card.md", "model.safetensors", "model.toml", "seal.json",
    ]  # fmt: skip
    assert take_in_model({"path": str(tiny_model.folder), "name": "t"}, quiet) == {
        **said, "model": "t",
    }  # fmt: skip
    changed = tmp_path / "changed"
    shutil.copytree(tiny_model.folder, changed)
    weights = bytearray((changed / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (changed / "model.safetensors").write_bytes(weights)
    newer = tmp_path / "newer"
    shutil.copytree(tiny_model.folder, newer)
    seal = (newer / "seal.json").read_text()
    (newer / "seal.json").write_text(seal.replace('"format": 1', '"format": 99'))
    (newer / "only.txt").write_text("x")
    for folder, reason in ((changed, "damaged or was changed"), (newer, "newer than")):
        archive = zipped(folder, tmp_path / f"{folder.name}.zip")
        wrong = {"path": str(archive), "output": str(tmp_path / "in" / "x"), "name": "x"}
        with pytest.raises(ModelError, match=reason):
            take_in_model(wrong, quiet)
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["m"]
    assert list(tmp_path.glob("*.zip")) == []  # nothing is left of what came
    again = {**request, "output": str(tmp_path / "in" / "other")}
    with pytest.raises(ModelError, match="send it again"):
        take_in_model(again, quiet)
    good.write_bytes(kept)
    assert take_in_model(again, quiet) == said


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"hello"])
def test_archives_that_are_none(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"no readable \.zip"):
        take_in_model({"path": str(file), "output": str(tmp_path / "m"), "name": "m"}, quiet)
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("model.toml", "")
    with pytest.raises(ModelError, match=r"holds no model\.safetensors"):
        take_in_model({"path": str(file), "output": str(tmp_path / "m"), "name": "m"}, quiet)
    assert not (tmp_path / "m").exists()
