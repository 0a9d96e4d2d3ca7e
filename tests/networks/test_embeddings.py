"""Mirrors src/unisono/networks/embeddings.py."""

import math

import pytest
import torch

from unisono.core.errors import ShapeError
from unisono.networks.embeddings import TimeEmbedding, sinusoid


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
