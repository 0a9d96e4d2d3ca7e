"""Mirrors src/unisono/codecs/token_grid.py."""

import pytest
import torch

from unisono.codecs.token_grid import Resampler, TokenGrid, grid_sizes, places
from unisono.core.contracts import Latents
from unisono.core.errors import ShapeError, UnisonoError


@pytest.mark.parametrize(("count", "axes"), [(64, 2), (64, 3), (49, 2), (30, 3), (13, 2)])
def test_grid_sizes_multiply_to_the_count(count: int, axes: int) -> None:
    sizes = grid_sizes(count, axes)
    assert len(sizes) == axes and torch.tensor(sizes).prod() == count
    assert places(sizes).shape == (count, axes)


def test_places_are_cell_centres_last_axis_fastest() -> None:
    expected = torch.tensor([[0.25, 1 / 6], [0.25, 0.5], [0.25, 5 / 6]])
    torch.testing.assert_close(places((2, 3))[:3], expected)


def test_resampler_starts_as_a_local_average_against_a_slow_loop(
    generator: torch.Generator,
) -> None:
    source, target = places((9,)), places((4,))
    module = Resampler(source, target, 3, 5)
    z = torch.randn(2, 9, 3, generator=generator)
    mask = torch.ones(2, 9, dtype=torch.bool)
    mask[1, 6:] = False
    out = module(Latents(z, mask))
    spread = 0.5 / 4
    for b in range(2):
        for n in range(4):
            weight = torch.exp(-((source - target[n]).square().sum(-1)) / (2 * spread**2))
            weight = weight * mask[b]
            mean = (weight[:, None] * z[b]).sum(0) / weight.sum()
            value = module.values.weight @ mean + module.values.bias
            if b == 1 and n == 3:  # no real feature is near the last place
                assert not out.mask[b, n] and not out.z[b, n].any()
            else:
                torch.testing.assert_close(out.z[b, n], value)


def test_equal_grids_are_mapped_token_by_token(generator: torch.Generator) -> None:
    where = places((3, 3))
    module = Resampler(where, where, 4, 2)
    z = torch.randn(1, 9, 4, generator=generator)
    mask = torch.ones(1, 9, dtype=torch.bool)
    torch.testing.assert_close(module(Latents(z, mask)).z, module.values(z))


def test_an_item_without_any_real_feature_gives_zeros() -> None:
    module = Resampler(places((6,)), places((4,)), 2, 2)
    out = module(Latents(torch.ones(1, 6, 2), torch.zeros(1, 6, dtype=torch.bool)))
    assert not out.z.any() and not out.mask.any()


def test_bad_grids_are_refused() -> None:
    with pytest.raises(UnisonoError, match="bottleneck must be one of kl, norm, none"):
        TokenGrid(bottleneck="norme")
    with pytest.raises(UnisonoError, match="tokens must lie in"):
        TokenGrid(tokens=0)
    module = Resampler(places((6,)), places((4,)), 2, 2)
    with pytest.raises(ShapeError, match="should have 6 places; got 5"):
        module(Latents(torch.ones(1, 5, 2), torch.ones(1, 5, dtype=torch.bool)))
