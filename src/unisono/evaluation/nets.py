"""Small recurrent networks that measure: an autoencoder for features, a one-step forecaster.

They are instruments, not models: small, trained in seconds, and started from a given generator, so
that the same data and seed give the same measure. Axes: ``(n, L, D)`` with mask ``(n, L, D)``.
"""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Generator, Tensor, nn

__all__ = ["Forecaster", "SeriesAutoencoder", "seeded"]


M = TypeVar("M", bound=nn.Module)


def seeded(build: Callable[[], M], *, generator: Generator) -> M:
    """Build a module and start its weights from a generator alone.

    Weights and biases are uniform in ``+-1 / sqrt(fan-in)`` (the rule of torch's own ``Linear``;
    for a GRU the fan-in is its hidden width). Torch's own start is overwritten, and its global
    generator is left where it was.

    Raises:
        TypeError: If the module holds parameters of anything but ``Linear`` and recurrent layers.

    Example:
        >>> a, b = (seeded(lambda: nn.Linear(3, 2), generator=Generator().manual_seed(1))
        ...         for _ in range(2))
        >>> torch.equal(a.weight, b.weight)
        True
    """
    with torch.random.fork_rng(devices=[]):
        module = build()
    for part in module.modules():
        parameters = list(part.parameters(recurse=False))
        if not parameters:
            continue
        if not isinstance(part, (nn.Linear, nn.RNNBase)):
            raise TypeError(f"no rule for the start of {type(part).__name__}")
        bound = (part.in_features if isinstance(part, nn.Linear) else part.hidden_size) ** -0.5
        with torch.no_grad():
            for parameter in parameters:
                parameter.uniform_(-bound, bound, generator=generator)
    return module


class SeriesAutoencoder(nn.Module):
    """A GRU that reads a window into one vector, and a GRU that writes the window from it.

    Args:
        channels: ``D``.
        width: Width of the vector.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.reader = nn.GRU(2 * channels, width, batch_first=True, bidirectional=True)
        self.squeeze = nn.Linear(2 * width, width)
        self.writer = nn.GRU(width + 2, width, batch_first=True)
        self.out = nn.Linear(width, channels)

    def encode(self, data: Tensor, mask: Tensor) -> Tensor:
        """Return features ``(n, width)``; the mask is read beside the data."""
        read, _ = self.reader(torch.cat([data * mask, mask.to(data.dtype)], dim=-1))
        return torch.as_tensor(self.squeeze(read.mean(dim=1)))

    def forward(self, data: Tensor, mask: Tensor) -> Tensor:
        """Return the window written back from its vector, ``(n, L, D)``."""
        code = self.encode(data, mask)
        frames = data.shape[1]
        angle = torch.linspace(0, torch.pi, frames, dtype=data.dtype, device=data.device)
        place = torch.stack([angle.cos(), angle.sin()], dim=-1).expand(len(data), -1, -1)
        told = torch.cat([code[:, None].expand(-1, frames, -1), place], dim=-1)
        written, _ = self.writer(told)
        return torch.as_tensor(self.out(written))


class Forecaster(nn.Module):
    """A GRU with a sigmoid output that says the next value (Yoon et al., TimeGAN, NeurIPS 2019).

    Args:
        inputs: Channels it sees.
        outputs: Channels it says.
        hidden: Width of the GRU.
    """

    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.reader = nn.GRU(inputs, hidden, batch_first=True)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, data: Tensor) -> Tensor:
        """Return ``(n, L, outputs)`` in (0, 1) from ``(n, L, inputs)``."""
        read, _ = self.reader(data)
        return torch.sigmoid(self.out(torch.tanh(read)))
