r"""TimeGAN's predictive score: is generated data as good to learn from as real data?

A one-step forecaster is trained on generated windows and tested on real ones (Yoon, Jarrett & van
der Schaar, NeurIPS 2019): a GRU of hidden width :math:`\lfloor D/2 \rfloor` sees channels
:math:`1..D-1` at frames :math:`1..L-1` and says channel ``D`` at frames :math:`2..L`; the score is
the mean absolute error on real windows scaled to [0, 1]. With one channel it says that channel's
own next value. ``outputs="all"`` sees and says every channel, for few channels.

We differ in that the scale comes from the real training part rather than from each set's own
extremes, so that generated data cannot hide a wrong range.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from unisono.core.checks import check_axes, check_choice
from unisono.evaluation.arrays import Array, Mask, mask_out
from unisono.evaluation.nets import Forecaster, seeded

__all__ = ["PredictiveOptions", "Range", "predictive_score", "training_range"]


class Range(NamedTuple):
    """Smallest and largest value of each channel over the training part, each ``(D,)``.

    NaN for a channel that had no valid sample there.
    """

    low: Array
    high: Array


def training_range(data: Array, valid: Mask) -> Range:
    """Extremes of each channel over the valid samples of the training part."""
    check_axes(data=(data, "n L D"), valid=(valid, "n L D"))
    low = np.where(valid, data, np.inf).min(axis=(0, 1))
    high = np.where(valid, data, -np.inf).max(axis=(0, 1))
    high = np.where(high > low, high, low + 1.0)
    known = valid.any(axis=(0, 1))
    return Range(np.where(known, low, np.nan), np.where(known, high, np.nan))


@dataclass(frozen=True)
class PredictiveOptions:
    """How the forecaster is trained.

    Args:
        steps: Optimiser steps (5000 in the paper).
        batch: Windows a step (128 in the paper).
        outputs: ``"last"`` as in the paper, or ``"all"``.
        rate: Learning rate of Adam.
    """

    steps: int = 5000
    batch: int = 128
    outputs: str = "last"
    rate: float = 1e-3

    def __post_init__(self) -> None:
        check_choice("outputs", self.outputs, ("last", "all"))


class _Task(NamedTuple):
    seen: Tensor  # (n, L - 1, inputs)
    said: Tensor  # (n, L - 1, outputs)
    weight: Tensor  # (n, L - 1, outputs)


def _task(data: Array, valid: Mask, scale: Range, outputs: str) -> _Task:
    valid = valid & np.isfinite(scale.low)  # a channel without a range says nothing
    scaled = (mask_out(data, valid) - scale.low) / (scale.high - scale.low)
    x = torch.from_numpy(mask_out(scaled, valid).astype(np.float32))
    weight = torch.from_numpy(valid.astype(np.float32))
    whole = outputs == "all" or x.shape[2] == 1
    seen = x[:, :-1] if whole else x[:, :-1, :-1]
    return _Task(seen, *(y[:, 1:] if whole else y[:, 1:, -1:] for y in (x, weight)))


def _error(net: Forecaster, task: _Task) -> Tensor:
    said: Tensor = net(task.seen)
    error = (said - task.said).abs() * task.weight
    return error.sum() / task.weight.sum().clamp(min=1)


def predictive_score(
    learn: Array,
    test: Array,
    test_valid: Mask,
    *,
    scale: Range,
    generator: Generator,
    options: PredictiveOptions = PredictiveOptions(),  # noqa: B008 - frozen
) -> float:
    """Mean absolute error on real windows of a forecaster trained on other windows.

    Compare the score of generated windows with that of real training windows: equal is ideal.

    Args:
        learn: Windows to learn from, ``(m, L, D)``; not finite where missing.
        test: Real windows of the test part, ``(n, L, D)``.
        test_valid: ``(n, L, D)``.
        scale: Range of each channel over the training part.
        generator: Starts the weights and draws the batches.
        options: Length of training and variant.

    Returns:
        Error in units of the channel's training range; lower is better. Channels without a range
        count as missing; NaN where nothing is left to say of the test part.
    """
    check_axes(
        learn=(learn, "m L D"),
        test=(test, "n L D"),
        test_valid=(test_valid, "n L D"),
        low=(scale.low, "D"),
    )
    task = _task(learn, np.isfinite(learn), scale, options.outputs)
    inputs, outputs = task.seen.shape[2], task.said.shape[2]
    hidden = max(1, learn.shape[2] // 2)
    net = seeded(lambda: Forecaster(inputs, outputs, hidden), generator=generator)
    optimiser = torch.optim.Adam(net.parameters(), lr=options.rate)
    for _ in range(options.steps):
        pick = torch.randint(len(task.seen), (options.batch,), generator=generator)
        loss = _error(net, _Task(*(x[pick] for x in task)))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    said = _task(test, test_valid, scale, options.outputs)
    if not said.weight.any():
        return float("nan")
    with torch.no_grad():
        return float(_error(net, said))
