r"""The force nearest to a generated one that mechanics allows.

Forces on the body :math:`F_{f}` of the feet ``f`` at one frame, with spreads :math:`\sigma_f`, are
moved to the minimum of

.. math:: \sum_f \frac{(F_f - F^0_f)^2}{\sigma_f^2}
          + \frac{\left(\sum_f F_f - m (a - g)\right)^2}{(m r)^2}

axis by axis, subject to :math:`F_{f,v} \ge 0` (a floor cannot pull) and :math:`F_f = 0` for feet
that are off the floor. That is Newton's balance for a centre of mass with the acceleration ``a``,
known within ``r``: the smallest change, weighted by how sure the model was. Where ``a`` is not
known but whole strides are, the mean of the vertical force over them is moved to body weight in
the same sense. Afterwards friction holds: :math:`|F_h| \le \mu F_v`, so that a foot without load
pushes nowhere.

Each of these sets holds every possible true force and is convex, so that going to its nearest point
brings the answer closer to the truth, or leaves it, in the norm of the spreads (for the balance:
as far as ``a`` is right).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from unisono.core.checks import check_axes
from unisono.core.units import STANDARD_GRAVITY
from unisono.evaluation.arrays import Array, Mask
from unisono.evaluation.physics import ForceLayout

__all__ = ["Mechanics", "balance_residual", "balanced"]


@dataclass(frozen=True, eq=False)
class Mechanics:
    """What is known of a body that forces act on.

    Args:
        weight: Body weight in the force's unit; NaN where unknown.
        acceleration: Of the centre of mass, ``(T, 3)`` m/s^2: vertical, then the two horizontal
            axes of the layout; NaN where unknown. None where nothing is known.
        accuracy: ``r``, its standard error, m/s^2.
        unloaded: Feet off the floor, ``(T, feet)`` bool; None where unknown.
        strides: First and last frame (exclusive) of whole strides; of use where the acceleration is
            unknown.
        friction: ``mu``.
    """

    weight: float
    acceleration: Array | None = None
    accuracy: float = 0.3
    unloaded: Mask | None = None
    strides: tuple[int, int] | None = None
    friction: float = 1.0


class _Axis(NamedTuple):
    """One axis of every foot: force and spread ``(T, feet)``, wanted sum ``(T,)`` and its error."""

    force: Array
    spread: Array
    total: Array
    error: float


def balanced(force: Array, spread: Array, layout: ForceLayout, known: Mechanics) -> Array:
    """Move a force to the nearest one that mechanics allows.

    Args:
        force: ``(T, D)`` in its own unit; NaN where nothing was generated.
        spread: Standard deviations or half widths of a band, ``(T, D)``; only their ratios among
            feet and to ``r`` matter.
        layout: Which channels are what.
        known: What is known of the body.

    Returns:
        ``(T, D)``; channels of no force are as they were.

    Raises:
        ShapeError: If the shapes disagree.
    """
    check_axes(force=(force, "T D"), spread=(spread, "T D"))
    moved = force.copy()
    columns = list(layout.vertical)
    vertical = _vertical(layout.up * force[:, columns], spread[:, columns], known)
    moved[:, columns] = layout.up * vertical
    if not layout.horizontal:
        return moved
    pairs = np.array(layout.horizontal)
    free = np.isfinite(vertical) & ~(vertical > 0)
    sideways = []
    for k in range(2):
        here = force[:, pairs[:, k]]
        total = _total(known, 1 + k, len(force))
        tight = np.where(free, 0.0, np.maximum(spread[:, pairs[:, k]], 1e-9))
        start = np.where(free & np.isfinite(here), 0.0, here)
        sideways.append(_summed(_Axis(start, tight, total, _error(known))))
    size = np.hypot(*sideways)
    limit = known.friction * np.clip(vertical, 0, None)
    scale = np.where(size > limit, limit / np.where(size > 0, size, 1.0), 1.0)
    for k in range(2):
        moved[:, pairs[:, k]] = sideways[k] * scale
    return moved


def balance_residual(force: Array, layout: ForceLayout, known: Mechanics) -> Array:
    """How far the sum of forces is from mass times acceleration less gravity.

    Args:
        force: ``(T, D)`` in its own unit.
        layout: Which channels are what.
        known: What is known of the body.

    Returns:
        ``(T, axes)`` in body weights: vertical, then horizontal where the layout has them; NaN
        where the acceleration or a foot is not known.
    """
    found = []
    sets = [np.array(layout.vertical), *np.array(layout.horizontal).reshape(-1, 2).T]
    for axis, columns in enumerate(sets[: 1 + 2 * bool(layout.horizontal)]):
        sign = layout.up if axis == 0 else 1.0
        total = sign * force[:, columns].sum(axis=1)
        found.append((total - _total(known, axis, len(force))) / known.weight)
    return np.stack(found, axis=1)


def _vertical(force: Array, spread: Array, known: Mechanics) -> Array:
    """Vertical forces, up positive: the balance and the floor together, exactly.

    A foot that the balance would make pull is set to nothing and the rest solved again; taking
    load from it can only push the other feet down, so that no foot comes back.
    """
    spread = np.maximum(spread, 1e-9)
    off = known.unloaded if known.unloaded is not None else np.zeros(force.shape, bool)
    off = off & np.isfinite(force)
    start = np.where(off, 0.0, force)
    total = _total(known, 0, len(force))
    moved = start
    for _ in range(force.shape[1] + 1):
        moved = _summed(_Axis(start, np.where(off, 0.0, spread), total, _error(known)))
        moved = _to_weight(moved, np.where(off, 0.0, spread), known, total)
        pulled = (moved < 0) & ~off
        if not pulled.any():
            break
        off = off | pulled
        start = np.where(off, 0.0, force)
    return np.where(np.isfinite(force), np.maximum(moved, 0.0), force)


def _summed(axis: _Axis) -> Array:
    """The closed form of the minimum over one axis without bounds."""
    variance = np.where(np.isfinite(axis.force), axis.spread**2, 0.0)
    gap = axis.total - axis.force.sum(axis=1)  # NaN where a foot or the sum is not known
    share = variance / (variance.sum(axis=1) + axis.error**2)[:, None]
    step = np.where(np.isfinite(gap)[:, None], share * np.nan_to_num(gap)[:, None], 0.0)
    return np.asarray(axis.force + step)


def _to_weight(force: Array, spread: Array, known: Mechanics, total: Array) -> Array:
    """Move the mean over whole strides to body weight, where the balance of a frame is unknown."""
    if known.strides is None or not np.isfinite(known.weight) or np.isfinite(total).any():
        return force
    here = slice(*known.strides)
    piece, variance = force[here], spread[here] ** 2
    if not len(piece) or not np.isfinite(piece).all() or not variance.sum() > 0:
        return force
    gap = len(piece) * known.weight - piece.sum()
    moved = force.copy()
    moved[here] = piece + variance / variance.sum() * gap
    return moved


def _total(known: Mechanics, axis: int, frames: int) -> Array:
    """Mass times acceleration less gravity along an axis, in the force's unit, ``(T,)``."""
    if known.acceleration is None:
        return np.full(frames, np.nan)
    per_mass = known.acceleration[:, axis] + (STANDARD_GRAVITY if axis == 0 else 0.0)
    return np.asarray(known.weight / STANDARD_GRAVITY * per_mass, dtype=np.float64)


def _error(known: Mechanics) -> float:
    return known.accuracy * known.weight / STANDARD_GRAVITY if np.isfinite(known.weight) else 1.0
