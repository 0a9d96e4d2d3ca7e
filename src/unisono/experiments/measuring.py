r"""What is measured of one trained model, on windows of people (or conditions) it never saw.

All errors are in units of the channel's spread over the training part, averaged over frames and
channels, so that streams of different units can stand together:

- ``mse``: mean square error of the answer's mean;
- ``crps``: continuous ranked probability score of the samples;
- ``cover50``, ``cover80``, ``cover90``: share of values inside the RAW bands of the samples (no
  calibration, which would hide what training does to them), and ``width90``;
- ``energy``: energy score of whole windows, which sees correlation;
- ``fid``: Context-FID of one sample a window, ``predictive``: TimeGAN's predictive score;
- ``probe``: accuracy of a classifier on the latents of the given side;
- ``retrieval``: share of latent windows whose partner of the other side is the nearest of all.

Figures of the way back (given from wanted) carry ``back.``. Each figure is kept by unit (subject or
condition), so that arms can be compared unit by unit; figures of all windows together have the
unit ``"all"``.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unisono.alignment.window_alignment import WindowAlignment, align_windows
from unisono.api.evaluation_input import Side
from unisono.api.model import Model
from unisono.api.predicting import Drawing, Predicted, predict
from unisono.api.synchrony_scores import Aligning
from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError
from unisono.core.random import generator, numpy_generator
from unisono.evaluation.arrays import Array, Mask, group_mean, groups_of, masked_mean, masked_spread
from unisono.evaluation.distribution import (
    EncoderOptions,
    SeriesEncoder,
    context_fid,
    fit_series_encoder,
)
from unisono.evaluation.predictive import PredictiveOptions, predictive_score, training_range
from unisono.evaluation.probe import probe_latents
from unisono.evaluation.scores import band_scores, crps, energy_score

__all__ = [
    "LEVELS",
    "Measured",
    "Truth",
    "alignment_figures",
    "distribution_figures",
    "generate_truth",
    "probe_figure",
    "scores_of",
    "window_figures",
]

LEVELS = (0.5, 0.8, 0.9)
"""Nominal levels of the bands."""

Units = npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Truth:
    """One side of the test windows, streams side by side.

    Args:
        values: ``(n, L, D)`` in physical units.
        valid: ``(n, L, D)``.
        spread: Spread of each channel over the training part, ``(D,)``; channels that stand still
            there are left out of every figure.
    """

    values: Array
    valid: Mask
    spread: Array


@dataclass(frozen=True, eq=False)
class Measured:
    """What a method says of the same windows, streams side by side.

    Args:
        mean: ``(n, L, D)``.
        samples: ``(S, n, L, D)``.
        lower: Lower ends of the raw bands, ``(level, n, L, D)``.
        upper: Upper ends.
    """

    mean: Array
    samples: Array
    lower: Array
    upper: Array


def generate_truth(streams: Sequence[str], tested: Batch, trained: Batch) -> Truth:
    """The measured side of windows, and the spread of the training part."""
    real, valid = _joined(streams, trained)
    spread = np.nan_to_num(masked_spread(real, valid))
    values, there = _joined(streams, tested)
    moves = spread > 1e-8
    return Truth(values[..., moves], there[..., moves], spread[moves])


def _joined(streams: Sequence[str], batch: Batch) -> tuple[Array, Mask]:
    values = np.concatenate([batch.data[s].numpy() for s in streams], axis=-1)
    valid = np.concatenate([batch.mask[s].numpy() for s in streams], axis=-1)
    return values.astype(np.float64), valid


def window_figures(
    model: Model, batch: Batch, streams: Sequence[str], trained: Batch, drawing: Drawing
) -> tuple[Measured, Truth]:
    """Generate streams of the windows of a batch and put them beside the truth."""
    found = predict(model.method, batch, streams, drawing)
    truth = generate_truth(streams, batch, trained)
    real, valid = _joined(streams, trained)
    moves = np.nan_to_num(masked_spread(real, valid)) > 1e-8
    return _measured([found[s] for s in streams], moves), truth


def _measured(parts: Sequence[Predicted], moves: Mask) -> Measured:
    def joined(arrays: Sequence[Array]) -> Array:
        return np.concatenate([a.astype(np.float64) for a in arrays], axis=-1)[..., moves]

    return Measured(
        joined([p.mean for p in parts]),
        joined([np.asarray(p.samples, dtype=np.float64) for p in parts]),
        joined([p.bands.lower for p in parts]),
        joined([p.bands.upper for p in parts]),
    )


def scores_of(
    found: Measured, truth: Truth, units: Units, *, levels: Sequence[float] = LEVELS
) -> dict[str, dict[str, float]]:
    """Errors, scores and coverage by unit; see the module's docstring."""
    valid, spread = truth.valid, truth.spread
    values = np.where(valid, truth.values, 0.0)
    rows = {
        "mse": _mean(((found.mean - values) / spread) ** 2, valid),
        "crps": _mean(crps(found.samples, values) / spread, valid),
        "energy": energy_score(found.samples, values, valid, spread=spread),
    }
    for i, level in enumerate(levels):
        band = band_scores(found.lower[i], found.upper[i], values, valid, level=level)
        rows[f"cover{round(100 * level)}"] = np.nanmean(band.coverage, axis=1)
        if i == len(levels) - 1:
            rows[f"width{round(100 * level)}"] = np.nanmean(band.width / spread, axis=1)
    return {name: by_unit(value, units) for name, value in rows.items()}


def _mean(values: Array, valid: Mask) -> Array:
    """Over frames and channels, ``(n,)``."""
    return masked_mean(values, valid, (1, 2))


def by_unit(values: Array, units: Units) -> dict[str, float]:
    """Mean over the windows of each unit."""
    groups = groups_of(units)
    means = group_mean(values, groups)
    return {name: float(x) for name, x in zip(groups.names, means, strict=True) if np.isfinite(x)}


def distribution_figures(
    found: Measured, truth: Truth, real: Truth, *, key: str, steps: int
) -> dict[str, dict[str, float]]:
    """Context-FID and predictive score of one sample a window.

    Args:
        found: What was generated.
        truth: The test windows.
        real: The training windows.
        key: Names the data: the encoder of Context-FID is the same for all methods on it.
        steps: Steps of training both small networks.
    """
    made = found.samples[0]
    encoder = _encoder(_Real(key, steps, real))
    draws = numpy_generator(0, "experiment halves", key)
    fid = context_fid(encoder, truth.values, truth.valid, made, generator=draws)
    score = predictive_score(
        np.where(truth.valid, made, np.nan),
        truth.values,
        truth.valid,
        scale=training_range(real.values, real.valid),
        generator=generator(0, "experiment predictive", key),
        options=PredictiveOptions(steps=steps, batch=64, rate=5e-3),
    )
    return {
        "fid": {"all": fid.value},
        "fid_floor": {"all": fid.floor},
        "predictive": {"all": score},
    }


class _Real:
    """Training windows that hash by their name, so that one encoder serves a whole process."""

    def __init__(self, key: str, steps: int, real: Truth) -> None:
        self.key, self.steps, self.real = key, steps, real

    def __hash__(self) -> int:
        return hash((self.key, self.steps))

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, _Real)
        return same and (self.key, self.steps) == (other.key, other.steps)  # type: ignore[attr-defined]


@functools.lru_cache(maxsize=4)
def _encoder(real: _Real) -> SeriesEncoder:
    return fit_series_encoder(
        real.real.values,
        real.real.valid,
        generator=generator(0, "experiment encoder", real.key),
        options=EncoderOptions(width=32, steps=real.steps, batch=64),
    )


def alignment_figures(model: Model, batch: Batch, length: int) -> dict[str, dict[str, float]]:
    """Retrieval of aligned latent windows: the share whose partner is the nearest of all.

    Args:
        model: A model of both directions.
        batch: Windows.
        length: Frames of a latent window.
    """
    method = model.method
    if not isinstance(method, Aligning):
        raise ConfigError(f"{model.recipe.method} aligns nothing: it has no retrieval.")
    x, y = method.aligned(batch, generator=generator(0, "experiment aligned"))
    config = WindowAlignment(length=length, period_mask=False)
    found = align_windows(config, x, y, generator=generator(0, "unused"), monitor=True)
    if found.monitors is None:
        return {}
    return {
        "retrieval": {"all": float(found.monitors.retrieval)},
        "retrieval_chance": {"all": float(found.monitors.chance)},
        "rank": {"all": float((found.monitors.rank_x + found.monitors.rank_y) / 2)},
    }


def probe_figure(
    model: Model, side: Side, label: str, apart: str, folds: int = 4
) -> dict[str, dict[str, float]]:
    """Accuracy of a linear probe of the given side's latents, over folds of ``apart``.

    Args:
        model: The model.
        side: Windows.
        label: Column that is told from the latents.
        apart: Column whose values a fold keeps together (subjects).
        folds: Number of folds.
    """
    latents = model.method.encode(side.batch, "given")
    found = probe_latents(
        latents.z.numpy().astype(np.float64),
        latents.mask.numpy(),
        side.table[label].astype(str).tolist(),
        subjects=side.table[apart].astype(str).tolist(),
        generator=numpy_generator(0, "experiment probe"),
        folds=folds,
    )
    named: Mapping[str, float] = {
        "probe": found.accuracy.mean,
        "probe_chance": found.chance.mean,
        "probe_shuffled": found.shuffled.mean,
    }
    return {name: {"all": float(value)} for name, value in named.items()}
