r"""Data of the curves: windows with a margin, and pairs whose bond is broken in steps.

A pair of share ``s`` has a target that an independent source drives with that share of variance,

.. math:: y_s = \bar y + \sqrt{1 - s}\,(y - \bar y) + \sqrt{s}\,(y' - \bar y')

with ``y'`` the target of another person at another time: mean and variance stay, what is shared
with the given side goes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr

from unisono.core.checks import check_range
from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError
from unisono.core.random import numpy_generator
from unisono.experiments.parts import Units, raw_batches
from unisono.experiments.plan import Plan
from unisono.experiments.sets import PairedSet, gait_windows, open_set
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_recording, streams

__all__ = [
    "break_bond",
    "broken_set",
    "curve_set",
    "margin_batch",
    "mixed",
    "strangers",
    "with_margin",
]

_KEPT = ("recording", "subject", "session", "mass_kg", "height_m", "labels", "source")
_BY_MASS = ("N", "N*m")
"""Units that grow with the body: a stranger's values are brought to the mass of the person."""


def curve_set(folder: Path, *, tiny: bool) -> PairedSet:
    """Simulated gait at 100 frames a second, in windows of a second (24 frames of it, if tiny)."""
    data = open_set("gait", folder, tiny=tiny)
    frames = 24 if tiny else 100
    return replace(data, windows=gait_windows(frames, 100.0), probe=None)


def with_margin(data: PairedSet, margin: int) -> PairedSet:
    """The same set in windows that are longer by a margin on both sides."""
    length = int(data.windows["length"])
    long = {**data.windows, "length": length + 2 * margin, "stride": length}
    return replace(data, windows=long)


def broken_set(data: PairedSet, share: float, folder: Path) -> PairedSet:
    """The set with the wanted streams of every recording driven by another person's, by a share.

    Args:
        data: The paired set.
        share: Share of variance, in [0, 1].
        folder: Where the new set is kept.
    """
    check_range("share", share, 0.0, 1.0, closed=True)
    path = folder / f"{data.name}-broken{share:g}.un"
    if not path.exists():
        Dataset.create(path, _broken(data, share))
    return replace(data, path=str(path))


def _broken(data: PairedSet, share: float) -> Iterator[xr.DataTree]:
    trees = list(Dataset.open(data.path))
    rng = numpy_generator(0, "experiment broken", data.name)
    who = np.array([str(tree.attrs["subject"]) for tree in trees])
    for tree, other in zip(trees, strangers(who, rng), strict=True):
        parts = dict(streams(tree))
        turn = float(rng.random())
        known = {k: tree.attrs[k] for k in _KEPT if k in tree.attrs}
        wanted = {}
        for name in data.want:
            theirs = dict(streams(trees[other]))[name]
            values = _turned(theirs["data"].values, parts[name].sizes["time"], turn)
            heavier = float(tree.attrs["mass_kg"]) / float(trees[other].attrs["mass_kg"])
            units = parts[name]["unit"].values
            values = values * np.where(np.isin(units, _BY_MASS), heavier, 1.0)
            whole = mixed(parts[name]["data"].values, values, share)
            wanted[name] = parts[name].assign(data=(("time", "channel"), whole))
        yield make_recording({**{k: parts[k] for k in data.given}, **wanted}, **known)


def _turned(values: npt.NDArray[np.float64], frames: int, turn: float) -> npt.NDArray[np.float64]:
    """So many frames of a signal that is begun elsewhere and, at its end, goes on at its start."""
    moved = np.roll(values, round(turn * len(values)), axis=0)
    return np.resize(moved, (frames, values.shape[1]))


def mixed(
    own: npt.NDArray[np.float64], other: npt.NDArray[np.float64], share: float
) -> npt.NDArray[np.float64]:
    """A signal ``(..., T, D)`` of which another drives a share of the variance."""
    centre = own.mean(axis=-2, keepdims=True)
    foreign = other - other.mean(axis=-2, keepdims=True)
    return np.asarray(centre + np.sqrt(1 - share) * (own - centre) + np.sqrt(share) * foreign)


def break_bond(
    batch: Batch, want: Sequence[str], units: Units, share: float, *, rng: np.random.Generator
) -> Batch:
    """Windows whose wanted side is driven by that of another person's window, by a share."""
    other = torch.from_numpy(strangers(units, rng))
    data, mask = dict(batch.data), dict(batch.mask)
    for name in want:
        values = data[name].double().numpy()
        whole = mixed(values, values[other.numpy()], share)
        mask[name] = mask[name] & mask[name][other]
        data[name] = torch.from_numpy(whole.astype(np.float32)) * mask[name]
    return replace(batch, data=data, mask=mask)


def strangers(units: Units, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """A row of another person for every row, each row once: a permutation without oneself.

    Raises:
        ConfigError: If one person has more than half of the rows.
    """
    order = rng.permutation(len(units))
    order = order[np.argsort(units[order], kind="stable")]  # a person's rows side by side
    most = max(int((units == name).sum()) for name in np.unique(units))
    if 2 * most > len(units):
        raise ConfigError("one person has more than half of the windows: nobody can stand in.")
    found = np.empty(len(units), dtype=np.intp)
    found[order] = np.roll(order, most)  # further than any one person reaches
    return found


def margin_batch(data: PairedSet, plan: Plan, margin: int) -> tuple[Batch, Units]:
    """Test windows with a margin, in the units of the set, at most ``plan.windows``."""
    raw = raw_batches(with_margin(data, margin), plan)
    return raw.tested, raw.units
