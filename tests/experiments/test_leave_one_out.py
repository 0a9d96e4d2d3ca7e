"""Mirrors src/unisono/experiments/leave_one_out.py, on a tiny world of two coupled signals."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from unisono import experiments
from unisono.api.recipe import load_recipe
from unisono.core.errors import ConfigError
from unisono.experiments.held_out import HeldOut
from unisono.experiments.leave_one_out import _audits, _held_out
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_recording, make_stream

RECIPE = """
[data]
given = ["angles"]
want = ["grf"]
[windows]
rate_hz = 50.0
length = 32
stride = 32
[llma]
steps = 2
size = { width = 8, heads = 2, feedforward = 8, dropout = 0.0 }
layers = { own = 1, condition = 1, decoder = 1, mean = 1 }
alignment = { length = 8 }
[training]
batch_size = 8
warmup_steps = 1
device = "cpu"
precision = "fp32"
[bands]
samples = 6
steps = 1
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loo")
    (folder / "recipe.toml").write_text(RECIPE)

    def people():  # noqa: ANN202
        for s in range(3):
            rng = np.random.default_rng(s)
            time = np.arange(0, 2.6, 0.02)
            phase = 2 * np.pi * time + s
            angle = np.stack([np.sin(phase), np.cos(phase)], 1) + rng.normal(0, 0.1, (len(time), 2))
            streams = {
                "angles": make_stream(
                    angle, time=time, channels=["a", "b"], units="deg", kind="angle"
                ),
                "grf": make_stream(
                    np.sin(phase)[:, None] * 100, time=time, channels=["f"], units="N", kind="force"
                ),
            }
            yield make_recording(streams, recording=f"r{s}", subject=f"s{s}")

    Dataset.create(folder / "data.un", people())
    return folder


def run(world: Path, out: str) -> experiments.ExperimentResult:
    settings = [f"recipe={world / 'recipe.toml'}", f"data.path={world / 'data.un'}"]
    return experiments.run("leave-one-out", world / out, settings=settings)


@pytest.mark.slow
def test_everybody_is_predicted_by_models_that_never_saw_them_and_it_resumes(world: Path) -> None:
    first = run(world, "out")
    content = first.content
    assert content["data"]["test_subjects"] == ["s0", "s1", "s2"]
    methods = content["targets"]["grf"]["methods"]
    assert set(methods) == {"llma", "mean_curve", "ridge", "knn", "mlp"}
    assert set(content["targets"]["grf"]["coverage"]) == {"0.5", "0.8", "0.9"}
    assert json.loads((world / "out" / "report.json").read_text()) == content
    for subject in ("s0", "s1", "s2"):
        table = (world / "out" / "models" / subject / "model.toml").read_text()
        assert f'leave_out = [\n    "{subject}",\n]' in table
    assert {"subject_in_two_parts", "normaliser", "target_in_input"} <= set(content["audited"])
    assert not content["leaks"]
    assert not any("Not audited" in d and "normaliser" in d for d in content["doubts"])
    kept = world / "out" / "subjects" / "s1.npz"
    stamp = kept.stat().st_mtime_ns
    (world / "out" / "subjects" / "s2.npz").unlink()  # as if killed before the last one
    second = run(world, "out")
    assert kept.stat().st_mtime_ns == stamp
    assert second.content["targets"] == first.content["targets"]


def test_subjects_of_other_recipes_or_recordings_are_not_mixed(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules[_held_out.__module__]  # the package's name of it is the function
    monkeypatch.setattr(module, "_one", lambda _recipe, _data, subject, _out: subject)
    data, out = tmp_path / "data.un", tmp_path / "out"
    trees = list(Dataset.open(world / "data.un"))
    Dataset.create(data, trees)

    def held(*settings: str) -> object:
        recipe = load_recipe(world / "recipe.toml", [f"data.path={data}", *settings])
        return _held_out(recipe, out)

    assert held() == held() == ["s0", "s1", "s2"]
    with pytest.raises(ConfigError, match=r"another \[llma\]"):
        held("llma.steps=3")
    shutil.rmtree(data)
    trees[0]["grf"]["data"] = 2 * trees[0]["grf"]["data"]
    Dataset.create(data, trees)
    with pytest.raises(ConfigError, match="other settings"):
        held()


def test_leaks_of_every_training_are_told_with_who_was_left_out() -> None:
    leak = {"kind": "filter", "where": "angles", "what": "x", "remedy": "y"}
    one = HeldOut("s1", (), {}, ("normaliser", "filter"), (leak,))
    two = HeldOut("s2", (), {}, ("filter",))
    found = _audits([one, two])
    assert found["audited"] == ["filter"]
    assert found["leaks"] == [{**leak, "where": "without s1, angles"}]


def test_a_recipe_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name a recipe"):
        experiments.run("leave-one-out", tmp_path)
    with pytest.raises(ValueError, match="experiment must be one of .*leave-one-out"):
        experiments.run("leave-one-in", tmp_path)
