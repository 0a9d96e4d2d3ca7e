"""Arms of text to motion on a corpus, trained under ``runs/benchmarks`` and gone on with.

The arm ``plain`` trains a text encoder, a VAE and a diffusion; every other arm of its seed takes
over what it is not about, so that arms differ in nothing else. What an arm made of the captions of
the test is kept beside it.
"""

import argparse
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from _gait_model import RUNS

from unisono.api.motion_model import MotionModel
from unisono.api.motion_recipe import MotionRecipe, load_motion_recipe
from unisono.api.motion_training import fit_motion, motion_corpus, motion_parts
from unisono.core.errors import ConfigError
from unisono.core.files import atomic_file
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.text_motion_nets import side_by_side
from unisono.methods.lead_sampling import Asking, sampled
from unisono.networks.text_denoiser import Spoken
from unisono.recordings.motion.bvh_corpus import BvhOptions, read_bvh_corpus
from unisono.recordings.motion.corpus import MotionCorpus

__all__ = [
    "ARMS",
    "CORPORA",
    "MORE_ARMS",
    "STRAIGHT",
    "Bench",
    "Made",
    "Task",
    "add_options",
    "answers",
    "asked_of",
    "bench_of",
    "cut",
    "made",
    "recipe_file",
    "reconstructed",
    "spoken",
    "straight",
    "task_of",
]

Rows = npt.NDArray[np.float32]
ROOT = Path(__file__).parents[1]

CORPORA = ("simulated", "bandai")
"""Each has a recipe of its own, ``recipes/lead-NAME.toml``."""

_BVH_SECONDS = 6.0  # longer clips of bandai are cut

_CHUNK = 64

_KEEP = ("lead.text.steps=0", "lead.vae_steps=0")
_REALIGN = (*_KEEP, "lead.diffusion.steps=0")

ARMS: Mapping[str, tuple[str, ...]] = {
    "plain": ("lead.projector.kind=none",),
    "transformer": _REALIGN,
    "mlp": (*_REALIGN, "lead.projector.kind=mlp"),
    "align off": (*_REALIGN, "lead.projector.align=0"),
    "reconstruct off": (*_REALIGN, "lead.projector.reconstruct=0"),
    "variance off": (*_REALIGN, "lead.projector.variance=0"),
    "align alone": (*_REALIGN, "lead.projector.reconstruct=0", "lead.projector.variance=0"),
    "shuffled captions": (*_REALIGN, "lead.projector.shuffled=true"),
    "info nce": (*_REALIGN, "lead.projector.objective=info_nce"),
    "with samples": (*_REALIGN, "lead.projector.sampled=0.25"),
    "no free numbers": (*_REALIGN, "lead.projector.free=0"),
    "codes diffuse": (*_KEEP, "lead.diffusion.space=projected"),
    "regression": (*_KEEP, "lead.projector.kind=none", "lead.diffusion.kind=regression"),
}
"""Settings of each arm over the recipe's."""

MORE_ARMS: Mapping[str, tuple[str, ...]] = {
    "few steps": (
        *_REALIGN,
        "lead.projector.kind=none",
        "lead.few_steps.most=4",
        "lead.few_steps.train=2500",
    ),
    "as MLD": (*_KEEP, "lead.mode=paper", "lead.projector.kind=none"),
}
"""Arms of other benchmarks; ``as MLD`` has that paper's text, noise, prediction and guidance."""

STRAIGHT = {"text straight": "transformer", "text straight, no free": "no free numbers"}
"""Arms without any diffusion, and whose projector they use."""


class Task(NamedTuple):
    """What every arm is asked.

    Attributes:
        corpus: All clips.
        train: Names of the training clips.
        test: Names of the test's clips.
        captions: One caption of each of the test's clips.
    """

    corpus: MotionCorpus
    train: tuple[str, ...]
    test: tuple[str, ...]
    captions: tuple[str, ...]

    def rows(self, names: Sequence[str]) -> list[Rows]:
        """Features of clips."""
        return [self.corpus[name].rows for name in names]

    @property
    def lengths(self) -> list[int]:
        """Frames of the test's clips."""
        return [len(self.corpus[name]) for name in self.test]


class Bench(NamedTuple):
    """Arms of one corpus and one recipe.

    Attributes:
        corpus: One of :data:`CORPORA`.
        settings: What is set over the recipe.
        task: What every arm is asked.
    """

    corpus: str
    settings: tuple[str, ...]
    task: Task

    @property
    def kept(self) -> str:
        """Where arms and figures are kept, under ``runs/benchmarks``.

        Another recipe, or the same set otherwise, is trained anew.
        """
        said = recipe_file(self.corpus).read_text() + "\n".join(self.settings)
        return f"lead-{self.corpus}/{hashlib.sha256(said.encode()).hexdigest()[:8]}"

    def recipe(self, arm: str, seed: int) -> MotionRecipe:
        """Recipe of an arm."""
        folder = RUNS / self.kept / f"seed{seed}"
        said = [*self.settings, *{**ARMS, **MORE_ARMS}[arm], f"training.seed={seed}"]
        said.append(f"output={folder / arm.replace(' ', '_')}")
        if arm != "plain":
            said.append(f"data.begin={folder / 'plain'}")
        return load_motion_recipe(recipe_file(self.corpus), said)

    def trained(self, arm: str, seed: int) -> MotionModel:
        """Train an arm, or go on with it, or read it."""
        if arm != "plain":
            self.trained("plain", seed)
        return fit_motion(self.recipe(arm, seed), corpus=self.task.corpus, resume=True)


class Made(NamedTuple):
    """Motions of one arm, one a caption, as long as its clip; and seconds a motion."""

    rows: list[Rows]
    seconds: float


def add_options(parser: argparse.ArgumentParser, *, captions: int) -> None:
    """Options that all benchmarks of text to motion have; ``captions`` at most are asked."""
    parser.add_argument("--corpus", choices=CORPORA, default="simulated")
    parser.add_argument("--clips", type=int, default=800, help="how many clips are simulated")
    parser.add_argument("--captions", type=int, default=captions)
    parser.add_argument("--evaluator-steps", type=int, default=600)
    parser.add_argument("--set", nargs="*", default=[])


def bench_of(args: argparse.Namespace) -> Bench:
    """The arms that options name."""
    folder = RUNS / f"lead-{args.corpus}" / f"corpus-{args.clips}"
    simulated = args.corpus == "simulated"
    where = f"data.simulate={args.clips}" if simulated else f"data.path={folder}"
    settings = (*args.set, where)
    recipe = load_motion_recipe(recipe_file(args.corpus), settings)
    if not folder.exists():
        made = motion_corpus(recipe) if simulated else _bandai()
        made.save(folder)
    return Bench(args.corpus, settings, task_of(MotionCorpus.load(folder), recipe, args.captions))


def recipe_file(corpus: str) -> Path:
    """The recipe of a corpus."""
    return ROOT / "recipes" / f"lead-{corpus}.toml"


def _bandai() -> MotionCorpus:
    return read_bvh_corpus(
        ROOT / ".data" / "bandai",
        generator=numpy_generator(0, "corpus", "bandai"),
        options=BvhOptions(longest=_BVH_SECONDS),
    )


def task_of(corpus: MotionCorpus, recipe: MotionRecipe, most: int) -> Task:
    """Captions of pairs that were never trained, at most so many."""
    parts = motion_parts(recipe, corpus)
    rng = numpy_generator(recipe.data.seed, "captions")
    chosen = [parts.test[int(i)] for i in rng.permutation(len(parts.test))[:most]]
    captions = tuple(str(rng.choice(corpus[name].captions)) for name in chosen)
    return Task(corpus, parts.train, tuple(chosen), captions)


def made(
    name: str, model: MotionModel, task: Task, seed: int, asking: Asking | None = None
) -> Made:
    """What a model makes of the test's captions; read where it was made before."""
    kept = model.folder.with_name(f"{model.folder.name}.{name}.npz")
    if not kept.exists():
        begun = time.monotonic()
        rows = answers(model, task, seed, asking or Asking(polish=0))
        seconds = (time.monotonic() - begun) / len(rows)
        lengths = [len(r) for r in rows]
        with atomic_file(kept) as part, part.open("wb") as file:
            np.savez(file, rows=np.concatenate(rows), lengths=lengths, seconds=seconds)
    with np.load(kept, allow_pickle=False) as stored:
        ends = np.cumsum(stored["lengths"])[:-1]
        return Made(np.split(stored["rows"], ends), float(stored["seconds"]))


def answers(model: MotionModel, task: Task, seed: int, asking: Asking) -> list[Rows]:
    """One motion a caption, as long as its clip (or as the model makes at once)."""
    return spoken(model, task.captions, task.lengths, seed, asking)


def spoken(
    model: MotionModel,
    captions: Sequence[str],
    lengths: Sequence[int],
    seed: int,
    asking: Asking,
) -> list[Rows]:
    """One motion a caption, of so many frames, or of as many as the model makes at once."""
    g = generator(seed, "benchmark", "motions")
    return [
        row
        for said, mask in asked_of(model, captions, lengths)
        for row in cut(sampled(model.method, said, mask, asking, generator=g).rows, mask)
    ]


def straight(model: MotionModel, task: Task) -> list[Rows]:
    """Motions of the texts' own codes, brought to the mean length of codes; nothing is drawn.

    What texts say nothing of (the code's free numbers) is as it is on average: 0, about.
    """
    method, found = model.method, []
    projector = method.projector
    if projector is None:
        raise ConfigError("the model has no projector.")
    with torch.no_grad():
        rows, mask = side_by_side(task.rows(task.train)[:256], task.corpus.layout)
        rows, mask = rows[:, : method.frames], mask[:, : method.frames]
        codes = projector(method.scaler.there(method.vae.posterior(rows, mask).mean))
        size = projector.aligned(codes).norm(dim=1).mean()
        rest = codes[:, projector.shape.text :].mean(dim=0)
        for said, there in asked_of(model, task.captions, task.lengths):
            texts = size * torch.nn.functional.normalize(said.pooled, dim=1)
            z = projector.back(torch.cat([texts, rest.expand(len(texts), -1)], dim=1))
            found += cut(method.vae.decode(method.scaler.back(z), there), there)
    return found


def reconstructed(model: MotionModel, task: Task) -> list[Rows]:
    """The test's own clips through the VAE alone: what no diffusion of its latents can better."""
    found, vae = [], model.method.vae
    rows, mask = side_by_side(
        [r[: model.method.frames] for r in task.rows(task.test)], task.corpus.layout
    )
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        with torch.no_grad():
            z = vae.posterior(rows[part], mask[part]).mean
            found += cut(vae.decode(z, mask[part]), mask[part])
    return found


def asked_of(
    model: MotionModel, captions: Sequence[str], lengths: Sequence[int]
) -> Iterator[tuple[Spoken, torch.Tensor]]:
    """Texts and masks, a chunk at a time."""
    most = model.method.frames
    frames = torch.tensor(lengths).clamp_max(most)
    for start in range(0, len(frames), _CHUNK):
        part = slice(start, start + _CHUNK)
        tokens = model.encoder.tokenise(captions[part])
        with torch.no_grad():
            yield (
                model.method.said(*tokens, frames[part]),
                torch.arange(most)[None] < frames[part, None],
            )


def cut(rows: torch.Tensor, mask: torch.Tensor) -> list[Rows]:
    return [r[m].numpy() for r, m in zip(rows, mask, strict=True)]
