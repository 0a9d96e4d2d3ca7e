r"""Averaged weights.

Symbols: :math:`w_n` weights after ``n`` steps of the phase, :math:`\bar w_n` their average,
:math:`\delta` the decay:

.. math:: \bar w_n = \delta_n \bar w_{n-1} + (1 - \delta_n) w_n, \qquad
          \delta_n = \min\bigl(\delta, \tfrac{1 + n}{10 + n}\bigr), \qquad \bar w_0 = w_0 .

The ramp (TensorFlow's ``ExponentialMovingAverage(num_updates)``) lets a short run forget its
random start: with a plain :math:`\delta = 0.999`, a third of it is left after 1000 steps.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["Average"]


class Average:
    """Running average of named parameters.

    Args:
        parameters: What is averaged. Their present values are the start.
        decay: Limit of the decay, in [0, 1); 0 keeps the present weights.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], decay: float) -> None:
        self._parameters = dict(parameters)
        self._decay = decay
        self._values = {k: p.detach().clone() for k, p in self._parameters.items()}

    def update(self, count: int) -> None:
        """Take in the weights after ``count`` steps (from 1)."""
        decay = min(self._decay, (1 + count) / (10 + count))
        if not self._values:
            return
        live = [p.detach() for p in self._parameters.values()]
        torch._foreach_lerp_(list(self._values.values()), live, 1 - decay)

    def state(self) -> dict[str, Tensor]:
        """The averages by name."""
        return dict(self._values)

    def load(self, saved: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`state` gave."""
        for name, value in self._values.items():
            value.copy_(saved[name])

    def adopt(self) -> None:
        """Give the parameters their averaged values, for good."""
        with torch.no_grad():
            for name, parameter in self._parameters.items():
                parameter.copy_(self._values[name])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the parameters their averaged values within the block."""
        live = {name: p.detach().clone() for name, p in self._parameters.items()}
        self.adopt()
        try:
            yield
        finally:
            with torch.no_grad():
                for name, parameter in self._parameters.items():
                    parameter.copy_(live[name])
