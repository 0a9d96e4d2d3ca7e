r"""Hiding parts of what is given from training windows, so that what is missing at use is known.

For every window each stream is hidden with probability :math:`p_s` and each channel, on its own,
with :math:`p_c`; what is hidden is masked, not zero.
"""

import torch
from torch import Generator, Tensor

from unisono.core.distributed import draw_global
from unisono.methods.direction import Given

__all__ = ["hide_at_random"]


def hide_at_random(given: Given, *, stream: float, channel: float, generator: Generator) -> Given:
    """Hide whole streams and single channels, window by window.

    Args:
        given: Standardised streams ``(B, L, D)``.
        stream: Probability that a stream is hidden from a window.
        channel: Probability that a channel is hidden from a window.
        generator: Where the draw comes from.
    """
    if stream == 0 and channel == 0:
        return given
    mask = {}
    for name, here in given.mask.items():
        device, width = here.device, here.shape[-1]

        def draw(n: int, width: int = width) -> Tensor:
            return torch.rand(n, 1 + width, generator=generator, device=generator.device)

        drawn = draw_global(draw, len(here)).to(device)
        keep = (drawn[:, :1] >= stream) & (drawn[:, 1:] >= channel)
        mask[name] = here & keep[:, None, :]
    data = {name: values * mask[name] for name, values in given.data.items()}
    return given._replace(data=data, mask=mask)
