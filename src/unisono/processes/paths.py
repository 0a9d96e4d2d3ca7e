r"""What every process shares: mixing, drawing, and the time grid a solver walks.

Diffusions, flows and bridges are one object here: a path

.. math:: z_t = a_t z_\mathrm{target} + b_t z_\mathrm{source} + s_t \varepsilon,
          \qquad \varepsilon \sim \mathcal N(0, I), \quad t \in [0, 1]

with ``t = 0`` the data and ``t = 1`` the source. A diffusion has ``b = 0``; a flow has ``s = 0``
and, from noise, a standard normal source; a bridge has all three. The source end's weight is
called ``a`` and the target's ``b`` by Zhou et al. (2309.16948): mind the order here.

Latents are ``(batch, ...)`` with any further axes, times ``(batch,)``.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_axes
from unisono.core.contracts import Process, Weights
from unisono.core.errors import ShapeError, UnisonoError

__all__ = ["Draw", "Path", "Scale", "check_times", "draw", "expand", "mix", "scale_of"]


@runtime_checkable
class Path(Process, Protocol):
    """A process that a solver can walk: a ``core.contracts.Process`` with a time grid."""

    def grid(self, steps: int) -> Tensor:
        """Return ``(steps + 1,)`` float64 times, falling from the source to the data."""
        ...


class Scale(NamedTuple):
    """How much signal and how much unit noise ``z_t`` holds; each with the shape of ``t``."""

    signal: Tensor
    noise: Tensor


class Draw(NamedTuple):
    """A point on a path.

    Attributes:
        z: ``z_t``, with the shape of the target.
        source: What stood at the source end; the noise itself where no source was given.
        noise: The standard normal draw.
    """

    z: Tensor
    source: Tensor
    noise: Tensor


def check_times(t: Tensor) -> None:
    """Refuse times outside [0, 1].

    Raises:
        UnisonoError: With the range that came.
    """
    if t.numel() and not bool(((t >= 0) & (t <= 1)).all()):
        low, high = t.min().item(), t.max().item()
        raise UnisonoError(
            f"t must lie in [0, 1] (0 is data, 1 is source); got [{low:g}, {high:g}]."
        )


def expand(weight: Tensor, like: Tensor) -> Tensor:
    """Give ``weight`` ``(batch,)`` or ``()`` trailing axes so that it multiplies ``like``.

    Example:
        >>> expand(torch.ones(4), torch.zeros(4, 9, 2)).shape
        torch.Size([4, 1, 1])
    """
    if weight.ndim == 0:
        return weight
    return weight.reshape(weight.shape + (1,) * (like.ndim - weight.ndim))


def mix(weights: Weights, target: Tensor, source: Tensor, noise: Tensor) -> Tensor:
    """Return ``a target + b source + s noise``, each weight per item of the batch."""
    a, b, s = (expand(weight, target) for weight in weights)
    return a * target + b * source + s * noise


def scale_of(process: Process, t: Tensor) -> Scale:
    r"""Return signal and noise of a process whose source is standard normal noise.

    The noise is :math:`\sqrt{b_t^2 + s_t^2}`: ``s`` for a diffusion, ``b`` for a flow. For a
    bridge from a known source, subtract ``b_t`` times it and use ``(a_t, s_t)`` instead.
    """
    a, b, s = process.weights(t)
    return Scale(a, torch.hypot(b, s))


def draw(
    process: Process,
    target: Tensor,
    t: Tensor,
    *,
    generator: Generator,
    source: Tensor | None = None,
) -> Draw:
    """Draw ``z_t`` for one noise sample an item.

    Args:
        process: The process.
        target: Clean latents, ``(batch, ...)``.
        t: Times, ``(batch,)``, in [0, 1].
        generator: Where the noise comes from, on the target's device.
        source: Source latents like ``target``. Without one the source IS the noise, which is
            right for diffusions and for flows from noise.

    Raises:
        ShapeError: If ``t`` does not have one time an item, or ``source`` differs in shape.
        UnisonoError: If a time lies outside [0, 1].

    Example:
        >>> from unisono.processes.flow import LinearFlow
        >>> g = torch.Generator().manual_seed(0)
        >>> point = draw(LinearFlow(), torch.zeros(2, 5, 3), torch.ones(2), generator=g)
        >>> bool((point.z == point.noise).all())  # t = 1 is pure source
        True
    """
    check_axes(target=(target, "batch ..."), t=(t, "batch"))
    if source is not None and source.shape != target.shape:
        raise ShapeError(
            f"source has shape {tuple(source.shape)}, but target has {tuple(target.shape)}."
        )
    noise = torch.randn(target.shape, generator=generator, dtype=target.dtype, device=target.device)
    source = noise if source is None else source
    exact = process.weights(t.to(torch.float64))  # a half-precision time would move the level
    weights = Weights(*(weight.to(target.dtype) for weight in exact))
    return Draw(mix(weights, target, source, noise), source, noise)
