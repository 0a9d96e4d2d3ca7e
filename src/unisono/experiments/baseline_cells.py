"""Baselines as cells: the mean curve, ridge and kNN, with a Gaussian residual as their samples."""

import numpy as np
import numpy.typing as npt

from unisono.core.contracts import Batch
from unisono.core.random import numpy_generator
from unisono.evaluation.arrays import Array, masked_mean
from unisono.evaluation.baselines import BASELINES
from unisono.evaluation.calibration import sample_bands
from unisono.evaluation.crossval import out_of_fold, subject_folds
from unisono.evaluation.features import Given, Pairs
from unisono.experiments.measuring import LEVELS, Measured, generate_truth, scores_of
from unisono.experiments.parts import raw_batches
from unisono.experiments.plan import Plan
from unisono.experiments.sets import PairedSet

__all__ = ["baseline_figures"]

_FOLDS = 4


def baseline_figures(name: str, data: PairedSet, plan: Plan) -> dict[str, dict[str, float]]:
    """Fit a baseline on the training windows and measure it on the test windows.

    Its samples are its answer plus white Gaussian noise, of the standard deviation that its
    out-of-fold errors on the training part have at each frame and channel.

    Args:
        name: One of ``evaluation.baselines.BASELINES``.
        data: The paired set.
        plan: Windows and samples.
    """
    raw = raw_batches(data, plan)
    given = [_given(b, data.given) for b in (raw.trained, raw.tested)]
    wanted = [generate_truth(data.want, b, raw.trained) for b in (raw.trained, raw.tested)]
    pairs = Pairs(given[0], wanted[0].values, wanted[0].valid, raw.folds)
    rng = numpy_generator(0, "experiment baseline", name)
    mean = BASELINES[name]().fit(pairs, generator=rng).predict(given[1])
    fold = subject_folds(list(raw.folds), _FOLDS, generator=rng)

    def predict(train: npt.NDArray[np.intp], test: npt.NDArray[np.intp]) -> Array:
        fitted = BASELINES[name]().fit(pairs.rows(train), generator=rng)
        return fitted.predict(pairs.given.rows(test))

    error = out_of_fold(fold, predict) - wanted[0].values
    spread = np.nan_to_num(np.sqrt(masked_mean(error**2, wanted[0].valid, 0)))
    samples = mean + spread * rng.normal(size=(plan.samples, *mean.shape))
    bands = sample_bands(samples, mean, LEVELS)
    found = Measured(mean, samples, bands.lower, bands.upper)
    return scores_of(found, wanted[1], raw.units)


def _given(batch: Batch, streams: tuple[str, ...]) -> Given:
    values = np.concatenate([batch.data[s].numpy() for s in streams], axis=-1)
    valid = np.concatenate([batch.mask[s].numpy() for s in streams], axis=-1)
    return Given(values.astype(np.float64), valid)
