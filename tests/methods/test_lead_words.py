"""Mirrors src/unisono/methods/lead_words.py; files of words are in tests/api."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError, ModelError
from unisono.methods.lead_words import PROMPTS, WordLearner, WordSettings


def clips(model: Any) -> Batch:  # noqa: ANN401
    g = torch.Generator().manual_seed(0)
    rows = torch.randn(2, 24, model.layout.size, generator=g)
    index = torch.arange(2)
    mask = torch.ones(2, 24, 1, dtype=torch.bool)
    return Batch({"motion": rows}, {"motion": mask}, index, index, index)


@pytest.mark.parametrize("space", ["realigned", "latent", "noise"])
def test_only_the_word_is_taught_and_it_hears(motion_model: Any, space: Any) -> None:  # noqa: ANN401
    learner = WordLearner(motion_model.method, "*limp*", WordSettings(space=space, draws=8))
    batch = clips(motion_model)
    learner.prepare(batch)
    names = [phase.name for phase in learner.phases]
    assert names == (["warm", "invert"] if space == "realigned" else ["invert"])
    for phase in learner.phases:
        learner.zero_grad()
        g = torch.Generator().manual_seed(0)
        learner.loss(batch, phase=phase, step=0, generator=g).total.backward()
        assert learner.vectors.grad is not None and learner.vectors.grad.norm() > 0
        assert all(p.grad is None for p in motion_model.method.parameters())


def test_clips_are_told_apart_by_their_rows_and_draws_lie_where_the_model_does(
    motion_model: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    losses = []
    for index in (torch.arange(2), torch.tensor([7, 3])):
        learner = WordLearner(motion_model.method, "*limp*", WordSettings(draws=8))
        batch = replace(clips(motion_model), index=index)
        learner.prepare(batch)
        for phase in learner.phases:
            g = torch.Generator().manual_seed(0)
            losses.append(learner.loss(batch, phase=phase, step=0, generator=g).total)
    torch.testing.assert_close(losses[:2], losses[2:])
    tokens = learner.encoder.tokenise([p.format("*limp*") for p in PROMPTS])
    monkeypatch.setattr(learner.encoder, "tokenise", lambda _: tokens)
    for phase, loss in zip(learner.phases, losses[2:], strict=True):
        g = torch.Generator().manual_seed(0)
        with torch.device("meta"):  # stands for any device that the model is not on
            found = learner.loss(batch, phase=phase, step=0, generator=g).total
        torch.testing.assert_close(found, loss)


def test_a_regression_has_nothing_to_invert(
    motion_model: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    method = motion_model.method
    diffusion = replace(method.settings.diffusion, kind="regression")
    monkeypatch.setattr(method, "settings", replace(method.settings, diffusion=diffusion))
    with pytest.raises(ConfigError, match="diffuses nothing to invert"):
        WordLearner(method, "*limp*", WordSettings())
    learner = WordLearner(method, "*limp*", WordSettings(steps=0))
    assert [phase.name for phase in learner.phases] == ["warm"]


def test_where_it_begins(motion_model: Any) -> None:  # noqa: ANN401
    text = motion_model.encoder
    table = text.table.weight[4:]
    mean = WordLearner(motion_model.method, "*limp*", WordSettings(tokens=2)).vectors
    torch.testing.assert_close(mean.detach(), table.mean(dim=0).expand(2, -1))
    own = WordLearner(motion_model.method, "*limp*", WordSettings(start="walks"))
    truth = text.table.weight[text.tokens.number("walks")]
    torch.testing.assert_close(own.vectors[0].detach(), truth)
    torch.testing.assert_close(own.learned().norm(), table.norm(dim=1).mean())
    with pytest.raises(ModelError, match="does not know 'zorps'"):
        WordLearner(motion_model.method, "*limp*", WordSettings(start="zorps"))
    with pytest.raises(ConfigError, match="nothing to learn"):
        WordSettings(warm=0, steps=0)


def test_prompts_use_the_word() -> None:
    assert all("*limp*" in prompt.format("*limp*") for prompt in PROMPTS)
