"""Mirrors src/unisono/codecs/convolutions.py."""

import pytest
import torch

from unisono.codecs.convolutions import (
    Decoder,
    Encoder,
    flat,
    folded,
    halved,
    levels_for,
    pool_mask,
)
from unisono.core.errors import ShapeError


@pytest.mark.parametrize(
    ("sizes", "levels"),
    [((7,), 0), ((7,), 2), ((100,), 4), ((7, 7), 1), ((15, 28), 3), ((9, 8, 7), 2), ((1, 5), 2)],
)
def test_any_size_returns(sizes: tuple[int, ...], levels: int) -> None:
    encoder, decoder = Encoder(sizes, 2, 4, levels), Decoder(sizes, 3, 4, levels)
    inner = encoder(torch.zeros(2, 2, *sizes))
    assert inner.shape == (2, encoder.width, *halved(sizes, levels))
    assert decoder.width == encoder.width
    assert decoder(inner).shape == (2, 3, *sizes)


def test_levels_are_the_nearest_by_ratio() -> None:
    for sizes, tokens in [((128, 128), 64), ((28, 28), 64), ((500,), 48), ((20, 20, 20), 27)]:
        best = levels_for(sizes, tokens)
        ratios = []
        for k in range(9):
            cells = torch.tensor(halved(sizes, k)).prod().item()
            ratios.append(abs(torch.tensor(cells / tokens).log().item()))
        assert ratios[best] == min(ratios)


def test_a_cell_is_real_where_any_value_below_it_is() -> None:
    mask = torch.zeros(1, 8, dtype=torch.bool)
    mask[0, 5] = True
    assert pool_mask(mask, (4,)).tolist() == [[False, False, True, False]]


def test_folding_returns(generator: torch.Generator) -> None:
    x = torch.randn(2, 3, 4, 5, generator=generator)
    assert torch.equal(folded(flat(x), (4, 5)), x)


def test_four_axes_are_refused() -> None:
    with pytest.raises(ShapeError, match="1 to 3 axes; got 4"):
        Encoder((2, 2, 2, 2), 1, 4, 1)
