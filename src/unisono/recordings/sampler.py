r"""Which windows each step of training takes: a pure function of seed and step.

With ``n`` rows and batches of ``B``, an epoch has :math:`\lfloor n / B \rfloor` steps (at least
one). Epoch ``e`` takes the rows in an order drawn from the seed and ``e`` alone; step ``k`` of it
takes the ``k``-th run of ``B``. What is left over sits that epoch out, and is another remainder in
the next, so that no row is twice in a batch. Nothing is remembered between steps: a run resumed at
any step, and any number of ranks, sees the same global batches.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from unisono.core.checks import check_range
from unisono.core.errors import ConfigError
from unisono.core.random import numpy_generator

__all__ = ["EpochSampler", "Position"]

Rows = npt.NDArray[np.int64]


class Position(NamedTuple):
    """Where a step stands.

    Attributes:
        epoch: Epochs completed.
        offset: Steps into this epoch.
    """

    epoch: int
    offset: int


class EpochSampler:
    """Rows of a step's global batch, or of one rank's share of it.

    Args:
        rows: The rows to draw from, of one part of a split; no row twice.
        batch_size: Rows of a global batch; all rows where there are fewer.
        seed: Seed of the run.

    Raises:
        ConfigError: If there are no rows, one comes twice, or the batch size is below 1.

    Example:
        >>> sampler = EpochSampler(np.arange(6), 3, seed=0)
        >>> sorted(np.concatenate([sampler.at(0), sampler.at(1)]).tolist())
        [0, 1, 2, 3, 4, 5]
    """

    def __init__(self, rows: npt.ArrayLike, batch_size: int, seed: int) -> None:
        self.rows: Rows = np.asarray(rows, dtype=np.int64).ravel()
        if not len(self.rows):
            raise ConfigError("there are no windows to train on; check the split and the windows.")
        if len(np.unique(self.rows)) < len(self.rows):
            raise ConfigError("a row is listed twice; list each window once.")
        try:
            check_range("batch_size", batch_size, 1, 10_000_000, closed=True)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        self.batch_size = min(int(batch_size), len(self.rows))
        self.seed = int(seed)
        self._epoch = -1
        self._order = self.rows

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which every row but the remainder is seen once."""
        return len(self.rows) // self.batch_size

    def position(self, step: int) -> Position:
        """Epoch and offset of a step."""
        return Position(*divmod(int(step), self.steps_per_epoch))

    def at(self, step: int, rank: int = 0, world: int = 1) -> Rows:
        """Return the rows of one step.

        Args:
            step: Number of the step, from 0.
            rank: Which share of the global batch.
            world: Number of shares; joined in the order of ranks they are the global batch.

        Raises:
            ConfigError: If the step is negative or the rank not below ``world``.
        """
        if step < 0 or not 0 <= rank < world:
            raise ConfigError(
                f"step must be at least 0 and rank below world; got step {step}, rank {rank} "
                f"of {world}."
            )
        epoch, offset = self.position(step)
        if epoch != self._epoch:  # a matter of speed alone: the order depends on the epoch only
            order = numpy_generator(self.seed, "epoch", epoch).permutation(len(self.rows))
            self._epoch, self._order = epoch, self.rows[order]
        start = offset * self.batch_size
        batch = self._order[start : start + self.batch_size]
        return np.array_split(batch, world)[rank].copy()
