"""What joint moments could be told at best: from the measured force, its point and the arms.

No mass and no acceleration of a segment enters: what is left between these moments and the file's
own is inertia and weight of the leg, its filter, and the marker noise. A model that predicts force
and point of a person it has not seen cannot be expected to do better.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
import torch

from unisono.api.recipe import Recipe
from unisono.methods.lever_names import Levers, landmarks
from unisono.networks.lever_geometry import body_of, from_reference
from unisono.recordings.dataset import Dataset
from unisono.recordings.window_cache import open_windows

__all__ = ["Bound", "lever_bound"]


class Bound(NamedTuple):
    """Error of moments from the measured force and its point, in spreads of each channel.

    Attributes:
        channels: Names of the moments.
        by_channel: Root mean square error over the spread, mean of the subjects.
        windows: How many there were.
    """

    channels: tuple[str, ...]
    by_channel: np.ndarray
    windows: int


def lever_bound(recipe: Recipe, data: Dataset, levers: Levers) -> Bound:
    """Moments of the force at its point about every joint, against the file's own.

    Args:
        recipe: A recipe with positions, forces and moments.
        data: Its dataset.
        levers: Names of the points.
    """
    units = {**recipe.cut.units, "grf/*cop*": "m", "grf/*_tz": "N*m/kg"}
    wanted = {**recipe.cut.channels, "grf": ("ipsi_f?", "ipsi_copx", "ipsi_copy", "ipsi_tz")}
    # the plate's point is in laboratory axes: positions must be, too
    cut = dataclasses.replace(recipe.cut, channels=wanted, units=units, origin="")
    windows = open_windows(data, cut)
    batch = windows.batch(np.arange(len(windows)))
    found = {name: (batch.data[name].numpy(), batch.mask[name].numpy()) for name in batch.data}
    grf, seen = found["grf"]
    force, point, free = grf[..., :3], grf[..., 3:5], grf[..., 5:]
    zero = np.zeros_like(free)
    names = [*windows.streams["markers"].channels, "pressure_x", "pressure_y", "pressure_z"]
    x = torch.tensor(np.concatenate([found["markers"][0], point, zero], -1))
    at = landmarks(dataclasses.replace(levers, references=("pressure",)), names)
    twist = np.concatenate([zero, zero, free] * len(levers.centres), -1)
    told = from_reference(torch.tensor(twist), torch.tensor(force), body_of(x, at), 0, 0).numpy()
    moments, valid = found["moments"]
    valid = valid & seen.all(axis=-1, keepdims=True) & found["markers"][1].all(-1, keepdims=True)
    spread = np.array([moments[..., c][valid[..., c]].std() for c in range(moments.shape[-1])])
    people = windows.table["subject"].astype(str).to_numpy()
    error = np.where(valid, (told - moments) / spread, 0.0) ** 2
    each = [
        np.sqrt(error[people == p].sum((0, 1)) / valid[people == p].sum((0, 1)))
        for p in np.unique(people)
    ]
    return Bound(windows.streams["moments"].channels, np.mean(each, axis=0), len(people))
