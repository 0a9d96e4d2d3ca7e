r"""AdamW with warm-up and cosine decay.

Symbols: ``k`` step of the phase from 0, ``K`` steps of the phase, ``w`` warm-up steps,
:math:`\eta` peak rate. The rate of step ``k`` is

.. math::
    \eta_k = \eta \frac{k + 1}{w} \quad (k < w), \qquad
    \eta_k = \frac{\eta}{2} \Bigl(1 + \cos \pi \frac{k - w}{K - w}\Bigr) \quad (k \ge w)

(cosine decay: Loshchilov & Hutter, 1608.03983, without restarts; decoupled weight decay: the same
authors, 1711.05101). The rate is a function of the step alone, so a resumed run needs no state of
a scheduler.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from unisono.training.settings import TrainingSettings

__all__ = ["clip_gradient", "learning_rate", "load_moments", "make_optimiser", "moments"]

_STATE = ("step", "exp_avg", "exp_avg_sq")


def learning_rate(step: int, steps: int, settings: TrainingSettings) -> float:
    """Rate of one step of a phase.

    Args:
        step: Step of the phase, from 0.
        steps: Steps of the phase.
        settings: Peak, warm-up (at most half of the phase is taken) and schedule.

    Example:
        >>> s = TrainingSettings(learning_rate=1.0, warmup_steps=2)
        >>> [round(learning_rate(k, 6, s), 3) for k in range(6)]
        [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    """
    warmup = min(settings.warmup_steps, steps // 2)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    share = (step - warmup) / (steps - warmup)
    return settings.learning_rate * (1 + math.cos(math.pi * share)) / 2


def make_optimiser(
    parameters: Mapping[str, nn.Parameter], settings: TrainingSettings
) -> torch.optim.AdamW:
    """AdamW over named parameters; only those with two axes or more are decayed."""
    decayed = [p for p in parameters.values() if p.ndim >= 2]
    others = [p for p in parameters.values() if p.ndim < 2]
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    # fused: one pass over all parameters, measurably faster than a loop, on CPU as on CUDA
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, fused=True)


def clip_gradient(parameters: Mapping[str, nn.Parameter], largest: float) -> Tensor:
    """Scale the whole gradient to a 2-norm of at most ``largest`` (0: leave it).

    Returns:
        The norm before, a scalar.
    """
    bound = largest if largest > 0 else math.inf
    return nn.utils.clip_grad_norm_(list(parameters.values()), bound)


def moments(
    optimiser: torch.optim.AdamW, parameters: Mapping[str, nn.Parameter]
) -> dict[str, Tensor]:
    """State of the optimiser as named tensors, ``"<state>/<parameter>"``."""
    return {
        f"{key}/{name}": optimiser.state[parameter][key]
        for name, parameter in parameters.items()
        if parameter in optimiser.state
        for key in _STATE
    }


def load_moments(
    optimiser: torch.optim.AdamW,
    parameters: Mapping[str, nn.Parameter],
    saved: Mapping[str, Tensor],
) -> None:
    """Put back what :func:`moments` gave."""
    for name, parameter in parameters.items():
        if f"{_STATE[0]}/{name}" in saved:
            optimiser.state[parameter] = {
                key: saved[f"{key}/{name}"].to(parameter.device) for key in _STATE
            }
