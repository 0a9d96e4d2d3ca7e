r"""Tables of one wanted stream: methods by metrics with intervals, bands, and where errors lie.

A figure of a subject: RMSE pools the subject's samples, other errors average its windows; then the
mean over channels; then the mean over subjects with its interval. Errors in the target's unit
(rmse, peak, impulse) average only the channels that carry the stream's commonest unit, since
newtons and metres have no mean; ``nrmse``, ``r`` and ``timing`` average all channels.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.evaluation.arrays import Array, Groups, group_mean, mask_out, masked_mean
from unisono.evaluation.calibration import Bands
from unisono.evaluation.errors import ERRORS, Errors, group_errors, window_errors
from unisono.evaluation.inputs import TargetInput
from unisono.evaluation.intervals import Interval, bootstrap_interval, paired_test
from unisono.evaluation.scores import band_scores, crps, energy_score, variogram_score

__all__ = [
    "MethodErrors",
    "band_table",
    "comparison_table",
    "group_table",
    "main_unit",
    "measure",
    "method_table",
    "phase_error",
    "score_table",
]

_IN_UNIT = ("rmse", "peak", "impulse")


class MethodErrors(NamedTuple):
    """Errors of one method on one stream.

    Attributes:
        windows: Each ``(n, D)``.
        subjects: Each ``(K, D)``.
    """

    windows: Errors
    subjects: Errors


class MainUnit(NamedTuple):
    """The unit that most channels of a stream carry.

    Attributes:
        unit: The unit.
        columns: Channels that carry it.
    """

    unit: str
    columns: npt.NDArray[np.intp]


def main_unit(target: TargetInput) -> MainUnit:
    """The commonest unit of a stream (the first of equals) and the channels that carry it."""
    unit = Counter(target.units).most_common(1)[0][0]
    return MainUnit(unit, np.flatnonzero(np.asarray(target.units) == unit))


def measure(target: TargetInput, predicted: Array, groups: Groups) -> MethodErrors:
    """All errors of one method, by window and by subject."""
    windows = window_errors(
        predicted, target.truth, target.valid, spread=target.spread, step=target.steps
    )
    return MethodErrors(windows, group_errors(windows, target.valid, groups))


def _over_channels(errors: Errors, target: TargetInput, name: str) -> Array:
    values: Array = getattr(errors, name)
    if name in _IN_UNIT:
        values = values[:, main_unit(target).columns]
    return masked_mean(values, np.isfinite(values), 1)


def method_table(
    target: TargetInput, errors: Mapping[str, MethodErrors], *, generator: np.random.Generator
) -> dict[str, dict[str, Interval]]:
    """``{method: {metric: mean, low, high}}`` over subjects."""
    return {
        method: {
            name: bootstrap_interval(
                _over_channels(found.subjects, target, name), generator=generator
            )
            for name in ERRORS
        }
        for method, found in errors.items()
    }


def comparison_table(
    target: TargetInput,
    errors: Mapping[str, MethodErrors],
    model: str,
    *,
    generator: np.random.Generator,
) -> dict[str, dict[str, float]]:
    """The model against each other method, paired by subject, on ``nrmse``.

    Returns:
        By method: ``difference`` (model minus method; below 0 the model is better), its interval
        ``low`` and ``high``, ``p`` (sign flips), ``p_wilcoxon``, ``subjects``, and ``better``, the
        number of subjects for whom the model is better.
    """
    own = _over_channels(errors[model].subjects, target, "nrmse")
    table = {}
    for method, found in errors.items():
        if method == model:
            continue
        test = paired_test(
            own, _over_channels(found.subjects, target, "nrmse"), generator=generator
        )
        table[method] = {
            "difference": test.difference.mean,
            "low": test.difference.low,
            "high": test.difference.high,
            "p": test.p,
            "p_wilcoxon": test.p_wilcoxon,
            "subjects": float(test.units),
            "better": float(test.lower),
        }
    return table


def group_table(
    target: TargetInput, found: MethodErrors, groups: Groups
) -> dict[str, dict[str, dict[str, float]]]:
    """``{group: {channel: {metric: value}}}`` of one method, for subjects or conditions."""
    by_group = group_errors(found.windows, target.valid, groups)
    return {
        group: {
            channel: {name: float(getattr(by_group, name)[g, d]) for name in ERRORS}
            for d, channel in enumerate(target.channels)
        }
        for g, group in enumerate(groups.names)
    }


def phase_error(target: TargetInput, predicted: Array) -> Array:
    """Root mean square error of each frame over windows and channels, in spreads, ``(L,)``."""
    scale = np.where(target.spread > 0, target.spread, np.nan)
    squared = ((predicted - target.truth) / scale) ** 2
    keep = target.valid & np.isfinite(scale)
    return np.asarray(np.sqrt(masked_mean(squared, keep, (0, 2))))


def band_table(
    target: TargetInput, bands: Bands, groups: Groups, *, generator: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Quality of each band, subjects counting once.

    Returns:
        By level, as text: ``coverage`` (interval), ``width`` (interval, over channels of the main
        unit), ``width_spreads`` (width in training spreads), ``interval_score`` (in training
        spreads), ``curve`` (share of whole curves inside), and ``by_channel`` (coverage).
    """
    scale = np.where(target.spread > 0, target.spread, np.nan)
    columns = main_unit(target).columns
    frames = target.valid.sum(axis=1).astype(np.float64)

    def by_subject(values: Array) -> Array:
        """Mean of a window figure ``(n, D)``, weighted by frames, ``(K, D)``."""
        rows = []
        for g in range(len(groups.names)):
            mine, weight = values[groups.code == g], frames[groups.code == g]
            total = weight.sum(axis=0)
            top = (weight * mask_out(mine, weight > 0)).sum(axis=0)
            rows.append(np.where(total > 0, top / np.maximum(total, 1), np.nan))
        return np.stack(rows)

    def interval(values: Array) -> Interval:
        return bootstrap_interval(masked_mean(values, np.isfinite(values), 1), generator=generator)

    table = {}
    for k, level in enumerate(bands.levels):
        found = band_scores(bands.lower[k], bands.upper[k], target.truth, target.valid, level=level)
        covered, width = by_subject(found.coverage), by_subject(found.width)
        over_people = masked_mean(covered, np.isfinite(covered), 0)
        table[f"{level:g}"] = {
            "coverage": interval(covered),
            "width": interval(width[:, columns]),
            "width_spreads": interval(width / scale),
            "interval_score": interval(by_subject(found.interval) / scale),
            "curve": interval(by_subject(found.curve)),
            "by_channel": dict(zip(target.channels, over_people.tolist(), strict=True)),
        }
    return table


def score_table(
    target: TargetInput, samples: Array, groups: Groups, *, generator: np.random.Generator
) -> dict[str, Interval]:
    """Proper scores of samples, in training spreads, subjects counting once.

    ``energy_independent`` and ``variogram_independent`` score the same samples after shuffling
    them at every frame and channel, which keeps each frame's distribution and destroys all
    correlation. Where they are no worse, the samples carry no more than their bands.
    """
    scale = np.where(target.spread > 0, target.spread, np.nan)
    own = crps(samples / scale, target.truth / scale)
    keep = target.valid & np.isfinite(scale)
    alone = generator.permuted(samples, axis=0)
    spread = np.nan_to_num(scale)
    by_window = {
        "crps": masked_mean(own, keep, (1, 2)),
        "energy": energy_score(samples, target.truth, target.valid, spread=spread),
        "energy_independent": energy_score(alone, target.truth, target.valid, spread=spread),
        "variogram": variogram_score(samples, target.truth, target.valid, spread=spread),
        "variogram_independent": variogram_score(alone, target.truth, target.valid, spread=spread),
    }
    return {
        name: bootstrap_interval(group_mean(values, groups), generator=generator)
        for name, values in by_window.items()
    }
