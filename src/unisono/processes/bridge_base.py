r"""Noise that a bridge is made of: a diffusion told by one pair, signal and noise-to-signal.

.. math:: x_\tau \mid x_0 \sim \mathcal N(\alpha_\tau x_0,\; \alpha_\tau^2 r_\tau^2 I), \qquad
          dx = f x\, d\tau + g\, dW, \quad f = \frac{\alpha'_\tau}{\alpha_\tau}, \quad
          g^2 = \alpha_\tau^2 \frac{d r_\tau^2}{d\tau}

with the native time :math:`\tau \in [0, T]`.

==============  =======================  ==========================================  ========
base            :math:`\alpha_\tau`      :math:`r_\tau^2`                            ``T``
==============  =======================  ==========================================  ========
``VEBase``      1                        :math:`\tau^2`                              largest
``VPBase``      :math:`e^{-q/2}`         :math:`e^{q} - 1`, with                     1
                                         :math:`q = \beta_d \tau^2/2 + \beta_m \tau`
``BrownBase``   1                        :math:`\sigma^2` times the share of a       1
                                         symmetric rate spent by :math:`\tau`
==============  =======================  ==========================================  ========

(Zhou et al., 2309.16948, table 1; Liu et al., 2302.05872, for the symmetric rate.)
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from unisono.core.checks import check_range

__all__ = ["BrownBase", "NoiseBase", "VEBase", "VPBase"]


class NoiseBase(Protocol):
    """A base diffusion. Native times are float64 tensors of any shape in ``[0, end]``."""

    @property
    def end(self) -> float:
        """The last native time ``T``, where the source stands."""
        ...

    @property
    def first(self) -> float:
        """The least native time that is trained on and stepped to before 0."""
        ...

    def log_signal(self, tau: Tensor) -> Tensor:
        r"""Return :math:`\ln \alpha`."""
        ...

    def ratio(self, tau: Tensor) -> Tensor:
        """Return the squared noise-to-signal ratio ``r^2``, 0 at 0 and rising."""
        ...

    def drift(self, tau: Tensor) -> Tensor:
        r"""Return ``f``, the derivative of :math:`\ln \alpha`."""
        ...

    def diffusion(self, tau: Tensor) -> Tensor:
        """Return ``g^2``."""
        ...


@dataclass(frozen=True)
class VEBase:
    """Variance exploding: noise of spread ``tau`` is added.

    Args:
        largest: ``T``, the spread at the source, in units of the latents. About three times the
            latents' spread lets the start matter; at 80 the bridge forgets where it starts.
        least: The least time.
    """

    largest: float = 3.0
    least: float = 0.002

    def __post_init__(self) -> None:
        check_range("largest", self.largest, 0.0, 1e6)
        check_range("least", self.least, 0.0, self.largest)

    @property
    def end(self) -> float:
        """See :attr:`NoiseBase.end`."""
        return self.largest

    @property
    def first(self) -> float:
        """See :attr:`NoiseBase.first`."""
        return self.least

    def log_signal(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.log_signal`."""
        return torch.zeros_like(tau)

    def ratio(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.ratio`."""
        return tau.square()

    def drift(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.drift`."""
        return torch.zeros_like(tau)

    def diffusion(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.diffusion`."""
        return 2 * tau


@dataclass(frozen=True)
class VPBase:
    """Variance preserving, with a rate that grows linearly.

    Args:
        slope: ``beta_d``, growth of the rate.
        rate: ``beta_m``, the rate at 0.
        least: The least time.
    """

    slope: float = 2.0
    rate: float = 0.1
    least: float = 1e-4

    def __post_init__(self) -> None:
        check_range("slope", self.slope, 0.0, 1e3, closed=True)
        check_range("rate", self.rate, 0.0, 1e3)
        check_range("least", self.least, 0.0, 1.0)

    @property
    def end(self) -> float:
        """See :attr:`NoiseBase.end`."""
        return 1.0

    @property
    def first(self) -> float:
        """See :attr:`NoiseBase.first`."""
        return self.least

    def _spent(self, tau: Tensor) -> Tensor:
        return self.slope * tau.square() / 2 + self.rate * tau

    def log_signal(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.log_signal`."""
        return -self._spent(tau) / 2

    def ratio(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.ratio`."""
        return torch.expm1(self._spent(tau))

    def drift(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.drift`."""
        return -(self.rate + self.slope * tau) / 2

    def diffusion(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.diffusion`."""
        return self.rate + self.slope * tau


@dataclass(frozen=True)
class BrownBase:
    r"""Brownian motion whose rate is the same seen from either end.

    The root of the rate is a line from 1 at an end to ``peak`` in the middle (1: the plain
    Brownian bridge); the rate is scaled so that the noise of the whole way is ``spread``.

    Args:
        spread: :math:`\sigma`, so that the bridge's noise is :math:`\sigma/2` in the middle.
        peak: Root of the rate in the middle over that at the ends.
        least: The least time.
    """

    spread: float = 2.0
    peak: float = 1.0
    least: float = 1e-4

    def __post_init__(self) -> None:
        check_range("spread", self.spread, 0.0, 1e6)
        check_range("peak", self.peak, 0.0, 1e3)
        check_range("least", self.least, 0.0, 1.0)

    @property
    def end(self) -> float:
        """See :attr:`NoiseBase.end`."""
        return 1.0

    @property
    def first(self) -> float:
        """See :attr:`NoiseBase.first`."""
        return self.least

    @property
    def _total(self) -> float:
        return (1 + self.peak + self.peak**2) / 3  # the integral of the unscaled rate

    def log_signal(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.log_signal`."""
        return torch.zeros_like(tau)

    def ratio(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.ratio`."""
        near = torch.minimum(tau, 1 - tau)
        rise = 2 * (self.peak - 1)
        # integral of (1 + rise u)^2, which needs no division by the rise
        spent = near + rise * near.square() + rise**2 * near**3 / 3
        share = spent / self._total
        return self.spread**2 * torch.where(tau <= 0.5, share, 1 - share)

    def drift(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.drift`."""
        return torch.zeros_like(tau)

    def diffusion(self, tau: Tensor) -> Tensor:
        """See :meth:`NoiseBase.diffusion`."""
        near = torch.minimum(tau, 1 - tau)
        root = 1 + 2 * (self.peak - 1) * near
        return self.spread**2 * root.square() / self._total
