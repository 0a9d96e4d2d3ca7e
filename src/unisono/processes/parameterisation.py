r"""What a network is asked to predict, and the exact way from each choice to the others.

With :math:`z = a z_0 + s \varepsilon` every choice is a fixed mixture
:math:`p = \alpha z_0 + \beta \varepsilon`:

============  ==========  =========  =========================================
kind          alpha       beta       source
============  ==========  =========  =========================================
``x0``        1           0          the clean target
``eps``       0           1          Ho, Jain & Abbeel, 2006.11239
``v``         ``-s``      ``a``      Salimans & Ho, 2202.00512
``velocity``  -1          1          flows: source minus target, 2210.02747
============  ==========  =========  =========================================

so that, with the determinant :math:`\Delta = a \beta - s \alpha`,

.. math:: z_0 = (\beta z - s p)/\Delta, \qquad \varepsilon = (a p - \alpha z)/\Delta

and an error :math:`\delta p` is an error :math:`\delta z_0 = -(s/\Delta)\, \delta p`.
``a`` and ``s`` are :class:`unisono.processes.paths.Scale`; ``eps`` needs ``a > 0``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from unisono.core.checks import check_choice
from unisono.core.contracts import Process
from unisono.core.errors import ConfigError
from unisono.processes.paths import Scale, expand, scale_of

__all__ = [
    "KINDS",
    "Kind",
    "NetworkDenoiser",
    "Parts",
    "loss_weight",
    "min_snr_weight",
    "target",
    "to_parts",
    "to_x0",
]

Kind = Literal["x0", "eps", "v", "velocity"]
KINDS: tuple[Kind, ...] = ("x0", "eps", "v", "velocity")


class Parts(NamedTuple):
    """What a noisy latent is made of: clean target and unit noise, each like ``z``."""

    x0: Tensor
    eps: Tensor


class _Mixture(NamedTuple):
    alpha: Tensor
    beta: Tensor


def _mixture(kind: Kind, scale: Scale) -> _Mixture:
    check_choice("kind", kind, KINDS)
    one, zero = torch.ones_like(scale.signal), torch.zeros_like(scale.signal)
    return {
        "x0": _Mixture(one, zero),
        "eps": _Mixture(zero, one),
        "v": _Mixture(-scale.noise, scale.signal),
        "velocity": _Mixture(-one, one),
    }[kind]


def target(kind: Kind, x0: Tensor, eps: Tensor, scale: Scale) -> Tensor:
    """Return what a network of this kind should predict, like ``x0``.

    Args:
        kind: One of :data:`KINDS`.
        x0: Clean target, ``(batch, ...)``.
        eps: The noise that was mixed in, like ``x0``.
        scale: Signal and noise at each item's time, ``(batch,)``.
    """
    alpha, beta = _mixture(kind, scale)
    return expand(alpha, x0) * x0 + expand(beta, x0) * eps


def to_x0(kind: Kind, prediction: Tensor, z: Tensor, scale: Scale) -> Tensor:
    """Return the clean target that a prediction means.

    Args:
        kind: What was predicted.
        prediction: The network's output, ``(batch, ...)``.
        z: The noisy latents it saw, like ``prediction``.
        scale: Signal and noise at each item's time, ``(batch,)``.

    Example:
        >>> scale = Scale(torch.tensor([0.8]), torch.tensor([0.6]))
        >>> z = 0.8 * torch.tensor([[2.0]]) + 0.6 * torch.tensor([[5.0]])
        >>> round(to_x0("v", target("v", z * 0 + 2.0, z * 0 + 5.0, scale), z, scale).item(), 5)
        2.0
    """
    if kind == "x0":
        return prediction  # also where s = 0 makes the determinant vanish
    alpha, beta = _mixture(kind, scale)
    determinant = scale.signal * beta - scale.noise * alpha
    return expand(beta / determinant, z) * z - expand(scale.noise / determinant, z) * prediction


def to_parts(kind: Kind, prediction: Tensor, z: Tensor, scale: Scale) -> Parts:
    """Return the clean target and the noise that a prediction means. ``x0`` needs ``s > 0``."""
    x0 = to_x0(kind, prediction, z, scale)
    if kind == "eps":
        return Parts(x0, prediction)
    alpha, beta = _mixture(kind, scale)
    determinant = scale.signal * beta - scale.noise * alpha
    eps = expand(scale.signal / determinant, z) * prediction - expand(alpha / determinant, z) * z
    return Parts(x0, eps)


def loss_weight(kind: Kind, of: Kind, scale: Scale) -> Tensor:
    r"""Return the factor that turns a squared error of one kind into that of another.

    ``loss_weight("eps", "x0", scale) * |eps error|^2 == |x0 error|^2``: for ``eps`` to ``x0`` it
    is :math:`s^2/a^2`, for ``eps`` to ``v`` :math:`1/a^2` where :math:`a^2 + s^2 = 1`.

    Args:
        kind: The kind whose squared error is at hand.
        of: The kind whose squared error is wanted.
        scale: Signal and noise, any shape; the noise above 0.
    """
    return _gain(kind, scale).square() / _gain(of, scale).square()


def _gain(kind: Kind, scale: Scale) -> Tensor:
    """Size of the error in x0 that a unit error of ``kind`` makes."""
    if kind == "x0":
        return torch.ones_like(scale.signal)
    alpha, beta = _mixture(kind, scale)
    return scale.noise / (scale.signal * beta - scale.noise * alpha).abs()


def min_snr_weight(kind: Kind, scale: Scale, *, gamma: float = 5.0) -> Tensor:
    r"""Return the min-SNR weight of a squared error (Hang et al., 2303.09556).

    For ``x0`` it is :math:`\min(a^2/s^2, \gamma)`; for another kind the same loss, rewritten.
    """
    ratio = (scale.signal / scale.noise).square()
    return ratio.clamp(max=gamma) * loss_weight(kind, "x0", scale)


@dataclass(frozen=True)
class NetworkDenoiser:
    """A network's prediction, read as an estimate of the target: what solvers consume.

    Args:
        predict: ``(z, t) -> prediction``, with conditions already bound.
        process: The process it was trained on, from standard normal noise.
        kind: What it predicts.

    Raises:
        ConfigError: If ``kind`` cannot be turned into the target at ``t = 1``.
    """

    predict: Callable[[Tensor, Tensor], Tensor]
    process: Process
    kind: Kind

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        if self.kind == "eps" and self.process.weights(torch.ones(1)).target.item() == 0:
            raise ConfigError(
                f"eps says nothing of the target at t = 1 of {self.process}; "
                "predict x0 or velocity."
            )

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        """Return the estimate of the clean target, like ``z``."""
        return to_x0(self.kind, self.predict(z, t), z, scale_of(self.process, t))
