r"""How well two sides of windows fit, by a trained method: for lags and for alignment scores.

Two scores. ``"prediction"``: minus the mean square error, in spreads of the windows, of what the
method predicts of the wanted side from the given one. ``"agreement"``: the cosine of the aligned
latents, for methods of both directions.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor

from unisono.alignment.agreement import PairScores, error_scores, pair_scores
from unisono.core.contracts import Batch, Latents, Method
from unisono.core.errors import ConfigError
from unisono.core.random import generator

__all__ = ["HOWS", "Aligning", "How", "Question", "batch_scores", "lag_scores", "shifted"]

How = Literal["prediction", "agreement"]
HOWS: tuple[How, ...] = ("prediction", "agreement")
"""The scores; see the module's docstring."""


@runtime_checkable
class Aligning(Protocol):
    """A method whose latents of both sides can be compared."""

    def aligned(self, batch: Batch, *, generator: Generator) -> tuple[Latents, Latents]:
        """Latents of the given and of the wanted side."""
        ...


class Question(NamedTuple):
    """What is compared.

    Attributes:
        given: Streams of the first side.
        want: Streams of the second.
        how: The score; see the module's docstring.
    """

    given: Sequence[str]
    want: Sequence[str]
    how: How = "prediction"


def lag_scores(
    method: Method, batch: Batch, asked: Question, lags: Sequence[int], *, length: int
) -> npt.NDArray[np.float64]:
    """Score of every lag and window, ``(K, n)``, higher is better.

    Args:
        method: A trained method.
        batch: Windows of both sides with a margin, ``(n, length + 2 m, D)``; lags up to ``m``.
        asked: What is compared.
        lags: Lags in frames: the given side is taken so much later than the wanted one.
        length: Frames of a window of the method.
    """
    found = []
    for k in lags:
        pair = shifted(batch, asked.given, lag=int(k), length=length)
        found.append(_own_scores(method, pair, asked))
    return np.stack(found)


def batch_scores(method: Method, batch: Batch, asked: Question, *, length: int) -> PairScores:
    """Scores of every pair of windows; see :mod:`unisono.alignment.agreement`.

    Args:
        method: A trained method.
        batch: Windows of both sides.
        asked: What is compared.
        length: Frames of a scored piece of a window.
    """
    if asked.how == "agreement":
        x, y = _latents(method, batch)
        return pair_scores(x, y, length=length)
    predicted, truth, valid = _predicted(method, batch, asked)
    return error_scores(predicted, truth, valid, length=length)


def shifted(batch: Batch, given: Sequence[str], *, lag: int, length: int) -> Batch:
    """The middle frames of windows, with the given side taken ``lag`` frames later.

    Raises:
        ConfigError: If the lag reaches out of the windows.
    """
    margin = (int(next(iter(batch.data.values())).shape[1]) - length) // 2
    if abs(lag) > margin:
        raise ConfigError(f"a lag of {lag} frames reaches out of windows with {margin} to spare.")

    def middle(name: str, x: Tensor) -> Tensor:
        start = margin + (lag if name in given else 0)
        return x[:, start : start + length]

    return replace(
        batch,
        data={k: middle(k, v) for k, v in batch.data.items()},
        mask={k: middle(k, v) for k, v in batch.mask.items()},
    )


def _own_scores(method: Method, batch: Batch, asked: Question) -> npt.NDArray[np.float64]:
    if asked.how == "agreement":
        x, y = (_normed(side) for side in _latents(method, batch))
        alike = torch.nn.functional.cosine_similarity(x.z, y.z, dim=-1)
        both = x.mask & y.mask
        mean = (alike * both).sum(dim=1) / both.sum(dim=1)
        return np.asarray(mean.double().numpy())
    predicted, truth, valid = _predicted(method, batch, asked)
    squared = torch.where(valid, predicted - truth, 0.0).square().sum(dim=(1, 2))
    return np.asarray((-squared / valid.sum(dim=(1, 2))).double().numpy())


def _normed(side: Latents) -> Latents:
    return Latents(torch.nn.functional.layer_norm(side.z, (side.z.shape[-1],)), side.mask)


def _latents(method: Method, batch: Batch) -> tuple[Latents, Latents]:
    if not isinstance(method, Aligning):
        raise ConfigError("this method aligns nothing: its score is how='prediction'.")
    return method.aligned(batch, generator=generator(0, "synchrony"))


class _Answer(NamedTuple):
    predicted: Tensor
    truth: Tensor
    valid: Tensor


def _predicted(method: Method, batch: Batch, asked: Question) -> _Answer:
    """Mean answer and truth in spreads of the batch; channels that stand still are left out."""
    seen = replace(
        batch,
        data={k: batch.data[k] for k in asked.given if k in batch.data},
        mask={k: batch.mask[k] for k in asked.given if k in batch.data},
    )
    there = [name for name in asked.want if name in batch.data]
    found = method.generate(
        seen, there, samples=0, steps=1, generator=generator(0, "synchrony answer")
    )
    answer = torch.cat([found[k].mean for k in there], dim=-1)
    truth = torch.cat([batch.data[k] for k in there], dim=-1)
    valid = torch.cat([batch.mask[k] for k in there], dim=-1)
    count = valid.sum(dim=(0, 1)).clamp(min=1)
    mean = torch.where(valid, truth, 0.0).sum(dim=(0, 1)) / count
    spread = (torch.where(valid, truth - mean, 0.0).square().sum(dim=(0, 1)) / count).sqrt()
    moves = spread > 1e-6
    scale = spread[moves]
    return _Answer(
        (answer[..., moves] - mean[moves]) / scale,
        (truth[..., moves] - mean[moves]) / scale,
        valid[..., moves],
    )
