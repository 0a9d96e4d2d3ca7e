"""Mirrors src/unisono/api/evaluating.py: the report, whose data it is of, and planted leaks."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from unisono import api
from unisono.api.evaluating import test_recordings as recordings_tested
from unisono.core.errors import ConfigError, ModelError, UnisonoError

QUICK = api.Sampling(samples=4)


@pytest.fixture(scope="module")
def result(
    tiny_model: api.Model, walks: api.Dataset, tmp_path_factory: pytest.TempPathFactory
) -> api.EvaluationResult:
    out = tmp_path_factory.mktemp("report")
    return api.evaluate(tiny_model, walks, out=out, options=api.Evaluation(sampling=QUICK))


def test_a_report_is_replaced_only_where_that_is_allowed(
    result: api.EvaluationResult, tiny_model: api.Model, walks: api.Dataset
) -> None:
    out, before = result.page.parent, result.page.read_bytes()
    options = api.Evaluation(sampling=QUICK, timeline=0)
    with pytest.raises(api.UnisonoError, match="exists; choose another folder"):
        api.evaluate(tiny_model, walks, out=out, options=options)
    assert result.page.read_bytes() == before
    kept = result.numbers.read_bytes()
    api.evaluate(tiny_model, walks, out=out, options=options, overwrite=True)
    assert result.page.read_bytes() != before
    result.page.write_bytes(before)
    result.numbers.write_bytes(kept)


def test_the_report_has_exactly_its_shape(
    result: api.EvaluationResult, walks: api.Dataset, tiny_model: api.Model
) -> None:
    found = json.loads(result.numbers.read_text())
    assert found == json.loads(json.dumps(result.content))
    assert {"unisono", "commit", "command", "data", "targets", "controls", "leaks",
            "physics"} <= set(found)  # fmt: skip
    assert found["data"]["digest"] == walks.digest
    tested = {name[:2] for name in recordings_tested(tiny_model, walks)}
    assert set(found["data"]["test_subjects"]) == tested and len(tested) == 2
    grf = found["targets"]["grf"]
    assert grf["unit"] == "N/kg"
    assert set(grf["methods"]) == {"llma", "mean_curve", "ridge", "knn", "mlp"}
    for method in grf["methods"].values():
        assert {"rmse", "nrmse", "r", "peak", "impulse"} <= set(method)
        for entry in method.values():
            assert set(entry) == {"mean", "low", "high"}
    assert set(grf["coverage"]) == {"0.5", "0.8", "0.9"} and grf["width"]
    assert found["leaks"] == []


def test_it_is_right_where_the_answer_is_known(result: api.EvaluationResult) -> None:
    methods = result.content["targets"]["grf"]["methods"]
    # forces are functions of the angles nearby; the mean curve knows nothing of the phase
    assert methods["ridge"]["nrmse"]["mean"] < 0.2 < methods["mean_curve"]["nrmse"]["mean"]
    assert methods["llma"]["nrmse"]["mean"] < 0.6
    controls = json.dumps(result.content["controls"])
    assert "shuffled" in controls


def test_the_page_stands_alone(result: api.EvaluationResult) -> None:
    page = result.page.read_text()
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert 'src="http' not in page and "<link" not in page
    assert page.count("<iframe") == 1 and "default-src &#x27;none&#x27;" in page  # trials, played
    assert "ridge" in page and "not stated" in page
    assert "grf (N/kg)" in result.table()


@pytest.mark.slow
def test_people_who_were_trained_on_are_found(
    tiny_model: api.Model, walks: api.Dataset, tmp_path: Path
) -> None:
    options = api.Evaluation(part="all", sampling=QUICK, timeline=0)
    found = api.evaluate(tiny_model, walks, out=tmp_path / "r", options=options)
    kinds = {leak["kind"] for leak in found.content["leaks"]}
    assert {"subject_in_two_parts", "evaluated_on_training", "calibration"} <= kinds
    assert found.table().startswith("FAILED")
    assert "<iframe" not in found.page.read_text()  # left out when asked


@pytest.mark.slow
def test_people_of_another_dataset(
    tiny_model: api.Model,
    walks: api.Dataset,
    make_walk: Callable[..., xr.DataTree],
    tmp_path: Path,
) -> None:
    """Everything is tested; other units and rates are converted; baselines need the training."""
    trees = [make_walk(f"n{s}", s, rate=200.0) for s in (20, 21)]
    other = api.Dataset.create(tmp_path / "other.un", trees)
    options = api.Evaluation(sampling=QUICK)
    found = api.evaluate(tiny_model.folder, other.path, out=tmp_path / "r", options=options)
    assert set(found.content["data"]["test_subjects"]) == {"s20", "s21"}
    assert found.content["leaks"] == []
    assert found.content["targets"]["grf"]["methods"]["ridge"]["nrmse"]["mean"] < 0.2
    # without its training data no baseline can stand beside it, unless it is said where they are
    moved = tmp_path / "moved.un"
    shutil.copytree(walks.path, moved)
    with pytest.raises(ConfigError, match="say where with --training"):
        model = api.load(tiny_model.folder)
        object.__setattr__(model.recipe.data, "path", str(tmp_path / "gone.un"))
        api.evaluate(model, other, out=tmp_path / "s", options=options)
    there = api.Evaluation(sampling=QUICK, training=moved)
    assert api.evaluate(model, other, out=tmp_path / "s", options=there).content["leaks"] == []


def test_what_cannot_be_evaluated(
    tiny_model: api.Model, make_walk: Callable[..., xr.DataTree], tmp_path: Path
) -> None:
    trees = [make_walk("n0", 30)]
    node = trees[0]["angles"].to_dataset()
    trees[0]["angles"] = xr.DataTree(node.assign_coords(channel=[f"c{i}" for i in range(6)]))
    other = api.Dataset.create(tmp_path / "other.un", trees)
    with pytest.raises(ModelError, match="none of the channels"):
        api.evaluate(tiny_model, other, out=tmp_path / "r")
    lacking = make_walk("n1", 31)
    del lacking["grf"]
    without = api.Dataset.create(tmp_path / "without.un", [lacking])
    with pytest.raises(UnisonoError, match="grf"):
        api.evaluate(tiny_model, without, out=tmp_path / "r")
    with pytest.raises(ConfigError, match="the test part of .* has no windows"):
        options = api.Evaluation(part="test")
        good = api.Dataset.create(tmp_path / "good.un", [make_walk("n2", 32)])
        api.evaluate(tiny_model, good, out=tmp_path / "r", options=options)
    assert not (tmp_path / "r").exists()
