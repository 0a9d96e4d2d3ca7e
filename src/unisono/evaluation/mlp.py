r"""A small multilayer perceptron as a baseline: what any deep model must beat to earn its keep.

Two hidden layers of SiLU units on the same features as ridge, trained by AdamW on the masked mean
square error in training spreads. Layout and number of steps are chosen on held-out training
subjects; the final network is then trained on all of them for that many steps.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from unisono.evaluation.arrays import Array
from unisono.evaluation.features import Given, Layout, Pairs, Rows, thin
from unisono.evaluation.nets import seeded
from unisono.evaluation.ridge import choose_layouts, folds_of

__all__ = ["Mlp"]

_MOST_WINDOWS = 4000


class _Trained(NamedTuple):
    error: float  # on the held-out rows, in spreads squared; NaN where none were held out
    steps: int  # at which it was lowest
    net: nn.Module


@dataclass(eq=False)
class Mlp:
    """Small MLP with early stopping over the training subjects.

    Args:
        hidden: Units of each of the two hidden layers.
        steps: Optimiser steps at most.
        batch: Rows a step.
        rate: Learning rate, falling to 0 by a cosine.
        decay: Weight decay.
    """

    hidden: int = 128
    steps: int = 800
    batch: int = 128
    rate: float = 2e-3
    decay: float = 1e-2
    name: str = "mlp"

    def fit(self, pairs: Pairs, *, generator: np.random.Generator) -> "Mlp":
        """Choose layout and number of steps, then fit on all windows.

        Args:
            pairs: The training windows; of more than 4000 every so-manieth is used.
            generator: Deals the folds, starts the weights, draws the batches.
        """
        pairs = thin(pairs, _MOST_WINDOWS)
        held = folds_of(pairs.subjects, generator=generator) == 0
        best: tuple[_Trained, Layout, Tensor, Rows] | None = None
        for layout in choose_layouts(pairs, generator=generator):
            x = torch.from_numpy(layout.training_inputs(pairs.given).astype(np.float32))
            rows = layout.targets(pairs)
            trained = self._train(x, rows, held[rows.window], generator)
            if best is None or trained.error < best[0].error:
                best = (trained, layout, x, rows)
        if best is None:  # choose_layouts always offers the whole window
            raise RuntimeError("no layout to fit")
        trained, self.layout, x, rows = best
        none = np.zeros(len(x), dtype=bool)
        final = Mlp(self.hidden, trained.steps, self.batch, self.rate, self.decay)
        self._net = final._train(x, rows, none, generator).net
        return self

    def _train(
        self,
        x: Tensor,
        rows: Rows,
        held: npt.NDArray[np.bool_],
        generator: np.random.Generator,
    ) -> _Trained:
        y = torch.from_numpy(rows.y.astype(np.float32))
        weight = torch.from_numpy(rows.weight.astype(np.float32))
        draw = torch.Generator().manual_seed(int(generator.integers(2**62)))
        net = self._build(x.shape[1], y.shape[1], draw)
        optimiser = torch.optim.AdamW(net.parameters(), lr=self.rate, weight_decay=self.decay)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, self.steps))
        train = torch.from_numpy(np.flatnonzero(~held))
        test = torch.from_numpy(np.flatnonzero(held))
        best = _Trained(float("inf"), self.steps, net)
        every = max(1, self.steps // 40)
        for step in range(1, self.steps + 1):
            pick = train[torch.randint(len(train), (self.batch,), generator=draw)]
            loss = _error(net(x[pick]), y[pick], weight[pick])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            if len(test) and step % every == 0:
                with torch.no_grad():
                    error = float(_error(net(x[test]), y[test], weight[test]))
                best = min(best, _Trained(error, step, net), key=lambda found: found.error)
        return best

    def _build(self, inputs: int, outputs: int, draw: torch.Generator) -> nn.Module:
        def build() -> nn.Module:
            return nn.Sequential(
                nn.Linear(inputs, self.hidden),
                nn.SiLU(),
                nn.Linear(self.hidden, self.hidden),
                nn.SiLU(),
                nn.Linear(self.hidden, outputs),
            )

        return seeded(build, generator=draw)

    def predict(self, given: Given) -> Array:
        """Return ``(n, L', D')`` in the target's unit."""
        x = torch.from_numpy(self.layout.inputs(given).astype(np.float32))
        with torch.no_grad():
            y = self._net(x).double().numpy()
        return self.layout.outputs(y, len(given.values))


def _error(found: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    squared = functional.mse_loss(found, wanted, reduction="none")
    return (weight * squared).sum() / weight.sum().clamp(min=1)
