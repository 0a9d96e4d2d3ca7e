"""Predicting many windows: means and raw bands, in pieces that fit into memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.contracts import Batch, Method
from unisono.core.random import generator
from unisono.evaluation.calibration import Bands, sample_bands

__all__ = ["Drawing", "Predicted", "concatenate", "in_pieces", "join_bands", "only", "predict"]

_PIECE = 64
"""Windows that are generated together."""


class Drawing(NamedTuple):
    """How windows are generated.

    Attributes:
        samples: Samples a window.
        steps: Solver steps.
        seed: Where the noise comes from.
        levels: Levels of the raw bands.
        keep: How many of the samples are kept.
    """

    samples: int
    steps: int
    seed: int
    levels: Sequence[float]
    keep: int = 0


class Predicted(NamedTuple):
    """One stream of many windows, in physical units.

    Attributes:
        mean: ``(n, L, D)``.
        bands: Raw bands, not calibrated.
        samples: The kept samples, ``(keep, n, L, D)``.
    """

    mean: npt.NDArray[np.float64]
    bands: Bands
    samples: npt.NDArray[np.float32]


def predict(
    method: Method, batch: Batch, want: Sequence[str], drawing: Drawing
) -> dict[str, Predicted]:
    """Generate streams of windows.

    Args:
        method: A trained method, in evaluation mode.
        batch: The windows.
        want: Streams to generate.
        drawing: How.
    """
    pieces: dict[str, list[Predicted]] = {name: [] for name in want}
    for number, part in enumerate(in_pieces(batch)):
        found = method.generate(
            part,
            want,
            samples=drawing.samples,
            steps=drawing.steps,
            generator=generator(drawing.seed, "generate", number * _PIECE),
        )
        for name, draws in found.items():
            samples = draws.samples.numpy()
            mean = draws.mean.numpy().astype(np.float64)
            bands = sample_bands(samples, mean, drawing.levels)
            pieces[name].append(Predicted(mean, bands, samples[: drawing.keep]))
    return {name: concatenate(parts) for name, parts in pieces.items()}


def only(batch: Batch, names: Iterable[str]) -> Batch:
    """A batch of some of its streams."""
    kept = tuple(names)
    return replace(
        batch,
        data={name: batch.data[name] for name in kept},
        mask={name: batch.mask[name] for name in kept},
    )


def in_pieces(batch: Batch) -> Iterator[Batch]:
    """A batch in pieces that are generated together."""
    for start in range(0, batch.size, _PIECE):
        rows = slice(start, start + _PIECE)
        yield Batch(
            {k: v[rows] for k, v in batch.data.items()},
            {k: v[rows] for k, v in batch.mask.items()},
            batch.index[rows],
            batch.subject[rows],
            batch.condition[rows],
            {k: v[rows] for k, v in batch.known.items()},
        )


def concatenate(parts: Sequence[Predicted]) -> Predicted:
    """Join pieces along the windows."""
    return Predicted(
        np.concatenate([p.mean for p in parts]),
        join_bands([p.bands for p in parts]),
        np.concatenate([p.samples for p in parts], axis=1),
    )


def join_bands(parts: Sequence[Bands]) -> Bands:
    """Join bands of pieces along the windows."""
    return Bands(
        parts[0].levels,
        np.concatenate([b.centre for b in parts]),
        np.concatenate([b.lower for b in parts], axis=1),
        np.concatenate([b.upper for b in parts], axis=1),
    )
