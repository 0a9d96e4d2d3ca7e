"""Mirrors src/unisono/api/asking.py."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from unisono import api
from unisono.api.asking import ask, calibrate_parts, parts_to_calibrate, question, table_key
from unisono.api.building import build_method, open_parts
from unisono.api.missing import SHARES, missing_key
from unisono.core.config import from_mapping
from unisono.core.errors import ConfigError, ModelError
from unisono.recordings.schema import make_recording, make_stream, stream_names, streams


def three(tree: xr.DataTree) -> xr.DataTree:
    """A walk with its two legs' forces as streams of their own."""
    node = dict(streams(tree))
    parts = {"angles": node["angles"]}
    for name, side in (("right", "r_"), ("left", "l_")):
        force = node["grf"]
        chosen = [str(c) for c in force["channel"].values if str(c).startswith(side)]
        here = force.sel(channel=chosen)
        parts[name] = make_stream(
            here["data"].values,
            time=force["time"].values,
            channels=chosen,
            units=[str(u) for u in here["unit"].values],
            kind="force",
            frame=dict(force.attrs["frame"]),
        )
    known = {k: v for k, v in tree.attrs.items() if k in ("recording", "subject", "mass_kg")}
    return make_recording(parts, **known)


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return {
        "windows": {
            "rate_hz": 50.0,
            "length": 32,
            "stride": 16,
            "units": {"right": "N/kg", "left": "N/kg"},
        },
        "split": {"test": 0.34, "calibration": 0.34},
        "llma": {
            "steps": 15,
            "size": {"width": 16, "heads": 2, "feedforward": 16, "dropout": 0.0},
            "layers": {"own": 1, "condition": 1, "decoder": 1, "mean": 1},
            "alignment": {"length": 8},
        },
        "training": {
            "batch_size": 16,
            "learning_rate": 5e-3,
            "ema_decay": 0.9,
            "warmup_steps": 1,
            "device": "cpu",
            "precision": "fp32",
        },
        "bands": {"samples": 8, "steps": 2},
    }


EVERY = ("angles", "right", "left")


@pytest.fixture(scope="module")
def data(make_walk: Any, tmp_path_factory: pytest.TempPathFactory) -> api.Dataset:  # noqa: ANN401
    trees = (three(make_walk(f"s{s}t{t}", s)) for s in range(6) for t in range(2))
    return api.Dataset.create(tmp_path_factory.mktemp("any") / "walks.un", trees)


@pytest.fixture(scope="module")
def model(
    data: api.Dataset, tables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> api.Model:
    output = tmp_path_factory.mktemp("models") / "any"
    return api.fit("llma-any", data, given=EVERY, want=EVERY, output=output, settings=tables)


def test_few_streams_are_calibrated_in_every_part_and_many_in_some() -> None:
    assert len(parts_to_calibrate("abcd", seed=0)) == 15
    many = parts_to_calibrate("abcdefg", seed=0)
    assert len(many) == len(set(many)) == 7 + 6 + 7 + 1
    assert many == parts_to_calibrate("abcdefg", seed=0)
    assert {len(part) for part in many[:7]} == {1} and {len(p) for p in many[13:20]} == {6}


def test_every_stream_has_a_table_a_part_and_one_over_all(model: api.Model) -> None:
    keys = {
        *EVERY,
        *(table_key(a, [b]) for a in EVERY for b in EVERY if a != b),
        *(table_key(a, [b for b in EVERY if b != a]) for a in EVERY),
        *(missing_key(a, share) for a in EVERY for share in SHARES),
    }
    assert set(model.tables) == keys
    assert set(api.load(model.folder).tables) == keys


def test_bands_of_a_part_hold_what_they_promise_on_those_who_calibrated(
    data: api.Dataset, tables: dict[str, Any]
) -> None:
    said = copy.deepcopy(tables) | {
        "method": "llma-any",
        "data": {"path": str(data.path), "given": list(EVERY), "want": list(EVERY)},
    }
    said["bands"]["correction"] = "none"
    recipe = from_mapping(api.Recipe, said)
    parts = open_parts(recipe)
    method = build_method(recipe, parts.windows.streams)
    method.prepare(parts.windows.batch(parts.rows["train"]))
    method.eval()
    found = calibrate_parts(recipe, parts, method)
    from unisono.api.predicting import Drawing, predict

    batch = parts.windows.batch(parts.rows["calibration"])
    for given in (("angles",), ("angles", "left")):
        only = type(batch)(
            {k: batch.data[k] for k in given}, {k: batch.mask[k] for k in given},
            batch.index, batch.subject, batch.condition,
        )  # fmt: skip
        drawn = predict(method, only, ["right"], Drawing(8, 2, 0, recipe.bands.levels))["right"]
        bands = found[table_key("right", given)].apply(drawn.bands)
        truth = batch.data["right"].numpy()
        inside = (truth >= bands.lower[-1]) & (truth <= bands.upper[-1])
        assert inside.mean(axis=(0, 1)) == pytest.approx(np.full(3, 0.9), abs=0.02)


def test_a_question_keeps_the_factors_of_missing_channels(model: api.Model) -> None:
    asked = model.asking(given=["angles"], want=["left"])
    assert {missing_key("left", share) for share in SHARES} < set(asked.tables)
    assert missing_key("right", SHARES[0]) not in asked.tables


def test_what_a_recording_lacks_is_wanted_and_the_rest_given(
    model: api.Model, data: api.Dataset
) -> None:
    tree = data.load(data.recordings[0])
    del tree["right"]
    out = model.generate(tree, samples=3)
    assert set(out.parts) == {"right"}
    assert sorted(out.provenance["given"]) == ["angles", "left"]
    assert np.isfinite(out.band(0.9)["right"]["lower"].values).all()
    assert not any("calibrated" in doubt for doubt in out.doubts)


def test_a_question_is_answered_from_what_is_named_alone(
    model: api.Model, data: api.Dataset
) -> None:
    tree = data.load(data.recordings[0])
    out = model.generate(tree, given=["angles"], want=["left"], samples=2)
    assert set(out.parts) == {"left"} and out.provenance["given"] == ["angles"]
    spoiled = tree.copy(deep=True)
    for name in ("left", "right"):
        spoiled[name]["data"].values[:] = 1e4
    again = model.generate(spoiled, given=["angles"], want=["left"], samples=2)
    np.testing.assert_array_equal(out.parts["left"].samples, again.parts["left"].samples)
    with pytest.raises(ModelError, match="holds every stream"):
        model.generate(tree)


def test_a_narrowed_model_answers_its_question_whatever_the_recording_holds(
    model: api.Model, data: api.Dataset
) -> None:
    out = model.asking(given=["angles"], want=["left"]).generate(
        data.load(data.recordings[0]), samples=2
    )
    assert set(out.parts) == {"left"} and out.provenance["given"] == ["angles"]
    assert not any("not for exactly" in doubt for doubt in out.doubts)


def test_a_part_that_was_not_calibrated_is_banded_over_all_and_says_so(
    model: api.Model, data: api.Dataset
) -> None:
    rough = replace(model, tables={k: t for k, t in model.tables.items() if " | " not in k})
    out = rough.generate(data.load(data.recordings[0]), given=["angles"], want=["left"], samples=2)
    assert any("not for exactly this one" in doubt for doubt in out.doubts)


@pytest.mark.slow
def test_a_narrowed_model_is_evaluated_and_the_whole_one_asks_what_is_given(
    model: api.Model, data: api.Dataset, tmp_path: Path
) -> None:
    asked = model.asking(given=["angles"])
    assert (asked.given, asked.want) == (("angles",), ("right", "left"))
    report = api.evaluate(asked, data, out=tmp_path / "report")
    assert set(report.content["targets"]) == {"right", "left"}
    assert not report.content["leaks"]
    with pytest.raises(ConfigError, match="say what this model is to be given"):
        api.evaluate(model, data, out=tmp_path / "other")


def test_questions_that_make_no_sense_are_refused(
    model: api.Model, tiny_model: api.Model, data: api.Dataset
) -> None:
    with pytest.raises(ConfigError, match=r"'angels' is none of .* Did you mean 'angles'"):
        ask(model, ["angels"], None)
    with pytest.raises(ConfigError, match="left is on both sides"):
        ask(model, ["left"], ["left"])
    with pytest.raises(ConfigError, match="one side is empty"):
        ask(model, EVERY, None)
    with pytest.raises(ConfigError, match="always given angles"):
        ask(tiny_model, ["angles"], None)
    with pytest.raises(ModelError, match="needs one of"):
        question(model, ["markers"], None, None)
    assert set(stream_names(data.load(data.recordings[0]))) == set(EVERY)


def test_a_narrowed_model_has_the_bands_of_what_a_recording_holds(
    model: api.Model, data: api.Dataset
) -> None:
    """A table of more streams than are there would be too narrow."""
    tree = data.load(data.recordings[0])
    del tree["right"]
    whole = model.generate(tree, given=["angles"], want=["left"], samples=3)
    narrowed = model.asking(given=["angles", "right"], want=["left"])
    found = narrowed.generate(tree, samples=3)
    assert found.provenance["given"] == ["angles"]
    assert not any("not for exactly" in doubt for doubt in found.doubts)
    np.testing.assert_array_equal(found.parts["left"].upper, whole.parts["left"].upper)
    lost = {k: t for k, t in narrowed.tables.items() if k != table_key("left", ["angles"])}
    rough = replace(narrowed, tables=lost).generate(tree, samples=3)
    assert any("not for exactly" in doubt for doubt in rough.doubts)
    over_all = replace(model, tables={"left": model.tables["left"]})
    want = over_all.generate(tree, given=["angles"], want=["left"], samples=3)
    np.testing.assert_array_equal(rough.parts["left"].upper, want.parts["left"].upper)
    assert narrowed.tables["left"] == model.tables[table_key("left", ["angles", "right"])]


def test_a_live_stream_is_asked_for_what_does_not_arrive(
    model: api.Model, data: api.Dataset
) -> None:
    tree = data.load(data.recordings[0])
    del tree["right"]
    live = model.stream(tree)
    assert (live.want, live.inputs.names) == (("right",), ("angles", "left"))
    assert live.tables["right"] == model.tables[table_key("right", ["angles", "left"])]
    assert model.stream(tree, want=["left"]).inputs.names == ("angles",)
