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
from unisono.simulators.gait.legs import Legs, move_legs, straight_height
from unisono.simulators.gait.mixing import Mixer
from unisono.simulators.gait.momentum import allowed, spans, spin, untwist
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.rotations import cross, turn
from unisono.simulators.gait.spectral import (
    antiderivative,
    bounded_solution,
    derivative,
    low_pass,
)
from unisono.simulators.gait.steps import Steps, locate, pressure, push, smooth
from unisono.simulators.gait.track import Track, lay_track
from unisono.simulators.gait.upper import (
    Trunk,
    UpperBody,
    carry,
    gait_phase,
    hips_of,
    trunk_motion,
)

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
        hips_of(body, trunk.pelvis),
        keep,
        amplitude,
        upper,
        spin(upper.rotations, body, slice(0, 7), steps.period[:, None]),
        spans(steps, time),
    )


def _round(scene: _Scene, now: Start) -> _Round:
    """Centre of mass from momentum, pose from the centre of mass, momentum from the pose."""
    steps, body, per = scene.steps, scene.body, scene.per
    z = scene.lift + now.height[:, None]
    rate = (
        now.rate if not steps.running else allowed(now.rate, scene.total, scene.keep, scene.spans)
    )
    torque = np.stack([rate[1], -rate[0]]) / body.mass[:, None]
    plane = bounded_solution(
        scene.total * GRAVITY / z, (scene.pushed + torque) / z, steps.period, now.plane, _TOLERANCE
    )
    twist, upper, held = now.twist, scene.upper, scene.spin
    if steps.running:
        twist = twist + untwist(rate - now.rate, body, per)
        upper = carry(body, _twisted(scene.trunk, twist))
        held = spin(upper.rotations, body, slice(0, 7), per)
    target = np.concatenate([plane, z[None]])
    root = target - now.above
    rise = straight_height(body, scene.track, root[:, :, None] + scene.hip)
    root[2] += rise[:, None]
    target[2] += rise[:, None]
    posed = _pose(body, scene.track, upper, scene.hip, root)
    limit = cutoff(steps)
    above = low_pass(posed.centre - root, steps.period, limit)
    held = held + _momentum(posed, body, per)
    pace = low_pass(derivative(held) / per, steps.period, limit)
    after = Start(above, plane, pace, twist, now.height + rise)
    gaps = ((above - now.above), (pace - now.rate) / (10 * body.mass * GRAVITY)[:, None])
    miss = np.max([np.sqrt((gap**2).sum(0).max(-1)) for gap in gaps], axis=0)
    return _Round(after, posed.legs, root, target, miss)


def solve(
    steps: Steps,
    body: Body,
    *,
    rounds: int,
    start: Start | None = None,
    goal: float = 0.0,
    hopeless: float = np.inf,
) -> Motion:
    """Solve the motion of ``B`` trials.

    Args:
        steps: The steps; all trials of one gait and one number of strides.
        body: The bodies.
        rounds: Most rounds of momentum, centre of mass and pose, at least 1.
        start: A neighbouring solution to begin from; one serves all trials.
        goal: Stop earlier when no pose misses its centre of mass by more than this, m.
        hopeless: Stop after two fifths of the rounds if every pose still misses by more than this.
    """
    if rounds < 1:
        raise UnisonoError(f"rounds must be at least 1; got {rounds}.")
    count = steps.count * PER_STRIDE[steps.running]
    time = np.arange(count) / count * steps.period[:, None]
    scene = _lay_scene(steps, body, time)
    now = _spread(start, len(time)) if start else _first_guess(body, scene)
    mixer = Mixer()
    for spent in range(1, rounds + 1):
        done = _round(scene, now)
        late = spent >= 0.4 * rounds and done.miss.min() > hopeless
        if done.miss.max() <= goal or late:
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


def _momentum(posed: _Posed, body: Body, per: Array) -> Array:
    """Angular momentum less the spin of the upper segments, ``(3, B, N)``."""
    away = posed.points - posed.centre[:, :, None]
    speed = derivative(away) / per[:, None]
    orbit = (body.masses.T[..., None] * cross(away, speed)).sum(axis=2)
    low = _flat(posed.legs.rotations)
    out: Array = orbit + spin(low, body, slice(7, 15), per)
    return out
