"""What a fit aims at: published figures of ground reaction by speed, and each style's departures.

Peaks of walking follow the usual textbook values (two humps of 1.1 body weights around a valley of
0.7 to 0.8 at 1.3 m/s, braking and propulsion of 0.2); those of running are one runner's at 2.5, 3.5
and 4.5 m/s in the public set of Fukuchi et al. 2017 (PeerJ 5:e3298). The rise of the centre of mass
in walking is near that of Orendurff et al. 2004 (J. Rehabil. Res. Dev. 41:829).
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

__all__ = ["STYLES", "Aims", "Style", "force_aims"]


class Aims(NamedTuple):
    """Aims in body weights. In running ``valley`` and ``second`` are the one peak again.

    Attributes:
        first: First peak of the vertical force of a foot.
        valley: Between the peaks.
        second: Second peak.
        brake: Lowest forward force.
        drive: Highest forward force.
        rise: Vertical range of the centre of mass, m.
    """

    first: float
    valley: float
    second: float
    brake: float
    drive: float
    rise: float


_WALK = np.array(
    [
        [0.6, 1.00, 0.94, 1.02, -0.09, 0.10, 0.018],
        [0.8, 1.02, 0.90, 1.03, -0.12, 0.13, 0.024],
        [1.0, 1.05, 0.84, 1.06, -0.15, 0.16, 0.031],
        [1.3, 1.10, 0.74, 1.10, -0.20, 0.21, 0.039],
        [1.6, 1.20, 0.63, 1.16, -0.25, 0.26, 0.045],
        [1.9, 1.32, 0.52, 1.22, -0.30, 0.31, 0.048],
        [2.2, 1.44, 0.43, 1.28, -0.35, 0.36, 0.05],
    ]
)
_RUN = np.array(
    [
        [2.5, 2.15, 2.15, 2.15, -0.21, 0.20, 0.085],
        [3.5, 2.40, 2.40, 2.40, -0.27, 0.29, 0.08],
        [4.5, 2.60, 2.60, 2.60, -0.33, 0.37, 0.07],
    ]
)


def force_aims(speed: float, *, running: bool) -> Aims:
    """Interpolate the aims at a speed in m/s.

    Example:
        >>> force_aims(1.3, running=False).valley
        0.74
    """
    rows = _RUN if running else _WALK
    return Aims(*(float(np.interp(speed, rows[:, 0], rows[:, i])) for i in range(1, 7)))


@dataclass(frozen=True)
class Style:
    """A way of walking.

    Args:
        fixed: Shape parameters that the style sets, not the fit.
        knee_deg: Added to the aimed knee curve.
        thigh_deg: Added to the aimed thigh curve.
        ankle_deg: Added to the aimed ankle curve.
        stiff: Part of the aimed swing knee flexion that is lost.
        spread: Standard deviations of the fixed parameters between people.
    """

    fixed: dict[str, float] = field(default_factory=dict)
    knee_deg: float = 0.0
    thigh_deg: float = 0.0
    ankle_deg: float = 0.0
    stiff: float = 0.0
    spread: dict[str, float] = field(default_factory=dict)


STYLES: dict[str, Style] = {
    "normal": Style(),
    "crouch": Style({"knee_min_deg": 22.0}, 16.0, 9.0, 8.0, spread={"knee_min_deg": 3.0}),
    "stiff_knee": Style({"stiff": 0.5}, stiff=0.45, spread={"stiff": 0.06}),
    "toe_walking": Style(
        {"heel_raise": 0.26, "heel_pitch": -0.14},
        8.0,
        4.0,
        -13.0,
        spread={"heel_raise": 0.03},
    ),
    "toe_in": Style({"toe_out": -0.21}, spread={"toe_out": 0.05}),
    "trunk_sway": Style({"sway": 0.14}, spread={"sway": 0.02}),
}
"""The ways of walking that can be simulated; running knows only ``"normal"``."""
