r"""Joint angles of anybody on the simulator's body: where the joints are.

The fifteen segments of :mod:`unisono.simulators.gait.body`, scaled to a height, are turned by
angles in the conventions of :mod:`unisono.simulators.gait.streams` (degrees; flexion, adduction and
internal rotation of the hip positive, and so on). Angles that are not given are those of quiet
standing, 0. Positions are relative to the middle of the hips, ``x`` forward, ``y`` left, ``z`` up,
in metres.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import ShapeError
from unisono.simulators.gait.body import Body, build_bodies
from unisono.simulators.gait.kinematics import COORDINATES, State, move, point_on
from unisono.simulators.gait.spectral import Series
from unisono.simulators.gait.streams import ANGLES, MIDDLE_ANGLES

__all__ = ["POSED_LINES", "Posed", "pose"]

Array = npt.NDArray[np.float64]

_ORIGINS = {
    "hip": "thigh",
    "knee": "shank",
    "ankle": "foot",
    "shoulder": "upper_arm",
    "elbow": "forearm",
}
_POINTS = (
    "hips",
    "neck",
    "head",
    *(f"{s}_{p}" for s in "rl" for p in (*_ORIGINS, "wrist", "heel", "ball", "tip")),
)

POSED_LINES: tuple[tuple[str, str], ...] = (
    ("hips", "neck"),
    ("neck", "head"),
    *(
        (f"{s}_{a}" if a not in ("hips", "neck") else a, f"{s}_{b}")
        for s in "rl"
        for a, b in (
            ("hips", "hip"),
            ("hip", "knee"),
            ("knee", "ankle"),
            ("ankle", "heel"),
            ("heel", "ball"),
            ("ankle", "ball"),
            ("ball", "tip"),
            ("neck", "shoulder"),
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
        )
    ),
)
"""Which points to join."""


class Posed(NamedTuple):
    """Points of a posed body.

    Attributes:
        points: Names, ``P``.
        positions: ``(T, P, 3)`` in metres.
    """

    points: tuple[str, ...]
    positions: Array


def pose(angles: Mapping[str, Array], *, height_m: float = 1.75) -> Posed:
    """Turn the segments of a body by joint angles.

    Args:
        angles: Degrees by name (``r_hip_flexion``, ``pelvis_tilt``, ...), each ``(T,)``; NaN where
            unknown, which hides the frame's points.
        height_m: Height of the body.

    Raises:
        ShapeError: If there is no angle, a name is not one of the simulator's, or lengths differ.

    Example:
        >>> found = pose({"r_knee_flexion": np.array([0.0, 90.0])}, height_m=2.0)
        >>> ankle = found.positions[:, found.points.index("r_ankle")]
        >>> ankle.round(3).tolist()
        [[0.0, -0.1, -0.982], [-0.492, -0.1, -0.49]]
    """
    check_range("height_m", height_m, 0.3, 2.8, closed=True)
    counts = {len(values) for values in angles.values()}
    if len(counts) != 1:
        raise ShapeError(f"{len(angles)} angles of {len(counts)} lengths; give one of one length.")
    rows = np.zeros((len(COORDINATES), 1, counts.pop()))
    for name, values in angles.items():
        row, sign = _coordinate(name)
        rows[row, 0] = sign * np.radians(np.asarray(values, dtype=np.float64))
    body = build_bodies(
        np.array([75.0]), np.array([float(height_m)]), np.array([False])
    )  # the mass moves no joint
    still = np.zeros_like(rows)
    state = move(body, Series(rows, still, still))
    places = np.stack([_place(state, body, point) for point in _POINTS], axis=1)
    hips = places[:, _POINTS.index("hips"), None]
    return Posed(_POINTS, places - hips)


def _coordinate(name: str) -> tuple[int, int]:
    side, _, rest = name.partition("_")
    if name in MIDDLE_ANGLES:
        return COORDINATES.index(MIDDLE_ANGLES[name]), 1
    if side not in ("r", "l") or rest not in ANGLES:
        raise ShapeError(f"there is no angle {name!r} on the simulator's body; leave it out.")
    coordinate, right, left = ANGLES[rest]
    return COORDINATES.index(f"{side}_{coordinate}"), right if side == "r" else left


def _place(state: State, body: Body, point: str) -> Array:
    """Positions of a point, ``(T, 3)``."""
    zero = np.zeros(1)
    segment, offset = "pelvis", (zero, zero, zero)
    side, _, part = point.partition("_")
    if point in ("neck", "head"):
        segment = "head"
        offset = (zero, zero, 0.13 * body.height if point == "head" else zero)
    elif part in _ORIGINS:
        segment = f"{side}_{_ORIGINS[part]}"
    elif part == "wrist":
        segment, offset = f"{side}_forearm", (zero, zero, -0.146 * body.height)
    elif part == "heel":
        segment, offset = f"{side}_foot", (body.heel, zero, -body.ankle)
    elif part == "ball":
        segment, offset = f"{side}_foot", (body.ball, zero, body.mtp - body.ankle)
    elif part == "tip":
        segment, offset = f"{side}_toes", (body.tip - body.ball, zero, zero)
    place = point_on(state, segment, np.stack(offset)).position[:, 0]
    return np.asarray(place.T, dtype=np.float64)
