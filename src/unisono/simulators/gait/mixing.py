r"""Anderson's mixing: a fixed point from few evaluations.

For ``x = g(x)`` with residuals ``r = g(x) - x``, the next point is

.. math:: x_{k+1} = x_k + r_k - (\Delta X + \Delta R)\,\gamma, \qquad
          \gamma = \arg\min \lVert r_k - \Delta R\,\gamma \rVert,

with the last few differences of points and residuals (D. G. Anderson, J. ACM 12 (1965) 547).
"""

import numpy as np
import numpy.typing as npt

__all__ = ["Mixer"]

Array = npt.NDArray[np.float64]


class Mixer:
    """Mixes a batch of independent fixed points.

    Args:
        memory: Number of differences that are kept.

    Example:
        >>> mixer, x = Mixer(), np.array([[1.0]])
        >>> for _ in range(8):
        ...     x = mixer.next(x, np.cos(x))
        >>> bool(abs(x[0, 0] - 0.7390851332) < 1e-9)
        True
    """

    def __init__(self, memory: int = 8) -> None:
        self.memory = memory
        self._points: list[Array] = []
        self._residuals: list[Array] = []

    def next(self, x: Array, g: Array) -> Array:
        """Return the next point, ``(B, n)``, after ``g(x)`` was found at ``x``."""
        residual = g - x
        self._points = [*self._points[-self.memory :], x]
        self._residuals = [*self._residuals[-self.memory :], residual]
        if len(self._points) == 1:
            return g
        dr = np.diff(np.stack(self._residuals, axis=1), axis=1)
        dx = np.diff(np.stack(self._points, axis=1), axis=1)
        gram = dr @ dr.swapaxes(1, 2)
        size = np.trace(gram, axis1=1, axis2=2)[:, None, None]
        gram = gram + (1e-8 * size + 1e-300) * np.eye(gram.shape[-1])
        gamma = np.linalg.solve(gram, dr @ residual[..., None])
        out: Array = g - ((dx + dr).swapaxes(1, 2) @ gamma)[..., 0]
        return out
