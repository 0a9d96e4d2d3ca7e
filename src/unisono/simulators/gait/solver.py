r"""The motion whose forces are exact: vertical template, solved horizontal motion, and legs.

With ``c = (x, y, z)`` the centre of mass, ``F`` the total force, ``p`` the wanted centre of
pressure (force-weighted mean over the feet) and ``L`` the angular momentum about ``c``:

.. math::
    \dot L_y = -z F_x - (p_x - x) F_z, \qquad \dot L_x = (p_y - y) F_z + z F_y

with ``F = m (c'' + g)``. The vertical force is a template, so ``z`` is its double integral. The two
equations are then linear in ``x`` and ``y``, and each has one bounded periodic solution. ``L``
comes from the pose, the pose from ``c``; a fixed point is reached in a few rounds. In the flight of
a run ``L`` must be constant: the trunk takes up what the limbs would change.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.errors import UnisonoError
from unisono.simulators.gait.body import Body
from unisono.simulators.gait.legs import Legs, Track, lay_track, move_legs, straight_height
from unisono.simulators.gait.mixing import Mixer
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.rotations import cross, turn
from unisono.simulators.gait.spectral import (
    antiderivative,
    bounded_solution,
    derivative,
    low_pass,
)
from unisono.simulators.gait.steps import SIDE, Steps, locate, pressure, push, smooth
from unisono.simulators.gait.upper import Trunk, UpperBody, carry, gait_phase, trunk_motion

__all__ = [
    "GRAVITY",
    "PER_STRIDE",
    "Loads",
    "Motion",
    "Start",
    "cutoff",
    "scale_steps",
    "solve",
    "vertical",
]

Array = npt.NDArray[np.float64]

GRAVITY = 9.80665
PER_STRIDE = {False: 128, True: 256}
"""Samples of a stride on the solver's grid, by whether it is a run, whose flight needs more."""


_TOLERANCE = 1e-7  # of the horizontal solution; the loads are closed afterwards anyway
_CUTOFF = {False: 18.0, True: 40.0}


def cutoff(steps: Steps) -> float:
    """Frequency in Hz above which joint angles are smoothed: 18 in walking, 40 in running.

    Angles that follow a foot through touchdown and toe-off exactly are rougher than any person's.
    The rate of momentum is smoothed alike, so that it stays the rate of the smoothed angles.
    """
    return _CUTOFF[steps.running]


class Loads(NamedTuple):
    """Wanted loads of the feet over body weight, ``(B, F, n)``, and where they act, m.

    Attributes:
        vertical: Force of each foot over body weight.
        along: Centre of pressure along the foot from the ankle, ``(B, F, n)``.
    """

    vertical: Array
    along: Array


class Start(NamedTuple):
    """Where a solution begins: what changes little from one trial to the next.

    Attributes:
        above: Centre of mass from the middle of the hips, ``(3, B, N)``.
        plane: Horizontal centre of mass, ``(2, B, N)``.
        rate: Rate of angular momentum, ``(3, B, N)``.
        twist: Extra rotation of the trunk, ``(3, B, N)``.
        height: Mean height of the centre of mass, ``(B,)``.
    """

    above: Array
    plane: Array
    rate: Array
    twist: Array
    height: Array


@dataclass(frozen=True)
class Motion:
    """A solved motion on the grid.

    Args:
        body: Bodies.
        steps: Steps.
        time: Grid, ``(B, N)``.
        track: What the legs follow.
        legs: Where they are.
        trunk: Rotation angles of the parts above the hips.
        root: Middle of the hips, ``(3, B, N)``.
        centre: Centre of mass that the loads want, ``(3, B, N)``.
        amplitude: Scale of each step's vertical force, ``(B, F, S)``.
        start: Where a neighbouring trial may begin.
        miss: Largest change of the last round, m, ``(B,)``: of the centre of mass in the pose, or a
            tenth of what the change of momentum moves the centre of pressure by.
    """

    body: Body
    steps: Steps
    time: Array
    track: Track
    legs: Legs
    trunk: Trunk
    root: Array
    centre: Array
    amplitude: Array
    start: Start
    miss: Array


def scale_steps(steps: Steps, shapes: Array, time: Array) -> Array:
    """Find the amplitude of each step's force, ``(B, F, S)``.

    The mean total is body weight exactly. Among such amplitudes the ones are taken that best keep
    both the wanted shares (to 1 %) and an even height from step to step (to 0.5 mm): what is slower
    than a step in the force shows a hundredfold in the height, which people hold even.

    Args:
        steps: Steps, ``share`` being wanted.
        shapes: Unscaled force of each foot at the grid, ``(B, F, N)``.
        time: The grid, ``(B, N)``.
    """
    count = steps.count
    index = locate(steps, time).step
    single = shapes[..., None, :] * (index[:, :, None] == np.arange(count)[:, None])
    mean = single.mean(-1)
    single = single / mean[..., None] / (2 * count)
    flat = single.reshape(len(time), 2 * count, -1)
    waves = np.arange(1, 2 * count)
    terms = np.fft.rfft(flat)[..., waves] / flat.shape[-1]
    height = 2 * GRAVITY / (2 * np.pi * waves / steps.period[:, None]) ** 2
    terms = terms * height[:, None] / 0.0005
    rows = np.concatenate([terms.real, terms.imag], axis=-1).swapaxes(1, 2)
    wanted = steps.share.reshape(len(time), -1)
    wanted = wanted / wanted.mean(axis=1, keepdims=True)
    size = 2 * count
    system = np.zeros((len(time), size + 1, size + 1))
    system[:, :size, :size] = rows.swapaxes(1, 2) @ rows + np.eye(size) / 0.01**2
    system[:, :size, size] = system[:, size, :size] = 1.0
    right = np.zeros((len(time), size + 1))
    right[:, :size] = wanted / 0.01**2
    right[:, size] = size
    fixed = np.linalg.solve(system, right[..., None])[:, :size, 0]
    out: Array = fixed.reshape(mean.shape) / mean / size
    return out


def vertical(steps: Steps, body: Body, track: Track, amplitude: Array) -> Loads:
    """Wanted loads at the times of ``track``."""
    s = np.where(track.stance, track.u / track.end, 0.0)
    force = push(track.shape, s, running=steps.running) * track.place.pick(amplitude)
    return Loads(force, pressure(steps, body, track.shape, s))


def _middle(weight: Array, points: Array) -> Array:
    out: Array = np.einsum("bfn,ibfn->ibn", weight, points)
    return out


def _spin(rotations: Array, body: Body, part: slice, per: Array) -> Array:
    """Angular momentum of the segments about their own centres, summed, ``(3, B, N)``.

    The second moments ``J_k`` along the axes ``e_k`` replace the angular velocity:
    ``L = sum_k J_k e_k x e_k'``.
    """
    inertia = body.inertias[:, part].transpose(0, 2, 1)[..., None]
    second = inertia.sum(0) / 2 - inertia
    rate = derivative(rotations) / per[:, None]
    out: Array = sum((cross(second[k] * rotations[:, k], rate[:, k])).sum(-2) for k in range(3))
    return out


class _Posed(NamedTuple):
    legs: Legs
    centre: Array
    points: Array


def _flat(legs_array: Array) -> Array:
    """Merge segment and side: ``(..., B, 4, F, N)`` to ``(..., B, 8, N)``."""
    shape = legs_array.shape
    return legs_array.reshape(*shape[:-3], shape[-3] * shape[-2], shape[-1])


def _pose(body: Body, track: Track, upper: UpperBody, hip: Array, root: Array) -> _Posed:
    """Legs, whole centre of mass and centres of all segments for a root."""
    legs = move_legs(body, track, root[:, :, None] + hip)
    centres = body.centres[:, 7:].transpose(0, 2, 1)[..., None]
    low = _flat(legs.origins) + turn(_flat(legs.rotations), centres)
    high = root[:, :, None] + upper.centres
    points = np.concatenate([high, low], axis=2)
    weight = (body.masses / body.mass).T
    return _Posed(legs, np.einsum("bs,ibsn->ibn", weight, points), points)


def _hips(body: Body, pelvis: Array) -> Array:
    """Both hips from their middle, ``(3, B, F, N)``: the pelvis's ``y`` axis times half width."""
    a, b, c = pelvis
    axis = np.stack(
        [
            np.sin(a) * np.sin(b) * np.cos(c) - np.cos(a) * np.sin(c),
            np.cos(b) * np.cos(c),
            np.sin(a) * np.sin(c) + np.cos(a) * np.sin(b) * np.cos(c),
        ]
    )
    out: Array = axis[:, :, None] * (body.hip[:, None] * SIDE[:, 0])[..., None]
    return out


@dataclass(frozen=True)
class _Scene:
    """What stays while the rounds go on; arrays on the grid, ``(..., B, N)``."""

    steps: Steps
    body: Body
    track: Track
    total: Array
    lift: Array
    pushed: Array
    trunk: Trunk
    hip: Array
    keep: Array
    amplitude: Array
    upper: UpperBody
    spin: Array
    spans: Array

    @property
    def per(self) -> Array:
        return self.steps.period[:, None]


class _Round(NamedTuple):
    """What one round makes of a start: the next start and the pose it was made from."""

    after: Start
    legs: Legs
    root: Array
    target: Array
    miss: Array


def _lay_scene(steps: Steps, body: Body, time: Array) -> _Scene:
    track = lay_track(steps, body, time)
    s = np.where(track.stance, track.u / track.end, 0.0)
    amplitude = scale_steps(steps, push(track.shape, s, running=steps.running), time)
    loads = vertical(steps, body, track, amplitude)
    total = loads.vertical.sum(axis=1)
    lift = antiderivative((total - 1) * GRAVITY, 2) * steps.period[:, None] ** 2
    ahead = np.stack([np.cos(track.heading), np.sin(track.heading)])
    pushed = _middle(loads.vertical, track.base + loads.along * ahead) * GRAVITY
    mean_shape = Shape.unstack(steps.shape.stack().mean(axis=(2, 3))[..., None])
    trunk = trunk_motion(steps, mean_shape, gait_phase(steps, time))
    keep = smooth(total / (0.6 * total.max(-1, keepdims=True)))
    upper = carry(body, trunk)
    return _Scene(
        steps,
        body,
        track,
        total,
        lift,
        pushed,
        trunk,
        _hips(body, trunk.pelvis),
        keep,
        amplitude,
        upper,
        _spin(upper.rotations, body, slice(0, 7), steps.period[:, None]),
        _spans(steps, time),
    )


def _round(scene: _Scene, now: Start) -> _Round:
    """Centre of mass from momentum, pose from the centre of mass, momentum from the pose."""
    steps, body, per = scene.steps, scene.body, scene.per
    z = scene.lift + now.height[:, None]
    rate = now.rate if not steps.running else _allowed(now.rate, scene)
    torque = np.stack([rate[1], -rate[0]]) / body.mass[:, None]
    plane = bounded_solution(
        scene.total * GRAVITY / z, (scene.pushed + torque) / z, steps.period, now.plane, _TOLERANCE
    )
    twist, upper, spin = now.twist, scene.upper, scene.spin
    if steps.running:
        twist = twist + _untwist(rate - now.rate, body, per)
        upper = carry(body, _twisted(scene.trunk, twist))
        spin = _spin(upper.rotations, body, slice(0, 7), per)
    target = np.concatenate([plane, z[None]])
    root = target - now.above
    rise = straight_height(body, scene.track, root[:, :, None] + scene.hip)
    root[2] += rise[:, None]
    target[2] += rise[:, None]
    posed = _pose(body, scene.track, upper, scene.hip, root)
    limit = cutoff(steps)
    above = low_pass(posed.centre - root, steps.period, limit)
    spin = spin + _momentum(posed, body, per)
    pace = low_pass(derivative(spin) / per, steps.period, limit)
    after = Start(above, plane, pace, twist, now.height + rise)
    gaps = ((above - now.above), (pace - now.rate) / (10 * body.mass * GRAVITY)[:, None])
    miss = np.max([np.sqrt((gap**2).sum(0).max(-1)) for gap in gaps], axis=0)
    return _Round(after, posed.legs, root, target, miss)


def solve(
    steps: Steps, body: Body, *, rounds: int, start: Start | None = None, goal: float = 0.0
) -> Motion:
    """Solve the motion of ``B`` trials.

    Args:
        steps: The steps; all trials of one gait and one number of strides.
        body: The bodies.
        rounds: Most rounds of momentum, centre of mass and pose, at least 1.
        start: A neighbouring solution to begin from; one serves all trials.
        goal: Stop earlier when no pose misses its centre of mass by more than this, m.
    """
    if rounds < 1:
        raise UnisonoError(f"rounds must be at least 1; got {rounds}.")
    count = steps.count * PER_STRIDE[steps.running]
    time = np.arange(count) / count * steps.period[:, None]
    scene = _lay_scene(steps, body, time)
    now = _spread(start, len(time)) if start else _first_guess(body, scene)
    mixer = Mixer()
    for _ in range(rounds):
        done = _round(scene, now)
        if done.miss.max() <= goal:
            break
        now = _unpack(mixer.next(_pack(now, body), _pack(done.after, body)), done.after, body)
    trunk = _twisted(scene.trunk, done.after.twist)
    return Motion(
        body,
        steps,
        time,
        scene.track,
        done.legs,
        trunk,
        done.root,
        done.target,
        scene.amplitude,
        done.after,
        done.miss,
    )


def _pack(start: Start, body: Body) -> Array:
    """What the fixed point is about, all in metres or nearly so, ``(B, 9 N)``."""
    weight = (body.mass * GRAVITY)[:, None]
    rows = np.concatenate([start.above, start.rate / weight, 0.1 * start.twist])
    return rows.swapaxes(0, 1).reshape(len(body.mass), -1)


def _unpack(values: Array, start: Start, body: Body) -> Start:
    rows = values.reshape(len(body.mass), 9, -1).swapaxes(0, 1)
    weight = (body.mass * GRAVITY)[:, None]
    return start._replace(above=rows[:3], rate=rows[3:6] * weight, twist=10 * rows[6:])


def _spread(start: Start, size: int) -> Start:
    """Let the start of one trial serve all of a batch."""
    if start.height.shape[0] == size:
        return start
    above, plane, rate, twist = (
        np.broadcast_to(x, (x.shape[0], size, x.shape[2])) for x in start[:4]
    )
    return Start(above, plane, rate, twist, np.broadcast_to(start.height, (size,)))


def _first_guess(body: Body, scene: _Scene) -> Start:
    """Hips under a centre of mass that stays over the mean centre of pressure."""
    zero = np.zeros_like(scene.lift)
    above = np.stack([zero, zero, zero + 0.07 * body.height[:, None]])
    plane = np.stack([zero, zero]) + scene.pushed.mean(-1, keepdims=True) / GRAVITY
    none = np.stack([zero] * 3)
    return Start(above, plane, none, none, body.leg + 0.05 * body.height)


def _twisted(motion: Trunk, twist: Array) -> Trunk:
    return motion._replace(trunk=motion.trunk + twist)


def _spans(steps: Steps, time: Array) -> Array:
    """Which step of either foot each time belongs to, from mid flight to mid flight.

    Returns:
        1 where a time belongs to a step, else 0, ``(B, F * S, N)``, steps in order of time.
    """
    size = len(time)
    strike = steps.strike.reshape(size, -1)
    order = np.argsort(strike, axis=1)
    strike = np.take_along_axis(strike, order, axis=1)
    off = strike + np.take_along_axis(steps.duration.reshape(size, -1), order, axis=1)
    before = np.roll(off, 1, axis=1)
    before[:, 0] -= steps.period
    edge = (strike + before) / 2
    since = (time[:, None] - edge[..., None]) % steps.period[:, None, None]
    own = np.argmin(since, axis=1)
    out: Array = (own[:, None] == np.arange(strike.shape[1])[:, None]).astype(np.float64)
    return out


def _allowed(rate: Array, scene: _Scene) -> Array:
    """The rate of angular momentum that the floor can give: none in flight.

    What a step gives in all stays as it is, so that the trunk need not turn for longer than that.
    """
    held = rate * scene.keep
    weight = scene.total * scene.keep * scene.spans.swapaxes(0, 1)
    missing = np.einsum("ibn,bsn->ibs", rate - held, scene.spans)
    given = weight.sum(axis=-1).T
    out: Array = held + np.einsum("ibs,sbn->ibn", missing / given, weight)
    return out


def _untwist(excess: Array, body: Body, per: Array) -> Array:
    """Rotation of the trunk that takes up ``excess`` of the rate of angular momentum."""
    inertia = np.array([4.5, 4.0, 0.55])[:, None, None] * (body.mass / 73.0)[:, None]
    turned = 0.5 * antiderivative(excess, 2) * per**2 / inertia
    return np.stack([turned[1], turned[0], turned[2]])


def _momentum(posed: _Posed, body: Body, per: Array) -> Array:
    """Angular momentum less the spin of the upper segments, ``(3, B, N)``."""
    away = posed.points - posed.centre[:, :, None]
    speed = derivative(away) / per[:, None]
    orbit = (body.masses.T[..., None] * cross(away, speed)).sum(axis=2)
    low = _flat(posed.legs.rotations)
    out: Array = orbit + _spin(low, body, slice(7, 15), per)
    return out
