"""Arms of text to motion, trained under ``runs/benchmarks`` and gone on with.

The arm ``plain`` trains a text encoder, a VAE and a diffusion; every other arm of its seed takes
over what it is not about, so that arms differ in nothing else. What an arm made of the captions of
the test is kept beside it.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from _gait_model import RUNS

from unisono.api.motion_model import MotionModel
from unisono.api.motion_recipe import MotionRecipe, load_motion_recipe
from unisono.api.motion_training import fit_motion, motion_parts
from unisono.core.files import atomic_file
from unisono.core.random import generator, numpy_generator
from unisono.methods.lead_sampling import Asking, sampled
from unisono.recordings.motion.corpus import MotionCorpus

__all__ = ["ARMS", "Made", "Task", "made", "task_of", "trained"]

Rows = npt.NDArray[np.float32]
ROOT = Path(__file__).parents[1]
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


class Made(NamedTuple):
    """Motions of one arm, one a caption, as long as its clip; and seconds a motion."""

    rows: list[Rows]
    seconds: float


def task_of(corpus: MotionCorpus, recipe: MotionRecipe, most: int) -> Task:
    """Captions of pairs that were never trained, at most so many."""
    parts = motion_parts(recipe, corpus)
    rng = numpy_generator(recipe.data.seed, "captions")
    chosen = [parts.test[int(i)] for i in rng.permutation(len(parts.test))[:most]]
    captions = tuple(str(rng.choice(corpus[name].captions)) for name in chosen)
    return Task(corpus, parts.train, tuple(chosen), captions)


def recipe_of(base: str, arm: str, seed: int, settings: Sequence[str]) -> MotionRecipe:
    """Recipe of an arm; ``base`` is one of ``recipes/``."""
    folder = RUNS / base / f"seed{seed}"
    said = [*settings, *ARMS[arm], f"training.seed={seed}"]
    said.append(f"output={folder / arm.replace(' ', '_')}")
    if arm != "plain":
        said.append(f"data.begin={folder / 'plain'}")
    return load_motion_recipe(ROOT / "recipes" / f"{base}.toml", said)


def trained(base: str, arm: str, seed: int, task: Task, settings: Sequence[str]) -> MotionModel:
    """Train an arm, or go on with it, or read it."""
    if arm != "plain":
        trained(base, "plain", seed, task, settings)
    recipe = recipe_of(base, arm, seed, settings)
    return fit_motion(recipe, corpus=task.corpus, resume=True)


def made(
    name: str, model: MotionModel, task: Task, seed: int, asking: Asking | None = None
) -> Made:
    """What a model makes of the test's captions; read where it was made before."""
    kept = model.folder.with_name(f"{model.folder.name}.{name}.npz")
    if not kept.exists():
        begun = time.monotonic()
        rows = _answers(model, task, seed, asking or Asking(polish=0))
        seconds = (time.monotonic() - begun) / len(rows)
        lengths = [len(r) for r in rows]
        with atomic_file(kept) as part, part.open("wb") as file:
            np.savez(file, rows=np.concatenate(rows), lengths=lengths, seconds=seconds)
    with np.load(kept, allow_pickle=False) as stored:
        ends = np.cumsum(stored["lengths"])[:-1]
        return Made(np.split(stored["rows"], ends), float(stored["seconds"]))


def _answers(model: MotionModel, task: Task, seed: int, asking: Asking) -> list[Rows]:
    most, found = model.method.frames, []
    lengths = torch.tensor([min(len(task.corpus[name]), most) for name in task.test])
    g = generator(seed, "benchmark", "motions")
    for start in range(0, len(lengths), _CHUNK):
        part = slice(start, start + _CHUNK)
        tokens = model.encoder.tokenise(task.captions[part])
        mask = torch.arange(most)[None] < lengths[part, None]
        with torch.no_grad():
            said = model.method.said(*tokens, lengths[part])
        rows = sampled(model.method, said, mask, asking, generator=g).rows
        found += [r[:n].numpy() for r, n in zip(rows, lengths[part].tolist(), strict=True)]
    return found
