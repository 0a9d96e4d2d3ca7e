r"""How much alignment counts beside the other losses.

A fixed factor; a factor that is learned as an uncertainty,

.. math:: L' = e^{-a} L + a

(Kendall, Gal & Cipolla, 1705.07115; a plain trainable factor would run to 0); and a factor for
the noise level, since latents of a very noisy signal carry little to align.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unisono.core.checks import check_range
from unisono.core.contracts import Weights

__all__ = ["FixedWeight", "LearnedWeight", "Weighted", "signal_share"]


class Weighted(NamedTuple):
    """A weighted loss.

    Attributes:
        total: What is added to the objective, a scalar.
        factor: The factor on the loss, a scalar without gradient.
    """

    total: Tensor
    factor: Tensor


@dataclass(frozen=True)
class FixedWeight:
    """A constant factor.

    Args:
        factor: At least 0.
    """

    factor: float = 0.1

    def __post_init__(self) -> None:
        check_range("factor", self.factor, 0.0, math.inf, closed=True)

    def __call__(self, loss: Tensor) -> Weighted:
        """Weight a scalar loss."""
        return Weighted(self.factor * loss, torch.full_like(loss.detach(), self.factor))


class LearnedWeight(nn.Module):
    """A factor ``exp(-a)`` with a trained ``a``; for a constant loss it settles at ``1/loss``.

    Args:
        initial: The factor at the start, above 0.
    """

    def __init__(self, initial: float = 0.1) -> None:
        super().__init__()
        check_range("initial", initial, 0.0, math.inf)
        self.a = nn.Parameter(torch.tensor(-math.log(initial)))

    def forward(self, loss: Tensor) -> Weighted:
        """Weight a scalar loss."""
        factor = (-self.a).exp()
        return Weighted(factor * loss + self.a, factor.detach())


def signal_share(weights: Weights) -> Tensor:
    r"""Return the target's share of the power, :math:`a_t^2/(a_t^2 + b_t^2 + s_t^2)`, like ``t``.

    For a variance-preserving diffusion it is the signal power ``A_t``.

    Example:
        >>> signal_share(Weights(torch.tensor(0.6), torch.tensor(0.0), torch.tensor(0.8))).item()
        0.36000001430511475
    """
    target, source, noise = (weight.square() for weight in weights)
    return target / (target + source + noise)
