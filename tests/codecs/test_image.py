"""Mirrors src/unisono/codecs/image.py."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unisono.codecs.image import ImageCodec
from unisono.codecs.token_grid import TokenGrid
from unisono.core.errors import ShapeError


@pytest.mark.slow
def test_training_explains_most_of_unseen_images(
    make_balls: Callable[..., Tensor], unexplained: Callable[..., float], generator: torch.Generator
) -> None:
    images = 40 + 200 * make_balls(224, (12, 11), generator=generator)[:, None]
    codec = ImageCodec((1, 12, 11), TokenGrid(9, 8, "kl"), hidden=4)
    assert unexplained(codec, images[:192], images[192:], steps=120) < 0.4


def test_fitted_in_the_unit_of_the_pixels(generator: torch.Generator) -> None:
    data = 255 * torch.rand(8, 3, 5, 5, generator=generator)
    codec = ImageCodec((3, 5, 5), TokenGrid(9, 8))
    codec.fit(data, torch.ones_like(data, dtype=torch.bool))
    assert codec.offset.item() == pytest.approx(data.mean().item(), rel=1e-5)
    assert codec.scale.item() == pytest.approx(data.std(correction=0).item(), rel=1e-5)


def test_an_image_without_channels_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(channels, height, width\); got \(28, 28\)"):
        ImageCodec((28, 28))  # type: ignore[arg-type]
