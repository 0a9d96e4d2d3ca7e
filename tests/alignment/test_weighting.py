"""Mirrors src/unisono/alignment/weighting.py."""

import pytest
import torch

from unisono.alignment.weighting import FixedWeight, LearnedWeight, signal_share
from unisono.core.contracts import Weights
from unisono.core.errors import UnisonoError


def test_fixed() -> None:
    loss = torch.tensor(4.0, requires_grad=True)
    weighted = FixedWeight(0.25)(loss)
    weighted.total.backward()
    assert weighted.total.item() == 1.0
    assert weighted.factor.item() == 0.25
    assert not weighted.factor.requires_grad
    assert loss.grad == 0.25


def test_learned_starts_at_its_initial_factor() -> None:
    weight = LearnedWeight(0.1)
    weighted = weight(torch.tensor(5.0))
    assert weighted.factor.item() == pytest.approx(0.1)
    assert weighted.total.item() == pytest.approx(0.1 * 5 + weight.a.item())


def test_learned_settles_at_one_over_the_loss() -> None:
    weight = LearnedWeight(0.1)
    optimiser = torch.optim.SGD(weight.parameters(), lr=0.1)
    for _ in range(300):
        optimiser.zero_grad()
        weight(torch.tensor(5.0)).total.backward()
        optimiser.step()
    assert weight(torch.tensor(5.0)).factor.item() == pytest.approx(0.2, rel=1e-3)


def test_signal_share_is_the_targets_power() -> None:
    power = torch.tensor([1.0, 0.5, 0.1])
    share = signal_share(Weights(power.sqrt(), torch.zeros(3), (1 - power).sqrt()))
    torch.testing.assert_close(share, power)
    bridge = signal_share(Weights(torch.tensor(1.0), torch.tensor(1.0), torch.tensor(0.0)))
    assert bridge.item() == 0.5


def test_bad_factors_are_refused() -> None:
    with pytest.raises(UnisonoError, match="factor must lie in"):
        FixedWeight(-0.1)
    with pytest.raises(UnisonoError, match="initial must lie in"):
        LearnedWeight(0.0)
