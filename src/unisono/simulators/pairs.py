r"""Pairs of two different things, ready for a bridge: digits, textures, gait, whole-body motion.

A :class:`Pairs` holds what is given and what is wanted, one row an item, with a group (a subject,
a clip, a writer where known) that no two parts of a split may share; it becomes the
``recordings.pairs.PairSet`` that a method is trained on, or a file of the kind that one reads.
Images are in [-1, 1] or of variance 1; sequences keep their units and their own rates and lengths.

Whole-body motion is expressed in a frame that the given side alone fixes: origin on the floor below
the head at the first frame of a window, forward the horizontal normal of the line between the
hands, averaged over the window, ``z`` up.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.core.checks import check_range
from unisono.core.errors import ShapeError, UnisonoError
from unisono.core.files import atomic_file
from unisono.recordings.formats.bvh import read_bvh
from unisono.recordings.formats.idx import read_idx
from unisono.recordings.pairs import PairSet, Thing
from unisono.recordings.signals.resampling import resample_to_rate
from unisono.simulators.textures import shrink

__all__ = ["Part", "Pairs", "digit_pairs", "gait_pairs", "motion_pairs", "split_groups"]

Array = npt.NDArray[np.float32]

_GIVEN_JOINTS = ("Head", "Hand_L", "Hand_R")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Items of two kinds, row by row.

    Args:
        source: What is given, ``(n, ...)``.
        target: What is wanted, ``(n, ...)``.
        group: Name of each item's group, ``(n,)``.
        label: Class of each item, for pictures, ``(n,)``.
        channels: Names of the channels of ``source`` and ``target``, for sequences.
    """

    source: Array
    target: Array
    group: npt.NDArray[np.str_]
    label: npt.NDArray[np.str_]
    channels: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        lengths = {len(self.source), len(self.target), len(self.group), len(self.label)}
        if len(lengths) != 1:
            raise ShapeError(
                f"every item needs both sides, a group and a label; got {len(self.source)} given, "
                f"{len(self.target)} wanted, {len(self.group)} groups, {len(self.label)} labels."
            )

    def rows(self, keep: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "Pairs":
        """Some of the items."""
        return Pairs(
            self.source[keep], self.target[keep], self.group[keep], self.label[keep], self.channels
        )

    def save(self, path: str | Path) -> Path:
        """Write an NPZ file that ``recordings.pairs.read_pairs`` reads, atomically.

        It holds ``source``, ``target``, ``subject`` (the groups) and ``label``.
        """
        with atomic_file(path) as part:
            np.savez_compressed(
                part, source=self.source, target=self.target, subject=self.group, label=self.label
            )
        return Path(path)

    def as_set(self) -> PairSet:
        """As a method is trained on them, under the names ``source`` and ``target``."""
        things = [Thing(x, np.ones(x.shape, dtype=np.bool_)) for x in (self.source, self.target)]
        rows = np.arange(len(self.source), dtype=np.int64)
        text = hashlib.sha256(self.source.tobytes() + self.target.tobytes())
        return PairSet(
            {"source": things[0]},
            {"target": things[1]},
            np.stack([rows, rows], axis=1),
            self.group,
            f"sha256:{text.hexdigest()}",
        )


@dataclass(frozen=True, eq=False)
class Part:
    """A split: no group is in two parts."""

    train: Pairs
    test: Pairs


def split_groups(pairs: Pairs, *, test: float, generator: np.random.Generator) -> Part:
    """Deal whole groups into a training and a test part.

    Args:
        pairs: All items.
        test: Share of the groups that are tested on.
        generator: Deals them.

    Raises:
        UnisonoError: If a part would be empty.
    """
    check_range("test", test, 0, 1)
    names = np.unique(pairs.group)
    count = round(test * len(names))
    if not 0 < count < len(names):
        raise UnisonoError(
            f"{len(names)} groups cannot give a share of {test} to the test part; add groups."
        )
    held = generator.permutation(names)[:count]
    is_test = np.isin(pairs.group, held)
    return Part(pairs.rows(~is_test), pairs.rows(is_test))


def digit_pairs(folder: str | Path, *, times: int = 4, count: int | None = None) -> Pairs:
    """Handwritten digits: 28 x 28 pixels and the mean over blocks, in [-1, 1].

    The writers of the digits are not named in the files: every digit is a group of its own, and a
    writer can be in both parts.

    Args:
        folder: Where ``t10k-images-idx3-ubyte.gz`` and the labels lie.
        times: Pixels that one small pixel covers, each way; 4 gives 7 x 7.
        count: How many digits, from the first; all by default.
    """
    folder = Path(folder)
    images = read_idx(folder / "t10k-images-idx3-ubyte.gz")[:count]
    labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz")[:count]
    large = images[:, None].astype(np.float64) / 127.5 - 1
    small = shrink(large, times)
    numbers = np.arange(len(images)).astype(str)
    return Pairs(
        small.astype(np.float32), large.astype(np.float32), numbers, labels.astype(str), {}
    )


def gait_pairs(
    recordings: Iterable[xr.DataTree],
    *,
    seconds: float = 1.28,
    rates: tuple[float, float] = (100.0, 40.0),
) -> Pairs:
    """Inertial sensors to joint angles, at different rates and lengths.

    Args:
        recordings: Simulated gait with the streams ``imu`` and ``angles``.
        seconds: Length of a window; windows follow one another.
        rates: Samples a second of the sensors and of the angles.
    """
    given, wanted, group, label = [], [], [], []
    names: dict[str, tuple[str, ...]] = {}
    sizes = [round(seconds * rate) for rate in rates]
    for tree in recordings:
        sides = [
            resample_to_rate(tree[name].to_dataset(), rate)
            for name, rate in zip(("imu", "angles"), rates, strict=True)
        ]
        count = min(s.sizes["time"] // size for s, size in zip(sides, sizes, strict=True))
        for k in range(count):
            cut = [
                s["data"].values[k * size : (k + 1) * size]
                for s, size in zip(sides, sizes, strict=True)
            ]
            given.append(cut[0])
            wanted.append(cut[1])
            group.append(str(tree.attrs["subject"]))
            label.append(str(tree.attrs.get("labels", {}).get("style", "")))
        found = [tuple(map(str, s["channel"].values)) for s in sides]
        names = {"source": found[0], "target": found[1]}
    return _sequences(given, wanted, group, label, names)


def motion_pairs(files: Sequence[str | Path], *, frames: int = 32, stride: int = 16) -> Pairs:
    """Head and hands to the whole body, from BVH clips named ``dataset-1_<content>_<style>_<n>``.

    Both sides are positions in metres at the rate of the file, in the frame that head and hands
    fix. The group is content and style, so that a test holds combinations that were not trained on
    (one actor performed every clip: this is no test on unseen people).

    Args:
        files: BVH files with the joints ``Head``, ``Hand_L`` and ``Hand_R``.
        frames: Frames of a window.
        stride: Frames between the starts of windows.
    """
    given, wanted, group, label = [], [], [], []
    joints: tuple[str, ...] = ()
    for file in files:
        points = read_bvh(file)["positions"].to_dataset()["data"]
        names = [str(c)[:-2] for c in points["channel"].values[::3]]
        body = tuple(n for n in names if not n.endswith("_end") and n != "joint_Root")
        absent = [n for n in _GIVEN_JOINTS if n not in names]
        if absent or (joints and body != joints):
            raise UnisonoError(
                f"{file}: the joint {absent[0]!r} is missing; choose clips of one skeleton."
                if absent
                else f"{file}: its joints differ from those before; choose clips of one skeleton."
            )
        joints = body
        places = points.values.reshape(len(points), -1, 3)[..., [2, 0, 1]] / 100  # z up, metres
        here, three = [names.index(n) for n in body], [names.index(n) for n in _GIVEN_JOINTS]
        words = Path(file).stem.split("_")
        for start in range(0, len(places) - frames + 1, stride):
            window = places[start : start + frames]
            turned = _in_own_frame(window[:, here], window[:, three])
            wanted.append(turned.reshape(frames, -1))
            sparse = [body.index(n) for n in _GIVEN_JOINTS]
            given.append(turned[:, sparse].reshape(frames, -1))
            group.append("_".join(words[1:3]))
            label.append(words[1])
    axes = {
        "source": tuple(f"{n}_{a}" for n in _GIVEN_JOINTS for a in "xyz"),
        "target": tuple(f"{n}_{a}" for n in joints for a in "xyz"),
    }
    return _sequences(given, wanted, group, label, axes)


def _in_own_frame(points: npt.NDArray[np.float64], three: npt.NDArray[np.float64]) -> Array:
    """Points ``(frame, joint, 3)`` as seen from below the head, facing as the hands say."""
    line = (three[:, 1] - three[:, 2])[:, :2].mean(axis=0)  # from right to left hand
    left = line / max(float(np.linalg.norm(line)), 1e-9)
    turn = np.array([[left[1], left[0], 0.0], [-left[0], left[1], 0.0], [0.0, 0.0, 1.0]])
    origin = np.array([*three[0, 0, :2], 0.0])
    return np.asarray((points - origin) @ turn, dtype=np.float32)


def _sequences(
    given: Sequence[npt.NDArray[np.generic]],
    wanted: Sequence[npt.NDArray[np.generic]],
    group: Sequence[str],
    label: Sequence[str],
    channels: Mapping[str, tuple[str, ...]],
) -> Pairs:
    if not given:
        raise UnisonoError("no recording is as long as one window; shorten the window.")
    return Pairs(
        np.stack(given).astype(np.float32),
        np.stack(wanted).astype(np.float32),
        np.array(group),
        np.array(label),
        channels,
    )
