r"""Forecasts on a map: these look at the past alone. Walks between points are another module.

With the context :math:`c_0 \dots c_T` at unit steps and ``h`` steps ahead:

- :func:`taylor`: :math:`c_T + h\,c'` (order 1) or :math:`+\tfrac{h^2}{2} c''` (order 2). With a
  window of ``order + 1`` points the derivatives are one-sided differences,
  :math:`c' = c_T - c_{T-1}`, :math:`c'' = c_T - 2c_{T-1} + c_{T-2}` taken at ``T`` by the
  polynomial through the points; with more they are fitted by least squares, which does not blow
  up noise.
- :class:`AutoRegression`: :math:`c_{t+1} = A_1 c_t + \dots + A_p c_{t-p+1} + b`, fitted by ridge
  regression on sequences, rolled out.
- :class:`RegimeAutoRegression`: that of the codes, corrected by the frames near on the map.
- :class:`Analogues`: follow the pasts most like this one, and take their futures' displacement
  (Lorenz, 1969).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import UnisonoError
from unisono.editing.bank import Array

__all__ = ["Analogues", "AutoRegression", "RegimeAutoRegression", "taylor"]


def _past(context: npt.ArrayLike, needed: int) -> Array:
    past = np.asarray(context, np.float64)
    check_axes(context=(past, "frame map"))
    if len(past) < needed:
        raise UnisonoError(
            f"the context has {len(past)} frames, but the forecast needs {needed}; give more."
        )
    if not np.isfinite(past[-needed:]).all():
        raise UnisonoError("the context is not finite near its end; give one that is.")
    return past


def _check_steps(steps: int) -> None:
    check_range("steps", steps, 1, 1_000_000, closed=True)


def taylor(
    context: npt.ArrayLike, steps: int, *, order: int = 2, window: int | None = None
) -> Array:
    """Extrapolate by a polynomial fitted to the last frames, ``(steps, d)``.

    Args:
        context: The past, ``(T + 1, d)``; nothing but its last ``window`` frames is read.
        steps: How far.
        order: 1 (TEX-1) or 2 (TEX-2); 0 is the mean of the window, a copy for a window of 1.
        window: Frames of the fit; None for ``order + 1``, raw differences.

    Raises:
        UnisonoError: If the context is shorter than the window.

    Example:
        >>> taylor(np.arange(4.0)[:, None] ** 2, 2).ravel().round(6).tolist()
        [16.0, 25.0]
    """
    check_range("order", order, 0, 2, closed=True)
    _check_steps(steps)
    size = order + 1 if window is None else window
    check_range("window", size, order + 1, float("inf"), closed=True)
    past = _past(context, size)[-size:]
    back = np.arange(1 - size, 1, dtype=np.float64)
    ahead = np.arange(1, steps + 1, dtype=np.float64)
    fit = np.linalg.lstsq(np.vander(back, order + 1), past, rcond=None)[0]
    return np.asarray(np.vander(ahead, order + 1) @ fit)


@dataclass(frozen=True)
class AutoRegression:
    """A linear autoregression; make one with :meth:`fit`.

    Args:
        weights: ``(p * d + 1, d)``: newest lag first, then the constant.
        lags: ``p``.
        noise: Covariance of one step's error on the data it was fitted to, ``(d, d)``.
    """

    weights: Array
    lags: int
    noise: Array

    @classmethod
    def fit(
        cls, sequences: Sequence[npt.ArrayLike], *, lags: int = 4, ridge: float = 1e-6
    ) -> "AutoRegression":
        """Fit on sequences ``(frames, d)``; no lag crosses from one to another.

        Args:
            sequences: The past of each; those shorter than ``lags + 1`` are left out.
            lags: ``p``.
            ridge: Penalty, relative to the mean square of the lags.

        Raises:
            UnisonoError: If no sequence is long enough.
        """
        check_range("lags", lags, 1, float("inf"), closed=True)
        inputs, targets = [], []
        for sequence in sequences:
            values = np.asarray(sequence, np.float64)
            if len(values) > lags:
                inputs.append(_lagged(values[:-1], lags))
                targets.append(values[lags:])
        if not inputs:
            raise UnisonoError(f"no sequence has more than {lags} frames; take fewer lags.")
        x, y = np.concatenate(inputs), np.concatenate(targets)
        x = np.c_[x, np.ones(len(x))]
        gram = x.T @ x
        penalty = ridge * np.trace(gram) / len(gram) * np.eye(len(gram))
        weights = np.linalg.solve(gram + penalty, x.T @ y)
        left = y - x @ weights
        return cls(weights, lags, left.T @ left / len(left))

    def forecast(self, context: npt.ArrayLike, steps: int) -> Array:
        """Roll out from the last frames of a context, ``(steps, d)``."""
        _check_steps(steps)
        past = list(_past(context, self.lags)[-self.lags :])
        for _ in range(steps):
            lagged = np.concatenate([*past[: -self.lags - 1 : -1], [1.0]])
            past.append(lagged @ self.weights)
        return np.array(past[self.lags :])

    def spread(self, steps: int) -> Array:
        """Standard deviation of the forecast's error by step and coordinate, ``(steps, d)``.

        Propagates one step's noise through the recursion; honest where that noise is white.
        """
        _check_steps(steps)
        d = len(self.noise)
        response = [np.eye(d)]
        lags = self.weights[:-1].reshape(self.lags, d, d).transpose(0, 2, 1)
        for k in range(1, steps):
            terms = [lags[j] @ response[k - 1 - j] for j in range(min(k, self.lags))]
            response.append(np.sum(terms, axis=0))
        total = np.cumsum([r @ self.noise @ r.T for r in response], axis=0)
        return np.asarray(np.sqrt(np.maximum(np.diagonal(total, axis1=1, axis2=2), 0)))


def _lagged(values: Array, lags: int) -> Array:
    """Rows of the last ``lags`` frames, newest first, ``(frames - lags + 1, lags * d)``."""
    count = len(values) - lags + 1
    return np.concatenate([values[lags - 1 - j :][:count] for j in range(lags)], axis=1)


class RegimeAutoRegression:
    r"""An autoregression of the codes, corrected by the frames that lie near on the map.

    With :math:`x_j` the lags of a fitted frame, :math:`r_j` the error there of the one
    autoregression ``W`` of all frames, and :math:`N_k(c)` the ``k`` frames nearest to where the
    context ends on the map,

    .. math:: W(c) = W + \arg\min_D \frac1k \sum_{j \in N_k(c)} \lVert r_j - D^\top x_j \rVert^2
                     + \lambda \bar{x^2} \lVert D \rVert^2

    which is the autoregression where all frames move alike, and that of the regime where they do
    not. The map decides whose dynamics count; the codes are rolled out, so nothing is lifted.

    Args:
        points: The past of each sequence on the map, ``(frames, d)``.
        codes: The same frames' codes, ``(frames, w)``.
        lags: Lags of the autoregression.
        ridge: Penalty of ``W``, see :meth:`AutoRegression.fit`.
        k: Neighbours.
        local: ``lambda``, relative to the mean square of the neighbours' lags.
    """

    def __init__(
        self,
        points: Sequence[npt.ArrayLike],
        codes: Sequence[npt.ArrayLike],
        *,
        lags: int = 4,
        ridge: float = 1e-4,
        k: int = 300,
        local: float = 1e-3,
    ) -> None:
        check_range("k", k, 1, float("inf"), closed=True)
        check_range("local", local, 0, float("inf"))
        self.whole = AutoRegression.fit(codes, lags=lags, ridge=ridge)
        self.lags, self.local = lags, local
        inputs, targets, places = [], [], []
        for point, code in zip(points, codes, strict=True):
            place, values = np.asarray(point, np.float64), np.asarray(code, np.float64)
            if len(place) != len(values):
                raise UnisonoError(
                    f"{len(place)} points and {len(values)} codes of one sequence; give a point "
                    "for every code."
                )
            if len(values) > lags:
                inputs.append(_lagged(values[:-1], lags))
                targets.append(values[lags:])
                places.append(place[lags - 1 : -1])
        x = np.concatenate(inputs)
        self._x = np.c_[x, np.ones(len(x))]
        self._left = np.concatenate(targets) - self._x @ self.whole.weights
        self._tree = KDTree(np.concatenate(places))
        self._k = min(k, len(x))

    def at(self, point: npt.ArrayLike) -> AutoRegression:
        """The autoregression of a place ``(d,)`` on the map."""
        near = self._tree.query(np.asarray(point, np.float64), self._k)[1]
        rows = np.atleast_1d(near)
        x, left = self._x[rows], self._left[rows]
        gram = x @ x.T
        penalty = self.local * np.trace(gram) / x.shape[1] * np.eye(len(gram))
        more = x.T @ np.linalg.solve(gram + penalty, left)
        still = left - x @ more
        return AutoRegression(self.whole.weights + more, self.lags, still.T @ still / len(still))

    def forecast(self, points: npt.ArrayLike, codes: npt.ArrayLike, steps: int) -> Array:
        """Roll out from the last frames of a context, ``(steps, w)``.

        Args:
            points: The context on the map, ``(frames, d)``.
            codes: The same frames' codes.
            steps: How many frames ahead.
        """
        return self.at(np.asarray(points, np.float64)[-1]).forecast(codes, steps)


class Analogues:
    """Futures of the pasts that are most like the context.

    Args:
        sequences: Where to look, each ``(frames, d)``.
        values: What moves on from there, each ``(frames, w)``; by default the sequences themselves.
            On a map, pasts are compared there and codes are moved.
        window: Frames that are compared.
        k: Number of analogues, weighted inversely to their distance.
    """

    def __init__(
        self,
        sequences: Sequence[npt.ArrayLike],
        values: Sequence[npt.ArrayLike] | None = None,
        *,
        window: int = 5,
        k: int = 5,
    ) -> None:
        check_range("window", window, 1, float("inf"), closed=True)
        check_range("k", k, 1, float("inf"), closed=True)
        self.sequences = [np.asarray(s, np.float64) for s in sequences]
        given = sequences if values is None else values
        self.values = [np.asarray(s, np.float64) for s in given]
        for one, other in zip(self.sequences, self.values, strict=True):
            check_axes(sequences=(one, "frame map"), values=(other, "frame value"))
        self.window, self.k = window, k

    def displacement(self, context: npt.ArrayLike, steps: int) -> Array:
        """How the values of the analogues moved on, ``(steps, w)``.

        Raises:
            UnisonoError: If no sequence is long enough.
        """
        _check_steps(steps)
        past = _past(context, self.window)
        asked = _lagged(past[-self.window :], self.window)[0]
        pasts, futures = [], []
        for line, values in zip(self.sequences, self.values, strict=True):
            count = len(line) - self.window - steps + 1
            if count > 0:
                pasts.append(_lagged(line, self.window)[:count])
                last = np.arange(self.window - 1, self.window - 1 + count)
                ahead = values[last[:, None] + np.arange(1, steps + 1)]
                futures.append(ahead - values[last][:, None])
        if not pasts:
            raise UnisonoError(
                f"no sequence has {self.window + steps} frames; forecast fewer steps."
            )
        distance = np.linalg.norm(np.concatenate(pasts) - asked, axis=1)
        best = np.argsort(distance, kind="stable")[: self.k]
        weight = 1 / (distance[best] + 1e-8)
        found = np.concatenate(futures)[best]
        return np.asarray(np.einsum("k,ksd->sd", weight / weight.sum(), found))

    def forecast(self, context: npt.ArrayLike, steps: int) -> Array:
        """Return the context's last frame moved as the analogues moved, ``(steps, d)``."""
        return np.asarray(np.asarray(context, np.float64)[-1] + self.displacement(context, steps))
