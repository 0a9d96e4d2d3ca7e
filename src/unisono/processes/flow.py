r"""Straight flow from a source to a target.

.. math:: z_t = (1 - t)\, z_\mathrm{target} + t\, z_\mathrm{source}

(Lipman et al., 2210.02747; Liu, Gong & Liu, 2209.03003; with time reversed so that 0 is data).
The source is standard normal noise, or another modality's latent. With
:math:`\hat z_0 = E[z_\mathrm{target} \mid z_t]` the marginal velocity is

.. math:: \frac{dz}{dt} = E[z_\mathrm{source} - z_\mathrm{target} \mid z_t]
          = \frac{z_t - \hat z_0}{t}
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_range
from unisono.core.contracts import Weights
from unisono.processes.paths import Draw, check_times, draw

__all__ = ["LinearFlow"]


@dataclass(frozen=True)
class LinearFlow:
    """Straight lines between target and source; no noise on the way.

    Example:
        >>> LinearFlow().weights(torch.tensor(0.25)).target.item()
        0.75
    """

    def weights(self, t: Tensor) -> Weights:
        """Return ``(1 - t, t, 0)``."""
        check_times(t)
        return Weights(1 - t, t, torch.zeros_like(t))

    def sample_t(self, size: int, *, generator: Generator) -> Tensor:
        """Draw times uniform in (0, 1], ``(size,)`` float32 (0 teaches nothing: it is the data)."""
        return 1 - torch.rand(size, generator=generator, device=generator.device)

    def draw(
        self, target: Tensor, t: Tensor, *, generator: Generator, source: Tensor | None = None
    ) -> Draw:
        """Draw ``z_t``; without a source, from noise. See :func:`unisono.processes.paths.draw`."""
        return draw(self, target, t, generator=generator, source=source)

    def velocity(self, estimate: Tensor, z: Tensor, t: float) -> Tensor:
        """Return ``dz/dt`` at one time in (0, 1] from an estimate of the target.

        Raises:
            UnisonoError: If ``t`` is 0, where the velocity is not defined by the estimate.
        """
        check_range("t", t, 0.0, 1.0 + 1e-12)
        return (z - estimate) / t

    def grid(self, steps: int) -> Tensor:
        """Return ``(steps + 1,)`` float64 times, falling evenly from 1 to 0."""
        check_range("steps", steps, 1, 1_000_000, closed=True)
        return torch.linspace(1, 0, steps + 1, dtype=torch.float64)
