"""Sequences of fields, and the removal of frames from them.

``wake``: flow past a cylinder at eight Reynolds numbers, simulated on first use. ``transient``: the
same with the Reynolds number changing on the way. ``ks``, ``kdv``, ``ac``: one space-time field
each (Kuramoto-Sivashinsky, Korteweg-de Vries, Allen-Cahn) from the archive ``pinns``, in quarters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.io

from unisono.core.checks import check_choice
from unisono.core.contracts import StreamInfo
from unisono.core.errors import UnisonoError
from unisono.core.files import atomic_file
from unisono.core.random import numpy_generator
from unisono.recordings.fields import field_channels
from unisono.simulators.flow import Camera, ChannelSettings, wake

__all__ = ["DATA", "FieldSet", "Removal", "open_fields", "removal"]

Array = npt.NDArray[np.float64]

DATA: Mapping[str, bool] = {
    "wake": True,
    "transient": True,
    "ks": False,
    "kdv": False,
    "ac": False,
}
"""Names of the sets, and whether their sequences are conditions that can be left out."""

_REYNOLDS = (60.0, 70.0, 80.0, 90.0, 100.0, 110.0, 125.0, 140.0)
_TARGETS = ("re70", "re80", "re90", "re100", "re110")
_ENDS = ((40.0, 80.0), (40.0, 100.0), (40.0, 120.0), (100.0, 60.0), (50.0, 140.0), (120.0, 80.0))
_FILES = {"ks": "KS.mat", "kdv": "KdV.mat", "ac": "AC.mat"}


@dataclass(frozen=True)
class FieldSet:
    """Sequences of fields.

    Args:
        frames: By name, ``(time, pixels)`` float32.
        conditions: A number a sequence.
        targets: Names of the sequences from which frames are removed.
        shape: Of a field.
    """

    frames: Mapping[str, npt.NDArray[np.float32]]
    conditions: Mapping[str, float]
    targets: tuple[str, ...]
    shape: tuple[int, ...]

    @property
    def info(self) -> StreamInfo:
        """The fields as a stream."""
        names = tuple(field_channels("field", self.shape))
        return StreamInfo("field", names, ("1",) * len(names), "feature", 0.0)


def open_fields(name: str, folder: Path, *, recordings: str, tiny: bool = False) -> FieldSet:
    """Read a set; what is simulated is kept in the folder.

    Raises:
        UnisonoError: If the name is unknown or the archive is not there.
    """
    check_choice("data", name, DATA)
    if not DATA[name]:
        return _space_time(name, Path(recordings) / "pinns" / _FILES[name])
    file = folder / f"{name}{'_tiny' if tiny else ''}.npz"
    if not file.exists():
        made = _simulated(name, tiny=tiny)
        with atomic_file(file) as part:
            np.savez_compressed(part, **dict[str, Any](made))
    with np.load(file, allow_pickle=False) as held:
        frames = {key: held[key] for key in held.files}
    side = round(np.sqrt(next(iter(frames.values())).shape[1]))
    numbers = {key: float(key.removeprefix("re").split("to")[-1]) for key in frames}
    targets = tuple(k for k in _TARGETS if k in frames) if name == "wake" else tuple(frames)
    return FieldSet(frames, numbers, targets or tuple(frames), (side, side))


def _simulated(name: str, *, tiny: bool) -> dict[str, npt.NDArray[np.float32]]:
    camera = Camera(frames=600)
    if tiny:
        channel = ChannelSettings(diameter=6, width=8, ahead=4, behind=8)
        camera = Camera(frames=90, settle=5.0, pixels=(12, 12), channel=channel)
    elif name == "transient":
        camera = Camera(frames=600, settle=30.0)
    ends = [(r, None) for r in _REYNOLDS] if name == "wake" else list(_ENDS)
    made = {}
    for number, (first, last) in enumerate(ends[:3] if tiny else ends):
        rng = numpy_generator(0, "fields", name, number)
        key = f"re{first:g}" + ("" if last is None else f"to{last:g}")
        tree = wake(first, until=last, rng=rng, camera=camera)
        made[key] = np.asarray(tree["vorticity"]["data"], np.float32)
    return made


def _space_time(name: str, file: Path) -> FieldSet:
    if not file.exists():
        raise UnisonoError(f"{file} is not there; unpack the archive pinns, or name another set.")
    field = np.asarray(scipy.io.loadmat(file)["uu"], np.float32).T
    quarters = np.array_split(field, 4)
    frames = {f"part{i}": quarter for i, quarter in enumerate(quarters)}
    numbers = dict.fromkeys(frames, 0.0)
    return FieldSet(frames, numbers, tuple(frames), (field.shape[1],))


class Removal(NamedTuple):
    """What is left once frames were removed.

    Attributes:
        bank: Frames that are left, ``(n, pixels)``.
        sequence: Stretch of each; what lies on two sides of a gap is two stretches, ``(n,)``.
        names: Name of each one's sequence, ``(n,)``.
        gaps: For each gap its sequence, the known frames around it ``(2 w, pixels)`` and the frames
            that were removed, always without noise, ``(size, pixels)``.
        size: Frames in a gap.
    """

    bank: Array
    sequence: npt.NDArray[np.int64]
    names: npt.NDArray[np.str_]
    gaps: list[tuple[str, Array, Array]]
    size: int


def removal(  # noqa: PLR0913 - what is removed, and from what
    data: FieldSet,
    targets: Sequence[str],
    *,
    size: int,
    context: int,
    include: bool,
    noise: float,
    seed: int,
) -> Removal:
    """Remove gaps from target sequences, one every two lengths of a gap with its surroundings.

    Args:
        data: The sequences.
        targets: Those that gaps are cut from.
        size: Frames in a gap.
        context: Known frames on either side.
        include: Whether the other frames of the targets stay in the bank.
        noise: Noise on bank and known frames, over the standard deviation of the frames.
        seed: Where the gaps begin, and the noise.
    """
    rng, noises = numpy_generator(seed, "gaps"), numpy_generator(seed, "gap noise")
    level = noise * float(np.concatenate(list(data.frames.values())).std())
    bank, sequence, names, gaps = [], [], [], []
    number = 0
    for name, clean in data.frames.items():
        seen = (
            clean + level * noises.normal(size=clean.shape).astype(np.float32) if noise else clean
        )
        left = np.ones(len(clean), bool)
        if name in targets:
            whole = size + 2 * context
            starts = np.arange(int(rng.integers(whole)), len(clean) - whole, 2 * whole)
            for start in starts:
                inner = slice(start + context, start + context + size)
                around = np.r_[start : inner.start, inner.stop : start + whole]
                gaps.append((name, seen[around].astype(float), clean[inner].astype(float)))
                left[inner] = False
            if not include:
                left[:] = False
        begins = left & ~np.concatenate([[False], left[:-1]])
        stretch = number + np.cumsum(begins) - 1
        number += int(begins.sum())
        bank.append(seen[left])
        sequence.append(stretch[left])
        names.append(np.full(int(left.sum()), name))
    return Removal(
        np.concatenate(bank).astype(np.float64),
        np.concatenate(sequence).astype(np.int64),
        np.concatenate(names),
        gaps,
        size,
    )
