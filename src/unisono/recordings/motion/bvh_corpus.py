"""A folder of BVH files as a corpus of motion.

Captions come from a file ``captions.json`` (``{"walk1": ["a person walks", ...]}``, by the name of
the file without its suffix), from ``walk1.txt`` beside ``walk1.bvh`` (a caption a line), or are
written from labels, where files are named as those of the Bandai-Namco-Research-Motiondataset
(``dataset-1_CONTENT_STYLE_NUMBER.bvh``, Kobayashi et al., 2023; CC BY-NC 4.0).

All clips must have one skeleton; a file with another, a damaged one or one without a caption is
left out and listed. Long recordings are cut into pieces of equal length, which no split parts.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unisono.core.checks import check_range
from unisono.core.errors import ConfigError, SchemaError, UnisonoError
from unisono.recordings.formats.bvh import read_bvh
from unisono.recordings.motion.captions import captions_of
from unisono.recordings.motion.clips import motion_of, resampled
from unisono.recordings.motion.corpus import LeftOut, MotionClip, MotionCorpus
from unisono.recordings.motion.features import Layout, to_features
from unisono.recordings.motion.kinematics import Motion
from unisono.recordings.motion.rig import Rig, RigHints, rig_of

__all__ = ["BvhOptions", "read_bvh_corpus"]

_BANDAI = re.compile(r"^dataset-\d+_([^_]+)_([^_]+)_\d+$")


@dataclass(frozen=True)
class BvhOptions:
    """How files become clips.

    Args:
        rate_hz: Rows a second.
        longest: Seconds of a clip at most.
        shortest: Seconds of a clip at least.
        captions: Captions written for a labelled clip.
        every: Take every so-manieth file.
        hints: What is known of the skeleton.

    Raises:
        UnisonoError: If a number is out of range.
    """

    rate_hz: float = 20.0
    longest: float = 8.0
    shortest: float = 1.0
    captions: int = 8
    every: int = 1
    hints: RigHints | None = None

    def __post_init__(self) -> None:
        check_range("rate_hz", self.rate_hz, 1.0, 1000.0, closed=True)
        check_range("shortest", self.shortest, 0.0, self.longest)
        check_range("longest", self.longest, 0.1, 1e5, closed=True)
        check_range("captions", self.captions, 1, 1000, closed=True)
        check_range("every", self.every, 1, 1_000_000, closed=True)


class _Told(NamedTuple):
    captions: tuple[str, ...]
    labels: Mapping[str, str]


def read_bvh_corpus(
    folder: str | Path,
    *,
    generator: np.random.Generator,
    options: BvhOptions = BvhOptions(),  # noqa: B008 - frozen
) -> MotionCorpus:
    """Read all BVH files below a folder.

    Args:
        folder: The folder.
        generator: Picks the wordings of labelled clips, file by file in order of their names.
        options: Rate, lengths and captions.

    Returns:
        The corpus; what could not be taken is in its ``left_out``.

    Raises:
        ConfigError: If there is no BVH file, or ``captions.json`` is not readable.
        SchemaError: If no file could be taken.
    """
    folder = Path(folder)
    files = sorted(folder.rglob("*.bvh"))[:: options.every]
    if not files:
        raise ConfigError(f"{folder} holds no .bvh file; name a folder of motion.")
    written = _written(folder)
    clips: list[MotionClip] = []
    left: list[LeftOut] = []
    rig: Rig | None = None
    for file in files:
        try:
            told = _told(file, written, options.captions, generator)
            tree = read_bvh(file)
            found = motion_of(tree, rig or rig_of(tree, options.hints))
            pieces = list(_pieces(file.stem, found, told, options))
            rig = found.rig
            clips += pieces
        except UnisonoError as error:
            left.append(LeftOut(file.name, str(error)))
    if rig is None or not clips:
        raise SchemaError(f"{folder}: no file could be taken; the first: {left[0].reason}")
    layout = Layout(len(rig.names), len(rig.feet), options.rate_hz)
    return MotionCorpus(tuple(clips), layout, rig, tuple(left), {"source": folder.name})


def _written(folder: Path) -> dict[str, list[str]]:
    """Captions of ``captions.json``; none where there is no such file."""
    file = folder / "captions.json"
    if not file.is_file():
        return {}
    try:
        said = json.loads(file.read_text(encoding="utf-8-sig"))
        return {
            str(name): [texts] if isinstance(texts, str) else [str(text) for text in texts]
            for name, texts in said.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigError(
            f'{file} is not readable ({error}); write {{"walk1": ["a person walks"]}}.'
        ) from error


def _told(
    file: Path, written: Mapping[str, list[str]], count: int, generator: np.random.Generator
) -> _Told:
    """Captions and labels of a file.

    Raises:
        SchemaError: If there are none.
    """
    named = _BANDAI.match(file.stem)
    labels = {"content": named[1], "style": named[2], "subject": "actor"} if named else {}
    beside = file.with_suffix(".txt")
    if file.stem in written:
        lines = written[file.stem]
    elif beside.is_file():
        lines = beside.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    elif named:
        lines = captions_of(named[1], named[2], count=count, generator=generator)
    else:
        lines = []
    captions = tuple(line.strip() for line in lines if line.strip())
    if not captions:
        raise SchemaError(f"no caption; add {file.stem!r} to captions.json, or {beside.name}.")
    return _Told(captions, labels)


def _pieces(name: str, motion: Motion, told: _Told, options: BvhOptions) -> Iterator[MotionClip]:
    """The motion at the corpus's rate, in as few pieces of equal length as may be."""
    motion = resampled(motion, options.rate_hz)
    seconds = len(motion) / options.rate_hz
    if seconds < options.shortest or len(motion) < 2:
        raise SchemaError(
            f"{seconds:.2f} s long, less than {options.shortest:g} s; lower `shortest`."
        )
    layout = Layout(len(motion.rig.names), len(motion.rig.feet), options.rate_hz)
    rows = to_features(motion, layout).astype(np.float32)
    parts = np.array_split(rows, int(np.ceil(seconds / options.longest)))
    whole = len(parts) == 1
    labels = told.labels if whole else {**told.labels, "recording": name}
    for number, part in enumerate(parts):
        own = name if whole else f"{name}.{number + 1}"
        yield MotionClip(own, part, told.captions, labels, options.rate_hz)
