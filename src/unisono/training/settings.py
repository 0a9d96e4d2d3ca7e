r"""How a run is trained: everything that the recipe's ``[training]`` table may say.

How long is not here: it is the ``steps`` of the method's phases.
"""

import math
from dataclasses import dataclass

from unisono.core.checks import check_choice, check_range
from unisono.core.errors import ConfigError, UnisonoError

__all__ = ["PRECISIONS", "SCHEDULES", "TrainingSettings"]

PRECISIONS = ("auto", "fp32", "bf16")
"""Arithmetic of the networks; the weights and the optimiser are float32 in each."""

SCHEDULES = ("cosine", "constant")
"""What the learning rate does after the warm-up."""


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of one run.

    Args:
        batch_size: Windows a step, over all ranks together.
        learning_rate: Peak rate of AdamW.
        weight_decay: Decoupled decay of weights with two axes or more; biases, norms and scalars
            are not decayed.
        betas: Decay of AdamW's first and second moments.
        warmup_steps: Steps over which the rate rises from 0 in each phase; at most half of the
            phase is taken.
        schedule: ``"cosine"`` down to 0 at the end of each phase, or ``"constant"``.
        clip_norm: Largest 2-norm of the whole gradient; 0 leaves it as it is.
        ema_decay: Decay of the averaged weights; 0 turns averaging off.
        precision: ``"bf16"``, ``"fp32"``, or ``"auto"``: bf16 where the processor computes in it.
        device: ``"auto"`` (CUDA where there is one), or a torch device.
        checkpoint_every: Steps between checkpoints.
        preview_every: Steps between sample previews; 0 turns them off.
        log_every: Steps a row of the log is the mean of.
        seed: Where every random draw of the run comes from.

    Raises:
        ConfigError: If a value is out of range.
    """

    batch_size: int = 64
    learning_rate: float = 1e-4
    weight_decay: float = 1e-2
    betas: tuple[float, float] = (0.9, 0.999)
    warmup_steps: int = 500
    schedule: str = "cosine"
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    precision: str = "auto"
    device: str = "auto"
    checkpoint_every: int = 500
    preview_every: int = 0
    log_every: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        try:
            self._check()
        except UnisonoError as error:
            raise ConfigError(str(error)) from None

    def _check(self) -> None:
        inf = math.inf
        for name in ("batch_size", "checkpoint_every", "log_every"):
            check_range(name, getattr(self, name), 1, inf, closed=True)
        for name in ("weight_decay", "warmup_steps", "clip_norm", "preview_every"):
            check_range(name, getattr(self, name), 0, inf, closed=True)
        check_range("learning_rate", self.learning_rate, 0, inf)
        for name, value in (("betas", max(self.betas)), ("betas", min(self.betas))):
            check_range(name, value, 0, math.nextafter(1, 0), closed=True)
        check_range("ema_decay", self.ema_decay, 0, math.nextafter(1, 0), closed=True)
        check_choice("precision", self.precision, PRECISIONS)
        check_choice("schedule", self.schedule, SCHEDULES)
