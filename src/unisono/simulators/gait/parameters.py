"""The numbers that shape a step: which are fitted, which a style sets, and their bounds.

Times are fractions of the stride after the foot's own strike, angles radians unless the name ends
in ``_deg``, lengths fractions of body height, speeds m/s. "Pitch" is toes-up positive.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BOUNDS", "FITTED", "Shape"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Shape parameters of the steps of one foot or of many (every field broadcasts).

    Args:
        heel_pitch: Foot pitch at strike, above ``-heel_raise``.
        heel_curve: How long the pitch lingers before the slap.
        flat: Time of foot flat.
        off_pitch: Downward foot pitch at toe-off.
        off_curve: How early the heel rises.
        heel_off: Time at which the heel begins to rise.
        toe_pitch: Downward pitch of the toes at toe-off.
        toe_roll: Time at which the toes begin to rise.
        q3: Third harmonic of the vertical force (two humps; Alexander's shape factor).
        q5: Fifth harmonic.
        a2: Second harmonic: early (positive) against late.
        cop: Shift of the centre of pressure along the foot, of height.
        lean: Forward lean of the trunk.
        nod_cos: Part of the trunk's forward nod, twice a stride, that peaks at strike.
        nod_sin: Part that peaks an eighth of a stride later.
        list_amp: Amplitude of the pelvic list.
        list_phase: Its phase in strides.
        knee_min_deg: Flexion of the straightest stance knee.
        heel_radius: Radius of the heel's arc, of height.
        slide: Forward speed of the foot at strike.
        sink: Downward speed of the heel pad at strike.
        hip_amp: Scale of the thigh's swing curve.
        knee_amp: Scale of the knee's swing curve.
        thigh_lift: Thigh flexion added in mid swing.
        knee_lift: Knee flexion added in mid swing.
        ankle_lift: Dorsiflexion added in mid swing.
        heel_raise: Downward pitch of the foot in mid stance (toe walking).
        toe_out: Toes outward.
        sway: Amplitude of the trunk's sideways lean over the stance leg.
        stiff: Part of the swing knee flexion that is lost.
    """

    heel_pitch: Any = 0.42
    heel_curve: Any = 1.52
    flat: Any = 0.107
    off_pitch: Any = 1.0
    off_curve: Any = 1.1
    heel_off: Any = 0.39
    toe_pitch: Any = 0.43
    toe_roll: Any = 0.516
    q3: Any = 0.36
    q5: Any = 0.001
    a2: Any = -0.025
    cop: Any = 0.0074
    lean: Any = -0.006
    nod_cos: Any = 0.002
    nod_sin: Any = -0.044
    list_amp: Any = 0.021
    list_phase: Any = 0.03
    knee_min_deg: Any = 6.2
    heel_radius: Any = 0.026
    slide: Any = 0.155
    sink: Any = 0.163
    hip_amp: Any = 0.87
    knee_amp: Any = 1.0
    thigh_lift: Any = 0.034
    knee_lift: Any = 0.021
    ankle_lift: Any = 0.002
    heel_raise: Any = 0.0
    toe_out: Any = 0.105
    sway: Any = 0.026
    stiff: Any = 0.0

    def stack(self) -> Array:
        """Stack all fields along a new first axis."""
        values = np.broadcast_arrays(*[getattr(self, f.name) for f in fields(self)])
        return np.stack(values).astype(np.float64)

    @classmethod
    def unstack(cls, values: Array) -> "Shape":
        """Invert :meth:`stack`."""
        return cls(**{f.name: values[i] for i, f in enumerate(fields(cls))})

    def shifted(self, **by: Any) -> "Shape":  # noqa: ANN401 - numbers or arrays, as the fields are
        """Return a copy with the named fields increased."""
        return replace(self, **{name: getattr(self, name) + value for name, value in by.items()})


BOUNDS: dict[str, tuple[float, float, float]] = {
    "heel_pitch": (-0.3, 0.7, 0.08),
    "heel_curve": (0.0, 3.0, 0.4),
    "flat": (0.06, 0.22, 0.02),
    "off_pitch": (0.5, 1.5, 0.12),
    "off_curve": (-1.0, 1.5, 0.3),
    "heel_off": (0.08, 0.45, 0.03),
    "toe_pitch": (0.05, 1.2, 0.15),
    "toe_roll": (0.15, 0.64, 0.02),
    "q3": (-0.1, 0.9, 0.05),
    "q5": (-0.1, 0.2, 0.03),
    "a2": (-0.15, 0.2, 0.03),
    "cop": (-0.03, 0.04, 0.008),
    "lean": (-0.15, 0.25, 0.03),
    "nod_cos": (-0.045, 0.045, 0.012),
    "nod_sin": (-0.045, 0.045, 0.012),
    "list_amp": (0.02, 0.12, 0.02),
    "list_phase": (-0.12, 0.12, 0.03),
    "knee_min_deg": (6.0, 35.0, 2.0),
    "heel_radius": (0.002, 0.03, 0.004),
    "slide": (-0.3, 0.6, 0.1),
    "sink": (0.0, 0.9, 0.1),
    "hip_amp": (0.6, 1.5, 0.07),
    "knee_amp": (0.6, 1.6, 0.1),
    "thigh_lift": (-0.3, 0.4, 0.05),
    "knee_lift": (-0.5, 0.5, 0.06),
    "ankle_lift": (-0.4, 0.5, 0.06),
}
"""Of each fitted parameter: lowest, highest, and the step by which a fit thinks of it."""

FITTED = tuple(BOUNDS)
"""Names of the fitted parameters, in the order of the table."""
