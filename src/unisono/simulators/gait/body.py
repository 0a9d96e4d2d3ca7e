"""A body of fifteen rigid segments from mass, height and sex.

Segments and their order are :data:`SEGMENTS`; each has a frame with ``x`` forward, ``y`` left and
``z`` up in quiet standing. Masses, centres of mass and radii of gyration are those of P. de Leva,
"Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters", J. Biomech. 29 (1996) 1223-1230,
Table 4; lengths of limbs are the fractions of height of Drillis and Contini (1966) as given by
D. Winter, "Biomechanics and Motor Control of Human Movement" (2009). Where we differ: masses are
renormalised to sum to one; middle and upper trunk are one segment, as are forearm and hand; the
foot is cut at the metatarsals, with 15 % of its mass in the toes.

All lengths are in metres, masses in kg, moments of inertia in kg m^2 about a segment's own centre
of mass along its own axes. The last axis of every array is the subject, ``B``.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["SEGMENTS", "Body", "build_bodies"]

Array = npt.NDArray[np.float64]

SEGMENTS = (
    "pelvis",
    "trunk",
    "head",
    "r_upper_arm",
    "l_upper_arm",
    "r_forearm",
    "l_forearm",
    "r_thigh",
    "l_thigh",
    "r_shank",
    "l_shank",
    "r_foot",
    "l_foot",
    "r_toes",
    "l_toes",
)
"""Names of the segments, in the order of every array here."""

_TOE_SHARE = 0.15


class _Row(NamedTuple):
    """One row of de Leva's table: men, women; radii in % of length (ap, ml, longitudinal)."""

    mass: tuple[float, float]
    centre: tuple[float, float]
    radii: tuple[tuple[float, float, float], tuple[float, float, float]]


_TABLE = {
    "head": _Row((6.94, 6.68), (50.02, 48.41), ((30.3, 31.5, 26.1), (27.1, 29.5, 26.1))),
    "upper_trunk": _Row((15.96, 15.45), (50.66, 50.50), ((50.5, 32.0, 46.5), (46.6, 31.4, 44.9))),
    "mid_trunk": _Row((16.33, 14.65), (45.02, 45.12), ((48.2, 38.3, 46.8), (43.3, 35.4, 41.5))),
    "pelvis": _Row((11.17, 12.47), (61.15, 49.20), ((61.5, 55.1, 58.7), (43.3, 40.2, 44.4))),
    "upper_arm": _Row((2.71, 2.55), (57.72, 57.54), ((28.5, 26.9, 15.8), (27.8, 26.0, 14.8))),
    "forearm": _Row((1.62, 1.38), (45.74, 45.59), ((27.6, 26.5, 12.1), (26.1, 25.7, 9.4))),
    "hand": _Row((0.61, 0.56), (79.00, 74.74), ((62.8, 51.3, 40.1), (53.1, 45.4, 33.5))),
    "thigh": _Row((14.16, 14.78), (40.95, 36.12), ((32.9, 32.9, 14.9), (36.9, 36.4, 16.2))),
    "shank": _Row((4.33, 4.81), (43.95, 43.52), ((25.1, 24.6, 10.2), (26.7, 26.3, 9.2))),
    "foot": _Row((1.37, 1.29), (44.15, 40.14), ((25.7, 24.5, 12.4), (29.9, 27.9, 13.9))),
}
_TRUNK_LENGTHS = {  # fractions of height: table lengths over the reference height
    "head": (0.2429 / 1.741, 0.2437 / 1.735),
    "upper_trunk": (0.2421 / 1.741, 0.2280 / 1.735),
    "mid_trunk": (0.2155 / 1.741, 0.2053 / 1.735),
    "pelvis": (0.1457 / 1.741, 0.1815 / 1.735),
}
_LIMB_LENGTHS = {
    "upper_arm": 0.186,
    "forearm": 0.146,
    "hand": 0.0495,
    "thigh": 0.245,
    "shank": 0.246,
    "foot": 0.152,
}


@dataclass(frozen=True)
class Body:
    """Bodies of ``B`` subjects.

    Args:
        mass: Whole body, ``(B,)``.
        height: ``(B,)``.
        masses: Of each segment, ``(15, B)``.
        centres: Centre of mass from the segment's origin (its proximal joint; for pelvis and trunk
            the joint below), in the segment's frame, ``(3, 15, B)``.
        inertias: Principal moments, ``(3, 15, B)``.
        hip: Half distance of the hip joints.
        lumbar: Height of the lumbar joint above the middle of the hips.
        neck: Height of the neck above the lumbar joint.
        shoulder: Shoulder from the lumbar joint: sideways and up, ``(2, B)``.
        upper_arm: Length.
        thigh: Length.
        shank: Length.
        ankle: Height of the ankle above the sole.
        heel: Back of the heel from the ankle along the foot, negative.
        ball: Metatarsal joint from the ankle along the foot.
        tip: Tip of the toes from the ankle along the foot.
        mtp: Height of the metatarsal joint above the sole.
    """

    mass: Array
    height: Array
    masses: Array
    centres: Array
    inertias: Array
    hip: Array
    lumbar: Array
    neck: Array
    shoulder: Array
    upper_arm: Array
    thigh: Array
    shank: Array
    ankle: Array
    heel: Array
    ball: Array
    tip: Array
    mtp: Array

    @property
    def leg(self) -> Array:
        """Length of the straight leg from hip to sole, ``(B,)``."""
        return self.thigh + self.shank + self.ankle


class _Part(NamedTuple):
    mass: Array
    centre: Array
    inertia: Array


def _pick(pair: tuple[float, float], female: npt.NDArray[np.bool_]) -> Array:
    return np.where(female, pair[1], pair[0])


def _part(name: str, female: npt.NDArray[np.bool_], mass: Array, height: Array) -> _Part:
    """Mass, distance of the centre from the upper end, and inertia (ap, ml, long)."""
    row = _TABLE[name]
    total = sum(_pick(r.mass, female) * (2 if n in _LIMB_LENGTHS else 1) for n, r in _TABLE.items())
    fraction = _LIMB_LENGTHS.get(name)
    length = height * (_pick(_TRUNK_LENGTHS[name], female) if fraction is None else fraction)
    m = mass * _pick(row.mass, female) / total
    radii = np.stack([_pick((row.radii[0][i], row.radii[1][i]), female) for i in range(3)]) / 100
    return _Part(m, _pick(row.centre, female) / 100 * length, m * (radii * length) ** 2)


def _join(upper: _Part, lower: _Part, offset: Array) -> _Part:
    """Join two parts along the long axis; ``offset`` is from the one's upper end to the other's."""
    m = upper.mass + lower.mass
    c_lower = offset + lower.centre
    centre = (upper.mass * upper.centre + lower.mass * c_lower) / m
    shift = upper.mass * (upper.centre - centre) ** 2 + lower.mass * (c_lower - centre) ** 2
    inertia = upper.inertia + lower.inertia
    inertia[:2] += shift
    return _Part(m, centre, inertia)


def _foot_parts(foot: _Part, height: Array) -> tuple[_Part, _Part, Array]:
    """Hind foot and toes: mass, centre along the foot from the ankle, inertia (x, y, z)."""
    length = _LIMB_LENGTHS["foot"] * height
    toes_mass, rest_mass = _TOE_SHARE * foot.mass, (1 - _TOE_SHARE) * foot.mass
    ball, tip = 0.48 * length, 0.76 * length
    toes_centre = ball + 0.4 * (tip - ball)
    whole = foot.centre - 0.24 * length
    rest_centre = (foot.mass * whole - toes_mass * toes_centre) / rest_mass
    ap, ml, long = foot.inertia / foot.mass
    rest_inertia = rest_mass * 0.64 * np.stack([long, ml, ap])  # the long axis of a foot is x
    deep, wide, high = tip - ball, 0.35 * length, 0.1 * length
    squares = deep**2, wide**2, high**2
    toes_inertia = toes_mass / 12 * (sum(squares) - np.stack(squares))
    return (
        _Part(rest_mass, rest_centre, rest_inertia),
        _Part(toes_mass, toes_centre - ball, toes_inertia),
        length,
    )


def build_bodies(mass: Array, height: Array, female: npt.NDArray[np.bool_]) -> Body:
    """Build the bodies of ``B`` subjects.

    Args:
        mass: kg, ``(B,)``.
        height: m, ``(B,)``.
        female: True where the table's row for women applies, ``(B,)``.

    Example:
        >>> body = build_bodies(np.array([73.0]), np.array([1.74]), np.array([False]))
        >>> round(float(body.masses.sum()), 9), round(float(body.thigh[0]), 4)
        (73.0, 0.4263)
    """
    part = {name: _part(name, female, mass, height) for name in _TABLE}
    fraction = {name: _pick(pair, female) * height for name, pair in _TRUNK_LENGTHS.items()}
    trunk_length = fraction["upper_trunk"] + fraction["mid_trunk"]
    trunk = _join(part["upper_trunk"], part["mid_trunk"], fraction["upper_trunk"])
    forearm = _join(part["forearm"], part["hand"], _LIMB_LENGTHS["forearm"] * height)
    rest, toes, foot = _foot_parts(part["foot"], height)
    zero, ankle, mtp = np.zeros_like(mass), 0.039 * height, 0.011 * height
    down = [part["upper_arm"], forearm, part["thigh"], part["shank"]]
    rows: list[tuple[_Part, Array, Array]] = [
        (part["pelvis"], zero, fraction["pelvis"] - part["pelvis"].centre),
        (trunk, zero, trunk_length - trunk.centre),
        (part["head"], zero, fraction["head"] - part["head"].centre),
    ]
    rows += [(p, zero, -p.centre) for p in down for _ in range(2)]
    rows += [(rest, rest.centre, -0.5 * ankle)] * 2 + [(toes, toes.centre, zero)] * 2
    return Body(
        mass=mass,
        height=height,
        masses=np.stack([p.mass for p, _, _ in rows]),
        centres=np.stack([np.stack([x, zero, z]) for _, x, z in rows], axis=1),
        inertias=np.stack([p.inertia for p, _, _ in rows], axis=1),
        hip=0.050 * height,
        lumbar=fraction["pelvis"],
        neck=trunk_length,
        shoulder=np.stack([0.116 * height, 0.90 * trunk_length]),
        upper_arm=_LIMB_LENGTHS["upper_arm"] * height,
        thigh=_LIMB_LENGTHS["thigh"] * height,
        shank=_LIMB_LENGTHS["shank"] * height,
        ankle=ankle,
        heel=-0.24 * foot,
        ball=0.48 * foot,
        tip=0.76 * foot,
        mtp=mtp,
    )
