"""Mirrors src/unisono/core/checks.py."""

import numpy as np
import pytest
import torch

from unisono.core.checks import check_axes, check_choice, check_range, nearest
from unisono.core.errors import ShapeError


def test_axes_bind_to_sizes() -> None:
    assert check_axes(x=(torch.zeros(2, 3, 5), "batch ...")) == {"batch": 2}
    assert check_axes(x=(np.zeros((2, 3)), "a b"), y=(torch.zeros(3), "b")) == {"a": 2, "b": 3}


@pytest.mark.parametrize(
    ("other", "spec", "message"),
    [
        (torch.zeros(3), "batch", "y has batch=3, but x has batch=2."),
        (torch.zeros(2, 1), "batch", r"y should have axes \(batch\); got shape \(2, 1\)."),
    ],
)
def test_message_names_argument_axis_and_sizes(
    other: torch.Tensor, spec: str, message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        check_axes(x=(torch.zeros(2, 4), "batch latent"), y=(other, spec))


def test_range_message_shows_interval_and_value() -> None:
    with pytest.raises(ValueError, match=r"rate must lie in \[0, 1\]; got 2"):
        check_range("rate", 2, 0, 1, closed=True)
    with pytest.raises(ValueError, match=r"rate must lie in \(0, 1\); got 1"):
        check_range("rate", 1, 0, 1)


def test_choice_names_the_nearest_word() -> None:
    check_choice("mode", "ours", ["paper", "ours"])
    with pytest.raises(ValueError, match=r"mode must be one of paper, ours; got 'our'\. Did you"):
        check_choice("mode", "our", ["paper", "ours"])
    assert nearest("zzzz", ["paper"]) == ""
