"""Corpora of motion with captions, from what a user has: a folder, or nothing at all."""

from pathlib import Path

from unisono.core.errors import ConfigError
from unisono.core.random import numpy_generator
from unisono.recordings.motion.bvh_corpus import BvhOptions, read_bvh_corpus
from unisono.recordings.motion.corpus import CorpusParts, MotionCorpus
from unisono.recordings.motion.humanml3d import read_humanml3d
from unisono.simulators.captioned import captioned_corpus

__all__ = ["part_corpus", "read_corpus", "simulate_corpus"]


def read_corpus(
    folder: str | Path,
    *,
    seed: int = 0,
    options: BvhOptions = BvhOptions(),  # noqa: B008 - frozen
) -> MotionCorpus:
    """Read a corpus: one that was saved, a folder of HumanML3D, or BVH files with captions.

    Args:
        folder: The folder.
        seed: Picks the wordings of clips that have labels and no captions.
        options: Rate, lengths and captions of BVH files.

    Raises:
        ConfigError: If it is no folder, or none of these.
        SchemaError: If no file could be taken.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigError(f"{folder} is no folder; name one of BVH files, or a saved corpus.")
    if (folder / "corpus.json").is_file():
        return MotionCorpus.load(folder)
    if (folder / "new_joint_vecs").is_dir():
        return read_humanml3d(folder)
    return read_bvh_corpus(folder, generator=numpy_generator(seed, "captions"), options=options)


def simulate_corpus(clips: int = 800, *, seed: int = 0) -> MotionCorpus:
    """Simulate a corpus, for which nothing is needed; see ``unisono.simulators.captioned``.

    Raises:
        UnisonoError: If the number of clips is out of range.
    """
    return captioned_corpus(clips, generator=numpy_generator(seed, "simulate"))


def part_corpus(
    corpus: MotionCorpus, *, test: float = 0.15, valid: float = 0.1, seed: int = 0
) -> CorpusParts:
    """Clips to train on, to choose by, and to test on, as a recipe with this ``data.seed`` does.

    Raises:
        UnisonoError: If the shares leave nothing to train on.
    """
    return corpus.parts(test=test, valid=valid, generator=numpy_generator(seed, "split"))
