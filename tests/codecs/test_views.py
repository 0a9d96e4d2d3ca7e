"""Mirrors src/unisono/codecs/views.py."""

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unisono.codecs.token_grid import TokenGrid
from unisono.codecs.views import ViewsCodec
from unisono.core.errors import ShapeError

SHAPE = (3, 1, 8, 8)


def test_a_set_does_not_know_the_order_and_ordered_views_do(generator: torch.Generator) -> None:
    data = torch.rand(4, *SHAPE, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    turned = data[:, [2, 0, 1]]
    free = ViewsCodec(SHAPE, TokenGrid(16, 8), hidden=4, ordered=False)
    torch.testing.assert_close(
        free.encode(data, mask).z, free.encode(turned, mask).z, atol=1e-5, rtol=1e-4
    )
    fixed = ViewsCodec(SHAPE, TokenGrid(16, 8), hidden=4)
    assert (fixed.encode(data, mask).z - fixed.encode(turned, mask).z).abs().max() > 1e-2


def test_the_distance_of_sets_is_that_of_the_best_order(generator: torch.Generator) -> None:
    codec = ViewsCodec(SHAPE, TokenGrid(16, 8), ordered=False)
    one, two = torch.rand(2, 2, *SHAPE, generator=generator)
    mask = torch.ones_like(one, dtype=torch.bool)
    best = [
        min(
            float((one[b, list(p)] - two[b]).square().mean())
            for p in itertools.permutations(range(3))
        )
        for b in range(2)
    ]
    assert codec.distance(one, two, mask).item() == pytest.approx(sum(best) / 2, rel=1e-5)


@pytest.mark.parametrize("ordered", [True, False])
def test_an_absent_view_takes_no_part(ordered: bool, generator: torch.Generator) -> None:
    codec = ViewsCodec(SHAPE, TokenGrid(16, 8), hidden=4, ordered=ordered)
    data = torch.rand(2, *SHAPE, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    whole = codec.encode(data, mask).z
    mask[:, 2] = False
    part = codec.encode(data, mask)
    assert part.mask.all() and (part.z - whole).abs().max() > 1e-3
    none = codec.encode(data, torch.zeros_like(mask))
    assert not none.mask.any() and bool(torch.isfinite(none.z).all())


@pytest.mark.slow
def test_training_explains_most_of_unseen_views(
    make_balls: Callable[..., Tensor], unexplained: Callable[..., float], generator: torch.Generator
) -> None:
    views = make_balls(448, (8, 8), generator=generator).reshape(224, 2, 1, 8, 8)
    codec = ViewsCodec((2, 1, 8, 8), TokenGrid(16, 8), hidden=8)
    assert unexplained(codec, views[:192], views[192:], steps=100) < 0.5


def test_one_view_is_an_image() -> None:
    with pytest.raises(ShapeError, match=r"\(views, channels, height, width\)"):
        ViewsCodec((1, 8, 8))  # type: ignore[arg-type]
