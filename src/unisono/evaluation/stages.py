r"""Numbers that change along a window: fitted near anchors, and drawn as lines between them.

``A`` anchors are spread evenly over the ``L`` frames of a window, the first and last at its ends.
What is fitted at an anchor looks at the frames up to the neighbouring anchors, at the outer two
half as far (they see one side only, and what they fit should not lie far inside); between anchors
values are interpolated. One anchor stands for the whole window.
"""

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.evaluation.arrays import Array, Mask

__all__ = ["along_window", "near_anchor"]


def near_anchor(frames: int, anchors: int) -> Mask:
    """Which frames each anchor looks at, ``(A, L)``.

    Args:
        frames: Frames ``L`` of a window.
        anchors: Number of anchors; a window has no more than it has frames.

    Example:
        >>> near_anchor(5, 3).astype(int)
        array([[1, 1, 0, 0, 0],
               [1, 1, 1, 1, 1],
               [0, 0, 0, 1, 1]])
    """
    check_range("anchors", anchors, 1, 10_000, closed=True)
    if anchors == 1 or frames == 1:
        return np.ones((anchors, frames), dtype=bool)
    reach = np.full((anchors, 1), (frames - 1) / (anchors - 1))
    reach[[0, -1]] /= 2
    apart = np.abs(np.arange(frames) - np.linspace(0, frames - 1, anchors)[:, None])
    return np.asarray(apart <= reach + 1e-9)


def along_window(values: Array, frames: int) -> Array:
    """Values at anchors, ``(..., A, D)``, as values at frames, ``(..., L, D)``.

    Example:
        >>> along_window(np.array([[0.0], [4.0]]), 3)[:, 0]
        array([0., 2., 4.])
    """
    anchors = values.shape[-2]
    if anchors == 1:
        return np.repeat(values, frames, axis=-2)
    at = np.linspace(0, anchors - 1, frames)
    left: npt.NDArray[np.intp] = np.minimum(at.astype(np.intp), anchors - 2)
    share = (at - left)[:, None]
    return np.asarray(values[..., left, :] * (1 - share) + values[..., left + 1, :] * share)
