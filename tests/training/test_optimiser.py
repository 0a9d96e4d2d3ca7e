import math

import pytest
import torch
from torch import nn

from unisono.training.optimiser import (
    clip_gradient,
    learning_rate,
    load_moments,
    make_optimiser,
    moments,
)
from unisono.training.settings import TrainingSettings


def test_rate_is_the_closed_form() -> None:
    settings = TrainingSettings(learning_rate=0.3, warmup_steps=10)
    for k in range(100):
        expected = 0.3 * (k + 1) / 10 if k < 10 else 0.15 * (1 + math.cos(math.pi * (k - 10) / 90))
        assert learning_rate(k, 100, settings) == pytest.approx(expected, rel=1e-12)


def test_rate_is_what_torch_schedulers_give() -> None:
    settings = TrainingSettings(learning_rate=0.3, warmup_steps=5)
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    schedule = torch.optim.lr_scheduler.SequentialLR(
        optimiser,
        [
            torch.optim.lr_scheduler.LinearLR(optimiser, 1 / 5, 1.0, total_iters=4),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=15),
        ],
        milestones=[5],
    )
    for k in range(20):
        assert learning_rate(k, 20, settings) == pytest.approx(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()


def test_constant_rate_and_a_warm_up_longer_than_half_the_phase() -> None:
    settings = TrainingSettings(learning_rate=1.0, warmup_steps=500, schedule="constant")
    assert [learning_rate(k, 4, settings) for k in range(4)] == [0.5, 1.0, 1.0, 1.0]
    assert learning_rate(0, 1, settings) == 1.0


def named() -> dict[str, nn.Parameter]:
    g = torch.Generator().manual_seed(1)
    return {
        "w": nn.Parameter(torch.randn(3, 2, generator=g)),
        "b": nn.Parameter(torch.randn(3, generator=g)),
    }


def test_step_is_adamw_by_hand_and_only_matrices_decay() -> None:
    settings = TrainingSettings(learning_rate=0.1, weight_decay=0.5, betas=(0.8, 0.9))
    parameters = named()
    before = {k: p.detach().clone() for k, p in parameters.items()}
    optimiser = make_optimiser(parameters, settings)
    first = {k: torch.zeros_like(p) for k, p in before.items()}
    second = {k: torch.zeros_like(p) for k, p in before.items()}
    for n in range(1, 4):
        for name, p in parameters.items():
            p.grad = torch.sin(p.detach() * n)
            first[name] = 0.8 * first[name] + 0.2 * p.grad
            second[name] = 0.9 * second[name] + 0.1 * p.grad.square()
            decay = 0.5 if name == "w" else 0.0
            move = (first[name] / (1 - 0.8**n)) / ((second[name] / (1 - 0.9**n)).sqrt() + 1e-8)
            before[name] = before[name] * (1 - 0.1 * decay) - 0.1 * move
        optimiser.step()
        for name, p in parameters.items():
            torch.testing.assert_close(p.detach(), before[name])


def test_clipping_scales_the_whole_gradient() -> None:
    parameters = named()
    for p in parameters.values():
        p.grad = torch.full_like(p, 2.0)
    assert clip_gradient(parameters, 0.0).item() == pytest.approx(6.0)
    assert parameters["w"].grad is not None and parameters["w"].grad.max() == 2.0
    clip_gradient(parameters, 1.5)
    total = sum(p.grad.square().sum() for p in parameters.values() if p.grad is not None)
    assert float(total) == pytest.approx(1.5**2, rel=1e-5)


def test_moments_survive_saving_bit_for_bit() -> None:
    settings = TrainingSettings()
    one, two = named(), named()
    optimisers = [make_optimiser(one, settings), make_optimiser(two, settings)]
    for p in one.values():
        p.grad = torch.cos(p.detach())
    optimisers[0].step()
    saved = {k: v.clone() for k, v in moments(optimisers[0], one).items()}
    assert set(saved) == {f"{s}/{n}" for s in ("step", "exp_avg", "exp_avg_sq") for n in one}
    load_moments(optimisers[1], two, saved)
    for name in one:
        two[name].data.copy_(one[name].data)
        one[name].grad = torch.sin(one[name].detach())
        two[name].grad = torch.sin(two[name].detach())
    for optimiser in optimisers:
        optimiser.step()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_parameter_that_never_moved_has_no_moments() -> None:
    parameters = named()
    assert moments(make_optimiser(parameters, TrainingSettings()), parameters) == {}
