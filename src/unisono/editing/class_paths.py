r"""From one class to another on a map, keeping what makes a sample itself.

Each class has a density, Gaussian kernels with Scott's bandwidth ``h``,

.. math:: p(c) = \frac1n \sum_j \mathcal N(c;\, c_j,\, h^2 \Sigma), \qquad h = n^{-1/(d+4)}

and peaks, found by mean shift (Comaniciu & Meer, 2002). A path from a sample :math:`c_0` of class
``a`` to class ``b`` first moves as the classes' means or peaks ``m`` lie to one another, and then
towards the data:

.. math:: c(s) = c_0 + s\,(m_b - m_a), \qquad
          c \leftarrow c + \eta\,[\mu_s(c) - c] \quad (\text{a few times})

with :math:`\mu_s` the mean shift of :math:`(1 - s) p_a + s p_b`. The residual :math:`c_0 - m_a`,
what sets this sample apart from its class, is carried along.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes, check_choice, check_range
from unisono.core.errors import UnisonoError
from unisono.editing.bank import Array, points_of

__all__ = ["ClassDensity", "ClassPath", "class_path"]


class ClassDensity:
    """The density of one class.

    Args:
        points: ``(n, d)``, at least ``d + 2`` of them.

    Raises:
        UnisonoError: If there are too few points or one is not finite.
    """

    def __init__(self, points: npt.ArrayLike) -> None:
        values = np.asarray(points, np.float64)
        count, width = check_axes(points=(values, "point map")).values()
        if count < width + 2:
            raise UnisonoError(
                f"a class has {count} points on a map of {width} dimensions; it needs {width + 2}."
            )
        self.points = points_of(values, width)
        spread = np.cov(values.T).reshape(width, width)
        floor = 1e-9 * max(float(np.trace(spread)) / width, 1e-12)
        scale = count ** (-1.0 / (width + 4))
        whole = scale**2 * (spread + floor * np.eye(width))
        self._whiten = np.linalg.inv(np.linalg.cholesky(whole))
        self._log_norm = float(np.log(np.linalg.det(self._whiten)) - width / 2 * np.log(2 * np.pi))
        self._white = values @ self._whiten.T

    def log_kernels(self, points: npt.ArrayLike) -> Array:
        """Log of each kernel at each point, over the number of kernels, ``(m, n)``."""
        asked = points_of(points, self.points.shape[1]) @ self._whiten.T
        squared = ((asked[:, None] - self._white[None]) ** 2).sum(axis=2)
        return np.asarray(self._log_norm - squared / 2 - np.log(len(self.points)))

    def density(self, points: npt.ArrayLike) -> Array:
        """Density at points, ``(m,)``."""
        return np.asarray(np.exp(self.log_kernels(points)).sum(axis=1))

    def shift(self, points: npt.ArrayLike) -> Array:
        """Where mean shift takes points in one step, ``(m, d)``."""
        log = self.log_kernels(points)
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        return np.asarray(weight @ self.points / weight.sum(axis=1, keepdims=True))

    def peaks(self, *, steps: int = 100, share: float = 0.1) -> Array:
        """Peaks to which mean shift takes the points, highest first, ``(p, d)``.

        Args:
            steps: Most steps of mean shift.
            share: Peaks that fewer of the points climb to are ripples and left out.
        """
        moved = self.points
        for _ in range(steps):
            after = self.shift(moved)
            done = np.abs(after - moved).max() < 1e-6 * max(np.abs(moved).max(), 1e-12)
            moved = after
            if done:
                break
        order = np.argsort(-self.density(moved), kind="stable")
        found: list[Array] = []
        climbed: list[int] = []
        for place in moved[order]:
            away = [float(((self._whiten @ (place - peak)) ** 2).sum()) for peak in found]
            if away and min(away) <= 1:  # within one bandwidth
                climbed[int(np.argmin(away))] += 1
            else:
                found.append(place)
                climbed.append(1)
        enough = [n >= min(share * len(moved), max(climbed)) for n in climbed]
        return np.array(found)[enough]


@dataclass(frozen=True)
class ClassPath:
    """How a path goes.

    Args:
        steps: Mean-shift steps at each share.
        pull: Length of such a step, ``eta`` in [0, 1]; 0 carries the sample along alone.
        between: What ``m_a`` and ``m_b`` are: the classes' ``"means"``, whose difference is the
            average way and robust where a class has several peaks (the phases of a cycle), or the
            ``"peaks"``: the one nearest to the sample, and the one nearest to where the average way
            leads from there.
    """

    steps: int = 5
    pull: float = 0.5
    between: str = "means"

    def __post_init__(self) -> None:
        check_choice("between", self.between, ("means", "peaks"))
        check_range("steps", self.steps, 0, 1000, closed=True)
        check_range("pull", self.pull, 0, 1, closed=True)


def class_path(
    start: npt.ArrayLike,
    source: ClassDensity,
    target: ClassDensity,
    shares: npt.ArrayLike,
    how: ClassPath = ClassPath(),  # noqa: B008 - frozen
) -> Array:
    """Walk a sample from its class towards another, ``(m, d)``.

    Args:
        start: The sample, ``(d,)``.
        source: Density of its own class.
        target: Density of the other class.
        shares: How far along, 0 (the sample itself, left as it is) to 1, ``(m,)``.
        how: Strength of the pull towards the data.
    """
    width = source.points.shape[1]
    begin = points_of(start, width, "start")[0]
    away = _way(begin, source, target, how)
    out = []
    for share in np.asarray(shares, np.float64).ravel():
        check_range("shares", float(share), 0, 1, closed=True)
        point = begin + share * away
        if share > 0:
            for _ in range(how.steps):
                point = point + how.pull * (_mixed_shift(point, source, target, share) - point)
        out.append(point)
    return np.array(out).reshape(-1, width)


def _way(begin: Array, source: ClassDensity, target: ClassDensity, how: ClassPath) -> Array:
    """The way from class to class, ``m_b - m_a``."""
    average = target.points.mean(axis=0) - source.points.mean(axis=0)
    if how.between == "means":
        return np.asarray(average)
    first = _nearest(source.peaks(), begin)
    return _nearest(target.peaks(), first + average) - first


def _nearest(places: Array, point: Array) -> Array:
    return np.asarray(places[int(np.argmin(np.linalg.norm(places - point, axis=1)))])


def _mixed_shift(point: Array, source: ClassDensity, target: ClassDensity, share: float) -> Array:
    """Mean shift of ``(1 - s) p_a + s p_b``."""
    log = np.concatenate(
        [
            source.log_kernels(point)[0] + np.log(max(1 - share, 1e-300)),
            target.log_kernels(point)[0] + np.log(share),
        ]
    )
    weight = np.exp(log - log.max())
    places = np.concatenate([source.points, target.points])
    return np.asarray(weight @ places / weight.sum())
