r"""A small multilayer perceptron as a baseline: what any deep model must beat to earn its keep.

Two hidden layers of SiLU units on the same features as ridge, trained by AdamW on the masked mean
square error in training spreads. Three networks are trained, each without a fifth of the training
subjects and stopped where those are predicted best; the answer is their mean. The layout is the one
in which the first network does better on its held-out subjects.
"""

import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from unisono.evaluation.arrays import Array
from unisono.evaluation.features import Given, Layout, Pairs, thin
from unisono.evaluation.nets import seeded
from unisono.evaluation.ridge import choose_layouts, folds_of

__all__ = ["Mlp"]

_MOST_WINDOWS = 4000
_NETS = 3
_PATIENCE = 8


class _Trained(NamedTuple):
    error: float  # on the held-out rows, in spreads squared
    net: nn.Module


class _Task(NamedTuple):
    layout: Layout
    x: Tensor
    y: Tensor
    weight: Tensor
    fold: npt.NDArray[np.intp]  # of each row


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
        """Choose the layout and train the three networks.

        Args:
            pairs: The training windows; of more than 4000 every so-manieth is used.
            generator: Deals the folds, starts the weights, draws the batches.
        """
        pairs = thin(pairs, _MOST_WINDOWS)
        fold = folds_of(pairs.subjects, generator=generator)
        tasks = [_task(x, pairs, fold) for x in choose_layouts(pairs, generator=generator)]
        first = [self._train(task, 0, generator) for task in tasks]
        best = int(np.argmin([trained.error for trained in first]))
        self.layout = tasks[best].layout
        others = [k for k in range(1, _NETS) if k in fold]
        self._nets = [first[best].net]
        self._nets += [self._train(tasks[best], k, generator).net for k in others]
        return self

    def _train(self, task: _Task, held: int, generator: np.random.Generator) -> _Trained:
        draw = torch.Generator().manual_seed(int(generator.integers(2**62)))
        net = self._build(task.x.shape[1], task.y.shape[1], draw)
        optimiser = torch.optim.AdamW(net.parameters(), lr=self.rate, weight_decay=self.decay)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, self.steps))
        test = torch.from_numpy(np.flatnonzero(task.fold == held))
        # A single window cannot be held out: it is then trained on and stopped on.
        train = (
            torch.from_numpy(np.flatnonzero(task.fold != held))
            if len(np.unique(task.fold)) > 1
            else test
        )
        best, kept, at = float("inf"), net.state_dict(), 0
        every = max(1, self.steps // 40)
        for step in range(1, self.steps + 1):
            pick = train[torch.randint(len(train), (self.batch,), generator=draw)]
            loss = _error(net(task.x[pick]), task.y[pick], task.weight[pick])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            if step % every == 0:
                with torch.no_grad():
                    error = float(_error(net(task.x[test]), task.y[test], task.weight[test]))
                if error < best:
                    best, kept, at = error, copy.deepcopy(net.state_dict()), step
                elif step - at > _PATIENCE * every:
                    break
        net.load_state_dict(kept)
        return _Trained(best, net)

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
            y = torch.stack([net(x) for net in self._nets]).mean(dim=0).double().numpy()
        return self.layout.outputs(y, len(given.values))


def _task(layout: Layout, pairs: Pairs, fold: npt.NDArray[np.intp]) -> _Task:
    rows = layout.targets(pairs)
    x, y, weight = (
        torch.from_numpy(v.astype(np.float32))
        for v in (layout.training_inputs(pairs.given), rows.y, rows.weight)
    )
    return _Task(layout, x, y, weight, fold[rows.window])


def _error(found: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    squared = functional.mse_loss(found, wanted, reduction="none")
    return (weight * squared).sum() / weight.sum().clamp(min=1)
