r"""Where an edit takes frames: towards a value of a label, or to a class.

Towards a value ``v`` of a label, each frame moves as the data of that value lie to the data of its
own value ``u``. Among places of the bank whose label is near ``v``, those are chosen that are
nearest on the map and in the codes together (each squared distance over its median): the map knows
what belongs together, and the codes keep what the map does not tell apart (a style, a person's own
way, the phase on a ring that is turned against another). With :math:`\mu_v(c), \zeta_v(c)` the mean
point and code of the chosen ones,

.. math:: c' = c + s\,[\mu_v(c) - \mu_u(c)], \qquad z' = z + s\,[\zeta_v(c) - \zeta_u(c)]

On a map of cycles the phase stays and the ring changes. Between the values that were recorded, the
two next to ``v`` are mixed.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from unisono.api.map_chart import Map
from unisono.core.checks import nearest
from unisono.core.errors import ModelError, UnisonoError
from unisono.editing.class_paths import ClassDensity, class_path
from unisono.editing.lift import neighbour_weights

__all__ = ["Moved", "toward_class", "toward_value"]

Array = npt.NDArray[np.float64]

_CHOSEN = 5

_FEW = 50
"""Up to so many distinct values a label counts as conditions, and the two next to it are mixed."""

_PART = 0.1
"""Share of the bank that counts as near a value of a label that varies without steps."""

_MOST = 600
"""Places of a class whose density is taken."""


class Moved(NamedTuple):
    """Where frames go.

    Attributes:
        points: On the map, ``(n, d)``.
        codes: ``(n, w)``.
    """

    points: Array
    codes: Array


def toward_value(chart: Map, frames: Moved, name: str, value: float, share: float) -> Moved:
    """Move frames towards a value of a label.

    Args:
        chart: The map.
        frames: Where they are.
        name: The label.
        value: What it should be.
        share: How far to go.

    Raises:
        UnisonoError: If the value lies outside of the data.
    """
    values = chart.labels[name].astype(np.float64)
    if not values.min() <= value <= values.max():
        raise UnisonoError(
            f"{name} {value:g} lies outside of the data, which have {values.min():g} to "
            f"{values.max():g}; ask for a value between."
        )
    near = chart.bank.near(frames.points, min(5, len(chart.bank)))
    weight = neighbour_weights(near.distance, "inverse")
    own = float(np.median((weight * values[near.place]).sum(axis=1)))
    there, here = (_mean_near(chart, frames, values, v) for v in (value, own))
    return Moved(
        frames.points + share * (there.points - here.points),
        frames.codes + share * (there.codes - here.codes),
    )


def _mean_near(chart: Map, frames: Moved, values: Array, value: float) -> Moved:
    """Mean of the chosen places among those of a value."""
    distinct = np.unique(values)
    if len(distinct) > _FEW:
        reach = np.sort(np.abs(values - value))[max(int(_PART * len(values)), 5) - 1]
        return _chosen_mean(chart, frames, np.abs(values - value) <= reach)
    right = min(int(np.searchsorted(distinct, value)), len(distinct) - 1)
    left = right if distinct[right] == value or right == 0 else right - 1
    low = _chosen_mean(chart, frames, values == distinct[left])
    if left == right:
        return low
    mix = (value - distinct[left]) / (distinct[right] - distinct[left])
    high = _chosen_mean(chart, frames, values == distinct[right])
    return Moved(
        (1 - mix) * low.points + mix * high.points, (1 - mix) * low.codes + mix * high.codes
    )


def _chosen_mean(chart: Map, frames: Moved, rows: npt.NDArray[np.bool_]) -> Moved:
    places, codes = chart.bank.coordinates[rows], chart.bank.codes[rows]
    far = cdist(frames.points, places, "sqeuclidean")
    unlike = cdist(frames.codes, codes, "sqeuclidean")
    both = far / max(float(np.median(far)), 1e-12) + unlike / max(float(np.median(unlike)), 1e-12)
    chosen = np.argsort(both, axis=1, kind="stable")[:, :_CHOSEN]
    weight = neighbour_weights(np.sqrt(np.take_along_axis(both, chosen, axis=1)), "inverse")
    return Moved(
        np.einsum("mk,mkd->md", weight, places[chosen]),
        np.einsum("mk,mkw->mw", weight, codes[chosen]),
    )


def toward_class(chart: Map, points: Array, word: str, share: float) -> Array:
    """Move points to a class of a label of words, ``(n, d)``.

    Raises:
        ModelError: If no label of the map has the word.
    """
    words = {
        name: values.astype(str)
        for name, values in chart.labels.items()
        if values.dtype.kind not in "fiu"
    }
    known = sorted({str(w) for values in words.values() for w in np.unique(values)})
    if word not in known:
        listed = ", ".join(known) or "none: it is by no label of words"
        raise ModelError(f"the map has no class {word!r} ({listed}).{nearest(word, known)}")
    values = next(v for v in words.values() if word in v)
    near = chart.bank.near(points, min(5, len(chart.bank))).place
    found, votes = np.unique(values[near], return_counts=True)
    own = str(found[int(votes.argmax())])
    if own == word:
        return points
    source, target = (_density(chart, values == w) for w in (own, word))
    return np.concatenate([class_path(p, source, target, [share]) for p in points])


def _density(chart: Map, rows: npt.NDArray[np.bool_]) -> ClassDensity:
    places = chart.bank.coordinates[rows]
    used = np.unique(np.linspace(0, len(places) - 1, min(len(places), _MOST)).astype(int))
    return ClassDensity(places[used])
