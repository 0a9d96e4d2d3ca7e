"""A folder of HumanML3D as a corpus, for who has one.

``new_joint_vecs/NAME.npy`` holds ``(frames, 263)`` features at 20 Hz, ``texts/NAME.txt`` a caption
a line as ``caption#tokens#start#end``, and ``train.txt``, ``val.txt``, ``test.txt`` the names of
the parts (Guo et al., CVPR 2022; built by each user from AMASS under its licence). Start and end
are seconds; where both are 0 or no number the caption is of the whole clip, otherwise of that
piece, which becomes a clip of its own.

The rig is the default body of ``humanoid`` in SMPL's order, as the features state no bones; motion
recovered from them has the bones of the features, and what is written as BVH those of the rig.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import ConfigError, SchemaError
from unisono.recordings.motion.corpus import LeftOut, MotionClip, MotionCorpus
from unisono.recordings.motion.features import Layout
from unisono.recordings.motion.humanoid import humanoid_rig

__all__ = ["CaptionLine", "parse_caption_line", "read_humanml3d"]

_RATE_HZ = 20.0
_SIZE = 263
_PARTS = {"train": "train.txt", "valid": "val.txt", "test": "test.txt"}


class CaptionLine(NamedTuple):
    """One line of a text file.

    Attributes:
        caption: The sentence.
        words: Its words with their parts of speech, ``("walk/VERB", ...)``.
        start: Seconds.
        end: Seconds; 0 with ``start`` 0 for the whole clip.
    """

    caption: str
    words: tuple[str, ...]
    start: float
    end: float


def parse_caption_line(line: str) -> CaptionLine:
    """Read ``caption#tokens#start#end``.

    Raises:
        SchemaError: If there are not four fields, the caption is empty, or a number is none.

    Example:
        >>> parse_caption_line("a man walks.#a/DET man/NOUN walk/VERB#0.5#nan").start
        0.5
    """
    fields = line.strip().split("#")
    if len(fields) != 4 or not fields[0].strip():
        raise SchemaError(f"{line.strip()[:60]!r} is not 'caption#tokens#start#end'.")
    try:
        start, end = (0.0 if math.isnan(float(f)) else float(f) for f in fields[2:])
    except ValueError as error:
        raise SchemaError(f"{line.strip()[:60]!r}: start and end should be numbers.") from error
    return CaptionLine(fields[0].strip(), tuple(fields[1].split()), start, end)


def read_humanml3d(folder: str | Path, *, shortest: int = 40, longest: int = 196) -> MotionCorpus:
    """Read a folder of HumanML3D.

    Args:
        folder: The folder that holds ``new_joint_vecs``.
        shortest: Rows of a clip at least; shorter ones are left out, as usual with this set.
        longest: Rows kept of a longer clip, from its beginning.

    Returns:
        The corpus, each clip with its ``part``; what could not be taken is in ``left_out``.

    Raises:
        ConfigError: If the folder has not these files.
        SchemaError: If no clip could be taken.
    """
    folder = Path(folder)
    check_range("shortest", shortest, 2, longest, closed=True)
    layout = Layout(22, 4, _RATE_HZ, "humanml3d", float(np.sqrt(0.002) * _RATE_HZ))
    lists = {part: folder / name for part, name in _PARTS.items() if (folder / name).is_file()}
    if not (folder / "new_joint_vecs").is_dir() or not (folder / "texts").is_dir() or not lists:
        raise ConfigError(
            f"{folder} is no HumanML3D (new_joint_vecs/, texts/ and train.txt are needed)."
        )
    clips: list[MotionClip] = []
    left: list[LeftOut] = []
    seen: set[str] = set()
    for part, file in lists.items():
        for name in file.read_text(encoding="utf-8").split():
            if name in seen:
                left.append(LeftOut(name, "it is in two lists; the first one counts"))
                continue
            seen.add(name)
            try:
                clips += _clips(folder, name, part, (shortest, longest))
            except SchemaError as error:
                left.append(LeftOut(name, str(error)))
    about = {"source": "HumanML3D", "licence": "that of AMASS; research only, not to be passed on"}
    return MotionCorpus(tuple(clips), layout, humanoid_rig("smpl"), tuple(left), about)


def _clips(folder: Path, name: str, part: str, limits: tuple[int, int]) -> Iterator[MotionClip]:
    """The whole clip with its captions, then one clip for each caption of a piece."""
    rows = _rows(folder / "new_joint_vecs" / f"{name}.npy")
    text = folder / "texts" / f"{name}.txt"
    if not text.is_file():
        raise SchemaError(f"texts/{name}.txt is absent.")
    lines = text.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [parse_caption_line(line) for line in lines if line.strip()]
    whole = tuple(line.caption for line in told if line.start == 0 and line.end == 0)
    labels = {"part": part}
    taken = 0
    if whole and len(rows) >= limits[0]:
        taken += 1
        yield MotionClip(name, rows[: limits[1]], whole, labels, _RATE_HZ)
    for number, line in enumerate(told):
        if line.start == 0 and line.end == 0:
            continue
        piece = rows[int(line.start * _RATE_HZ) : int(line.end * _RATE_HZ)]
        if len(piece) >= limits[0]:
            taken += 1
            own = f"{name}@{number}"
            yield MotionClip(own, piece[: limits[1]], (line.caption,), labels, _RATE_HZ)
    if not taken:
        raise SchemaError(f"{len(rows)} rows, and no captioned piece of {limits[0]} or more.")


def _rows(file: Path) -> npt.NDArray[np.float32]:
    try:
        with file.open("rb") as handle:
            rows = np.load(handle, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = " ".join(str(error).split())[:120]
        raise SchemaError(f"{file.name} cannot be read: {reason}") from error
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != _SIZE:
        shape = getattr(rows, "shape", "no array")
        raise SchemaError(f"{file.name} should be (frames, {_SIZE}); got {shape}.")
    if not np.isfinite(rows).all():
        raise SchemaError(f"{file.name} has numbers that are not finite.")
    return np.asarray(rows, dtype=np.float32)
