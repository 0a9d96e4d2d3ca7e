r"""Angular momentum: what the segments hold, what the floor can give, what the trunk takes up.

``L`` is the angular momentum about the centre of mass. With the second moments ``J_k`` of a segment
along its axes ``e_k``, its spin is ``sum_k J_k e_k x e_k'``: no angular velocity is needed. In the
flight of a run ``L`` is constant.
"""

import numpy as np
import numpy.typing as npt

from unisono.simulators.gait.body import Body
from unisono.simulators.gait.rotations import cross
from unisono.simulators.gait.spectral import antiderivative, derivative
from unisono.simulators.gait.steps import Steps

__all__ = ["allowed", "spans", "spin", "untwist"]

Array = npt.NDArray[np.float64]


def spin(rotations: Array, body: Body, part: slice, per: Array) -> Array:
    """Angular momentum of the segments about their own centres, summed, ``(3, B, N)``.

    The second moments ``J_k`` along the axes ``e_k`` replace the angular velocity:
    ``L = sum_k J_k e_k x e_k'``.
    """
    inertia = body.inertias[:, part].transpose(0, 2, 1)[..., None]
    second = inertia.sum(0) / 2 - inertia
    rate = derivative(rotations) / per[:, None]
    out: Array = sum((cross(second[k] * rotations[:, k], rate[:, k])).sum(-2) for k in range(3))
    return out


def spans(steps: Steps, time: Array) -> Array:
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


def allowed(rate: Array, total: Array, keep: Array, own: Array) -> Array:
    """The rate of angular momentum that the floor can give: none in flight.

    What a step gives in all stays as it is, so that the trunk need not turn for longer than that.

    Args:
        rate: What the pose asks for, ``(3, B, N)``.
        total: Vertical force over body weight, ``(B, N)``.
        keep: 1 under load, 0 in flight, ``(B, N)``.
        own: As :func:`spans` returns it.
    """
    held = rate * keep
    weight = total * keep * own.swapaxes(0, 1)
    missing = np.einsum("ibn,bsn->ibs", rate - held, own)
    given = weight.sum(axis=-1).T
    out: Array = held + np.einsum("ibs,sbn->ibn", missing / given, weight)
    return out


def untwist(excess: Array, body: Body, per: Array) -> Array:
    """Rotation of the trunk that takes up ``excess`` of the rate of angular momentum."""
    inertia = np.array([4.5, 4.0, 0.55])[:, None, None] * (body.mass / 73.0)[:, None]
    turned = 0.5 * antiderivative(excess, 2) * per**2 / inertia
    return np.stack([turned[1], turned[0], turned[2]])
