import pytest
import torch
from torch import nn

from unisono.training.ema import Average


def ramp(decay: float, n: int) -> float:
    return min(decay, (1 + n) / (10 + n))


@pytest.mark.parametrize("decay", [0.0, 0.15, 0.9])
def test_average_is_the_closed_form(decay: float) -> None:
    parameter = nn.Parameter(torch.tensor([4.0, -1.0], dtype=torch.float64))
    average = Average({"w": parameter}, decay)
    seen = [parameter.detach().clone()]
    for n in range(1, 30):
        parameter.data = parameter.data * 0.9 + 0.1 * n
        seen.append(parameter.detach().clone())
        average.update(n)
        rates = [ramp(decay, m) for m in range(1, n + 1)]
        expected = seen[0] * torch.tensor(rates, dtype=torch.float64).prod()
        for m in range(1, n + 1):
            rest = torch.tensor(rates[m:], dtype=torch.float64).prod()
            expected = expected + (1 - rates[m - 1]) * rest * seen[m]
        torch.testing.assert_close(average.state()["w"], expected)


def test_decay_zero_keeps_the_weights_themselves() -> None:
    parameter = nn.Parameter(torch.randn(5, generator=torch.Generator().manual_seed(0)))
    average = Average({"w": parameter}, 0.0)
    parameter.data.mul_(1.7)
    average.update(1)
    assert torch.equal(average.state()["w"], parameter.detach())


def test_applied_puts_the_weights_back_even_after_an_error() -> None:
    parameter = nn.Parameter(torch.zeros(2))
    average = Average({"w": parameter}, 0.9)
    parameter.data.fill_(5.0)
    with pytest.raises(RuntimeError, match="inside"), average.applied():
        assert parameter.eq(0).all()
        raise RuntimeError("inside")
    assert parameter.eq(5).all()


def test_adopt_and_load() -> None:
    parameter = nn.Parameter(torch.zeros(2))
    average = Average({"w": parameter}, 0.9)
    average.load({"w": torch.ones(2)})
    average.adopt()
    assert parameter.eq(1).all()


def test_nothing_to_average() -> None:
    average = Average({}, 0.9)
    average.update(1)
    assert average.state() == {}
