"""Mirrors src/unisono/methods/bridge_student.py."""

import pytest
import torch
from torch import Tensor, nn

from unisono.methods.bridge_student import BridgeStudent, Course, Teaching, leaps, stretch
from unisono.networks.bridge_network import NoiseEmbedding, SourceMemory
from unisono.processes.bridge import Bridge
from unisono.processes.bridge_base import BrownBase, VEBase
from unisono.processes.bridge_scaling import BridgeDenoiser, Ends, scalings
from unisono.processes.distillation import Jump, landing
from unisono.processes.paths import expand

ENDS = Ends(1.0, 0.0, 0.0)
NOTHING = SourceMemory(torch.zeros(1, 1, 1), torch.ones(1, 1, dtype=torch.bool), [])


class Exact(nn.Module):
    """A network whose estimate is best for a Gaussian target of mean 0.5 and spread 0.8."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge, self.time = bridge, NoiseEmbedding(4)

    def forward(self, x: Tensor, noise: Tensor, mask: Tensor, memory: SourceMemory) -> Tensor:
        tau = (noise.double() / 250).exp()
        t = (tau / self.bridge.base.end).clamp(max=1.0)
        a, _, s = (expand(w, x) for w in self.bridge.weights(t))
        inside, skip, out = (expand(f, x) for f in scalings(self.bridge, t, ENDS)[:3])
        z = x / inside
        best = 0.5 + a * 0.64 / (a**2 * 0.64 + s**2) * (z - a * 0.5)
        return (best - skip * z) / out


class Table(nn.Module):
    """A student whose answers stand in a table: one number a jump, times the state, plus one."""

    def __init__(self, answers: dict[float, tuple[float, float]]) -> None:
        super().__init__()
        self.answers = answers

    def forward(self, x: Tensor, told: Tensor, mask: Tensor, memory: SourceMemory) -> Tensor:
        slope, offset = self.answers[round(told[0, 1].item(), 4)]
        return slope * x + offset


def test_stretches_are_even_and_begin_before_the_source() -> None:
    times = torch.tensor(stretch(4))
    assert times[0] < 1
    assert times[-1] == 0
    torch.testing.assert_close(times.diff(), torch.full((4,), -0.25), atol=1e-4, rtol=0)


@pytest.mark.parametrize("base", [VEBase(3.0), BrownBase(2.0)], ids=repr)
def test_one_leap_lands_where_the_exact_walk_does(base: VEBase | BrownBase) -> None:
    """For a Gaussian the walk maps the draw linearly: target = 0.5 + 0.8 noise."""
    from unisono.methods.bridge_student import _walked

    bridge = Bridge(base, rho=5.0)
    net = Exact(bridge)
    mask = torch.ones(1, 1, dtype=torch.bool)
    denoise = BridgeDenoiser(lambda x, n: net(x, n, mask, NOTHING), bridge, ENDS)
    jump = Jump(*stretch(1))
    at = bridge.at(jump.start)
    noise = torch.tensor([[[-1.5]], [[0.0]], [[2.0]]], dtype=torch.float64)
    z, source = at.noise * noise, torch.zeros_like(noise)
    end = _walked(denoise, z, source, jump, steps=64, generator=torch.Generator())
    torch.testing.assert_close(end, 0.5 + 0.8 * noise, atol=0.03, rtol=0)
    estimate = landing(bridge, end, z, jump, source=source)
    torch.testing.assert_close(estimate, end, atol=1e-9, rtol=0)  # at 0 nothing but it is left


def test_leaps_draw_the_spread_that_the_student_knows() -> None:
    bridge = Bridge(VEBase(3.0), rho=5.0)
    at = bridge.at(stretch(1)[0])
    factors = scalings(bridge, torch.tensor([stretch(1)[0]], dtype=torch.float64), ENDS)
    # F = (0.5 + 0.8 noise - skip z)/out with z = s noise and x = c_in z
    inside, skip, out = (f.item() for f in factors[:3])
    slope = (0.8 - skip * at.noise) / out / (inside * at.noise)
    student = BridgeStudent(Exact(bridge), 4)
    student.net = Table({round(stretch(1)[0], 4): (slope, 0.5 / out)})
    mask = torch.ones(4000, 1, dtype=torch.bool)
    found = leaps(
        student, torch.zeros(4000, 1, 1), Course(bridge, ENDS, NOTHING, mask), steps=1,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert found.mean().item() == pytest.approx(0.5, abs=0.03)
    assert found.std().item() == pytest.approx(0.8, abs=0.03)


def test_the_loss_is_zero_for_a_student_that_lands_and_not_for_others() -> None:
    bridge = Bridge(VEBase(3.0), rho=5.0)
    net = Exact(bridge)
    mask = torch.ones(64, 1, dtype=torch.bool)
    course = Course(bridge, ENDS, NOTHING, mask)
    denoise = BridgeDenoiser(lambda x, n: net(x, n, mask, NOTHING), bridge, ENDS)
    at = bridge.at(stretch(1)[0])
    factors = scalings(bridge, torch.tensor([stretch(1)[0]], dtype=torch.float64), ENDS)
    inside, skip, out = (f.item() for f in factors[:3])
    slope = (0.8 - skip * at.noise) / out / (inside * at.noise)
    losses = []
    for offset in (0.5 / out, 0.0):
        student = BridgeStudent(net, 4)
        student.net = Table({round(stretch(1)[0], 4): (slope, offset)})
        g = torch.Generator().manual_seed(0)
        goal = 0.5 + 0.8 * torch.randn(64, 1, 1, generator=g)
        found = student.loss(
            Teaching(denoise, 1, 64), goal, torch.zeros_like(goal), course, generator=g
        )
        losses.append(found.item())
    assert losses[0] < 2e-3
    assert losses[1] > 0.1


def test_a_student_begins_as_its_teacher(generator: torch.Generator) -> None:
    from unisono.networks.bridge_network import BridgeNetwork, BridgeShape, Tokens
    from unisono.networks.conditioning import TransformerSize

    torch.manual_seed(0)
    shape = BridgeShape(1, 1, zero_output=False)
    teacher = BridgeNetwork(Tokens(2, (3,), (3,)), TransformerSize(8, 2, 8, 0.0), shape)
    student = BridgeStudent(teacher, 8)
    nn.init.normal_(teacher.leave.weight)
    student.begin(teacher)
    x = torch.randn(4, 3, 2, generator=generator)
    mask = torch.ones(4, 3, dtype=torch.bool)
    from unisono.core.contracts import Latents

    source = Latents(x, mask)
    noise = torch.tensor([-100.0, 0.0, 50.0, 200.0])
    told = torch.stack([noise, torch.rand(4, generator=generator)], dim=-1)
    torch.testing.assert_close(
        student.net(x, told, mask, student.net.prepare(source)),
        teacher(x, noise, mask, teacher.prepare(source)),
    )
