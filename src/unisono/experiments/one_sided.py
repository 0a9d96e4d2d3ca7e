"""Few pairs: a set in which most training recordings lack the wanted side.

Recordings of the test part keep both sides. Which training recordings keep theirs is drawn once
for a set, and a smaller share is a part of every larger one, so that curves over the share compare
like with like.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import xarray as xr

from unisono.api.building import make_split
from unisono.api.recipe import SplitSettings
from unisono.core.checks import check_range
from unisono.core.config import from_mapping
from unisono.core.random import numpy_generator
from unisono.experiments.sets import PairedSet
from unisono.recordings.dataset import Dataset
from unisono.recordings.schema import make_recording, streams
from unisono.recordings.splits import Split, split_keys

__all__ = ["one_sided"]

_KEPT = ("recording", "subject", "session", "mass_kg", "height_m", "labels", "source")


def one_sided(data: PairedSet, share: float, folder: Path, *, alone: bool = False) -> PairedSet:
    """A set of which only a share of the training recordings are pairs.

    Args:
        data: The paired set.
        share: Share of training recordings that keep the wanted side, at least one.
        folder: Where the new set is kept.
        alone: Leave the recordings without a pair out altogether: what they are worth is the
            difference.
    """
    check_range("share", share, 0.0, 1.0 + 1e-9)
    path = folder / f"{data.name}-pairs{share:g}{'-alone' if alone else ''}.un"
    if not path.exists():
        Dataset.create(path, _recordings(data, share, alone=alone))
    # the split of all recordings, by name, for a draw from fewer keys would be another one
    split = {**data.split, "name": "pairs"}
    if "pairs" not in Dataset.open(path).splits:
        Dataset.open(path).save_split("pairs", _known(data, path))
    windows = {**data.windows, "require": list(data.given)}
    return replace(data, path=str(path), windows=windows, split=split)


def _split_of(data: PairedSet) -> Split:
    settings = from_mapping(SplitSettings, {**data.split, "calibration": 0.0})
    return make_split(Dataset.open(data.path), settings, calibrate=False)


def _known(data: PairedSet, path: Path) -> Split:
    """The split of the whole set, without keys that have no recording left."""
    whole = _split_of(data)
    there = set(split_keys(Dataset.open(path).table, whole.by))
    parts = {part: tuple(k for k in keys if k in there) for part, keys in whole.parts.items()}
    return replace(whole, parts=parts)


def _recordings(data: PairedSet, share: float, *, alone: bool) -> Iterator[xr.DataTree]:
    dataset, split = Dataset.open(data.path), _split_of(data)
    rows = split.rows(dataset.table, "train")
    names = [str(dataset.table["recording"].iloc[row]) for row in rows]
    order = numpy_generator(0, "experiment pairs", data.name).permutation(len(names))
    paired = {names[k] for k in order[: max(1, round(share * len(names)))]}
    train = set(names)
    for name in dataset.recordings:
        tree = dataset.load(name)
        if name not in train or name in paired:
            yield tree
        elif not alone:
            yield _given_only(tree, data)


def _given_only(tree: xr.DataTree, data: PairedSet) -> xr.DataTree:
    kept = {name: part for name, part in streams(tree) if name not in data.want}
    known = {key: tree.attrs[key] for key in _KEPT if key in tree.attrs}
    return make_recording(kept, **known)
