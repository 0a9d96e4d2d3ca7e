"""Errors of training."""

from pathlib import Path

from unisono.core.errors import UnisonoError

__all__ = ["TrainingError", "TrainingStopped"]


class TrainingError(UnisonoError):
    """A run cannot start, go on or be resumed: the text names the place and the remedy."""


class TrainingStopped(TrainingError):
    """A run was asked to stop and wrote a checkpoint first.

    It is raised rather than returned, so that nobody takes an unfinished model for a finished one.

    Args:
        step: Optimiser steps done.
        steps: Optimiser steps of the whole run.
        folder: The run's folder, which holds the checkpoint.
        reason: What asked: a signal's name, or "stop".

    Example:
        >>> print(TrainingStopped(40, 100, "runs/walk", "SIGTERM"))
        training stopped at step 40 of 100 (SIGTERM); resume it in runs/walk, which holds all of it.
    """

    def __init__(self, step: int, steps: int, folder: str | Path, reason: str) -> None:
        self.step, self.steps, self.folder, self.reason = step, steps, Path(folder), reason
        super().__init__(
            f"training stopped at step {step} of {steps} ({reason}); "
            f"resume it in {folder}, which holds all of it."
        )
