"""Mirrors src/unisono/methods/lead.py."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from lead_toys import ToyText, toy_batch, toy_corpus

from unisono.codecs.motion_vae import MotionVAESettings
from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError, ModelError
from unisono.methods.lead import LEAD
from unisono.methods.lead_sampling import Asking, PlaceGoal, RowGoal, sampled
from unisono.methods.lead_settings import (
    DiffusionSettings,
    LEADSettings,
    ProjectorSettings,
    TextSettings,
)
from unisono.methods.settings import FewSteps
from unisono.networks.conditioning import TransformerSize
from unisono.networks.text_denoiser import Spoken
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.corpus import MotionCorpus
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import train
from unisono.training.settings import TrainingSettings

SETTINGS = LEADSettings(
    size=TransformerSize(24, 2, 48, 0.0),
    text=TextSettings(steps=40, width=8),
    vae=MotionVAESettings(tokens=2, width=8, layers=1, stride=2),
    vae_steps=120,
    diffusion=DiffusionSettings(steps=450, layers=1, walk=8),
    projector=ProjectorSettings(steps=60, layers=1),
    few_steps=FewSteps(most=2, train=40, teacher=8),
)
TRAINING = TrainingSettings(
    batch_size=12, learning_rate=3e-3, ema_decay=0.9, warmup_steps=5, device="cpu",
    precision="fp32", checkpoint_every=10_000,
)  # fmt: skip


class Toy(NamedTuple):
    corpus: MotionCorpus
    batch: Batch
    method: LEAD


class Windows:
    def __init__(self, batch: Batch) -> None:
        self.all = batch

    def batch(self, rows: np.ndarray) -> Batch:
        at, b = torch.as_tensor(rows), self.all
        return Batch(
            {k: v[at] for k, v in b.data.items()}, {k: v[at] for k, v in b.mask.items()},
            b.index[at], b.subject[at], b.condition[at],
        )  # fmt: skip


def build(settings: LEADSettings, corpus: MotionCorpus) -> LEAD:
    torch.manual_seed(0)
    method = LEAD(settings, corpus.layout, ToyText(), frames=24)
    method.vae.fit(MotionNormaliser.fit(corpus.clips, corpus.layout))
    return method


def learn(settings: LEADSettings, folder: Path, corpus: MotionCorpus) -> Toy:
    batch, method = toy_batch(corpus), build(settings, corpus)
    rows = np.arange(len(corpus))
    source = Source(Windows(batch), EpochSampler(rows, 12, 0), rows)
    train(method, source, TRAINING, folder / "run")
    return Toy(corpus, batch, method)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return learn(SETTINGS, tmp_path_factory.mktemp("lead"), toy_corpus(24))


def said(toy: Toy, frames: int = 20) -> Spoken:
    """What is said of one clip of each pair: walks, runs, stands, each low and tall."""
    text, mask = toy.batch.data["text"][:6, 0], toy.batch.mask["text"][:6, 0]
    with torch.no_grad():
        return toy.method.said(text, mask, torch.full((6,), frames))


def speeds(toy: Toy, rows: torch.Tensor) -> torch.Tensor:
    return rows[..., toy.corpus.layout.part("travel")][..., 1].mean(dim=1)


def heights(toy: Toy, rows: torch.Tensor) -> torch.Tensor:
    return rows[..., toy.corpus.layout.part("height")][..., 0].mean(dim=1)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["many steps", "not projected", "two steps", "one step"])
def test_motions_are_as_their_words_say(toy: Toy, way: str) -> None:
    """From many steps with and without the projector, and from the student of few."""
    ways = {
        "many steps": Asking(8),
        "not projected": Asking(8, project=False),
        "two steps": Asking(2),
        "one step": Asking(1),
    }
    generator = torch.Generator().manual_seed(0)
    mask = torch.ones(36, 20, dtype=torch.bool)
    rows = sampled(toy.method, said(toy).repeated(6), mask, ways[way], generator=generator).rows
    walks, runs, stands = speeds(toy, rows).unflatten(0, (3, 12)).mean(dim=1).tolist()
    assert runs - walks > 0.4 and walks - stands > 0.2, (walks, runs, stands)  # 2, 0.8, 0 in truth
    low, tall = heights(toy, rows).unflatten(0, (3, 2, 6)).mean(dim=(0, 2)).tolist()
    assert tall - low > 0.03, (low, tall)  # 0.15 in truth


@pytest.mark.slow
def test_goals_are_met(toy: Toy) -> None:
    layout, generator = toy.corpus.layout, torch.Generator().manual_seed(0)
    places, weight = torch.full((1, 20, 22, 3), torch.nan), torch.zeros(20, 22, 3)
    places[0, -1, 0], weight[-1, 0, [0, 2]] = torch.tensor([0.0, 0.0, 0.6]), 1.0
    mask, goal = torch.ones(6, 20, dtype=torch.bool), PlaceGoal(places, weight, layout)
    free = sampled(toy.method, said(toy), mask, Asking(8), generator=generator)
    assert (free.missed == 0).all() and goal.energy(free.rows).max() > 2
    pulled = sampled(toy.method, said(toy), mask, Asking(8, goals=(goal,)), generator=generator)
    assert (pulled.missed < 0.2 * goal.energy(free.rows).max()).all(), pulled.missed
    torch.testing.assert_close(goal.energy(pulled.rows), pulled.missed)
    known = toy.batch.data["motion"][:1, :20]
    here = torch.zeros(20, layout.size)
    here[:4] = 1.0
    first = RowGoal(known, here, toy.method.vae.row_std)
    led = sampled(toy.method, said(toy), mask, Asking(8, goals=(first,)), generator=generator)
    assert first.energy(led.rows).mean() < 0.8 * first.energy(free.rows).mean()


@pytest.mark.slow
def test_goals_are_met_together(toy: Toy) -> None:
    layout, generator = toy.corpus.layout, torch.Generator().manual_seed(0)
    places, weight = torch.full((1, 20, 22, 3), torch.nan), torch.zeros(20, 22, 3)
    places[0, -1, 0], weight[-1, 0, [0, 2]] = torch.tensor([0.0, 0.0, 0.6]), 1.0
    here = torch.zeros(20, layout.size)
    here[:4] = 1.0
    goal = PlaceGoal(places, weight, layout)
    first = RowGoal(toy.batch.data["motion"][:1, :20], here, toy.method.vae.row_std)
    mask = torch.ones(6, 20, dtype=torch.bool)
    free = sampled(toy.method, said(toy), mask, Asking(8), generator=generator)
    both = sampled(toy.method, said(toy), mask, Asking(8, goals=(first, goal)), generator=generator)
    assert (first.energy(both.rows) < first.energy(free.rows)).float().mean() > 0.8


@pytest.mark.slow
def test_generate_and_lengths(toy: Toy) -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = toy.method.generate(toy.batch, ["motion"], samples=2, steps=4, generator=generator)
    rows, mask = drawn["motion"].samples, toy.batch.mask["motion"][..., 0]
    assert rows.shape == (2, 24, 24, toy.corpus.layout.size)
    assert (rows[:, ~mask] == 0).all() and (rows[:, mask].abs().sum(dim=-1) > 0).all()
    with pytest.raises(ConfigError, match="makes 'motion'"):
        toy.method.generate(toy.batch, ["grf"], samples=1, steps=1, generator=generator)


@pytest.mark.slow
def test_codes_lie_where_texts_lie(toy: Toy) -> None:
    method = toy.method
    assert method.projector is not None
    with torch.no_grad():
        z = method.vae.encode(toy.batch.data["motion"][:6], toy.batch.mask["motion"][:6, :, 0]).z
        codes = method.projector.aligned(method.projector(method.scaler.there(z)))
        cosine = torch.cosine_similarity(codes[:, None], said(toy).pooled[None], dim=-1)
    own = cosine.diagonal()
    assert own.mean() > 0.5 and (own > cosine.mean(dim=1)).float().mean() > 0.8, cosine


def short(**parts: object) -> LEADSettings:
    """A few steps of every phase."""
    settings = replace(
        SETTINGS, vae_steps=2, text=replace(SETTINGS.text, steps=2),
        diffusion=replace(SETTINGS.diffusion, steps=3), few_steps=FewSteps(),
        projector=replace(SETTINGS.projector, steps=3),
    )  # fmt: skip
    return replace(settings, **parts)  # type: ignore[arg-type]


OTHERS = {
    "paper": short(mode="paper"),
    "plain": short(projector=ProjectorSettings("none")),
    "regression": short(diffusion=DiffusionSettings(kind="regression", steps=2, layers=1)),
    "codes diffuse": short(
        diffusion=DiffusionSettings(space="projected", steps=2, layers=1),
        few_steps=FewSteps(most=1, train=2, teacher=2),
    ),
    "told apart": short(
        projector=ProjectorSettings("mlp", steps=2, objective="info_nce", sampled=0.25)
    ),
    "shuffled": short(projector=ProjectorSettings(steps=2, shuffled=True)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_every_way_is_trained_and_samples(name: str, tmp_path: Path) -> None:
    toy = learn(OTHERS[name], tmp_path, toy_corpus(12))
    names = [phase.name for phase in toy.method.phases]
    if name == "codes diffuse":
        assert names == ["text", "vae", "projector", "diffusion", "few_steps"]
        assert toy.method.denoiser.shape.tokens == 1
    mask, generator = torch.ones(6, 20, dtype=torch.bool), torch.Generator().manual_seed(0)
    rows = sampled(toy.method, said(toy), mask, Asking(1), generator=generator).rows
    assert torch.isfinite(rows).all()
    if name == "regression":  # nothing is drawn
        again = sampled(toy.method, said(toy), mask, Asking(1), generator=generator).rows
        torch.testing.assert_close(rows, again)


def test_words_are_counted_only_where_texts_are_learned() -> None:
    corpus = toy_corpus(6)
    batch = toy_batch(corpus)
    batch.data["text"][0, 0, 0] = 10**12  # a bag of so many words could not be kept
    build(replace(SETTINGS, text=replace(SETTINGS.text, steps=0)), corpus).prepare(batch)


def test_codes_are_measured_without_dropout() -> None:
    """The projector's phase has just ended: it is still in training mode."""
    corpus = toy_corpus(6)
    size = replace(SETTINGS.size, dropout=0.5)
    projected = DiffusionSettings(space="projected", layers=1)
    method = build(replace(SETTINGS, size=size, diffusion=projected), corpus)
    method.prepare(toy_batch(corpus))
    found = []
    for mode in (True, False):
        method.train(mode).begin(next(p for p in method.phases if p.name == "diffusion"))
        found.append(method.code_scaler.std.clone())
    torch.testing.assert_close(*found)


def test_every_parameter_is_in_one_group_and_the_training_part_is_needed() -> None:
    corpus = toy_corpus(6)
    method = build(SETTINGS, corpus)
    grouped = [p for members in method.groups().values() for p in members]
    assert len(grouped) == len(set(map(id, grouped))) == len(list(method.parameters()))
    assert [p.name for p in method.phases] == ["text", "vae", "diffusion", "projector", "few_steps"]
    generator = torch.Generator().manual_seed(0)
    with pytest.raises(ModelError, match="does not hold its training part"):
        method.loss(toy_batch(corpus), phase=method.phases[2], step=0, generator=generator)


def test_the_projector_learns_from_the_diffusion_and_not_from_a_student_to_be() -> None:
    """It walks ten steps, which a student of as many takes once it has been taught."""
    corpus = toy_corpus(6)
    method = build(replace(SETTINGS, few_steps=FewSteps(most=10)), corpus).eval()
    assert method.student is not None
    torch.nn.init.normal_(method.student.leave.weight)
    told = said(Toy(corpus, toy_batch(corpus), method))

    def walked() -> torch.Tensor:
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            return method.walked(told, steps=10, generator=generator)

    student, teacher = method.student, walked()
    for phase in method.phases[:-1]:
        if phase.name in ("text", "projector"):
            method.prepare(toy_batch(corpus))
            method.begin(phase)
            torch.testing.assert_close(walked(), teacher)
    method.begin(method.phases[-1])
    torch.nn.init.normal_(student.leave.weight)
    assert not torch.allclose(walked(), teacher)


def test_no_samples_are_the_mean_alone() -> None:
    corpus = toy_corpus(6)
    batch, method = toy_batch(corpus), build(SETTINGS, corpus).eval()
    one, none = (
        method.generate(
            batch, ["motion"], samples=n, steps=2, generator=torch.Generator().manual_seed(0)
        )["motion"]
        for n in (1, 0)
    )
    assert none.samples.shape == (0, *none.mean.shape)
    torch.testing.assert_close(none.mean, one.mean)
