r"""Edits through noise: the conditional latent diffusion under a map, at the front door.

The codes ``z`` of frames are walked up to noise :math:`n = I(z, y)` by DDIM inversion under the
frames' own labels ``y``, moved there as the map says (:mod:`unisono.api.map_edit` with noise in
the place of codes), and walked back under the wanted labels ``y'``
(:mod:`unisono.methods.conda_diffusion`; Sandilya et al., arXiv:2510.14190):

.. math:: z' = z + S(n', y') - S(n, y), \qquad n' = n + \mathrm{lift}(c') - \mathrm{lift}(c)

so that an edit that moves nothing changes nothing, whatever the round trip :math:`S(I(z, y), y)`
misses; its relative error is told with every edit. A label that a recording does not state is read
off the map, as the median of its neighbours there.
"""

import copy
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from unisono.api.map_chart import Embedded, Map
from unisono.api.map_data import FrameWindows, MapData, Spread, spreads
from unisono.api.map_training import MAP_TRAINING
from unisono.editing.bank import Bank
from unisono.editing.lift import NeighbourLift
from unisono.methods.conda import ConDA
from unisono.methods.conda_diffusion import ConDADiffusion, DiffusionSettings, ItemShape
from unisono.recordings.sampler import EpochSampler
from unisono.training.data import Source
from unisono.training.loop import Hooks, train
from unisono.training.progress import Progress

__all__ = ["STEPS", "Carrier", "Noised", "bank_noise", "train_noise"]

Array = npt.NDArray[np.float64]
Tell = Callable[[str, int, int], None]

STEPS = 50
"""Steps up to the noise and back."""

_TRAINING = dataclasses.replace(
    MAP_TRAINING, batch_size=128, learning_rate=2e-3, warmup_steps=100, ema_decay=0.995
)
_ITERATIONS = 20  # fixed-point iterations a step of a user's frames: the round trip closes
_BANK_ITERATIONS = 8  # of the bank's, whose noise is averaged over neighbours anyway
_CHUNK, _NEAR = 4096, 5


def train_noise(
    method: ConDA, data: MapData, settings: DiffusionSettings, folder: Path, tell: Tell | None
) -> ConDADiffusion:
    """Train the diffusion on the codes of a map's training frames.

    Args:
        method: The map.
        data: The frames.
        settings: The diffusion.
        folder: Of the run.
        tell: Called with what is done and how much.
    """
    known = spreads(data.train)
    codes = method.encode(torch.from_numpy(data.train.values)).numpy()
    windows = FrameWindows(data.train._replace(values=codes), known)
    item = ItemShape((codes.shape[1],), tuple(known))
    made = ConDADiffusion(settings, item, places=len(codes))
    rows = np.arange(len(codes))
    sampler = EpochSampler(rows, min(_TRAINING.batch_size, len(rows) - 1), settings.seed)
    training = dataclasses.replace(_TRAINING, seed=settings.seed)

    def told(state: Progress) -> None:
        if tell is not None:
            tell("diffusion", state.step, state.steps)

    train(made, Source(windows, sampler, rows), training, folder, hooks=Hooks(progress=told))
    return made.to("cpu").eval()


def bank_noise(method: ConDA, data: MapData, diffusion: ConDADiffusion) -> torch.Tensor:
    """Noise of the bank's frames under their own labels, ``(n, w)``."""
    windows = FrameWindows(data.train, spreads(data.train))
    codes = method.encode(windows.frames)
    known = _columns(windows.labels, diffusion.shape.conditions, len(codes))
    parts = [
        diffusion.invert(diffusion.encode(z), y, steps=STEPS, iterations=_BANK_ITERATIONS)
        for z, y in zip(torch.split(codes, _CHUNK), torch.split(known, _CHUNK), strict=True)
    ]
    return torch.cat(parts).flatten(1)


def _columns(
    labels: Mapping[str, torch.Tensor], names: tuple[str, ...], count: int
) -> torch.Tensor:
    return torch.stack([labels[n] for n in names], dim=1) if names else torch.zeros(count, 0)


class Noised(NamedTuple):
    """A recording's frames as noise.

    Attributes:
        chart: The map with noise in the place of codes.
        placed: The frames on it.
        known: Their labels in units of spread, ``(n, q)``.
        back: What the round trip makes of their codes, ``(n, w)``.
        error: Relative error of the round trip in the diffusion's latents.
    """

    chart: Map
    placed: Embedded
    known: torch.Tensor
    back: Array
    error: float


class Carrier:
    """The diffusion under a map.

    Args:
        diffusion: Trained on the map's codes.
        noise: Of the bank's frames, ``(n, w)``.
        spreads: Labels that are numbers, in the order of the diffusion's conditions.
    """

    def __init__(
        self, diffusion: ConDADiffusion, noise: torch.Tensor, spreads: Mapping[str, Spread]
    ) -> None:
        self.diffusion, self.noise, self.spreads = diffusion, noise, dict(spreads)

    def enter(self, chart: Map, placed: Embedded) -> Noised:
        """Walk a recording's codes up to noise."""
        bank = Bank(chart.bank.coordinates, self.noise.numpy(), chart.bank.sequence)
        noised = copy.copy(chart)
        noised.bank, noised.lifting = bank, NeighbourLift(bank, k=min(chart.lifting.k, len(bank)))
        known = self._read_off(chart, placed)
        clean = self.diffusion.encode(torch.from_numpy(placed.codes).float())
        noise = self.diffusion.invert(clean, known, steps=STEPS, iterations=_ITERATIONS)
        again = self.diffusion.sample(noise, known, steps=STEPS)
        return Noised(
            noised,
            placed._replace(codes=noise.flatten(1).double().numpy()),
            known,
            self.diffusion.decode(again).double().numpy(),
            float((again - clean).norm() / clean.norm()),
        )

    def leave(self, noise: Array, known: torch.Tensor) -> Array:
        """Walk noise ``(m, w)`` back to codes under labels ``(m, q)``."""
        latents = torch.from_numpy(noise).float()[:, None]
        return self.diffusion.decode(
            self.diffusion.sample(latents, known, steps=STEPS)
        ).double().numpy()  # fmt: skip

    def moved(self, known: torch.Tensor, name: str, value: float, share: float) -> torch.Tensor:
        """Labels with one of them gone a share of the way to a value."""
        column, spread = list(self.spreads).index(name), self.spreads[name]
        out = known.clone()
        wanted = (value - spread.mean) / spread.std
        out[:, column] += share * (wanted - out[:, column])
        return out

    def _read_off(self, chart: Map, placed: Embedded) -> torch.Tensor:
        near = chart.bank.near(placed.points, min(_NEAR, len(chart.bank))).place
        columns = {}
        for name, spread in self.spreads.items():
            values = np.median(chart.labels[name].astype(np.float64)[near], axis=1)
            columns[name] = torch.from_numpy((values - spread.mean) / spread.std).float()
        return _columns(columns, tuple(self.spreads), len(placed.points))
