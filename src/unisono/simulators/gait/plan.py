"""When a person of a given height steps at a given speed."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import Body
from unisono.simulators.gait.parameters import Shape
from unisono.simulators.gait.steps import SIDE, Steps

__all__ = ["Rhythm", "even_steps", "rhythm"]

Array = npt.NDArray[np.float64]


class Rhythm(NamedTuple):
    """Seconds of a stride, part of it that is stance, and step width in m; each ``(B,)``."""

    stride: Array
    stance: Array
    width: Array


def rhythm(speed: Array, height: Array, *, running: bool) -> Rhythm:
    """Typical rhythm of an adult.

    Walking: step length over cadence is constant, 0.0064 m/(step/min) for 1.74 m (Sekiya et al.
    1996). Running: 2.40 + 0.105 v steps a second, contact 0.365 - 0.035 v s.
    """
    if running:
        stride = 2 / (2.40 + 0.105 * speed)
        return Rhythm(stride, (0.365 - 0.035 * speed) / stride, 0.05 + 0 * speed)
    cadence = np.sqrt(60 * speed / (0.0064 * height / 1.74))
    return Rhythm(120 / cadence, 0.70 - 0.06 * speed, 0.10 + 0 * speed)


def even_steps(shape: Shape, speed: float, body: Body, *, strides: int, running: bool) -> Steps:
    """Steps without any variation; the fields of ``shape`` are ``()`` or ``(B,)``."""
    size = len(body.mass)
    pace = np.full(size, speed)
    beat = rhythm(pace, body.height, running=running)
    whole = np.arange(strides) * beat.stride[:, None, None]
    ones = np.ones((size, 2, strides))
    shapes = Shape.unstack(np.stack([np.reshape(v, (-1, 1, 1)) * ones for v in shape.stack()]))
    return Steps(
        running,
        beat.stride * strides,
        pace,
        whole + np.array([0.0, 0.5])[:, None] * beat.stride[:, None, None],
        ones * (beat.stance * beat.stride)[:, None, None],
        0 * ones,
        ones * SIDE * (beat.width / 2)[:, None, None],
        ones * SIDE * shapes.toe_out,
        ones,
        shapes,
    )
