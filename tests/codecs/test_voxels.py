"""Mirrors src/unisono/codecs/voxels.py."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unisono.codecs.token_grid import TokenGrid
from unisono.codecs.voxels import VoxelCodec
from unisono.core.errors import ShapeError, UnisonoError


@pytest.mark.slow
def test_training_explains_most_of_unseen_solids(
    make_balls: Callable[..., Tensor], unexplained: Callable[..., float], generator: torch.Generator
) -> None:
    solids = make_balls(224, (8, 8, 8), generator=generator)
    codec = VoxelCodec((8, 8, 8), TokenGrid(8, 16), hidden=4)
    assert unexplained(codec, solids[:192], solids[192:], steps=120) < 0.5


def test_decodes_probabilities(generator: torch.Generator) -> None:
    codec = VoxelCodec((4, 4, 4), TokenGrid(8, 4), hidden=2)
    data = (torch.rand(3, 4, 4, 4, generator=generator) > 0.5).float()
    decoded = codec.decode(codec.encode(data, torch.ones_like(data, dtype=torch.bool)))
    assert decoded.min() > 0 and decoded.max() < 1


def test_distance_is_the_cross_entropy_of_torch(generator: torch.Generator) -> None:
    codec = VoxelCodec((2, 2, 2), TokenGrid(8, 4))
    p = torch.rand(5, 2, 2, 2, generator=generator)
    y = (torch.rand(5, 2, 2, 2, generator=generator) > 0.5).float()
    expected = torch.nn.functional.binary_cross_entropy(p, y)
    torch.testing.assert_close(codec.distance(p, y, torch.ones_like(y, dtype=torch.bool)), expected)


def test_what_is_no_occupancy_is_refused() -> None:
    codec = VoxelCodec((2, 2, 2), TokenGrid(8, 4))
    data = torch.full((1, 2, 2, 2), 255.0)
    with pytest.raises(UnisonoError, match=r"occupancies in \[0, 1\]"):
        codec.fit(data, torch.ones_like(data, dtype=torch.bool))
    with pytest.raises(ShapeError, match=r"\(X, Y, Z\)"):
        VoxelCodec((2, 2))  # type: ignore[arg-type]
