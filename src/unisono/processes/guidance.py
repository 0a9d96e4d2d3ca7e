r"""Classifier-free guidance: a denoiser in, a denoiser out.

.. math:: \hat\varepsilon = \hat\varepsilon_\varnothing
                          + w\,(\hat\varepsilon_c - \hat\varepsilon_\varnothing)

(Ho & Salimans, 2207.12598, with their :math:`w + 1` written as :math:`w`). At a given ``z`` and
``t`` the target is an affine function of the noise, so the same mixture of the two estimates of
the target is exactly this.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_range
from unisono.core.contracts import Denoiser

__all__ = ["Guided", "keep_condition"]


@dataclass(frozen=True)
class Guided:
    """Two denoisers, with and without the condition, mixed into one.

    Args:
        conditional: Estimate given the condition.
        unconditional: Estimate without it.
        weight: ``w``: 0 ignores the condition, 1 is plain conditioning (one evaluation either
            way), above 1 exaggerates it.

    Example:
        >>> guided = Guided(lambda z, t: z + 1.0, lambda z, t: z, weight=2.5)
        >>> guided(torch.zeros(1, 1), torch.ones(1)).item()
        2.5
    """

    conditional: Denoiser
    unconditional: Denoiser
    weight: float

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        """Return the guided estimate of the target, like ``z``."""
        if self.weight == 1:
            return self.conditional(z, t)
        without = self.unconditional(z, t)
        if self.weight == 0:
            return without
        return without + self.weight * (self.conditional(z, t) - without)


def keep_condition(size: int, drop: float, *, generator: Generator) -> Tensor:
    """Draw which items of a training batch keep their condition, ``(size,)`` bool.

    Args:
        size: Items of the batch.
        drop: Probability that an item loses its condition, in [0, 1].
        generator: Where the draw comes from.
    """
    check_range("drop", drop, 0.0, 1.0, closed=True)
    return torch.rand(size, generator=generator, device=generator.device) >= drop
