"""Where markers and IMUs sit on the segments, and the simulated EMG envelopes.

Offsets are fractions of a body's own lengths from the segment's origin, in the segment's axes.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import SEGMENTS, Body
from unisono.simulators.gait.kinetics import JointLoads

__all__ = ["EMG", "IMUS", "MARKERS", "Site", "envelopes"]

Array = npt.NDArray[np.float64]


class Site(NamedTuple):
    """A place on a segment.

    Attributes:
        name: Of the marker or sensor.
        segment: Where it is.
        ahead: Forward, as a part of body height.
        left: To the left, as a part of body height.
        up: Up, as a part of body height.
    """

    name: str
    segment: str
    ahead: float
    left: float
    up: float

    @property
    def segment_index(self) -> int:
        """Index of the segment."""
        return SEGMENTS.index(self.segment)

    def offset(self, body: Body) -> Array:
        """Metres from the segment's origin, ``(3, B)``."""
        return np.array([self.ahead, self.left, self.up])[:, None] * body.height


def _both(name: str, segment: str, ahead: float, outward: float, up: float) -> tuple[Site, Site]:
    right = Site(f"r_{name}", f"r_{segment}", ahead, -outward, up)
    return right, Site(f"l_{name}", f"l_{segment}", ahead, outward, up)


MARKERS: tuple[Site, ...] = (
    Site("r_asis", "pelvis", 0.050, -0.070, 0.045),
    Site("l_asis", "pelvis", 0.050, 0.070, 0.045),
    Site("r_psis", "pelvis", -0.055, -0.028, 0.050),
    Site("l_psis", "pelvis", -0.055, 0.028, 0.050),
    Site("c7", "trunk", -0.045, 0.0, 0.255),
    Site("sternum", "trunk", 0.060, 0.0, 0.180),
    Site("r_shoulder", "trunk", 0.0, -0.116, 0.255),
    Site("l_shoulder", "trunk", 0.0, 0.116, 0.255),
    Site("head", "head", 0.055, 0.0, 0.090),
    *_both("elbow", "forearm", 0.0, 0.025, 0.0),
    *_both("wrist", "forearm", 0.0, 0.015, -0.146),
    *_both("thigh", "thigh", 0.02, 0.045, -0.12),
    *_both("knee", "shank", 0.0, 0.030, 0.0),
    *_both("shank", "shank", 0.02, 0.028, -0.12),
    *_both("ankle", "foot", 0.0, 0.022, 0.0),
    *_both("heel", "foot", -0.0365, 0.0, -0.020),
    *_both("toe", "foot", 0.073, 0.008, -0.020),
    *_both("hallux", "toes", 0.0426, -0.01, 0.0),
)
"""Skin markers of an ordinary whole-body set, without skin motion."""

IMUS: tuple[Site, ...] = (
    Site("pelvis", "pelvis", -0.060, 0.0, 0.050),
    *_both("thigh", "thigh", 0.01, 0.040, -0.13),
    *_both("shank", "shank", 0.02, 0.015, -0.10),
    *_both("foot", "foot", 0.045, 0.0, 0.005),
)
"""Seven inertial sensors, aligned with their segments."""

_MUSCLES: dict[str, tuple[int, float]] = {
    "gluteus": (0, 1.0),
    "iliopsoas": (0, -1.0),
    "vastus": (1, -1.0),
    "hamstrings": (1, 1.0),
    "gastrocnemius": (2, 1.0),
    "tibialis": (2, -1.0),
}
_FULL = {
    "gluteus": 1.2,
    "iliopsoas": 1.2,
    "vastus": 1.0,
    "hamstrings": 0.6,
    "gastrocnemius": 1.6,
    "tibialis": 0.3,
}
_REST = 0.03
_DELAY_S = 0.05

EMG: tuple[str, ...] = tuple(f"{side}_{name}" for side in "rl" for name in _MUSCLES)
"""Names of the simulated envelopes."""


def envelopes(joints: JointLoads, mass: float, rate_hz: float) -> Array:
    """Positive envelopes, ``(12, n)``, about 1 at full effort: not recordings.

    A muscle's envelope is the internal moment in its direction, made positive by a soft corner,
    ahead of the moment by the electromechanical delay of 50 ms, with a little co-contraction.
    """
    ahead = round(_DELAY_S * rate_hz)
    rows = []
    for side in range(2):
        for name, (joint, sign) in _MUSCLES.items():
            moment = sign * joints.moment[1, 0, joint, side] / mass / _FULL[name]
            soft = 0.05 * np.logaddexp(0, moment / 0.05)
            both = 0.04 * np.abs(moment)
            rows.append(np.roll(_REST + soft + both, -ahead))
    return np.stack(rows)
