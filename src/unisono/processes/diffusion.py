r"""Variance-preserving diffusion with a discrete table of noise levels.

.. math:: z_t = \sqrt{A_k}\, z_0 + \sqrt{1 - A_k}\, \varepsilon, \qquad k = t T

(Ho, Jain & Abbeel, 2006.11239). Index ``k = 0`` is the clean target and ``k = T`` the noisiest
level; the 0-based timestep ``i`` of other libraries is our ``k = i + 1``. Between two indices
``ln A`` is a line, so that any ``t`` in [0, 1] has weights.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_choice, check_range
from unisono.core.contracts import Weights
from unisono.processes.paths import Draw, check_times, draw
from unisono.processes.schedules import Schedule, log_signal_power, named_schedule

__all__ = ["SPACINGS", "VP", "Spacing"]

Spacing = Literal["trailing", "leading", "linspace"]
SPACINGS: tuple[Spacing, ...] = ("trailing", "leading", "linspace")

_SNAP = 1e-3  # a float32 time misses its index by less than this


@dataclass(frozen=True)
class VP:
    """Variance-preserving diffusion; the source plays no part (its weight is 0).

    Args:
        schedule: ``"linear"``, ``"scaled_linear"``, ``"cosine"``, or a schedule of your own.
        steps: ``T``, number of noise levels.

    Example:
        >>> process = VP("scaled_linear")
        >>> round(process.signal_power(process.time(torch.tensor(500))).item(), 5)
        0.27767
    """

    schedule: Schedule | str = "cosine"
    steps: int = 1000

    def __post_init__(self) -> None:
        named_schedule(self.schedule)
        check_range("steps", self.steps, 1, 1_000_000, closed=True)

    def time(self, index: Tensor) -> Tensor:
        """Return ``t = k / T`` in float64 for indices ``k`` in 0..T."""
        return index.to(torch.float64) / self.steps

    def index(self, t: Tensor) -> Tensor:
        """Return the index ``k`` (int64) nearest to each time."""
        check_times(t)
        return (t.to(torch.float64) * self.steps).round().to(torch.int64)

    def log_signal_power(self, t: Tensor) -> Tensor:
        """Return ``ln A`` at each time, float64, exact on the grid and linear between."""
        check_times(t)
        place = t.to(torch.float64) * self.steps
        nearest = place.round()
        place = torch.where((place - nearest).abs() < _SNAP, nearest, place)
        table = log_signal_power(named_schedule(self.schedule), self.steps, t.device)
        low = place.floor().clamp(max=self.steps - 1)
        k = low.to(torch.int64)
        part = place - low
        return table[k] * (1 - part) + table[k + 1] * part

    def log_power_at(self, t: float) -> float:
        """Return ``ln A`` at one time: what solvers compute their coefficients from."""
        return self.log_signal_power(torch.tensor(t, dtype=torch.float64)).item()

    def signal_power(self, t: Tensor) -> Tensor:
        """Return ``A`` at each time, in (0, 1], in the dtype of ``t``."""
        return self.log_signal_power(t).exp().to(t.dtype)

    def weights(self, t: Tensor) -> Weights:
        """Return ``(sqrt(A), 0, sqrt(1 - A))``, computed in float64, in the dtype of ``t``."""
        log_power = self.log_signal_power(t)
        signal, noise = (log_power / 2).exp(), (-torch.expm1(log_power)).sqrt()
        return Weights(signal.to(t.dtype), torch.zeros_like(t), noise.to(t.dtype))

    def sample_t(self, size: int, *, generator: Generator) -> Tensor:
        """Draw ``t = k/T`` with ``k`` uniform in 1..T, ``(size,)`` float32."""
        index = torch.randint(
            1, self.steps + 1, (size,), generator=generator, device=generator.device
        )
        return self.time(index).to(torch.float32)

    def draw(self, target: Tensor, t: Tensor, *, generator: Generator) -> Draw:
        """Draw ``z_t`` and the noise in it; see :func:`unisono.processes.paths.draw`."""
        return draw(self, target, t, generator=generator)

    def grid(self, steps: int, spacing: Spacing = "trailing") -> Tensor:
        """Return ``(steps + 1,)`` float64 falling times, each on an index.

        Args:
            steps: Number of steps, at most ``T``.
            spacing: ``"trailing"``: even steps from T to 0 (Lin et al., 2305.08891).
                ``"leading"``: indices ``j (T // steps) + 2``, then 1: what Stable Diffusion's
                released DDIM does (offset 1, last level the first of the table, not the data).
                ``"linspace"``: even steps from T to 1, then 0; its last step is short, which
                suits inversion.

        Raises:
            UnisonoError: If ``steps`` is not in 1..T (1..T-1 for ``"leading"``) or ``spacing`` is
                unknown.
        """
        check_choice("spacing", spacing, SPACINGS)
        most = self.steps - (spacing == "leading")  # its last level is 1, not 0
        check_range("steps", steps, 1, most, closed=True)
        if spacing == "trailing":
            index = torch.linspace(self.steps, 0, steps + 1, dtype=torch.float64).round()
        elif spacing == "linspace":
            head = torch.linspace(self.steps, 1, steps, dtype=torch.float64).round()
            index = torch.cat([head, head.new_zeros(1)])
        else:
            head = torch.arange(steps - 1, -1, -1, dtype=torch.float64) * (self.steps // steps) + 2
            index = torch.cat([head.clamp(max=self.steps), head.new_ones(1)])
        return self.time(index)
