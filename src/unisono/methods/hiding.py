r"""Hiding parts of what is given from training windows, so that what is missing at use is known.

For every window each stream is hidden with probability :math:`p_s` and each channel, on its own,
with :math:`p_c`, either the same for all windows or :math:`p_c = u^{(1 - c) / c}` with :math:`u`
uniform on [0, 1], of which :math:`c` is the mean; what is hidden is masked, not zero. All streams
are hidden together with :math:`p_w` besides, where nothing given must be known too: by themselves
:math:`n` streams are all hidden with :math:`p_s^n` only.
:func:`hide_blocks` hides stretches of time besides.
"""

import torch
from torch import Generator, Tensor

from unisono.core.distributed import draw_global
from unisono.methods.direction import Given

__all__ = ["hide_at_random", "hide_blocks"]


def hide_at_random(
    given: Given,
    *,
    stream: float,
    channel: float,
    generator: Generator,
    varied: bool = False,
    whole: float = 0.0,
) -> Given:
    """Hide whole streams and single channels, window by window.

    Args:
        given: Standardised streams ``(B, L, D)``.
        stream: Probability that a stream is hidden from a window.
        channel: Probability that a channel is hidden from a window.
        generator: Where the draw comes from.
        varied: Whether every window draws a probability ``p_c`` of its own, with mean ``channel``:
            few windows then lack most of their channels, and many lack none.
        whole: Probability that all streams are hidden from a window at once.
    """
    if stream == 0 and channel == 0 and whole == 0:
        return given
    mask, share = {}, None
    if varied and channel > 0:
        first = next(iter(given.mask.values()))
        drawn = draw_global(
            lambda n: torch.rand(n, 1, generator=generator, device=generator.device), len(first)
        )
        share = drawn ** ((1 - channel) / channel)
    for name, here in given.mask.items():
        device, width = here.device, here.shape[-1]

        def draw(n: int, width: int = width) -> Tensor:
            return torch.rand(n, 1 + width, generator=generator, device=generator.device)

        drawn = draw_global(draw, len(here)).to(device)
        hidden = channel if share is None else share.to(device)
        keep = (drawn[:, :1] >= stream) & (drawn[:, 1:] >= hidden)
        mask[name] = here & keep[:, None, :]
    if whole > 0:
        size = len(next(iter(mask.values())))
        drawn = draw_global(
            lambda n: torch.rand(n, generator=generator, device=generator.device), size
        )
        mask = {name: here & (drawn >= whole).to(here.device)[:, None, None]
                for name, here in mask.items()}  # fmt: skip
    data = {name: values * mask[name] for name, values in given.data.items()}
    return given._replace(data=data, mask=mask)


def hide_blocks(given: Given, *, channel: float, block: float, generator: Generator) -> Given:
    """Hide single channels, and one stretch of frames of all channels, window by window.

    Args:
        given: Standardised streams ``(B, L, D)``.
        channel: Probability that a channel is hidden from a window.
        block: Share of the frames that the stretch takes, in [0, 1).
        generator: Where the draw comes from.
    """
    fewer = hide_at_random(given, stream=0.0, channel=channel, generator=generator)
    first = next(iter(given.mask.values()))
    size, frames, device = len(first), first.shape[1], first.device
    length = int(block * frames)

    def draw(n: int) -> Tensor:
        return torch.rand(n, generator=generator, device=generator.device)

    start = (draw_global(draw, size).to(device) * (frames - length + 1)).long()
    at = torch.arange(frames, device=device)[None, :] - start[:, None]
    keep = ((at < 0) | (at >= length))[..., None]
    mask = {name: here & keep for name, here in fewer.mask.items()}
    data = {name: values * mask[name] for name, values in fewer.data.items()}
    return fewer._replace(data=data, mask=mask)
