r"""Frequency, phase and amplitude of a periodic system, read off its points on a map.

Points :math:`c_0 \dots c_{n-1}` at steps of ``dt`` are fitted by harmonics of one frequency,

.. math:: c(t) \approx \bar c + \operatorname{Re} \sum_{h=1}^{H} A_h e^{2 \pi i h f t},
          \qquad A_h \in \mathbb{C}^d ,

by least squares; ``f`` is that of the best fit, looked for around the highest peak of the summed
periodogram (Hann window). On the plane of the fundamental a frame lies at

.. math:: (x, y) = [\operatorname{Re} A_1,\; -\operatorname{Im} A_1]^{+} (c - \bar c), \qquad
          \theta = \operatorname{atan2}(y, x), \qquad r = \sqrt{x^2 + y^2} ,

its phase and its amplitude relative to the whole stretch's. The frequency of a fit to ``n`` points
errs by :math:`O(n^{-3/2})` where the peak of a periodogram errs by :math:`O(n^{-1})` (Rife &
Boorstyn, IEEE Trans. Inf. Theory 20, 1974).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import UnisonoError
from unisono.editing.bank import Array

__all__ = ["Rhythm", "rhythm"]

_FEWEST = 8
_PADDED = 4  # the periodogram's grid is so much finer than 1 / n


class Rhythm(NamedTuple):
    """What was read off.

    Attributes:
        frequency: ``f``, 1/s.
        phase: Of each frame, in (-pi, pi], ``(n,)``; rising with time.
        amplitude: Of each frame, over that of the whole stretch, ``(n,)``.
        explained: Share of the points' variance that the harmonics hold, at most 1.
        cycles: How many cycles the stretch holds; below about two the frequency is a guess.
    """

    frequency: float
    phase: Array
    amplitude: Array
    explained: float
    cycles: float


def rhythm(points: npt.ArrayLike, dt: float, *, harmonics: int = 3) -> Rhythm:
    """Read frequency, phase and amplitude off points in the order of time.

    Args:
        points: ``(n, d)``, evenly spaced in time, at least 8.
        dt: Time between points, s.
        harmonics: ``H``.

    Raises:
        UnisonoError: If there are too few points, they do not move, or one is not finite.

    Example:
        >>> t = np.arange(100) * 0.1
        >>> ring = np.stack([np.cos(2 * np.pi * 0.73 * t), np.sin(2 * np.pi * 0.73 * t)], axis=1)
        >>> round(rhythm(ring, 0.1).frequency, 6)
        0.73
    """
    values = np.asarray(points, np.float64)
    check_axes(points=(values, "frame map"))
    check_range("dt", dt, 0, float("inf"))
    check_range("harmonics", harmonics, 1, 100, closed=True)
    if len(values) < max(_FEWEST, 2 * harmonics + 2):
        raise UnisonoError(
            f"{len(values)} points are too few for a rhythm of {harmonics} harmonics; give at "
            f"least {max(_FEWEST, 2 * harmonics + 2)}."
        )
    if not np.isfinite(values).all():
        raise UnisonoError("points hold values that are not finite; leave them out.")
    moving = values - values.mean(axis=0)
    total = float((moving**2).sum())
    if total <= 1e-20 * max(float((values**2).sum()), 1e-300):
        raise UnisonoError("the points do not move, so they have no rhythm.")
    time = np.arange(len(values), dtype=np.float64) * dt
    frequency = _best(moving, time, _peak(moving, dt), harmonics)
    design = _design(time, frequency, harmonics)
    weights = np.linalg.lstsq(design, values, rcond=None)[0]
    left = float(((values - design @ weights) ** 2).sum())
    # Re(A e^{iwt}) = a cos wt + b sin wt, A = a - i b
    plane = np.stack([weights[1], weights[2]], axis=1)
    x, y = np.linalg.pinv(plane) @ (values - weights[0]).T
    return Rhythm(
        frequency,
        np.arctan2(y, x),
        np.hypot(x, y),
        1 - left / total,
        frequency * len(values) * dt,
    )


def _peak(moving: Array, dt: float) -> float:
    """Frequency of the highest peak of the summed periodogram."""
    count = _PADDED * len(moving)
    power = np.abs(np.fft.rfft(moving * np.hanning(len(moving))[:, None], count, axis=0)) ** 2
    whole = power.sum(axis=1)
    first = _PADDED  # below one cycle in the stretch there is a drift, not a rhythm
    return float((first + int(np.argmax(whole[first:]))) / (count * dt))


def _best(moving: Array, time: Array, around: float, harmonics: int) -> float:
    """Frequency of the least squared rest, within half a cell of the periodogram's peak.

    Never near half of it, whose harmonics would explain as much.
    """
    cell = 1 / (time[1] * len(moving))

    def rest(frequency: float) -> float:
        design = _design(time, frequency, harmonics)
        weights = np.linalg.lstsq(design, moving, rcond=None)[0]
        return float(((moving - design @ weights) ** 2).sum())

    low, high = max(around - cell / 2, 0.6 * around), around + cell / 2
    grid = np.linspace(low, high, 17)
    best = int(np.argmin([rest(f) for f in grid]))
    span = grid[max(best - 1, 0)], grid[min(best + 1, 16)]
    found = minimize_scalar(rest, bounds=span, method="bounded", options={"xatol": 1e-9 * cell})
    return float(found.x)


def _design(time: Array, frequency: float, harmonics: int) -> Array:
    """Columns 1, cos, sin of each harmonic, ``(n, 2 H + 1)``."""
    angle = 2 * np.pi * frequency * time
    columns = [np.ones_like(time)]
    for h in range(1, harmonics + 1):
        columns += [np.cos(h * angle), np.sin(h * angle)]
    return np.stack(columns, axis=1)
