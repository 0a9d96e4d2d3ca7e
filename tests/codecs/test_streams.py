"""Mirrors src/unisono/codecs/streams.py."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unisono.codecs.streams import StreamCodec
from unisono.codecs.token_grid import TokenGrid
from unisono.core.errors import ShapeError


@pytest.mark.slow
def test_training_explains_most_of_unseen_windows(
    make_waves: Callable[..., Tensor], unexplained: Callable[..., float], generator: torch.Generator
) -> None:
    waves = make_waves(224, 30, 3, generator=generator)
    codec = StreamCodec((30, 3), TokenGrid(8, 8), hidden=8)
    assert unexplained(codec, waves[:192], waves[192:], steps=100) < 0.15


def test_every_channel_in_its_own_unit(generator: torch.Generator) -> None:
    data = torch.randn(6, 20, 2, generator=generator) * torch.tensor([1e-3, 1e3]) + 7
    codec = StreamCodec((20, 2), TokenGrid(5, 4), hidden=4)
    codec.fit(data, torch.ones_like(data, dtype=torch.bool))
    standard = codec.standard(data, torch.ones_like(data, dtype=torch.bool))
    torch.testing.assert_close(standard.std(dim=(0, 1), correction=0), torch.ones(2))


def test_tokens_after_the_end_of_a_short_window_are_not_real(generator: torch.Generator) -> None:
    codec = StreamCodec((32, 2), TokenGrid(8, 4), hidden=4)
    data = torch.randn(2, 32, 2, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    mask[1, 16:] = False
    latents = codec.encode(data, mask)
    assert latents.mask.tolist() == [[True] * 8, [True] * 4 + [False] * 4]
    assert not latents.z[1, 4:].any()


def test_streams_of_different_rate_and_length_meet(generator: torch.Generator) -> None:
    fast, slow = StreamCodec((100, 7), TokenGrid(12, 4)), StreamCodec((33, 2), TokenGrid(12, 4))
    for codec in (fast, slow):
        data = torch.randn(2, *codec.shape, generator=generator)
        assert codec.encode(data, torch.ones_like(data, dtype=torch.bool)).z.shape == (2, 12, 4)


def test_a_window_without_channels_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(frames, channels\)"):
        StreamCodec((20,))  # type: ignore[arg-type]
