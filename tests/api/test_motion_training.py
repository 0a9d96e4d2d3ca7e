"""Mirrors src/unisono/api/motion_training.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from unisono import api
from unisono.api.motion_training import motion_corpus as corpus_of
from unisono.api.motion_training import motion_parts
from unisono.core.config import from_mapping
from unisono.core.errors import ConfigError, OutputError
from unisono.recordings.motion.batches import MotionNormaliser


def test_the_test_part_is_not_seen(motion_model: Any) -> None:  # noqa: ANN401
    recipe, method = motion_model.recipe, motion_model.method
    corpus = corpus_of(recipe)
    parts = motion_parts(recipe, corpus)
    assert len(parts.test) and not set(parts.train) & set(parts.test)
    pairs = [
        {(c.labels["content"], c.labels["style"]) for c in corpus.take(names).clips}
        for names in (parts.train, parts.test)
    ]
    assert not pairs[0] & pairs[1]
    truth = MotionNormaliser.fit(corpus.take(parts.train).clips, corpus.layout)
    np.testing.assert_allclose(method.vae.row_mean.numpy(), truth.mean, rtol=1e-5, atol=1e-6)
    assert motion_model.sealed.extra["clips"]["test"] == len(parts.test)
    assert "2410.14508" in api.cite(motion_model.folder)


@pytest.mark.slow
def test_a_stopped_run_goes_on_to_the_same_bits(
    motion_tables: dict[str, Any], motion_model_folder: Path, tmp_path: Path
) -> None:
    motion_tables["output"] = str(tmp_path / "model")
    motion_tables["training"]["checkpoint_every"] = 1
    recipe = from_mapping(api.MotionRecipe, motion_tables)

    def stop(_: str, step: int, __: int) -> None:
        if step == 8:  # in the diffusion, whose latents are computed anew
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.fit_motion(recipe, progress=stop)
    with pytest.raises(OutputError, match="--resume"):
        api.fit_motion(recipe)
    changed = {**motion_tables, "lead": {**motion_tables["lead"], "vae_steps": 5}}
    other = from_mapping(api.MotionRecipe, changed)
    with pytest.raises(ConfigError, match=r"another \[lead\]"):
        api.fit_motion(other, resume=True)
    found = api.fit_motion(recipe, resume=True).method.state_dict()
    whole = api.load_motion_model(motion_model_folder).method.state_dict()
    assert all(torch.equal(found[name], whole[name]) for name in whole)
    with pytest.raises(OutputError, match="exists"):
        api.fit_motion(recipe)


def beginning_at(tables: dict[str, Any], model: Any, output: Path) -> dict[str, Any]:  # noqa: ANN401
    """Let a run begin at a model and train neither text, VAE nor diffusion; its lead table."""
    lead: dict[str, Any] = tables["lead"]
    lead["vae_steps"] = lead["text"]["steps"] = lead["diffusion"]["steps"] = 0
    tables["data"]["begin"], tables["output"] = str(model.folder), str(output)
    return lead


def test_another_model_is_begun_from(
    motion_tables: dict[str, Any],
    motion_model: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    lead = beginning_at(motion_tables, motion_model, tmp_path / "model")
    lead["projector"]["kind"] = "mlp"
    found = api.fit_motion(from_mapping(api.MotionRecipe, motion_tables)).method
    assert [phase.name for phase in found.phases] == ["projector"]
    truth = motion_model.method.state_dict()
    for name, value in found.state_dict().items():
        if name.startswith(("text.", "vae.", "denoiser.")):
            assert torch.equal(value, truth[name]), name
    lead["vae"]["width"] = 5
    with pytest.raises(ConfigError, match="no vae of these sizes"):
        api.fit_motion(
            from_mapping(api.MotionRecipe, {**motion_tables, "output": str(tmp_path / "other")})
        )
    motion_tables["data"]["seed"] = 1
    with pytest.raises(ConfigError, match="not trained on the same clips"):
        api.fit_motion(
            from_mapping(api.MotionRecipe, {**motion_tables, "output": str(tmp_path / "other")})
        )


def test_a_student_that_is_taught_later_sees_latents_on_the_scale_of_its_teacher(
    motion_tables: dict[str, Any],
    motion_model: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    lead = beginning_at(motion_tables, motion_model, tmp_path / "model")
    lead["projector"]["kind"] = "none"
    lead["few_steps"] = {"most": 2, "train": 1, "teacher": 2}
    found = api.fit_motion(from_mapping(api.MotionRecipe, motion_tables)).method
    assert [phase.name for phase in found.phases] == ["few_steps"]
    for name, value in motion_model.method.scaler.state_dict().items():
        assert torch.equal(found.scaler.state_dict()[name], value), name


@pytest.mark.slow
def test_the_recipe_of_simulated_clips_runs(tmp_path: Path) -> None:
    file = Path(__file__).parents[2] / "recipes" / "lead-simulated.toml"
    quick = [
        "data.simulate=96", f"output={tmp_path / 'words'}", "lead.vae_steps=1",
        "lead.text.steps=1", "lead.diffusion.steps=1", "lead.projector.steps=1",
        "lead.size.width=8", "lead.size.heads=2", "lead.size.feedforward=8",
        "training.batch_size=4", "training.precision=fp32", "training.device=cpu",
    ]  # fmt: skip
    model = api.train(file, settings=quick)
    assert isinstance(model, api.MotionModel)
    assert model.generate("a person walks", options=api.MotionSampling(seconds=0.5)).seconds == 0.5
