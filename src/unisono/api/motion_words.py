"""Learned words: from clips to a small file that any sentence of its model can use."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from unisono.api.motion_model import MotionModel
from unisono.api.reading import read_one
from unisono.core.checks import check_range
from unisono.core.contracts import Batch
from unisono.core.errors import ModelError, UnisonoError
from unisono.core.files import write_text
from unisono.core.freezing import freeze
from unisono.methods.lead_words import WordLearner, WordSettings
from unisono.networks.text_tokens import words_of
from unisono.recordings.motion.clips import motion_of, resampled
from unisono.recordings.motion.features import to_features
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import Hooks, train
from unisono.training.progress import Progress
from unisono.training.settings import TrainingSettings

__all__ = ["LearnedWord", "WordOptions", "add_word", "learn_word", "load_word", "rows_of_clip"]

_FORMAT = 1


@dataclass(frozen=True)
class WordOptions:
    """How a word is learned.

    Args:
        settings: Space, tokens, steps.
        learning_rate: Of the embeddings.
        seed: Where every draw comes from.
    """

    settings: WordSettings = field(default_factory=WordSettings)
    learning_rate: float = 2e-2
    seed: int = 0

    def __post_init__(self) -> None:
        check_range("learning_rate", self.learning_rate, 0.0, 10.0)


@dataclass(frozen=True)
class LearnedWord:
    """A word of one model.

    Args:
        word: As it is written, ``*limp*``.
        vectors: Embeddings, ``(k, e)``.
        model: Digest of the model that it was learned with.
        about: Space, steps, clips, loss.
    """

    word: str
    vectors: tuple[tuple[float, ...], ...]
    model: str
    about: Mapping[str, Any]

    def save(self, path: str | Path) -> Path:
        """Write the word as JSON with a digest of what it says.

        Raises:
            OutputError: If the file exists, or cannot be written.
        """
        plain = self._plain()
        text = json.dumps({**plain, "digest": _digest(plain)}, indent=1)
        return write_text(path, text + "\n", overwrite=False)

    def _plain(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "word": self.word,
            "model": self.model,
            "about": dict(self.about),
            "vectors": [list(vector) for vector in self.vectors],
        }


def load_word(path: str | Path) -> LearnedWord:
    """Read a word's file.

    Raises:
        ModelError: If it is none, is of a newer format, or was changed after it was written.
    """
    try:
        plain = json.loads(Path(path).read_text(encoding="utf-8"))
        digest, version = plain.pop("digest"), int(plain["format"])
        vectors = tuple(tuple(float(x) for x in vector) for vector in plain["vectors"])
        found = LearnedWord(str(plain["word"]), vectors, str(plain["model"]), plain["about"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is no file of a learned word ({error}).") from error
    if version > _FORMAT:
        raise ModelError(f"{path} is of format {version}, newer than {_FORMAT}; upgrade unisono.")
    if digest != _digest(plain):
        raise ModelError(f"{path} was changed after it was written; learn the word again.")
    return found


def add_word(model: MotionModel, word: LearnedWord | str | Path) -> LearnedWord:
    """Let a model use a word in its texts from now on.

    Raises:
        ModelError: If the word was learned with another model.
    """
    found = word if isinstance(word, LearnedWord) else load_word(word)
    if found.model != model_digest(model):
        where = "" if isinstance(word, LearnedWord) else f"{word}: "
        raise ModelError(
            f"{where}the word {found.word!r} was learned with another model than {model.folder}; "
            "learn it with this one."
        )
    model.encoder.words[found.word] = torch.tensor(found.vectors)
    return found


def model_digest(model: MotionModel) -> str:
    """Digest of a sealed model, of which every file's digest is a part."""
    return hashlib.sha256((model.folder / "seal.json").read_bytes()).hexdigest()


def learn_word(
    model: MotionModel,
    word: str,
    clips: Sequence[str | Path | xr.DataTree],
    *,
    options: WordOptions = WordOptions(),  # noqa: B008 - frozen
    progress: Callable[[str, int, int], None] | None = None,
) -> LearnedWord:
    """Learn a word from clips; the model can use it afterwards.

    Args:
        model: The model; nothing of it changes but that it knows the word.
        word: As it will be written, ``*limp*``.
        clips: One clip or more of the motion, on the model's skeleton.
        options: How.
        progress: Called with what is being done, how much of it, and of how much.

    Raises:
        UnisonoError: If there is no clip, or the word is none.
        SchemaError: If a clip has another skeleton.
    """
    if words_of(word) != [word] or not word.startswith("*"):
        raise UnisonoError(
            f"a learned word is one word in lower case between asterisks, '*limp*'; got {word!r}."
        )
    if not clips:
        raise UnisonoError("a word needs one clip or more; name files that show it.")
    rows = [rows_of_clip(model, clip) for clip in clips]
    batch = _batch(model, rows)
    before = model.encoder.words.pop(word, None)
    try:
        with torch.random.fork_rng(devices=[]):
            learner = WordLearner(model.method, word, options.settings)
            steps = sum(phase.steps for phase in learner.phases)
            settings = TrainingSettings(
                batch_size=len(batch.index), learning_rate=options.learning_rate, weight_decay=0.0,
                warmup_steps=0, ema_decay=0.9, precision="fp32", device="cpu",
                checkpoint_every=steps, log_every=steps, seed=options.seed,
            )  # fmt: skip
            index = np.arange(len(batch.index))
            source = Source(_Clips(batch), EpochSampler(index, len(index), options.seed), index)

            def told(state: Progress) -> None:
                if progress is not None:
                    progress("learn", state.step, state.steps)

            with tempfile.TemporaryDirectory() as folder:
                result = train(learner, source, settings, Path(folder) / "run", hooks=Hooks(told))
    except BaseException:
        _put(model, word, before)
        raise
    freeze(model.method)
    vectors = learner.learned().detach()
    model.encoder.words[word] = vectors
    about = {
        "space": options.settings.space, "steps": steps, "clips": len(clips),
        "seed": options.seed, "loss": result.loss,
    }  # fmt: skip
    plain = tuple(tuple(float(x) for x in vector) for vector in vectors.tolist())
    return LearnedWord(word, plain, model_digest(model), about)


def rows_of_clip(model: MotionModel, clip: str | Path | xr.DataTree) -> torch.Tensor:
    """Features ``(L, F)`` of a clip, at the model's rate.

    Raises:
        SchemaError: If its skeleton is not the model's.
        ShapeError: If it has fewer than two frames.
    """
    tree = clip if isinstance(clip, xr.DataTree) else read_one(clip)
    motion = resampled(motion_of(tree, model.rig), model.layout.rate_hz)
    return torch.from_numpy(to_features(motion, model.layout)).float()


def _batch(model: MotionModel, clips: Sequence[torch.Tensor]) -> Batch:
    """Clips, in pieces that the model can take."""
    most = model.method.frames
    rows = [part for clip in clips for part in torch.split(clip, most) if len(part) > 1]
    motion = torch.zeros(len(rows), most, model.layout.size)
    mask = torch.zeros(len(rows), most, 1, dtype=torch.bool)
    for place, part in enumerate(rows):
        motion[place, : len(part)], mask[place, : len(part)] = part, True
    index = torch.arange(len(rows))
    return Batch({"motion": motion}, {"motion": mask}, index, index, torch.full((len(rows),), -1))


def _put(model: MotionModel, word: str, vectors: torch.Tensor | None) -> None:
    model.encoder.words.pop(word, None)
    if vectors is not None:
        model.encoder.words[word] = vectors


@dataclass(frozen=True)
class _Clips:
    """The clips as windows."""

    all: Batch

    def batch(self, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Batch:
        """All of them at every step; which are drawn is the learner's."""
        return self.all


def _digest(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
