r"""Is a generated ground reaction force possible: five checks against mechanics.

Symbols: force on the body ``F``, one ``(vertical, forward, side)`` triple a foot; body weight
``W`` in the force's unit (mass times 9.81 m/s2 for N, 9.81 for N/kg, 1 for body weights).

=================== ================================================================ =========
check               value                                                            threshold
=================== ================================================================ =========
mean_vertical       median over windows of whole strides of                          0.05
                    :math:`|\overline{\sum F_v}/W - 1|`: over a stride momentum
                    comes back, so the mean vertical force is body weight
flight              mean :math:`|F|/W` over frames with no foot on the floor         0.05
negative_vertical   share of frames with :math:`F_v < -0.02\,W`: a floor cannot pull 0.01
friction            share of loaded frames with :math:`|F_h| > \mu F_v`              0.01
centre_of_pressure  share of loaded frames with it outside the foot                  0.05
=================== ================================================================ =========

A frame is loaded where :math:`F_v > 0.1\,W`. A check that lacks what it needs is not passed and
not failed: it says why. Always run the same checks on the measured force beside the generated one:
real plates fail some of them too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from unisono.core.checks import check_axes
from unisono.core.errors import ShapeError
from unisono.evaluation.arrays import Array, Mask, mask_out, masked_mean

__all__ = [
    "ForceLayout",
    "PhysicsCheck",
    "PhysicsContext",
    "PhysicsReport",
    "PhysicsThresholds",
    "check_forces",
    "flight_of",
]


@dataclass(frozen=True)
class ForceLayout:
    """Which channels of a force stream are what.

    Args:
        vertical: Channel of the vertical force of each foot (or one for the total).
        horizontal: The two horizontal channels of each foot, or empty.
        pressure: The two horizontal channels of the centre of pressure of each foot, or empty.
        up: 1 where the force on the body points up as positive, -1 where as negative.
    """

    vertical: tuple[int, ...]
    horizontal: tuple[tuple[int, int], ...] = ()
    pressure: tuple[tuple[int, int], ...] = ()
    up: float = 1.0

    def __post_init__(self) -> None:
        for name in ("horizontal", "pressure"):
            if getattr(self, name) and len(getattr(self, name)) != len(self.vertical):
                raise ShapeError(
                    f"{name} names {len(getattr(self, name))} feet, but vertical names "
                    f"{len(self.vertical)}."
                )


@dataclass(frozen=True, eq=False)
class PhysicsContext:
    """What is known of the windows beside the force itself.

    Args:
        weight: Body weight in the force's unit, ``(n,)``; NaN where unknown.
        whole_stride: Windows that hold whole strides, both feet measured, ``(n,)`` bool.
        flight: Frames with no foot on the floor, ``(n, L)`` bool, from measured force or from
            kinematics; None where unknown.
        feet: Points of each foot on the floor plane from heel to toe, ``(n, L, sides, K, 2)``, in
            the frame and unit of the centre of pressure; None where unknown.
    """

    weight: Array
    whole_stride: Mask
    flight: Mask | None = None
    feet: Array | None = None


@dataclass(frozen=True)
class PhysicsThresholds:
    """Where each check fails; see the module.

    Args:
        mean_vertical: Relative error of the mean vertical force.
        flight: Body weights of force in flight.
        negative_vertical: Share of frames.
        friction: Share of loaded frames.
        centre_of_pressure: Share of loaded frames.
        friction_coefficient: ``mu``; shoes on a laboratory floor stay below about 1.
        sole: Half width of a sole about the line from heel to toe, in the unit of the points (m).
    """

    mean_vertical: float = 0.05
    flight: float = 0.05
    negative_vertical: float = 0.01
    friction: float = 0.01
    centre_of_pressure: float = 0.05
    friction_coefficient: float = 1.0
    sole: float = 0.07


class PhysicsCheck(NamedTuple):
    """One check.

    Attributes:
        name: As in the table of the module.
        value: The figure; NaN where it could not be taken.
        threshold: The check passes at or below it.
        passed: None where it could not be taken.
        samples: Windows or frames it rests on.
        note: What was measured, or why it could not be.
    """

    name: str
    value: float
    threshold: float
    passed: bool | None
    samples: int
    note: str


class PhysicsReport(NamedTuple):
    """The five checks of one force."""

    checks: tuple[PhysicsCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.passed is not False for check in self.checks)

    def of(self, name: str) -> PhysicsCheck:
        """Return a check by name.

        Raises:
            KeyError: If there is none of that name.
        """
        found = [check for check in self.checks if check.name == name]
        if not found:
            raise KeyError(name)
        return found[0]


class _Force(NamedTuple):
    """All in body weights, up positive; windows without a known weight are invalid."""

    vertical: Array  # (n, L, sides)
    valid: Mask  # (n, L, sides)
    sideways: Array | None  # (n, L, sides), magnitude
    sideways_valid: Mask


def check_forces(
    force: Array,
    valid: Mask,
    *,
    layout: ForceLayout,
    context: PhysicsContext,
    thresholds: PhysicsThresholds = PhysicsThresholds(),  # noqa: B008 - frozen
) -> PhysicsReport:
    """Run the five checks.

    Args:
        force: ``(n, L, D)`` in its own unit.
        valid: ``(n, L, D)``; for generated force all True, or the mask of the measured one.
        layout: Which channels are what.
        context: Weight, strides, flight, feet.
        thresholds: Where each check fails.

    Raises:
        ShapeError: If the axes disagree.
    """
    check_axes(
        force=(force, "n L D"),
        valid=(valid, "n L D"),
        weight=(context.weight, "n"),
        whole_stride=(context.whole_stride, "n"),
    )
    scaled = _scale(force, valid, layout, context)
    return PhysicsReport(
        (
            _mean_vertical(scaled, context, thresholds),
            _flight(scaled, context, thresholds),
            _negative(scaled, thresholds),
            _friction(scaled, thresholds),
            _pressure(scaled, (force, valid), layout, (context, thresholds)),
        )
    )


def _scale(force: Array, valid: Mask, layout: ForceLayout, context: PhysicsContext) -> _Force:
    known = np.isfinite(context.weight) & (context.weight > 0)
    weight = np.where(known, context.weight, 1.0)[:, None, None]
    columns = list(layout.vertical)
    seen = valid[..., columns] & known[:, None, None]
    vertical = mask_out(layout.up * force[..., columns] / weight, seen)
    if not layout.horizontal:
        return _Force(vertical, seen, None, np.zeros_like(seen))
    pairs = np.array(layout.horizontal)
    both = valid[..., pairs[:, 0]] & valid[..., pairs[:, 1]] & seen
    sideways = np.hypot(
        mask_out(force[..., pairs[:, 0]], both), mask_out(force[..., pairs[:, 1]], both)
    )
    return _Force(vertical, seen, sideways / weight, both)


def _result(name: str, value: float, threshold: float, samples: int, note: str) -> PhysicsCheck:
    return PhysicsCheck(name, value, threshold, bool(value <= threshold), samples, note)


def _missing(name: str, threshold: float, why: str) -> PhysicsCheck:
    return PhysicsCheck(name, float("nan"), threshold, None, 0, f"not checked: {why}")


def _mean_vertical(
    force: _Force, context: PhysicsContext, limits: PhysicsThresholds
) -> PhysicsCheck:
    name = "mean_vertical"
    usable = context.whole_stride & force.valid.all(axis=(1, 2))
    if not usable.any():
        return _missing(
            name, limits.mean_vertical, "no window of whole strides with every plate and a weight"
        )
    off = np.abs(force.vertical[usable].sum(axis=2).mean(axis=1) - 1)
    note = f"median |mean vertical force / body weight - 1|; worst {off.max():.3f}"
    return _result(name, float(np.median(off)), limits.mean_vertical, int(usable.sum()), note)


def _flight(force: _Force, context: PhysicsContext, limits: PhysicsThresholds) -> PhysicsCheck:
    name = "flight"
    if context.flight is None:
        return _missing(name, limits.flight, "flight is not known")
    frames = context.flight & force.valid.all(axis=2)
    if not frames.any():
        return _missing(name, limits.flight, "no frame of flight")
    size = np.abs(force.vertical)
    if force.sideways is not None:
        size = np.hypot(size, force.sideways)
    value = float(size.sum(axis=2)[frames].mean())
    note = "mean force in flight, in body weights"
    return _result(name, value, limits.flight, int(frames.sum()), note)


def _negative(force: _Force, limits: PhysicsThresholds) -> PhysicsCheck:
    name = "negative_vertical"
    if not force.valid.any():
        return _missing(name, limits.negative_vertical, "no valid vertical force with a weight")
    pulled = force.vertical[force.valid] < -0.02
    note = f"share of frames below -0.02 body weights; lowest {force.vertical.min():.3f}"
    return _result(name, float(pulled.mean()), limits.negative_vertical, pulled.size, note)


def _friction(force: _Force, limits: PhysicsThresholds) -> PhysicsCheck:
    name = "friction"
    if force.sideways is None:
        return _missing(name, limits.friction, "no horizontal force")
    loaded = force.sideways_valid & (force.vertical > 0.1)
    if not loaded.any():
        return _missing(name, limits.friction, "no loaded frame")
    used = force.sideways[loaded] / force.vertical[loaded]
    mu = limits.friction_coefficient
    note = f"share of loaded frames with friction above {mu:g}; 95th percentile "
    note += f"{np.quantile(used, 0.95):.2f}"
    return _result(name, float((used > mu).mean()), limits.friction, used.size, note)


def _pressure(
    force: _Force,
    raw: tuple[Array, Mask],
    layout: ForceLayout,
    rest: tuple[PhysicsContext, PhysicsThresholds],
) -> PhysicsCheck:
    name, (context, limits) = "centre_of_pressure", rest
    if not layout.pressure:
        return _missing(name, limits.centre_of_pressure, "no centre of pressure")
    if context.feet is None:
        return _missing(name, limits.centre_of_pressure, "the feet are not known")
    values, valid = raw
    pairs = np.array(layout.pressure)
    points = np.stack([values[..., pairs[:, k]] for k in range(2)], axis=-1)
    both = valid[..., pairs[:, 0]] & valid[..., pairs[:, 1]]
    loaded = both & force.valid & (force.vertical > 0.1) & np.isfinite(context.feet).all((-1, -2))
    if not loaded.any():
        return _missing(name, limits.centre_of_pressure, "no loaded frame with a known foot")
    away = _distance(points[loaded], context.feet[loaded])
    note = f"share of loaded frames over {limits.sole:g} from the line heel to toe; 95th "
    note += f"percentile of the distance {np.quantile(away, 0.95):.3f}"
    share = float((away > limits.sole).mean())
    return _result(name, share, limits.centre_of_pressure, away.size, note)


def _distance(point: Array, line: Array) -> Array:
    """Distance of points ``(m, 2)`` from polylines ``(m, K, 2)``."""
    if line.shape[1] == 1:
        return np.asarray(np.linalg.norm(point - line[:, 0], axis=-1))
    start, along = line[:, :-1], np.diff(line, axis=1)
    to_point = point[:, None] - start
    length = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = np.clip((to_point * along).sum(axis=-1) / length, 0.0, 1.0)
    gap = np.linalg.norm(to_point - share[..., None] * along, axis=-1)
    return np.asarray(gap.min(axis=1))


def flight_of(force: Array, valid: Mask, *, layout: ForceLayout, weight: Array) -> Mask:
    """Frames in which the measured vertical force of every foot is below 2 % of body weight.

    Args:
        force: Measured force, ``(n, L, D)``.
        valid: ``(n, L, D)``; a frame with a plate not stepped on or not measured is no flight.
        layout: Which channels are what.
        weight: Body weight in the force's unit, ``(n,)``.

    Returns:
        ``(n, L)`` bool.
    """
    columns: Sequence[int] = list(layout.vertical)
    total = masked_mean(np.abs(force[..., columns]), valid[..., columns], 2)
    with np.errstate(invalid="ignore"):
        low = total < 0.02 * weight[:, None] / len(columns)
    return np.asarray(low & valid[..., columns].all(axis=2))
