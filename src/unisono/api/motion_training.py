"""Text to motion from a recipe to a sealed model."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from unisono.api.motion_model import MotionModel, load_motion_model
from unisono.api.motion_recipe import MotionRecipe, load_motion_recipe
from unisono.api.motion_windows import MotionWindows
from unisono.api.recipe_files import claim_run, is_finished
from unisono.core.config import to_mapping, to_toml
from unisono.core.errors import ConfigError
from unisono.core.files import write_text
from unisono.core.random import derive_seed, numpy_generator
from unisono.methods import TEXT_METHODS
from unisono.methods.lead import LEAD
from unisono.networks.pretrained_text import PretrainedText, load_pretrained_text
from unisono.networks.text_encoder import TextEncoder
from unisono.networks.text_tokens import WordTokens
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.corpus import CorpusParts, MotionCorpus
from unisono.recordings.sampler import EpochSampler
from unisono.simulators.captioned import captioned_corpus
from unisono.training.card import Card
from unisono.training.data import Source
from unisono.training.loop import Hooks, train
from unisono.training.progress import Progress
from unisono.training.sealed import SealedModel, open_sealed, seal

__all__ = ["fit_motion", "motion_corpus", "motion_parts", "train_motion"]


def train_motion(
    path: str | Path,
    *,
    settings: Sequence[str] = (),
    resume: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> MotionModel:
    """Train text to motion as a recipe says and return it sealed; see :func:`fit_motion`."""
    recipe = load_motion_recipe(path, settings)
    return fit_motion(recipe, resume=resume, progress=progress)


def motion_corpus(recipe: MotionRecipe) -> MotionCorpus:
    """The corpus that a recipe names, read or simulated."""
    data = recipe.data
    if data.path:
        return MotionCorpus.load(data.path)
    return captioned_corpus(data.simulate, generator=numpy_generator(data.seed, "simulate"))


def motion_parts(recipe: MotionRecipe, corpus: MotionCorpus) -> CorpusParts:
    """Who is trained on and who tests, as the recipe says: the same at every call."""
    data = recipe.data
    rng = numpy_generator(data.seed, "split")
    return corpus.parts(test=data.test, valid=data.valid, generator=rng)


def fit_motion(
    recipe: MotionRecipe,
    *,
    corpus: MotionCorpus | None = None,
    resume: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> MotionModel:
    """Train text to motion on the training part of a corpus, and seal it.

    Args:
        recipe: The run.
        corpus: The corpus, where it is at hand; what the recipe names otherwise.
        resume: Continue a run that was stopped.
        progress: Called with what is being done, how much of it, and of how much.

    Raises:
        OutputError: If the output exists, or a stopped run lies there and ``resume`` is False.
        ConfigError: If the data do not fit the recipe, or resume comes with another recipe.
    """
    output = Path(recipe.output)
    if is_finished(output, recipe, resume=resume):
        return load_motion_model(output)
    work = claim_run(output, recipe, resume=resume)
    corpus = motion_corpus(recipe) if corpus is None else corpus
    parts = motion_parts(recipe, corpus)
    learned = corpus.take(parts.train)
    method = _build(recipe, learned)
    write_text(work / "recipe.toml", to_toml(recipe))  # what cannot be built leaves no run behind
    windows = MotionWindows(learned, _encoder_of(method), recipe.data.frames)
    rows = windows.of_clips(parts.train)
    sampler = EpochSampler(rows, recipe.training.batch_size, recipe.training.seed)
    source = Source(windows, sampler, rows, digest=_digest(learned))

    def told(state: Progress) -> None:
        if progress is not None:
            progress("train", state.step, state.steps)

    train(method, source, recipe.training, work / "main", resume=resume, hooks=Hooks(told))
    method = method.to("cpu")
    seal(output, _sealed(recipe, method, corpus, parts))
    return load_motion_model(output)


def _build(recipe: MotionRecipe, learned: MotionCorpus) -> LEAD:
    """The method with weights drawn, its text encoder's words and its normaliser fitted."""
    said = recipe.lead.text
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(recipe.training.seed, "weights"))
        text: TextEncoder | PretrainedText
        if recipe.data.pretrained:
            text = load_pretrained_text(recipe.data.pretrained)
        else:
            tokens = WordTokens.fit(text for clip in learned.clips for text in clip.captions)
            text = TextEncoder(tokens, width=said.width, layers=said.layers, heads=said.heads)
        method = TEXT_METHODS[recipe.method](
            recipe.lead, learned.layout, text, frames=recipe.data.frames
        )
    method.vae.fit(MotionNormaliser.fit(learned.clips, learned.layout))
    if recipe.data.begin:
        _take_over(method, recipe.data.begin, learned)
    return method


def _take_over(method: LEAD, folder: str, learned: MotionCorpus) -> None:
    """Begin with the weights of another model, where they fit."""
    other = open_sealed(folder)
    if other.method not in TEXT_METHODS or other.extra["train_digest"] != _digest(learned):
        raise ConfigError(
            f"data.begin = {folder!r} was not trained on the same clips as this run; train anew."
        )
    own, s = method.state_dict(), method.settings
    steps = {"text": s.text.steps, "vae": s.vae_steps, "denoiser": s.diffusion.steps}
    for part in (name for name, count in steps.items() if not count):
        named = {k: v for k, v in own.items() if k.startswith(f"{part}.")}
        if any(k not in other.state or other.state[k].shape != v.shape for k, v in named.items()):
            raise ConfigError(
                f"data.begin = {folder!r} has no {part} of these sizes; give it steps to train."
            )
        own |= {k: other.state[k] for k in named}
    with torch.no_grad():
        method.load_state_dict(own)


def _encoder_of(method: LEAD) -> TextEncoder | PretrainedText:
    text = method.text
    if not isinstance(text, TextEncoder | PretrainedText):
        raise ConfigError(f"a {type(text).__name__} does not turn captions into tokens.")
    return text


def _digest(corpus: MotionCorpus) -> str:
    found = hashlib.sha256()
    for clip in corpus.clips:
        found.update("\x1f".join([clip.name, *clip.captions]).encode())
        found.update(clip.rows.tobytes())
    return found.hexdigest()


def _sealed(
    recipe: MotionRecipe, method: LEAD, corpus: MotionCorpus, parts: CorpusParts
) -> SealedModel:
    data = recipe.data
    text = _encoder_of(method)
    own = isinstance(text, TextEncoder)
    kept = {k: v for k, v in method.state_dict().items() if own or not k.startswith("text.")}
    named: Mapping[str, Any] = parts._asdict()
    counts = ", ".join(f"{part}: {len(names)}" for part, names in named.items())
    split = hashlib.sha256(json.dumps(named).encode()).hexdigest()
    return SealedModel(
        method=recipe.method,
        config=to_mapping(replace(recipe, lead=method.settings)),
        streams=(),
        state=kept,
        seed=recipe.training.seed,
        split={"digest": split},
        card=Card(
            name=Path(recipe.output).name,
            data=data.about or "; ".join(f"{k}: {v}" for k, v in corpus.about.items()) or data.path,
            data_licence=data.licence,
            weights_licence=f"as the data allow ({data.licence})",
            population=f"Clips by part ({counts}); whole pairs of content and style held out.",
            limits=(
                "Words that no caption held are not known.",
                "Motions are of the model's own skeleton.",
            ),
            cite=tuple(motion_references(recipe)),
        ),
        extra={
            "layout": json.dumps(asdict(corpus.layout)),
            "rig": json.dumps(corpus.rig.to_dict()),
            "text": json.dumps(text.to_config()) if isinstance(text, TextEncoder) else "",
            "clips": {part: len(names) for part, names in named.items()},
            "data_digest": _digest(corpus),
            "train_digest": _digest(corpus.take(parts.train)),
        },
    )


def motion_references(recipe: MotionRecipe) -> list[str]:
    """References of what a recipe of text to motion uses, the method first."""
    found = [
        "Latent realignment for human motion diffusion (LEAD). arXiv:2410.14508 (2024).",
        "Chen et al. Executing your commands via motion diffusion in latent space. "
        "arXiv:2212.04048 (2023).",
        "Guo et al. Generating diverse and natural 3D human motions from text. CVPR (2022).",
        "Ho, Salimans. Classifier-free diffusion guidance. arXiv:2207.12598 (2022).",
        "Song, Meng, Ermon. Denoising diffusion implicit models. arXiv:2010.02502.",
    ]
    if recipe.lead.few_steps.most:
        found.append("Kim et al. Consistency trajectory models. arXiv:2310.02279 (2023).")
    return [*found, *([f"Data: {recipe.data.cite}"] if recipe.data.cite else [])]
