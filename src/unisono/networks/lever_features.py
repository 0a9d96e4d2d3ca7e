r"""What two kernels see of a window: its posture, and the motion of its points.

``posture`` holds the given curves that are no positions (joint angles), their rates, and how the
walker's course turns; ``motion`` the velocities of all points and the lean, the way from the foot
to the centre of mass over its height, of which a walker's force is nearly a multiple. Both hold the
centre of mass's acceleration (the force on the body is mass times it, Newton) and the known
numbers. Accelerations are those of a parabola fitted around each instant with Gaussian weights,
which at the ends of a window looks at one side alone. Every block is centred and scaled to a mean
squared length of 1, as in :mod:`unisono.networks.kernel`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from unisono.networks.kernel import window_rates
from unisono.networks.lever_geometry import Body, Landmarks

__all__ = [
    "VIEWS",
    "Feature",
    "Scaling",
    "accelerations",
    "features_of",
    "filled",
    "fit_scaling",
    "scaled",
    "valid_spread",
]

VIEWS = ("posture", "motion")
"""The two kernels."""

_WIDTH_S = 0.04
"""Standard deviation of the weights of an acceleration's parabola, by default, seconds."""

_SLOW = 0.05
"""Speed below which the way has no direction, m/s."""


class Feature(NamedTuple):
    """One block of a view.

    Attributes:
        values: ``(n, P)``.
        channels: Channels that are scaled each by its own spread; 0 for one scale for all.
    """

    values: Tensor
    channels: int = 0


class Scaling(NamedTuple):
    """Mean and scale of one block, each ``(P,)``."""

    mean: Tensor
    scale: Tensor


def accelerations(x: Tensor, seconds: Tensor, *, width_s: float = _WIDTH_S) -> Tensor:
    """Second derivative of curves ``(n, L, D)``, per second squared.

    Args:
        x: The curves.
        seconds: Duration of each window, ``(n,)``.
        width_s: Standard deviation of the parabola's weights, seconds.

    Example:
        >>> t = torch.linspace(0, 0.5, 101)[None, :, None]
        >>> out = accelerations(3 * t**2 + t, torch.tensor([0.5]))
        >>> bool((out - 6).abs().max() < 1e-2)
        True
    """
    frames = x.shape[1]
    step = torch.arange(frames, dtype=torch.float64, device=x.device)
    away = (step[None, :] - step[:, None]) / (frames - 1)
    u = away * seconds.double().clamp_min(1e-3)[:, None, None] / width_s
    weight = torch.exp(-0.5 * u.square())
    curvature = _curvature(u, weight)
    middle = x.double().mean(dim=1, keepdim=True)
    found: Tensor = curvature @ (x.double() - middle) / width_s**2
    return found.to(x.dtype)


def _curvature(u: Tensor, weight: Tensor) -> Tensor:
    """Weights ``(n, L, L)`` of values that give the second derivative of their parabola.

    The third row of the inverse of its 3 x 3 normal equations, times the weighted basis.
    """
    s0, s1, s2, s3, s4 = ((weight * u**k).sum(dim=-1) for k in range(5))
    first = (s1 * s3 - s2 * s2) / 2
    second = (s1 * s2 - s0 * s3) / 2
    third = s0 * s2 - s1 * s1
    whole = s2 / 2 * first + s3 / 2 * second + s4 / 4 * third
    parts = [(c / whole)[..., None] for c in (first, second, third)]
    return weight * (parts[0] + parts[1] * u + parts[2] * u.square() / 2)


def features_of(
    x: Tensor, numbers: Tensor, seconds: Tensor, at: Landmarks, body: Body
) -> dict[str, list[Feature]]:
    """The blocks of each view.

    Args:
        x: Given channels in physical units, ``(n, L, D)``.
        numbers: Known numbers, standardised, ``(n, K)``.
        seconds: Duration of each window, ``(n,)``.
        at: Where the positions lie among the channels.
        body: The geometry of the windows.
    """
    points = _points(at)
    first = sorted(c for p in points for c in range(p, p + 3))
    placed = {c for s in at.segments for p in s for c in range(p, p + 3)} | set(first)
    others = [c for c in range(x.shape[-1]) if c not in placed]
    mass = x[..., at.mass_centre : at.mass_centre + 3]
    common = [
        Feature(accelerations(mass, seconds).flatten(1), 3),
        Feature(numbers),
    ]
    course = Feature(_course(x, at, body, seconds).flatten(1))
    curves = x[..., others]
    rates = window_rates(curves, seconds)
    posture = [Feature(curves.flatten(1), len(others)), Feature(rates.flatten(1), len(others))]
    motion = [
        Feature(window_rates(x[..., first], seconds).flatten(1)),
        Feature(_lean(x, at).flatten(1), 2),
    ]
    return {
        "posture": [*(posture if others else []), course, *common],
        "motion": [*motion, *common],
    }


def filled(y: Tensor, valid: Tensor) -> Tensor:
    """Curves whose samples that are not valid are those of the nearest valid instant.

    Args:
        y: ``(n, L, D)``.
        valid: Likewise; a curve without a valid sample stays as it is.
    """
    frames = torch.arange(y.shape[1], device=y.device)
    away = (frames[:, None] - frames[None, :]).abs()
    out = torch.empty_like(y)
    for channel in range(y.shape[2]):
        cost = away + (~valid[:, None, :, channel]) * (10 * y.shape[1])
        out[..., channel] = torch.gather(y[..., channel], 1, cost.argmin(dim=2))
    return out


def fit_scaling(features: list[Feature]) -> list[Scaling]:
    """Mean and scale of each block, from the training windows."""
    found = []
    for feature in features:
        mean = feature.values.mean(dim=0)
        centred = feature.values - mean
        spread = torch.ones_like(mean)
        if feature.channels:
            apart = torch.unflatten(centred, -1, (-1, feature.channels))
            each = apart.square().mean(dim=(0, 1)).sqrt()
            spread = each.clamp_min(1e-6).repeat(len(mean) // feature.channels)
        length = (centred / spread).square().sum(dim=1).mean().sqrt().clamp_min(1e-6)
        found.append(Scaling(mean, 1 / (spread * length)))
    return found


def scaled(features: list[Feature], scaling: list[Scaling]) -> Tensor:
    """Blocks side by side, centred and scaled, ``(n, P)``."""
    return torch.cat(
        [(f.values - s.mean) * s.scale for f, s in zip(features, scaling, strict=True)], dim=1
    )


def valid_spread(y: Tensor, valid: Tensor) -> Tensor:
    """Standard deviation of the valid samples of each channel, ``(W,)``."""
    count = valid.sum(dim=(0, 1)).clamp_min(1)
    mean = (y * valid).sum(dim=(0, 1)) / count
    return (((y - mean) * valid).square().sum(dim=(0, 1)) / count).sqrt().clamp_min(1e-6)


def _points(at: Landmarks) -> list[int]:
    """First columns of all points that are places and not axes."""
    named = {at.mass_centre, *at.foot, *at.hips, *at.centres}
    return sorted(named | {p for pair in at.references for p in pair})


def _lean(x: Tensor, at: Landmarks) -> Tensor:
    """Horizontal way from the foot at half time to the centre of mass, over its height."""
    heel, toe = (x[..., p : p + 3] for p in at.foot)
    foot = ((heel + toe) / 2)[:, x.shape[1] // 2, None]
    mass = x[..., at.mass_centre : at.mass_centre + 3]
    flat = [(at.up + 1) % 3, (at.up + 2) % 3]
    height = mass[..., at.up].clamp_min(0.1)
    return (mass - foot)[..., flat] / height[..., None]


def _course(x: Tensor, at: Landmarks, body: Body, seconds: Tensor) -> Tensor:
    """How the hips turn, and the sines of foot and way against them, ``(n, L, 4)``."""
    flat = [(at.up + 1) % 3, (at.up + 2) % 3]
    hips, foot = (body.turns[:, :, t, 0][..., flat] for t in (2, 1))
    mass = x[..., at.mass_centre : at.mass_centre + 3]
    way = window_rates(mass, seconds)[..., flat]
    way = way / way.norm(dim=-1, keepdim=True).clamp_min(_SLOW)
    heading = torch.atan2(hips[..., 1], hips[..., 0])
    turning = _wrapped(heading - heading[:, :1])
    rate = window_rates(turning[..., None], seconds)[..., 0] / 3
    return torch.stack([turning, rate, _across(hips, foot), _across(hips, way)], dim=-1)


def _across(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _wrapped(angle: Tensor) -> Tensor:
    return torch.atan2(angle.sin(), angle.cos())
