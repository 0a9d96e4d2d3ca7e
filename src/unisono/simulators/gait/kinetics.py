r"""Forces on the feet and moments at the joints, exact for the motion they belong to.

The total force is ``F = m (c'' + g z)``. The zero-moment point

.. math:: x_0 = x - (z F_x + \dot L_y) / F_z, \qquad y_0 = y - (z F_y - \dot L_x) / F_z

is where it must act. Each foot carries its part of ``F_z`` at the place its template wants, both
places moved by the same small amount (``shift``) so that the total acts at the zero-moment point;
its horizontal force is ``F_z (x - p) / z`` plus its part of the change of momentum, so that the
leading foot brakes and the trailing one pushes, and the sums are exact. Joint moments are internal
(what the proximal segment does to the distal one), by Newton and Euler from the toes upwards.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import SEGMENTS, Body
from unisono.simulators.gait.kinematics import State
from unisono.simulators.gait.rotations import cross, turn, turn_back
from unisono.simulators.gait.solver import GRAVITY, Motion
from unisono.simulators.gait.steps import airborne, foot_path, locate, pressure, push

__all__ = ["FootLoads", "JointLoads", "foot_loads", "joint_loads", "momentum_rate", "slip"]

Array = npt.NDArray[np.float64]


class FootLoads(NamedTuple):
    """What the floor does to each foot.

    Attributes:
        force: N, ``(3, B, F, n)``.
        place: Centre of pressure on the floor, m, ``(3, B, F, n)``, less the mean forward motion.
        free: Free moment about the vertical, N m, ``(B, F, n)``.
        shift: Distance of the places from their template, m, ``(B, n)``.
        spin_leak: Rate of angular momentum in flight, N m, ``(B, n)``.
    """

    force: Array
    place: Array
    free: Array
    shift: Array
    spin_leak: Array


class JointLoads(NamedTuple):
    """Moments about three axes of the distal segment, N m, and powers, W.

    Attributes:
        moment: Of hip, knee and ankle on thigh, shank and foot, in the axes of the thigh for the
            hip and of the shank for knee and ankle, ``(3 axes, B, 3 joints, F, n)``.
        power: ``(B, 3 joints, F, n)``.
    """

    moment: Array
    power: Array


def _spin_rates(body: Body, state: State) -> Array:
    """Rate of each segment's angular momentum about its own centre, ``(3, B, 15, n)``."""
    inertia = body.inertias.transpose(0, 2, 1)[..., None]

    def times(v: Array) -> Array:
        return turn(state.rotation, inertia * turn_back(state.rotation, v))

    return times(state.alpha) + cross(state.omega, times(state.omega))


def momentum_rate(body: Body, state: State) -> Array:
    """Rate of angular momentum about the whole centre of mass, ``(3, B, n)``, N m."""
    away = state.centre.position - state.whole.position[:, :, None]
    push_each = body.masses.T[..., None] * (
        state.centre.acceleration - state.whole.acceleration[:, :, None]
    )
    out: Array = (cross(away, push_each) + _spin_rates(body, state)).sum(axis=2)
    return out


def foot_loads(motion: Motion, state: State) -> FootLoads:
    """Loads of both feet at the times of ``state``."""
    body, steps = motion.body, motion.steps
    count = state.whole.position.shape[-1]
    time = np.arange(count) / count * steps.period[:, None]
    where = locate(steps, time)
    shape = where.shape_of(steps)
    s = where.elapsed / where.pick(steps.duration)
    wish = push(shape, s, running=steps.running) * where.pick(motion.amplitude)
    heading = where.pick(steps.heading)
    along = pressure(steps, body, shape, s)
    forward = where.pick(steps.ahead) - steps.speed[:, None, None] * where.elapsed
    place = np.stack(
        [
            forward + along * np.cos(heading),
            where.pick(steps.aside) + along * np.sin(heading),
            np.zeros_like(along),
        ]
    )
    wanted = wish.sum(axis=1)
    loaded = ~airborne(steps, time)
    share = np.where(loaded[:, None], wish / np.maximum(wanted, 1e-30)[:, None], 0.0)
    x, y, z = state.whole.position
    total = body.mass[:, None] * state.whole.acceleration
    total[2] += (body.mass * GRAVITY)[:, None]
    rate = momentum_rate(body, state)
    fz = np.where(loaded, total[2], 1.0)
    zmp = np.stack([x - (z * total[0] + rate[1]) / fz, y - (z * total[1] - rate[0]) / fz])
    off = np.where(loaded, zmp - np.einsum("bfn,ibfn->ibn", share, place[:2]), 0.0)
    place[:2] += off[:, :, None]
    up = share * total[2][:, None]
    force = np.stack(
        [
            (up * (x[:, None] - place[0]) - share * rate[1][:, None]) / z[:, None],
            (up * (y[:, None] - place[1]) + share * rate[0][:, None]) / z[:, None],
            up,
        ]
    )
    arm = place - state.whole.position[:, :, None]
    free = rate[2] - (arm[0] * force[1] - arm[1] * force[0]).sum(axis=1)
    return FootLoads(
        force,
        place,
        share * free[:, None],
        np.sqrt((off**2).sum(axis=0)),
        np.where(loaded, 0.0, np.sqrt((rate**2).sum(axis=0))),
    )


def slip(motion: Motion, state: State, loads: FootLoads) -> Array:
    """Largest sideways departure of a loaded foot from its rolling path, m, ``(B,)``.

    The path itself rolls without slip; smoothing and what is left of the solver's error do not.
    """
    body, steps = motion.body, motion.steps
    count = state.whole.position.shape[-1]
    time = np.arange(count) / count * steps.period[:, None]
    where = locate(steps, time)
    stride = steps.stride[:, None, None]
    end = where.pick(steps.duration) / stride
    u = np.minimum(where.elapsed / stride, end)
    foot = foot_path(body, where.shape_of(steps), u, end, steps.stride)
    heading = where.pick(steps.heading)
    path = np.stack(
        [
            where.pick(steps.ahead)
            - steps.speed[:, None, None] * where.elapsed
            + np.cos(heading) * foot.along,
            where.pick(steps.aside) + np.sin(heading) * foot.along,
        ]
    )
    ankle = _sides(state.origin.position, ("foot",))[:2, :, 0]
    loaded = loads.force[2] > 0.05 * (body.mass * GRAVITY)[:, None, None]
    away = np.sqrt(((ankle - path) ** 2).sum(axis=0))
    out: Array = np.where(loaded, away, 0.0).max(axis=(1, 2))
    return out


def _sides(values: Array, names: tuple[str, ...]) -> Array:
    """Pick segments of both sides: ``(..., B, 15, n)`` to ``(..., B, len(names), F, n)``."""
    index = np.array([[SEGMENTS.index(f"{side}_{name}") for side in "rl"] for name in names])
    return values[..., index, :]


def joint_loads(body: Body, state: State, loads: FootLoads) -> JointLoads:
    """Moments and powers of hips, knees and ankles."""
    chain = ("thigh", "shank", "foot", "toes")
    gravity = np.array([0.0, 0.0, GRAVITY])[:, None, None, None, None]
    mass = _sides(body.masses.T[..., None], chain)
    pull = mass * (_sides(state.centre.acceleration, chain) + gravity)
    spin = _sides(_spin_rates(body, state), chain)
    centre, origin = _sides(state.centre.position, chain), _sides(state.origin.position, chain)
    rotation = _sides(state.rotation, ("thigh", "shank"))
    omega = _sides(state.omega, chain)
    turning = np.zeros_like(loads.force)
    turning[2] = loads.free
    moments, powers = [], []
    for joint in range(3):
        at = origin[:, :, joint : joint + 1]
        below = cross(centre[:, :, joint:] - at, pull[:, :, joint:]) + spin[:, :, joint:]
        floor = cross(loads.place - at[:, :, 0], loads.force) + turning
        moment = below.sum(axis=2) - floor
        above = omega[:, :, joint - 1] if joint else _pelvis_omega(state)
        powers.append((moment * (omega[:, :, joint] - above)).sum(axis=0))
        moments.append(turn_back(rotation[:, :, :, min(joint, 1)], moment))
    return JointLoads(np.stack(moments, axis=2), np.stack(powers, axis=1))


def _pelvis_omega(state: State) -> Array:
    return np.repeat(state.omega[:, :, :1], 2, axis=2)
