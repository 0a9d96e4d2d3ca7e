"""Channels that are never on one side of zero stay so: a floor cannot pull, an envelope is no debt.

A channel of force, pressure or EMG whose training samples were all on one side of zero, but for a
fiftieth of their range (a plate's noise, a filter's ringing), is generated on that side: what lies
on the other is set to 0. The true value being on the right side, no answer is farther from it
afterwards. Baselines are treated alike. Other kinds are left alone: that nobody's knee was ever
extended in the training part does not forbid it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from unisono.api.placing import Answer

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["ONE_SIDED_KINDS", "keep_signs", "on_its_side", "signs_known", "signs_of"]

_NOISE = 0.02
_TAIL = 0.001

ONE_SIDED_KINDS = ("force", "pressure", "emg")
"""Kinds of streams that may have a side of zero by nature."""

Values = TypeVar("Values", npt.NDArray[np.float64], npt.NDArray[np.float32])


def signs_of(data: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> list[int]:
    """The side of zero that each channel keeps to: 1, -1, or 0 for both.

    Args:
        data: ``(n, L, D)`` of the training part.
        mask: ``(n, L, D)``.

    Example:
        >>> x = np.stack([np.linspace(0, 9, 50), np.linspace(-1, 1, 50)], -1)[None]
        >>> signs_of(x.astype(np.float32), np.ones_like(x, bool))
        [1, 0]
    """
    found = []
    for i in range(data.shape[-1]):
        here = data[..., i][mask[..., i]]
        low, high = np.quantile(here, [_TAIL, 1 - _TAIL]) if len(here) else (-1.0, 1.0)
        above, below = high > 0 and low >= -_NOISE * high, low < 0 and high <= -_NOISE * low
        found.append(int(above) - int(below))
    return found


def keep_signs(values: Values, signs: Sequence[int]) -> Values:
    """Values ``(..., D)`` with 0 in place of what lies on the wrong side.

    Args:
        values: What was generated; NaN stays.
        signs: As :func:`signs_of` gives them; none, for a model that does not know them.

    Example:
        >>> keep_signs(np.array([[-1.0, -1.0, 2.0]]), [1, 0, -1])
        array([[ 0., -1.,  0.]])
    """
    kept = values.copy()
    for i in range(len(signs)):
        if signs[i] > 0:
            kept[..., i] = np.maximum(kept[..., i], 0)
        elif signs[i] < 0:
            kept[..., i] = np.minimum(kept[..., i], 0)
    return kept


def signs_known(model: "Model", name: str) -> list[int]:
    """The sides that a model's training data kept to; none for models that were sealed without."""
    return list(model.sealed.extra.get("signs", {}).get(name, []))


def on_its_side(answer: Answer, signs: Sequence[int]) -> Answer:
    """Mean and samples on the right side of zero; bands as they were, but holding the mean."""
    mean = keep_signs(answer.mean, signs)
    bands = answer.bands._replace(
        centre=mean,
        lower=np.minimum(answer.bands.lower, mean),
        upper=np.maximum(answer.bands.upper, mean),
    )
    return Answer(mean, keep_signs(answer.samples, signs), bands)
