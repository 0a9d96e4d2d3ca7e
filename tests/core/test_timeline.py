"""Mirrors src/unisono/core/timeline.py."""

import math

import pytest
import torch

from unisono.core.errors import ShapeError
from unisono.core.timeline import Timeline


@pytest.mark.parametrize(("frames", "stride"), [(8, 8), (8, 3), (21, 4), (23, 8), (40, 1)])
def test_what_was_split_joins_to_itself(
    frames: int, stride: int, generator: torch.Generator
) -> None:
    line = Timeline.cover(frames=frames, length=8, stride=stride)
    x = torch.randn(3, frames, 2, generator=generator, dtype=torch.float64)
    assert line.split(x).shape == (3 * line.windows, 8, 2)
    torch.testing.assert_close(line.join(line.split(x)), x)


def test_join_equals_the_definition(generator: torch.Generator) -> None:
    line = Timeline.cover(frames=13, length=6, stride=4)
    y = torch.randn(line.windows, 6, generator=generator, dtype=torch.float64)
    for tau in range(13):
        weights = [
            (math.sin(math.pi * (tau - s + 0.5) / 6) ** 2, float(y[j, tau - s]))
            for j, s in enumerate(line.starts)
            if 0 <= tau - s < 6
        ]
        expected = sum(w * v for w, v in weights) / sum(w for w, _ in weights)
        assert line.join(y)[0, tau].item() == pytest.approx(expected)


def test_windows_that_disagree_leave_no_step() -> None:
    line = Timeline.cover(frames=150, length=100, stride=50)
    levels = torch.tensor([0.0, 1.0])[:, None].expand(2, 100)
    step = line.join(levels)[0].diff().abs().max()
    assert step < 0.04  # a hard cut would jump by 1


@pytest.mark.parametrize(
    ("starts", "message"), [((0, 5), "frame 4 lies in no window"), ((0, 7), "reaches out of 10")]
)
def test_gaps_and_overhang_are_refused(starts: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Timeline(10, 4, starts)


def test_other_shapes_are_refused() -> None:
    line = Timeline.cover(frames=8, length=4, stride=4)
    with pytest.raises(ShapeError, match="x has 7 frames, but the timeline 8"):
        line.split(torch.zeros(1, 7, 2))
    with pytest.raises(ShapeError, match="expected a multiple of 2 rows of 4 frames"):
        line.join(torch.zeros(3, 4, 2))
