"""Mirrors src/unisono/alignment/windows.py."""

import pytest
import torch

from unisono.alignment.windows import cut, vectors
from unisono.core.errors import ShapeError, UnisonoError


@pytest.mark.parametrize(("length", "stride"), [(5, None), (5, 2), (1, 1), (13, None), (4, 6)])
def test_matches_slicing(length: int, stride: int | None, generator: torch.Generator) -> None:
    z = torch.randn(3, 13, 2, generator=generator)
    mask = torch.rand(3, 13, generator=generator) > 0.2
    windows = cut(z, mask, length=length, stride=stride)
    starts = list(range(0, 13 - length + 1, stride or length))
    assert windows.start.tolist() == starts
    for b in range(3):
        for m, start in enumerate(starts):
            piece = slice(start, start + length)
            assert windows.valid[b, m].item() == mask[b, piece].all().item()
            expected = z[b, piece] * mask[b, piece, None]
            assert torch.equal(windows.values[b, m], expected)


def test_frames_that_are_not_valid_are_never_read() -> None:
    z = torch.ones(1, 4, 2, requires_grad=True)
    mask = torch.tensor([[True, True, False, True]])
    poisoned = torch.where(mask[..., None], z, torch.nan)
    windows = cut(poisoned, mask, length=2)
    assert torch.isfinite(windows.values).all()
    windows.values.sum().backward()
    assert z.grad is not None
    assert z.grad[0, :, 0].tolist() == [1.0, 1.0, 0.0, 1.0]


def test_vectors() -> None:
    values = torch.arange(12.0).view(1, 2, 3, 2)
    assert vectors(values).shape == (1, 2, 6)
    assert vectors(values)[0, 1].tolist() == [6, 7, 8, 9, 10, 11]
    assert vectors(values, "mean")[0, 1].tolist() == [8, 9]


def test_bad_input_is_refused() -> None:
    z, mask = torch.zeros(1, 4, 2), torch.ones(1, 4, dtype=torch.bool)
    with pytest.raises(ShapeError, match="z has 4 frames, fewer than a window of length=5"):
        cut(z, mask, length=5)
    with pytest.raises(ShapeError, match="mask has frame=3"):
        cut(z, mask[:, :3], length=2)
    with pytest.raises(UnisonoError, match="stride must lie in"):
        cut(z, mask, length=2, stride=0)
    with pytest.raises(UnisonoError, match="pooling must be one of"):
        vectors(z, "max")  # type: ignore[arg-type]
