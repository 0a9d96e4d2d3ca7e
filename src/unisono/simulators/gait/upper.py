r"""Pelvis, trunk, head and arms: prescribed rotations, and the centre of mass they make.

All are smooth functions of the phase ``phi`` of the gait, in strides since a right strike. The
hip of the stance leg is high, the trunk leans over it a little, the shoulders turn against the
pelvis, and each arm swings with the leg of the other side.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import Body
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.rotations import multiply, rotation, turn
from unisono.simulators.gait.steps import SIDE, Steps

__all__ = ["Trunk", "UpperBody", "carry", "gait_phase", "hips_of", "trunk_motion"]

Array = npt.NDArray[np.float64]


class Trunk(NamedTuple):
    """Rotation angles in radians, each ``(B, N)``; ``arms`` and ``elbows`` ``(B, F, N)``.

    ``pelvis`` and ``trunk`` are ``(3, B, N)``: tilt or lean (forward), list (left side up is
    positive), rotation (to the left).
    """

    pelvis: Array
    trunk: Array
    arms: Array
    elbows: Array


class UpperBody(NamedTuple):
    """Rotations ``(3, 3, B, 7, N)`` and centres ``(3, B, 7, N)`` from the middle of the hips.

    The seven are pelvis, trunk, head, right and left upper arm, right and left forearm.
    """

    rotations: Array
    centres: Array


def gait_phase(steps: Steps, time: Array) -> Array:
    """Phase ``phi`` in strides at ``time``, ``(B, n)``: whole at right, half at left strikes.

    The strikes' departures from an even beat are interpolated by a trigonometric series, so that
    the phase is as smooth as the beat is.
    """
    count = steps.count
    beat = np.arange(count) * steps.stride[:, None]
    late = np.stack(
        [steps.strike[:, 0] - beat, steps.strike[:, 1] - beat - 0.5 * steps.stride[:, None]],
        axis=-1,
    ).reshape(len(time), 2 * count)
    terms = np.fft.rfft(late) / (2 * count)
    weight = np.full(count + 1, 2.0)
    weight[[0, -1]] = 1.0
    waves = np.arange(count + 1) / count
    phase = time / steps.stride[:, None]
    for _ in range(6):
        turnings = np.exp(2j * np.pi * waves * phase[..., None])
        delay = np.einsum("bnk,bk->bn", turnings, terms * weight).real
        phase = (time - delay) / steps.stride[:, None]
    return phase


def trunk_motion(steps: Steps, shape: Shape, phase: Array) -> Trunk:
    """Prescribed rotations at the phases ``(B, n)``.

    Args:
        steps: The trials; their speed sets the amplitudes.
        shape: Fields ``(B, 1)``: ``lean``, ``list_amp``, ``list_phase``, ``sway``, means over the
            steps.
        phase: ``(B, n)``.
    """
    v, deg = steps.speed[:, None], np.pi / 180
    run = steps.running
    wave = 2 * np.pi * phase
    listing = np.sin(wave + 2 * np.pi * shape.list_phase) + 0.3 * np.sin(3 * wave + 0.19)
    turn_amp = (3 + 0.5 * v if run else 2 + 2 * v) * deg
    pelvis = np.stack(
        [deg * np.cos(2 * wave - 1.26), -shape.list_amp * listing, turn_amp * np.cos(wave)]
    )
    yaw = (8 + v if run else 1 + 2 * v) * deg
    trunk = np.stack(
        [
            shape.lean + shape.nod_cos * np.cos(2 * wave) + shape.nod_sin * np.sin(2 * wave),
            shape.sway * np.sin(wave - 0.31),
            -yaw * np.cos(wave),
        ]
    )
    swing = ((18 + 4 * v if run else 6 + 9 * v) * deg)[:, None]
    ahead = np.stack([phase, phase + 0.5], axis=1)
    middle = (10 if run else 5) * deg
    arms = swing * np.cos(2 * np.pi * (ahead - 0.52)) + middle
    bend = (85 + 0 * v if run else 18 + 6 * v) * deg
    elbows = bend[:, None] + 0.35 * swing * np.cos(2 * np.pi * (ahead - 0.55))
    return Trunk(pelvis, trunk, arms, elbows)


def carry(body: Body, motion: Trunk) -> UpperBody:
    """Rotations and centres of mass of the seven segments above the hips, in the world's axes."""
    zero = np.zeros_like(motion.arms)
    pelvis, trunk = rotation(*motion.pelvis), rotation(*motion.trunk)
    head = rotation(0.3 * motion.trunk[0], 0.3 * motion.trunk[1], 0.3 * motion.trunk[2])
    side = np.array([-1.0, 1.0])[:, None]
    spread = zero + 0.10 * side
    upper = multiply(trunk[:, :, :, None], rotation(-motion.arms, spread, zero))
    fore = multiply(upper, rotation(-motion.elbows, zero, zero))
    rotations = np.concatenate(
        [np.stack([pelvis, trunk, head], axis=3), upper, fore],
        axis=3,
    )
    none = np.zeros_like(body.mass)
    lumbar = turn(pelvis, np.stack([none, none, body.lumbar])[..., None])
    neck = lumbar + turn(trunk, np.stack([none, none, body.neck])[..., None])
    out_up = np.stack(
        [
            np.stack([none, none], axis=1),
            body.shoulder[0][:, None] * side[:, 0],
            np.stack([body.shoulder[1]] * 2, axis=1),
        ]
    )
    shoulder = lumbar[:, :, None] + turn(trunk[:, :, :, None], out_up[..., None])
    down = np.stack([none, none, -body.upper_arm])[:, :, None, None]
    elbow = shoulder + turn(upper, down)
    origins = np.concatenate(
        [np.stack([np.zeros_like(lumbar), lumbar, neck], axis=2), shoulder, elbow], axis=2
    )
    centres = body.centres[:, :7].transpose(0, 2, 1)[..., None]
    return UpperBody(rotations, origins + turn(rotations, centres))


def hips_of(body: Body, pelvis: Array) -> Array:
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
