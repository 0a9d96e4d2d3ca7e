r"""Legs: from the hips and the foot's path to the rotations of thigh, shank, foot and toes.

In stance the ankle is given and the leg follows by the law of cosines; its plane holds the foot's
heading. In swing the thigh's elevation ``Theta`` and the knee's flexion ``K`` are given: a mean
curve of real people plus a quintic in the swing's time that makes value, rate and acceleration
continuous with both neighbouring stances; so is the pitch of the foot.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import Body
from unisono.simulators.gait.rotations import cross
from unisono.simulators.gait.track import Track, ankle_at

__all__ = ["Legs", "move_legs", "straight_height"]

Array = npt.NDArray[np.float64]

_EDGE_RATE = np.array([[3.0, -16.0, 36.0, -48.0, 25.0], [-25.0, 48.0, -36.0, 16.0, -3.0]]) / 12
_EDGE_ACCELERATION = (
    np.array([[11.0, -56.0, 114.0, -104.0, 35.0], [35.0, -104.0, 114.0, -56.0, 11.0]]) / 12
)  # differences over five times that end with toe-off and begin with touchdown
_RATE_LIMIT = 4.0  # rad per stride that the quintic takes over; the rest decays at once
_BUMP = 0.12
_TOE_SWING = 0.30  # the toes are held up in mid swing, rad
_SOFT_KNEE = np.radians([5.5, 2.5])


class Legs(NamedTuple):
    """Both legs on the grid.

    Attributes:
        rotations: Of thigh, shank, foot, toes, ``(3, 3, B, 4, F, N)``.
        origins: Hip, knee, ankle and metatarsal joint, ``(3, B, 4, F, N)``.
        knee: Flexion, ``(B, F, N)``.
        jump: Mismatch of rate and acceleration at the ends of the swings before correction, per
            stride, ``(2, 3, B, F, S, 2)``: order, quantity.
        overreach: By how much a leg would have to be longer than it is, m, ``(B,)``.
    """

    rotations: Array
    origins: Array
    knee: Array
    jump: Array
    overreach: Array


def _reach(body: Body, knee: Array) -> Array:
    """Distance from hip to ankle for a knee flexion ``(B, ...)``."""
    one, two = (x.reshape(-1, *[1] * (knee.ndim - 1)) for x in (body.thigh, body.shank))
    out: Array = np.sqrt(one**2 + two**2 + 2 * one * two * np.cos(knee))
    return out


def _lead(body: Body, knee: Array) -> Array:
    """Angle by which the thigh is ahead of the line from hip to ankle."""
    one, two = (x.reshape(-1, *[1] * (knee.ndim - 1)) for x in (body.thigh, body.shank))
    return np.arctan2(two * np.sin(knee), one + two * np.cos(knee))


class _Bend(NamedTuple):
    thigh: Array
    knee: Array
    overreach: Array


def _bend(body: Body, leg: Array, heading: Array) -> _Bend:
    """Elevation and knee of a leg vector from hip to ankle, ``(3, B, ...)``."""
    one, two = (x.reshape(-1, *[1] * (heading.ndim - 1)) for x in (body.thigh, body.shank))
    square = np.einsum("i...,i...->...", leg, leg)
    cosine = (square - one**2 - two**2) / (2 * one * two)
    knee = np.arccos(np.clip(cosine, -1, 1 - 1e-6))
    forward = np.cos(heading) * leg[0] + np.sin(heading) * leg[1]
    return _Bend(
        np.arctan2(forward, -leg[2]) + _lead(body, knee),
        knee,
        np.sqrt(square) - (one + two),
    )


_Edge = tuple[Array, Array, Array]


def _quintic(start: _Edge, end: _Edge, tau: Array) -> Array:
    """Quintic with given value, rate and acceleration at 0 and at 1."""

    def basis(x: Array) -> _Edge:
        x3 = x * x * x
        return (
            1 - x3 * (10 - 15 * x + 6 * x**2),
            x - x3 * (6 - 8 * x + 3 * x**2),
            x**2 / 2 - x3 * (1.5 - 1.5 * x + 0.5 * x**2),
        )

    zero, one = basis(tau), basis(1 - tau)
    out: Array = zero[0] * start[0] + zero[1] * start[1] + zero[2] * start[2]
    out = out + one[0] * end[0] - one[1] * end[1] + one[2] * end[2]
    return out


def _not_straight(knee: Array) -> Array:
    """Bend a swinging knee that would straighten below 5.5 degrees, smoothly, to above 2.5."""
    gap = np.maximum(_SOFT_KNEE[0] - knee, 0) / (_SOFT_KNEE[0] - _SOFT_KNEE[1])
    bent: Array = _SOFT_KNEE[0] - (_SOFT_KNEE[0] - _SOFT_KNEE[1]) * gap / np.cbrt(1 + gap**3)
    return np.where(gap > 0, bent, knee)


class _Corrections(NamedTuple):
    curves: Array
    toes: Array
    jump: Array
    overreach: Array


def _soft_quintic(start: Array, end: Array, tau: Array, limit: Array | float) -> Array:
    """:func:`_quintic`, but what exceeds ``limit`` is taken up by short bumps at the ends.

    ``start`` and ``end`` hold value, rate and acceleration by ``tau``, all of which are met.
    """
    pieces = []
    bump: Array = np.zeros(np.broadcast_shapes(start.shape[1:], tau.shape))
    for sign, edge, x in ((1.0, start, tau), (-1.0, end, 1 - tau)):
        rate = np.clip(edge[1], -limit, limit)
        rest = edge[1] - rate
        wanted = edge[2] + sign * 6 * rest / _BUMP
        acceleration = np.clip(wanted, -10 * limit, 10 * limit)
        rough = (wanted - acceleration) / 2
        fade = np.maximum(1 - x / _BUMP, 0)
        bump += (sign * rest + rough * x) * (x * fade * fade * fade)
        pieces.append((edge[0], rate, acceleration))
    return bump + _quintic(pieces[0], pieces[1], tau)


def _swing_corrections(body: Body, track: Track, hips: Array) -> _Corrections:
    """Corrections of thigh, knee and ankle over the swing, ``(3, B, F, N)``."""
    ends = track.ends
    batch = np.arange(len(body.mass))[:, None, None, None, None, None]
    feet = np.arange(2)[:, None, None, None, None]
    hip = np.einsum("...i,...i->...", hips[:, batch, feet, ends.nodes], ends.weights)
    bend = _bend(body, ends.ankle - hip, ends.heading)
    values = np.stack([bend.thigh, bend.knee, ends.pitch - bend.thigh + bend.knee, ends.toes])
    per_tau = (track.length / ends.step)[..., None]
    edges = np.stack(
        [
            np.stack([values[..., 0, 4], values[..., 1, 0]], axis=-1),
            (values * _EDGE_RATE).sum(axis=-1) * per_tau,
            (values * _EDGE_ACCELERATION).sum(axis=-1) * per_tau**2,
        ]
    )
    mismatch = edges[:, :3] - track.bent
    wanted = np.concatenate([mismatch, edges[:, 3:]], axis=1)
    start, end = (track.place.pick(wanted[..., k]) for k in range(2))
    limits = _RATE_LIMIT * np.array([0.4, 0.4, 0.3, 0.1])[:, None, None, None]
    curves = _soft_quintic(start, end, track.tau, limits)
    strides = (track.length / track.stride[:, None, None])[..., None]
    jump = mismatch[1:] / np.stack([strides, strides**2])[:, None]
    over = bend.overreach.max(axis=(1, 2, 3, 4))
    raised = _TOE_SWING * np.sin(np.pi * track.tau) ** 3
    return _Corrections(curves[:3], curves[3] + raised, jump, over)


def move_legs(body: Body, track: Track, hips: Array) -> Legs:
    """Legs that carry the hips, ``(3, B, F, N)``, over the track."""
    fix = _swing_corrections(body, track, hips)
    cos, sin = np.cos(track.heading), np.sin(track.heading)
    standing = ankle_at(track.base, track.heading, track.foot)
    thigh, knee = track.thigh + fix.curves[0], _not_straight(track.knee + fix.curves[1])
    aside = cos * (track.base[1] - hips[1]) - sin * (track.base[0] - hips[0])
    reach = np.sqrt(np.maximum(_reach(body, knee) ** 2 - aside**2, 0.01))
    lean = thigh - _lead(body, knee)
    ahead = reach * np.sin(lean)
    hanging = hips + np.stack(
        [ahead * cos - aside * sin, ahead * sin + aside * cos, -reach * np.cos(lean)]
    )
    ankle = np.where(track.stance, standing, hanging)
    bend = _bend(body, ankle - hips, track.heading)
    swing_pitch = thigh - knee + track.ankle + fix.curves[2]
    pitch = np.where(track.stance, track.foot.pitch, swing_pitch)
    toes = np.where(track.stance, track.foot.toes, swing_pitch + fix.toes)
    over = np.where(track.stance, bend.overreach, -1).max(axis=(1, 2))
    return Legs(
        *_assemble(body, hips, ankle, bend, (pitch, toes, cos, sin)),
        bend.knee,
        fix.jump,
        np.maximum(over, fix.overreach),
    )


def _assemble(
    body: Body, hips: Array, ankle: Array, bend: _Bend, foot: tuple[Array, Array, Array, Array]
) -> tuple[Array, Array]:
    """Rotations and origins of the segments from the joints and the pitches of the foot."""
    pitch, toes, cos, sin = foot
    leg = ankle - hips
    down = leg / np.sqrt(np.einsum("i...,i...->...", leg, leg))
    left = np.stack([-sin, cos, np.zeros_like(cos)])
    left = left - np.einsum("i...,i...->...", left, down) * down
    left = left / np.sqrt(np.einsum("i...,i...->...", left, left))
    front = cross(down, left)
    lead = _lead(body, bend.knee)
    along = np.cos(lead) * down + np.sin(lead) * front
    knee = hips + body.thigh[:, None, None] * along
    rotations = np.empty((3, 3, hips.shape[1], 4, *hips.shape[2:]))
    up = knee - ankle
    shank = up / np.sqrt(np.einsum("i...,i...->...", up, up))
    for i, z in enumerate((-along, shank)):
        rotations[:, 0, :, i], rotations[:, 1, :, i] = cross(left, z), left
        rotations[:, 2, :, i] = z
    for i, angle in ((2, pitch), (3, toes)):
        c, s = np.cos(angle), np.sin(angle)
        zero = np.zeros_like(c)
        rotations[:, 0, :, i] = np.stack([cos * c, sin * c, s])
        rotations[:, 1, :, i] = np.stack([-sin, cos, zero])
        rotations[:, 2, :, i] = np.stack([-cos * s, -sin * s, c])
    x, z = rotations[:, 0, :, 2], rotations[:, 2, :, 2]
    ball, drop = body.ball[:, None, None], (body.mtp - body.ankle)[:, None, None]
    origins = np.stack([hips, knee, ankle, ankle + ball * x + drop * z], axis=2)
    return rotations, origins


def straight_height(body: Body, track: Track, hips: Array) -> Array:
    """How far the hips must rise, ``(B,)``, for the straightest stance knee to be as wished."""
    ankle = ankle_at(track.base, track.heading, track.foot)
    away = ankle[:2] - hips[:2]
    reach = _reach(body, np.radians(track.shape.knee_min_deg))
    height = ankle[2] + np.sqrt(np.maximum(reach**2 - away[0] ** 2 - away[1] ** 2, 0.01))
    out: Array = np.where(track.stance, height - hips[2], np.inf).min(axis=(1, 2))
    return out
