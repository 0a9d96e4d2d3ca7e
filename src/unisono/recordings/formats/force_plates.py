r"""Force plates: from the raw channels of a platform to force, moment and centre of pressure.

The types are those of the C3D format (C3D user guide, Motion Lab Systems, 2008):

1. channels :math:`F_x, F_y, F_z, p_x, p_y, T_z`: the plate already gives the centre of pressure;
2. channels :math:`F_x, F_y, F_z, M_x, M_y, M_z` about the sensor's origin (AMTI, Bertec);
3. eight channels :math:`F_{x12}, F_{x34}, F_{y14}, F_{y23}, F_{z1}, .., F_{z4}` (Kistler);
4. as type 2, with the channels first multiplied by a 6 x 6 calibration matrix.

**Plate axes.** The corners :math:`c_1..c_4` are numbered so that :math:`x \sim c_1 - c_2`,
:math:`y \sim c_1 - c_4`, :math:`z = x \times y` (down, for a plate in the floor); :math:`R` has
these axes as columns and :math:`\bar c` is the mean of the corners. The moment about the centre of
the surface is

.. math:: M = M_s + F \times o

with :math:`o` from the sensor's origin to the centre of the surface, whose :math:`z` is negative;
files that give the opposite vector (positive :math:`z`) are turned round, as other readers do.
For type 3, with :math:`a = |o_x|, b = |o_y|`,

.. math::
    M_s = \begin{pmatrix} b (F_{z1} + F_{z2} - F_{z3} - F_{z4}) \\
    a (-F_{z1} + F_{z2} + F_{z3} - F_{z4}) \\
    b (F_{x34} - F_{x12}) + a (F_{y14} - F_{y23}) \end{pmatrix}, \qquad
    M = M_s + F \times (0, 0, -|o_z|).

In the surface the centre of pressure is :math:`p = (-M_y / F_z,\ M_x / F_z,\ 0)` and the free
moment is :math:`T = M - p \times F`, which is along :math:`z`. In the laboratory:
:math:`R F,\ R M,\ R p + \bar c,\ R T`.

**Sign.** A C3D file holds the reaction, the force of the plate ON THE BODY (its channels are in
plate axes with :math:`z` down, so that :math:`F_z < 0` while someone stands); what is returned is
that force in laboratory axes, upward positive. Nothing is negated here.

**Threshold.** Where :math:`|F_z|` is below the threshold, centre of pressure and free moment are
NaN: they would be the quotient of noise.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_axes, check_range
from unisono.core.errors import UnisonoError

__all__ = ["CHANNELS_OF_TYPE", "COP_THRESHOLD_N", "ForcePlate", "Wrench", "plate_wrench"]

CHANNELS_OF_TYPE = {1: 6, 2: 6, 3: 8, 4: 6}
"""Analog channels of each type of plate."""

COP_THRESHOLD_N = 20.0
"""Vertical force below which the centre of pressure is not computed, newton."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ForcePlate:
    """A force platform as a file describes it. Lengths are in one unit, that of the corners.

    Args:
        kind: Type, 1 to 4.
        corners: Corners in the laboratory, ``(4, 3)``, in the order of the C3D format.
        origin: ``ORIGIN`` as in the file, ``(3,)``: sensor offset, or a, b and az0 for type 3.
        calibration: Calibration matrix of type 4, ``(6, 6)``, acting on the column of channels.
    """

    kind: int
    corners: Array
    origin: Array
    calibration: Array | None = None

    def __post_init__(self) -> None:
        check_axes(corners=(self.corners, "corner axis"), origin=(self.origin, "axis"))
        if self.kind not in CHANNELS_OF_TYPE:
            raise UnisonoError(f"force plates of type {self.kind} are not known; types are 1 to 4.")
        if self.corners.shape != (4, 3) or not np.isfinite(self.corners).all():
            raise UnisonoError("a force plate needs four finite corners of three coordinates.")
        if not np.isfinite(self.origin).all():
            raise UnisonoError("the origin of a force plate must be finite.")
        if self.kind == 4 and (self.calibration is None or self.calibration.shape != (6, 6)):
            raise UnisonoError("a force plate of type 4 needs a 6 x 6 calibration matrix.")
        _axes(self.corners)

    @property
    def rotation(self) -> Array:
        """Matrix R, ``(3, 3)``: plate axes as columns, in the laboratory."""
        return _axes(self.corners)

    @property
    def centre(self) -> Array:
        """Centre of the surface in the laboratory, ``(3,)``."""
        centre: Array = self.corners.mean(axis=0)
        return centre


class Wrench(NamedTuple):
    """Action of a plate on the body, in laboratory axes; each ``(sample, 3)``.

    Attributes:
        force: Force, upward positive, newton.
        moment: Moment about the centre of the plate's surface, newton times length unit.
        pressure: Centre of pressure, length unit; NaN below the threshold.
        free: Free moment, newton times length unit; NaN below the threshold.
    """

    force: Array
    moment: Array
    pressure: Array
    free: Array


def plate_wrench(
    plate: ForcePlate,
    channels: Array,
    *,
    threshold: float = COP_THRESHOLD_N,
) -> Wrench:
    """Compute force, moment, centre of pressure and free moment.

    Args:
        plate: The platform.
        channels: Its channels in the order of its type, ``(sample, channel)``: newton, the length
            unit of the corners, and newton times that (type 4: whatever the calibration takes).
        threshold: Vertical force, newton, below which pressure and free moment are NaN.

    Raises:
        ShapeError: If the channels do not fit the type.
        UnisonoError: If the threshold is negative.

    Example:
        >>> corners = np.array([[600.0, 0, 0], [0, 0, 0], [0, 400, 0], [600, 400, 0]])
        >>> plate = ForcePlate(2, corners, np.array([0.0, 0.0, -40.0]))
        >>> standing = np.array([[0.0, 0, -700, 0, 0, 0]])
        >>> wrench = plate_wrench(plate, standing)
        >>> wrench.force.tolist(), wrench.pressure.tolist()
        ([[0.0, 0.0, 700.0]], [[300.0, 200.0, 0.0]])
    """
    check_range("threshold", threshold, 0.0, np.inf, closed=True)
    check_axes(
        channels=(channels, "sample channel"),
        expected=(np.empty((len(channels), CHANNELS_OF_TYPE[plate.kind])), "sample channel"),
    )
    channels = np.asarray(channels, dtype=np.float64)
    if plate.kind == 1:
        force, moment, point = _type1(channels)
    else:
        force, moment = _at_surface(plate, channels)
        point = None
    with np.errstate(all="ignore"):
        loaded = np.abs(force[:, 2]) >= max(threshold, np.finfo(np.float32).tiny)
        normal = np.where(loaded, force[:, 2], np.nan)
        if point is None:
            point = np.stack([-moment[:, 1], moment[:, 0], np.zeros(len(normal))], 1)
            point /= normal[:, None]
        point = np.where(loaded[:, None], point, np.nan)
        free = moment - np.cross(point, force)
        turn = plate.rotation.T + 0.0  # a row vector v becomes v R^T
        return Wrench(
            force @ turn + 0.0, moment @ turn + 0.0, point @ turn + plate.centre, free @ turn + 0.0
        )


def _axes(corners: Array) -> Array:
    x, y = corners[0] - corners[1], corners[0] - corners[3]
    with np.errstate(all="ignore"):
        z = np.cross(x, y)
        columns = np.stack([x, np.cross(z, x), z], axis=1)
        lengths = np.linalg.norm(columns, axis=0)
        rotation: Array = columns / lengths
    if not (np.isfinite(rotation).all() and (lengths > 0).all()):
        raise UnisonoError("the corners of a force plate lie on a line; they must span a surface.")
    return rotation


def _type1(channels: Array) -> tuple[Array, Array, Array]:
    force = channels[:, :3]
    point = np.concatenate([channels[:, 3:5], np.zeros((len(channels), 1))], axis=1)
    free = np.zeros_like(force)
    free[:, 2] = channels[:, 5]
    with np.errstate(all="ignore"):
        return force, np.cross(point, force) + free, point


def _at_surface(plate: ForcePlate, channels: Array) -> tuple[Array, Array]:
    """Force and moment about the centre of the surface, in plate axes."""
    with np.errstate(all="ignore"):
        if plate.kind == 3:
            return _type3(plate, channels)
        if plate.calibration is not None and plate.kind == 4:
            channels = channels @ plate.calibration.T
        force, moment = channels[:, :3], channels[:, 3:]
        origin = -plate.origin if plate.origin[2] > 0 else plate.origin
        return force, moment + np.cross(force, origin)


def _type3(plate: ForcePlate, channels: Array) -> tuple[Array, Array]:
    x12, x34, y14, y23, z1, z2, z3, z4 = channels.T
    a, b, depth = np.abs(plate.origin)
    force = np.stack([x12 + x34, y14 + y23, z1 + z2 + z3 + z4], axis=1)
    moment = np.stack(
        [
            b * (z1 + z2 - z3 - z4),
            a * (-z1 + z2 + z3 - z4),
            b * (x34 - x12) + a * (y14 - y23),
        ],
        axis=1,
    )
    return force, moment + np.cross(force, np.array([0.0, 0.0, -depth]))
