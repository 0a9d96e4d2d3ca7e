"""Mirrors src/unisono/api/translating.py."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unisono.api.citing import cite
from unisono.api.loading import load
from unisono.api.model import load_model
from unisono.api.recipe import Sampling
from unisono.api.translating import Translator, bridge_references, fit_translation, load_translator
from unisono.core.errors import ConfigError, FileFormatError, ModelError, OutputError, UnisonoError

sys.path.insert(0, str(Path(__file__).parent))
from translating_toys import TINY, pair_file, recipe_of

DRAW = Sampling(samples=3, seed=4)


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Translator:
    folder = tmp_path_factory.mktemp("bridge")
    return fit_translation(recipe_of(pair_file(folder), folder / "model"))


@pytest.fixture
def images() -> np.ndarray:
    return (np.random.default_rng(3).random((5, 1, 4, 4)) > 0.5).astype(np.float32)


def test_images_become_solids(translator: Translator, images: np.ndarray) -> None:
    out = translator.translate({"small": images}, options=DRAW)["solid"]
    assert out.samples.shape == (3, 5, 8, 8, 8)
    assert out.mean.shape == out.spread.shape == (5, 8, 8, 8)
    assert out.kind == "voxels"
    assert ((out.samples >= 0) & (out.samples <= 1)).all()
    assert (out.samples[0] != out.samples[1]).any()


def test_the_same_seed_gives_the_same_bits_and_chunks_do_not_show(
    translator: Translator, images: np.ndarray
) -> None:
    first, again = (translator.translate({"small": images}, options=DRAW) for _ in range(2))
    assert (first["solid"].samples == again["solid"].samples).all()
    other = translator.translate({"small": images}, options=replace(DRAW, seed=5))
    assert (first["solid"].samples != other["solid"].samples).any()
    assert (first["solid"].mean == other["solid"].mean).all()


def test_a_sealed_bridge_opens_as_it_was(translator: Translator, images: np.ndarray) -> None:
    again = load_translator(translator.folder)
    found = [t.translate({"small": images}, options=DRAW)["solid"] for t in (translator, again)]
    assert (found[0].samples == found[1].samples).all()
    metrics = again.sealed.metrics
    assert {"answer", "reconstruction", "start_swapped", "memory_swapped", "target_std"} <= set(
        metrics
    )
    assert metrics["gap"] == pytest.approx(metrics["answer"] - metrics["reconstruction"])
    assert again.sealed.extra["items"] == {"train": 24, "calibration": 8, "test": 8}
    assert float(again.method.bridge.widen) > 0
    assert "small -> solid" in repr(again)


def test_a_file_and_arrays_give_the_same(
    translator: Translator, images: np.ndarray, tmp_path: Path
) -> None:
    np.savez(tmp_path / "new.npz", small=images)
    found = translator.translate(tmp_path / "new.npz", options=DRAW)
    again = translator.translate({"small": images}, options=DRAW)
    assert (found["solid"].samples == again["solid"].samples).all()
    assert (found.source["small"] == images).all()


def test_things_without_partner_are_trained_with(tmp_path: Path) -> None:
    recipe = recipe_of(
        pair_file(tmp_path), tmp_path / "model",
        lddbm={**TINY["lddbm"], "unpaired": {"cycle": 1.0, "distribution": 1.0}},
    )  # fmt: skip
    recipe = replace(recipe, data=replace(recipe.data, share=0.25))
    made = fit_translation(recipe)
    assert made.method.backward is not None
    log = (tmp_path / "model.run" / "main" / "log.csv").read_text().splitlines()
    assert "cycle" in log[0]


def test_a_stopped_run_is_not_written_over_and_can_go_on(tmp_path: Path) -> None:
    recipe = recipe_of(pair_file(tmp_path), tmp_path / "model")
    made = fit_translation(recipe)
    with pytest.raises(OutputError, match="exists; choose another output"):
        fit_translation(recipe)
    assert fit_translation(recipe, resume=True).folder == made.folder
    import shutil

    shutil.rmtree(made.folder)
    with pytest.raises(OutputError, match="run that was stopped; use --resume"):
        fit_translation(recipe)
    with pytest.raises(ConfigError, match=r"started with another \[split\]"):
        fit_translation(replace(recipe, method="lddbm", split=replace(recipe.split, seed=9)),
                        resume=True)  # fmt: skip
    again = fit_translation(recipe, resume=True)
    a, b = (t.method.state_dict() for t in (made, again))
    assert all((a[k] == b[k]).all() for k in a)


def test_references_name_what_is_used(tmp_path: Path) -> None:
    recipe = recipe_of(pair_file(tmp_path), tmp_path / "model")
    assert "2510.20819" in bridge_references(recipe)[0]
    cited = replace(recipe, data=replace(recipe.data, cite="Someone, 2020."))
    assert bridge_references(cited)[-1] == "Data: Someone, 2020."


def test_it_is_cited(translator: Translator) -> None:
    assert cite(translator) == cite(translator.folder)
    assert "2510.20819" in cite(translator)


class TestBadInput:
    def test_shapes_that_differ_from_the_sealed(self, translator: Translator) -> None:
        with pytest.raises(
            ModelError, match=r"small has shape \(1, 5, 5\), and the model was made"
        ):
            translator.translate({"small": np.zeros((2, 1, 5, 5))})

    def test_nan(self, translator: Translator, images: np.ndarray, tmp_path: Path) -> None:
        images[2, 0, 1, 1] = np.nan
        with pytest.raises(ModelError, match="small: row 2 holds NaN"):
            translator.translate({"small": images})
        np.savez(tmp_path / "new.npz", small=images)
        with pytest.raises(FileFormatError, match="row 2 holds NaN"):
            translator.translate(tmp_path / "new.npz")
        hidden = np.ma.masked_invalid(images)
        assert np.isfinite(
            translator.translate({"small": hidden}, options=DRAW)["solid"].mean
        ).all()

    def test_a_side_that_is_not_given(self, translator: Translator) -> None:
        with pytest.raises(ModelError, match="needs 'small'; got other"):
            translator.translate({"other": np.zeros((2, 1, 4, 4))})

    def test_no_steps(self, translator: Translator) -> None:
        with pytest.raises(UnisonoError, match="steps must lie in"):
            Sampling(steps=0)

    def test_a_recording_for_a_bridge_of_arrays(
        self, translator: Translator, make_walk: object
    ) -> None:
        with pytest.raises(ModelError, match="carries arrays"):
            translator.translate_recording(make_walk("a", 1))  # type: ignore[operator]

    def test_a_model_of_another_kind(self, tiny_model: object) -> None:
        with pytest.raises(ModelError, match=r"generates streams .*unisono generate"):
            load_translator(tiny_model.folder)  # type: ignore[attr-defined]

    def test_a_bridge_is_no_generator_of_streams(self, translator: Translator) -> None:
        with pytest.raises(ModelError, match="'lddbm', translates things"):
            load_model(translator.folder)
        opened = load(translator.folder)
        assert isinstance(opened, Translator)
        with pytest.raises(ModelError, match="has no generate: it translates things"):
            opened.generate(None)

    def test_a_split_without_training(self, tmp_path: Path) -> None:
        recipe = recipe_of(pair_file(tmp_path), tmp_path / "model")
        with pytest.raises(ConfigError, match="leave_out names 'nobody'"):
            fit_translation(replace(recipe, split=replace(recipe.split, leave_out=("nobody",))))

    @pytest.mark.parametrize("said", [{"name": "mine"}, {"by": "day"}, {"share_subjects": True}])
    def test_a_split_that_would_be_passed_over(self, said: dict[str, Any], tmp_path: Path) -> None:
        recipe = recipe_of(pair_file(tmp_path), tmp_path / "model")
        with pytest.raises(ConfigError, match=f"split.{next(iter(said))} says nothing to a bridge"):
            fit_translation(replace(recipe, split=replace(recipe.split, **said)))
        assert not (tmp_path / "model.run").exists()
