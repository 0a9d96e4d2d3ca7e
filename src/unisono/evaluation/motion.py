r"""How plausible a motion is: sliding feet, jitter, feet in the floor, and its error.

Places are ``(frame, joint, 3)`` in metres with ``y`` up. With :math:`h` the height of a foot above
the floor and :math:`v` its horizontal speed to the next frame:

- ``foot_skate``: share of the frames with :math:`h < 0.05` m in which :math:`v > 0.2` m/s, and the
  mean speed there. A figure is worth something beside that of real motion only: real feet roll.
- ``jitter``: mean size of the third derivative over joints, m/s^3 (Yi et al., "TransPose", ACM
  Trans. Graph. 40, 2021, arXiv:2105.04605), by third differences.
- ``penetration``: mean depth below the floor over all frames and feet, and the deepest, metres.
- ``mpjpe``: mean distance of joints, metres; ``aligned`` moves each frame's root into place first.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import ShapeError

__all__ = [
    "FootSkate",
    "Penetration",
    "floor_height",
    "foot_skate",
    "jitter",
    "mpjpe",
    "penetration",
]

Array = npt.NDArray[np.float64]


class FootSkate(NamedTuple):
    """Sliding of feet that are near the floor.

    Attributes:
        share: Share of such frames in which the foot is faster than the limit; NaN without any.
        speed: Mean horizontal speed in such frames, m/s; NaN without any.
        frames: Number of such frames, over all feet.
    """

    share: float
    speed: float
    frames: int


class Penetration(NamedTuple):
    """Depth below the floor, metres: mean over frames and feet, and the deepest."""

    mean: float
    deepest: float


def floor_height(feet: Array) -> float:
    """Height of the floor: the 1 % quantile of the lowest foot of each frame, metres.

    Args:
        feet: ``(frame, foot, 3)``, of all clips together.

    Raises:
        ShapeError: If there is no frame or no foot.
    """
    _check(feet, "feet", frames=1)
    return float(np.quantile(feet[..., 1].min(axis=1), 0.01))


def foot_skate(
    feet: Array,
    *,
    rate_hz: float,
    floor: float = 0.0,
    near_m: float = 0.05,
    limit: float = 0.2,
) -> FootSkate:
    """Sliding of feet near the floor.

    Args:
        feet: ``(frame, foot, 3)``; toes say more than ankles, which are never near the floor.
        rate_hz: Frames a second.
        floor: Height of the floor, metres.
        near_m: Height above it below which a foot should stand, in this frame and the next.
        limit: Horizontal speed above which it slides, m/s.

    Raises:
        ShapeError: If there are fewer than two frames, or no foot.

    Example:
        >>> feet = np.zeros((5, 1, 3))
        >>> feet[:, 0, 0] = [0.0, 0.0, 0.1, 0.1, 0.1]
        >>> found = foot_skate(feet, rate_hz=10.0)
        >>> found.share, round(found.speed, 9), found.frames
        (0.25, 0.25, 4)
    """
    _check(feet, "feet", frames=2)
    check_range("rate_hz", rate_hz, 0.0, 1e7)
    low = feet[..., 1] - floor < near_m
    near = low[1:] & low[:-1]
    speed = np.hypot(*np.moveaxis(np.diff(feet[..., [0, 2]], axis=0), -1, 0)) * rate_hz
    if not near.any():
        return FootSkate(float("nan"), float("nan"), 0)
    seen = speed[near]
    return FootSkate(float((seen > limit).mean()), float(seen.mean()), int(near.sum()))


def jitter(positions: Array, *, rate_hz: float) -> float:
    """Mean size of the third derivative of the joints' places, m/s^3.

    Raises:
        ShapeError: If there are fewer than four frames.
    """
    _check(positions, "positions", frames=4)
    check_range("rate_hz", rate_hz, 0.0, 1e7)
    third = np.diff(positions, n=3, axis=0) * rate_hz**3
    return float(np.linalg.norm(third, axis=-1).mean())


def penetration(feet: Array, *, floor: float = 0.0) -> Penetration:
    """How deep feet lie below the floor.

    Args:
        feet: ``(frame, foot, 3)``.
        floor: Height of the floor, metres.

    Raises:
        ShapeError: If there is no frame or no foot.
    """
    _check(feet, "feet", frames=1)
    depth = np.maximum(floor - feet[..., 1], 0.0)
    return Penetration(float(depth.mean()), float(depth.max()))


def mpjpe(positions: Array, truth: Array, *, aligned: bool = False) -> float:
    """Mean distance of joints, metres.

    Args:
        positions: ``(frame, joint, 3)``.
        truth: The same axes.
        aligned: Whether each frame's first joint (the root) is moved into its true place first.

    Raises:
        ShapeError: If the axes disagree, or nothing is there.
    """
    _check(positions, "positions", frames=1)
    check_axes(positions=(positions, "frame joint x"), truth=(truth, "frame joint x"))
    apart = positions - truth
    if aligned:
        apart = apart - apart[:, :1]
    return float(np.linalg.norm(apart, axis=-1).mean())


def _check(places: Array, name: str, *, frames: int) -> None:
    sizes = check_axes(**{name: (places, "frame joint x")})
    if sizes["x"] != 3 or sizes["joint"] < 1 or sizes["frame"] < frames:
        raise ShapeError(
            f"{name} should be ({frames} frames or more, one joint or more, 3); got shape "
            f"{places.shape}."
        )
