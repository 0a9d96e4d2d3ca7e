r"""A lift with a learned residual: what the mean of neighbours leaves out.

A small network is trained on the bank to predict, from a point on the map and its neighbours' mean
code, the code's residual in the directions that matter,

.. math:: z = \bar z_k(c) + P\, g(c,\, P^\top \bar z_k(c)), \qquad
          \bar z_k \text{ without the place itself,}

``P`` the leading principal axes of the bank's codes. Places near the asked one in time are left out
as neighbours in training, for in use they would not be there either. The last layer starts at 0, so
that the lift starts as the plain one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, nn

from unisono.core.checks import check_range
from unisono.core.freezing import freeze
from unisono.editing.bank import Array, Bank
from unisono.editing.lift import Lifted, NeighbourLift, neighbour_weights

__all__ = ["LearnedLift", "ResidualSettings"]


@dataclass(frozen=True)
class ResidualSettings:
    """How the residual is learned.

    Args:
        k: Neighbours.
        apart: Places of the same sequence fewer rows apart than this are no neighbours in training.
        axes: Principal axes of the codes that are corrected.
        width: Of the two hidden layers.
        steps: Steps of Adam.
        learning_rate: Its rate.
    """

    k: int = 5
    apart: int = 2
    axes: int = 32
    width: int = 64
    steps: int = 400
    learning_rate: float = 2e-3

    def __post_init__(self) -> None:
        for name in ("k", "apart", "axes", "width", "steps"):
            check_range(name, getattr(self, name), 1, float("inf"), closed=True)
        check_range("learning_rate", self.learning_rate, 0, 1)


class LearnedLift:
    """A neighbour lift plus a learned residual.

    Args:
        bank: Where data were seen; rows of a sequence in the order of time.
        settings: How it is learned.
        generator: Where first weights and batches come from.
    """

    def __init__(
        self,
        bank: Bank,
        settings: ResidualSettings = ResidualSettings(),  # noqa: B008 - frozen
        *,
        generator: Generator,
    ) -> None:
        self.bank, self.settings = bank, settings
        self.plain = NeighbourLift(bank, k=settings.k)
        self._middle = bank.coordinates.mean(axis=0)
        self._spread = np.maximum(bank.coordinates.std(axis=0), 1e-9)
        self._mean = bank.codes.mean(axis=0)
        _, size, axes = np.linalg.svd(bank.codes - self._mean, full_matrices=False)
        kept = min(settings.axes, len(axes))
        self._axes = axes[:kept].T
        self._unit = float(size[0]) / np.sqrt(len(bank)) or 1.0
        base = self._left_out()
        self.net = self._fit(base, generator)

    def _left_out(self) -> Array:
        """The neighbours' mean code of every place, without the places near it in time."""
        bank, k = self.bank, self.settings.k
        reach = min(k + 2 * self.settings.apart, len(bank))
        near = bank.near(bank.coordinates, reach)
        rows = np.arange(len(bank))[:, None]
        same = bank.sequence[near.place] == bank.sequence[rows]
        barred = same & (np.abs(near.place - rows) < self.settings.apart)
        order = np.argsort(barred, axis=1, kind="stable")[:, : min(k, reach)]
        place = np.take_along_axis(near.place, order, axis=1)
        weight = neighbour_weights(np.take_along_axis(near.distance, order, axis=1), "inverse")
        return np.asarray(np.einsum("nk,nkw->nw", weight, bank.codes[place]))

    def _inputs(self, points: Array, base: Array) -> torch.Tensor:
        place = (points - self._middle) / self._spread
        code = (base - self._mean) @ self._axes / self._unit
        return torch.from_numpy(np.concatenate([place, code], axis=1).astype(np.float32))

    def _fit(self, base: Array, generator: Generator) -> nn.Sequential:
        bank, how = self.bank, self.settings
        x = self._inputs(bank.coordinates, base)
        y = torch.from_numpy(((bank.codes - base) @ self._axes / self._unit).astype(np.float32))
        net = nn.Sequential(
            nn.Linear(x.shape[1], how.width),
            nn.GELU(),
            nn.Linear(how.width, how.width),
            nn.GELU(),
            nn.Linear(how.width, y.shape[1]),
        )
        with torch.no_grad():
            for layer in net:
                if isinstance(layer, nn.Linear):
                    bound = layer.in_features**-0.5
                    layer.weight.uniform_(-bound, bound, generator=generator)
                    layer.bias.zero_()
            list(net.parameters())[-2].zero_()
        adam = torch.optim.AdamW(net.parameters(), lr=how.learning_rate, weight_decay=1e-3)
        for _ in range(how.steps):
            rows = torch.randint(len(x), (min(256, len(x)),), generator=generator)
            loss = (net(x[rows]) - y[rows]).square().mean()
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
        return freeze(net)

    def lift(self, points: npt.ArrayLike) -> Lifted:
        """See :meth:`unisono.editing.lift.Lift.lift`."""
        plain = self.plain.lift(points)
        asked = np.atleast_2d(np.asarray(points, np.float64))
        with torch.no_grad():
            more = self.net(self._inputs(asked, plain.codes)).numpy().astype(np.float64)
        return plain._replace(codes=plain.codes + more * self._unit @ self._axes.T)
