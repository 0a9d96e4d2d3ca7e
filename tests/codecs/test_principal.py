"""Axes against another library; codes and residuals are orthogonal; bad sizes are refused."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from unisono.codecs.principal import PrincipalAxes
from unisono.core.errors import UnisonoError


def low_rank(frames: int, channels: int) -> torch.Tensor:
    g = torch.Generator().manual_seed(2)
    size = 0.7 ** torch.arange(12.0)
    parts = torch.randn(frames, 12, generator=g) * size
    return parts @ torch.randn(12, channels, generator=g) + 3


@pytest.mark.parametrize(("frames", "channels"), [(60, 20), (900, 800)])
def test_reconstruction_is_that_of_another_library(
    frames: int, channels: int, generator: torch.Generator
) -> None:
    values = low_rank(frames, channels)
    codec = PrincipalAxes(channels, 5)
    codec.fit(values, torch.ones(channels), generator=generator)
    rival = PCA(5, svd_solver="full").fit(values.numpy())
    want = rival.inverse_transform(rival.transform(values.numpy()))
    np.testing.assert_allclose(codec.decode(codec.encode(values)).numpy(), want, atol=2e-3)


def test_codes_keep_what_they_hold_and_are_orthogonal_to_the_rest(
    generator: torch.Generator,
) -> None:
    values = low_rank(80, 30)
    scale = torch.rand(30, generator=generator) + 0.5
    codec = PrincipalAxes(30, 6)
    codec.fit(values, scale, generator=generator)
    codes = codec.encode(values)
    torch.testing.assert_close(codec.encode(codec.decode(codes)), codes, atol=1e-4, rtol=1e-4)
    rest = (values - codec.decode(codes)) / codec.scale
    torch.testing.assert_close(rest @ codec.axes, torch.zeros(80, 6), atol=1e-4, rtol=0)
    whole = PrincipalAxes(30, 30)
    whole.fit(values, scale, generator=generator)
    torch.testing.assert_close(whole.decode(whole.encode(values)), values, atol=1e-3, rtol=1e-3)


def test_too_few_frames_are_one_line(generator: torch.Generator) -> None:
    with pytest.raises(UnisonoError, match="4 frames are too few for codes of width 4"):
        PrincipalAxes(9, 4).fit(torch.randn(4, 9), torch.ones(9), generator=generator)
    with pytest.raises(UnisonoError, match="width must lie"):
        PrincipalAxes(3, 4)
