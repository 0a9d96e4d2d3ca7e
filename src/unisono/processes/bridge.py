r"""Diffusion bridges: noise that is pinned at both ends, a target at ``t = 0``, a source at 1.

A base diffusion (:mod:`unisono.processes.bridge_base`) is conditioned on where it ends (Doob's
h-transform). With :math:`\tau = t T` its marginal is

.. math:: q(z_t \mid z_0, z_T) = \mathcal N(a z_0 + b z_T,\; s^2), \quad
          a = \alpha_\tau \Bigl(1 - \frac{r_\tau^2}{r_T^2}\Bigr), \quad
          b = \frac{\alpha_\tau}{\alpha_T} \frac{r_\tau^2}{r_T^2}, \quad
          s = \alpha_\tau r_\tau \sqrt{1 - r_\tau^2 / r_T^2}

(Zhou et al., 2309.16948, eq. 8, who call ``a`` what is ``b`` here and the other way round). With
an estimate :math:`D = E[z_0 \mid z_t, z_T]` the score has two exact parts,

.. math:: \nabla \log q(z_t \mid z_T) = g_0 + h, \qquad
          g_0 = \frac{\alpha_\tau D - z_t}{\alpha_\tau^2 r_\tau^2}, \qquad
          h = \frac{(\alpha_\tau/\alpha_T) z_T - z_t}{\alpha_\tau^2 (r_T^2 - r_\tau^2)}

and the reverse walks are

.. math:: dz = [f z - g^2 g_0]\, d\tau + g\, d\bar W, \qquad
          dz = [f z - \tfrac{g^2}{2} (g_0 - w h)]\, d\tau

with ``w = 1`` exact; other ``w`` are the "guidance" of released code.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import torch
from torch import Generator, Tensor

from unisono.core.checks import check_choice, check_range
from unisono.core.contracts import Weights
from unisono.processes.bridge_base import NoiseBase, VEBase
from unisono.processes.paths import Draw, check_times, draw

__all__ = ["TIMES", "Bridge", "Moment", "TimeLaw"]

TimeLaw = Literal["uniform", "log_uniform"]
TIMES: tuple[TimeLaw, ...] = ("uniform", "log_uniform")


class Moment(NamedTuple):
    """A bridge at one time, as numbers.

    Attributes:
        tau: Native time.
        target: Weight ``a`` of the target.
        source: Weight ``b`` of the source.
        noise: Weight ``s`` of the noise.
        signal: ``alpha`` of the base.
        ratio: ``r^2`` of the base.
        left: ``r_T^2 - r^2``.
        pull: ``alpha / alpha_T``.
        drift: ``f`` of the base.
        diffusion: ``g^2`` of the base.
    """

    tau: float
    target: float
    source: float
    noise: float
    signal: float
    ratio: float
    left: float
    pull: float
    drift: float
    diffusion: float


@dataclass(frozen=True)
class Bridge:
    """A bridge over a base diffusion.

    Args:
        base: The base.
        times: How training times are drawn: uniform in the native time, or in its logarithm.
        rho: How much a solver's steps shorten towards the data. With a spread of 3 and 16 steps of
            the high-order DBIM, 5 keeps .99 of a Gaussian's spread; 7 is the published value.

    Example:
        >>> bridge = Bridge(VEBase(80.0))
        >>> a, b, s = bridge.weights(torch.tensor(0.5, dtype=torch.float64))
        >>> round(a.item(), 4), round(b.item(), 4), round(s.item(), 4)
        (0.75, 0.25, 34.641)
    """

    base: NoiseBase = field(default_factory=VEBase)
    times: TimeLaw = "uniform"
    rho: float = 7.0

    def __post_init__(self) -> None:
        check_choice("times", self.times, TIMES)
        check_range("rho", self.rho, 0.0, 1e3)

    def native(self, t: Tensor) -> Tensor:
        r"""Return :math:`\tau = t T` in float64."""
        check_times(t)
        return t.to(torch.float64) * self.base.end

    def weights(self, t: Tensor) -> Weights:
        """Return ``(a, b, s)``, computed in float64, in the dtype of ``t``."""
        tau = self.native(t)
        end = torch.full_like(tau, self.base.end)
        log_signal, log_end = self.base.log_signal(tau), self.base.log_signal(end)
        ratio = self.base.ratio(tau)
        share = (ratio / self.base.ratio(end)).clamp(max=1.0)
        signal = log_signal.exp()
        found = (
            signal * (1 - share),
            (log_signal - log_end).exp() * share,
            signal * (ratio * (1 - share)).sqrt(),
        )
        return Weights(*(weight.to(t.dtype) for weight in found))

    def at(self, t: float) -> Moment:
        """Return the bridge at one time, in double precision: what solvers compute from."""
        time = torch.tensor(t, dtype=torch.float64)
        a, b, s = self.weights(time)
        tau, end = self.native(time), torch.tensor(self.base.end, dtype=torch.float64)
        log_signal, log_end = self.base.log_signal(tau), self.base.log_signal(end)
        ratio, whole = self.base.ratio(tau), self.base.ratio(end)
        numbers = (tau, a, b, s, log_signal.exp(), ratio, whole - ratio)
        more = ((log_signal - log_end).exp(), self.base.drift(tau), self.base.diffusion(tau))
        return Moment(*(number.item() for number in (*numbers, *more)))

    def sample_t(self, size: int, *, generator: Generator) -> Tensor:
        """Draw training times by the law, ``(size,)`` float32, from the least time to 1."""
        u = torch.rand(size, generator=generator, device=generator.device, dtype=torch.float64)
        low = self.base.first / self.base.end
        # 1 - u lies in (0, 1]: the source end is drawn, the data end is not
        t = low ** (u) if self.times == "log_uniform" else low + (1 - low) * (1 - u)
        return t.clamp(low, 1.0).to(torch.float32)

    def grid(self, steps: int, *, gap: float = 1.25e-6) -> Tensor:
        r"""Return ``(steps + 1,)`` float64 falling times, the last 0.

        :math:`\tau_i = (\tau_0^{1/\rho} + \frac{i}{n-1} (\tau_{min}^{1/\rho} -
        \tau_0^{1/\rho}))^\rho` (Karras et al., 2206.00364, eq. 5), then 0.

        Args:
            steps: ``n``.
            gap: The grid starts at ``T (1 - gap)``: at ``T`` itself ``h`` is not defined.

        Raises:
            UnisonoError: If there is no step.
        """
        check_range("steps", steps, 1, 1_000_000, closed=True)
        check_range("gap", gap, 0.0, 1 - self.base.first / self.base.end, closed=True)
        last = (self.base.first / self.base.end) ** (1 / self.rho)
        start = (1 - gap) ** (1 / self.rho)
        place = torch.linspace(0, 1, steps, dtype=torch.float64) if steps > 1 else torch.zeros(1)
        head = (start + place.to(torch.float64) * (last - start)) ** self.rho
        return torch.cat([head.clamp(max=1.0), head.new_zeros(1)])

    def draw(self, target: Tensor, t: Tensor, *, source: Tensor, generator: Generator) -> Draw:
        """Draw ``z_t`` between two ends; see :func:`unisono.processes.paths.draw`."""
        return draw(self, target, t, generator=generator, source=source)

    @staticmethod
    def data_score(moment: Moment, z: Tensor, estimate: Tensor) -> Tensor:
        """Return ``g_0``, the score of the base towards the estimate; the time is above 0."""
        return (moment.signal * estimate - z) / (moment.signal**2 * moment.ratio)

    @staticmethod
    def end_score(moment: Moment, z: Tensor, source: Tensor) -> Tensor:
        """Return ``h``, the pull of the pinned end; the time is below 1."""
        return (moment.pull * source - z) / (moment.signal**2 * moment.left)
