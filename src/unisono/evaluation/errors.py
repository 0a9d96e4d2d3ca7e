r"""How far a prediction is from the truth: errors per window and channel, and per group.

Symbols: truth :math:`y` and prediction :math:`\hat y`, ``(n, L, D)`` in the target's unit; ``V``
the valid frames of one window and channel; :math:`s_d` the channel's spread over the training part
(``arrays.masked_spread``); :math:`\Delta` seconds between frames.

====== ===================================================================== ================
name   definition                                                            unit
====== ===================================================================== ================
rmse   :math:`\sqrt{\mathrm{mean}_V (\hat y - y)^2}`                         target's
nrmse  rmse :math:`/ s_d`                                                    training spreads
r      Pearson correlation over ``V``                                        1
peak   :math:`|\max_V \sigma\hat y - \max_V \sigma y|`, :math:`\sigma` the    target's
       sign of the truth's largest excursion
impulse :math:`|\Delta \sum_V (\hat y - y)|`                                 target's times s
timing :math:`\Delta\,|\arg\max_V \sigma\hat y - \arg\max_V \sigma y|`       s
====== ===================================================================== ================

Where the time step is unknown (windows cut from event to event and resampled), ``step`` is one
over the number of frames, and impulse and timing are in units of the window's duration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from unisono.core.checks import check_axes
from unisono.evaluation.arrays import (
    Array,
    Groups,
    Mask,
    check_windows,
    group_mean,
    mask_out,
    masked_mean,
)

__all__ = [
    "ERRORS",
    "Errors",
    "Impulse",
    "Nrmse",
    "Timing",
    "correlation",
    "group_errors",
    "peak_error",
    "rmse",
    "window_errors",
]


def rmse(predicted: Array, truth: Array, valid: Mask) -> Array:
    """Root mean square error of each window and channel, ``(n, D)``, in the target's unit.

    Raises:
        ShapeError: If the arrays are not all ``(n, L, D)``.

    Example:
        >>> y = np.zeros((1, 2, 1))
        >>> rmse(y + 3.0, y, np.ones_like(y, bool)).item()
        3.0
    """
    check_windows(predicted, truth, valid)
    return np.asarray(np.sqrt(masked_mean((predicted - truth) ** 2, valid, 1)))


@dataclass(frozen=True, eq=False)
class Nrmse:
    """RMSE in units of the target's spread over the training part.

    Args:
        spread: Standard deviation of each channel over the training part, ``(D,)``.
    """

    spread: Array

    def __call__(self, predicted: Array, truth: Array, valid: Mask) -> Array:
        """Return ``(n, D)``; NaN for a channel that did not vary in training."""
        return rmse(predicted, truth, valid) / np.where(self.spread > 0, self.spread, np.nan)


def correlation(predicted: Array, truth: Array, valid: Mask) -> Array:
    """Pearson correlation of each window and channel, ``(n, D)``.

    NaN where the truth is constant (or has fewer than 3 valid frames): nothing to correlate with.
    0 where the truth varies and the prediction does not: a constant earns nothing.

    Example:
        >>> y = np.arange(4.0).reshape(1, 4, 1)
        >>> correlation(-2 * y, y, np.ones_like(y, bool)).item()
        -1.0
    """
    check_windows(predicted, truth, valid)
    a, b = (mask_out(x - masked_mean(x, valid, 1)[:, None], valid) for x in (predicted, truth))
    power_a, power_b = (a**2).sum(axis=1), (b**2).sum(axis=1)
    # Rounding leaves a constant with a power of some eps times its level squared.
    scale = 1e-24 * (1 + (mask_out(truth, valid) ** 2).sum(axis=1))
    bottom = np.sqrt(power_a * power_b)
    r = np.where(power_a > scale, (a * b).sum(axis=1) / np.maximum(bottom, 1e-300), 0.0)
    return np.where((power_b > scale) & (valid.sum(axis=1) >= 3), np.clip(r, -1, 1), np.nan)


class _Peak(NamedTuple):
    value: Array  # (n, D), in the direction of the truth's largest excursion
    frame: Array  # (n, D)


def _peaks(predicted: Array, truth: Array, valid: Mask) -> tuple[_Peak, _Peak]:
    check_windows(predicted, truth, valid)
    largest = np.argmax(np.where(valid, np.abs(mask_out(truth, valid)), -1.0), axis=1)
    sign = np.sign(np.take_along_axis(mask_out(truth, valid), largest[:, None], 1))
    sign = np.where(sign == 0, 1.0, sign)
    some = valid.any(axis=1)

    def peak(x: Array) -> _Peak:
        signed = np.where(valid, sign * mask_out(x, valid), -np.inf)
        value = np.where(some, signed.max(axis=1), np.nan)
        return _Peak(value, np.where(some, signed.argmax(axis=1), np.nan))

    return peak(predicted), peak(truth)


def peak_error(predicted: Array, truth: Array, valid: Mask) -> Array:
    """Absolute error of the largest excursion, in the truth's direction, ``(n, D)``.

    The predicted peak may come at any valid frame: :class:`Timing` says how far away it was.

    Example:
        >>> y = np.array([[[0.0], [-5.0], [1.0]]])
        >>> peak_error(y + 2.0, y, np.ones_like(y, bool)).item()
        2.0
    """
    of_prediction, of_truth = _peaks(predicted, truth, valid)
    return np.abs(of_prediction.value - of_truth.value)


@dataclass(frozen=True, eq=False)
class Impulse:
    """Absolute error of the time integral over the valid frames.

    Args:
        step: Seconds between frames of each window, ``(n,)``.
    """

    step: Array

    def __call__(self, predicted: Array, truth: Array, valid: Mask) -> Array:
        """Return ``(n, D)`` in the target's unit times seconds; NaN without a valid frame."""
        check_windows(predicted, truth, valid)
        check_axes(predicted=(predicted, "window frame channel"), step=(self.step, "window"))
        total = np.abs(mask_out(predicted - truth, valid).sum(axis=1)) * self.step[:, None]
        return np.where(valid.any(axis=1), total, np.nan)


@dataclass(frozen=True, eq=False)
class Timing:
    """Absolute error of the time of the largest excursion.

    Args:
        step: Seconds between frames of each window, ``(n,)``.
    """

    step: Array

    def __call__(self, predicted: Array, truth: Array, valid: Mask) -> Array:
        """Return ``(n, D)`` in seconds; NaN without a valid frame."""
        of_prediction, of_truth = _peaks(predicted, truth, valid)
        return np.abs(of_prediction.frame - of_truth.frame) * self.step[:, None]


class Errors(NamedTuple):
    """All errors, each ``(n, D)`` over windows or ``(G, D)`` over groups."""

    rmse: Array
    nrmse: Array
    r: Array
    peak: Array
    impulse: Array
    timing: Array


ERRORS: tuple[str, ...] = Errors._fields
"""Names of the errors, in the order of :class:`Errors`. Lower is better for all but ``r``."""


def window_errors(
    predicted: Array, truth: Array, valid: Mask, *, spread: Array, step: Array
) -> Errors:
    """Every error of every window and channel.

    Args:
        predicted: ``(n, L, D)``.
        truth: ``(n, L, D)``.
        valid: ``(n, L, D)``.
        spread: Spread of each channel over the training part, ``(D,)``.
        step: Seconds between frames, ``(n,)``.
    """
    metrics: list[Callable[[Array, Array, Mask], Array]] = [
        rmse,
        Nrmse(spread),
        correlation,
        peak_error,
        Impulse(step),
        Timing(step),
    ]
    return Errors(*(metric(predicted, truth, valid) for metric in metrics))


def group_errors(errors: Errors, valid: Mask, groups: Groups) -> Errors:
    r"""Errors of each group (subject or condition) and channel, ``(G, D)``.

    RMSE pools the samples of a group before the root, :math:`\sqrt{\sum_w N_w e_w^2 / \sum_w N_w}`
    with :math:`N_w` the valid frames of window ``w``, so that a group's figure does not depend on
    how its recordings were cut. The other errors are means over the group's windows.
    """
    frames = valid.sum(axis=1).astype(np.float64)

    def pooled(values: Array) -> Array:
        weight = np.where(np.isfinite(values), frames, 0.0)
        top = group_mean(weight * np.where(weight > 0, values, 0.0) ** 2, groups)
        bottom = group_mean(weight, groups)
        return np.asarray(np.sqrt(np.where(bottom > 0, top / np.maximum(bottom, 1e-300), np.nan)))

    means = {name: group_mean(getattr(errors, name), groups) for name in ERRORS[2:]}
    return Errors(pooled(errors.rmse), pooled(errors.nrmse), **means)
