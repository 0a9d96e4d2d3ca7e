"""Mirrors src/unisono/networks/embeddings.py."""

import math

import pytest
import torch

from unisono.core.errors import ShapeError
from unisono.networks.embeddings import JumpEmbedding, TimeEmbedding, grid_sinusoid, sinusoid


def test_matches_the_definition() -> None:
    got = sinusoid(torch.tensor([3.0]), 6)[0].tolist()
    omega = [10_000 ** (-i / 3) for i in range(3)]
    expected = [math.sin(3 * w) for w in omega] + [math.cos(3 * w) for w in omega]
    assert got == pytest.approx(expected, abs=1e-6)


def test_odd_width_is_refused() -> None:
    with pytest.raises(ShapeError, match="must be even; got 3"):
        sinusoid(torch.zeros(1), 3)


def test_times_are_told_apart() -> None:
    times = TimeEmbedding(16)(torch.tensor([0.1, 0.1005, 0.9]))
    assert times.shape == (3, 16)
    assert torch.cdist(times, times)[0, 1:].min() > 1e-3


def test_a_grid_tells_its_cells_apart_axis_by_axis() -> None:
    found = grid_sinusoid((3, 4), 12).view(3, 4, 12)
    for j in range(4):  # the first half tells the row alone, the second the column alone
        torch.testing.assert_close(found[:, j, :6], sinusoid(torch.arange(3), 6))
    for i in range(3):
        torch.testing.assert_close(found[i, :, 6:], sinusoid(torch.arange(4), 6))


def test_a_width_too_small_for_the_axes_is_refused() -> None:
    with pytest.raises(ShapeError, match="too small"):
        grid_sinusoid((2, 2, 2), 4)


def test_a_jump_begins_as_its_start_and_learns_its_end() -> None:
    torch.manual_seed(0)
    jump = JumpEmbedding(16)
    times = torch.tensor([[0.8, 0.0], [0.8, 0.5]])
    torch.testing.assert_close(jump(times), jump.start(times[:, 0]))
    torch.nn.init.normal_(jump.leave.weight)
    ends = jump(times)
    assert (ends[0] - ends[1]).norm() > 0.1
