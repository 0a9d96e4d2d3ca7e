"""Mirrors src/unisono/methods/few_steps.py."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from unisono.core.errors import ConfigError
from unisono.methods.direction import Direction, Given
from unisono.methods.few_steps import distil
from unisono.methods.settings import FewSteps, Layers, LLMASettings, ProcessSettings, resolve
from unisono.networks.conditioning import TransformerSize
from unisono.networks.student import begin_as


def settings(**options: object) -> LLMASettings:
    small = {
        "size": TransformerSize(width=16, heads=2, feedforward=16, dropout=0.0),
        "layers": Layers(1, 1, 1, 1),
        "few_steps": FewSteps(most=2, train=1, teacher=8),
    }
    return resolve(LLMASettings(**{**small, **options}))  # type: ignore[arg-type]


class Task(NamedTuple):
    given: Given
    x: Tensor
    mask: Tensor
    subject: Tensor


def task(seed: int, rows: int = 16) -> Task:
    """Answers of two kinds, +1 or -1 throughout: no single step along a mean can make them."""
    g = torch.Generator().manual_seed(seed)
    data = {"a": torch.randn(rows, 6, 2, generator=g)}
    sign = torch.randint(0, 2, (rows, 1, 1), generator=g) * 2.0 - 1
    x = sign.expand(rows, 6, 1) + 0.05 * torch.randn(rows, 6, 1, generator=g)
    seen = {"a": torch.ones(rows, 6, 2, dtype=torch.bool)}
    return Task(Given(data, seen, {}), x, torch.ones_like(x, dtype=torch.bool), torch.zeros(rows))


def teacher_loss(net: Direction, step: int) -> Tensor:
    g = torch.Generator().manual_seed(step)
    now = task(step)
    t = 1 - torch.rand(len(now.x), generator=g)
    parts = net.terms(now.given, now.x, now.mask, t, subject=now.subject, generator=g).parts
    return torch.stack(list(parts.values())).sum()


def student_loss(net: Direction, step: int) -> Tensor:
    g = torch.Generator().manual_seed(step)
    now = task(step)
    return distil(net, now.given, (now.x, now.mask), subject=now.subject, generator=g)


def known(net: Direction) -> None:
    """As its phase does when it begins."""
    assert net.student_taught is not None
    net.student_taught.is_now(taught=True)


@pytest.mark.parametrize(
    "process",
    [
        ProcessSettings(),
        ProcessSettings(name="vp", levels=50, predict="v"),
        ProcessSettings(name="vp", levels=50, predict="x0", sampler="ddpm"),
    ],
)
def test_only_the_student_learns_and_few_steps_are_its(process: ProcessSettings) -> None:
    torch.manual_seed(0)
    net = Direction({"a": 2}, 1, 6, settings(process=process)).train()
    loss = student_loss(net, 0)
    loss.backward()
    assert net.student is not None
    assert torch.isfinite(loss)
    moved = {name.split(".")[0] for name, p in net.named_parameters() if p.grad is not None}
    assert moved == {"student"}
    net.eval()
    torch.nn.init.normal_(net.student.leave.weight, std=0.5)
    given = task(0, 3).given
    untaught = net.sample(given, samples=2, steps=2, generator=torch.Generator().manual_seed(0))
    known(net)
    few, more = (
        net.sample(given, samples=2, steps=n, generator=torch.Generator().manual_seed(0)).samples
        for n in (2, 3)
    )
    torch.nn.init.zeros_(net.student.leave.weight)
    other, same = (
        net.sample(given, samples=2, steps=n, generator=torch.Generator().manual_seed(0)).samples
        for n in (2, 3)
    )
    assert not torch.allclose(few, other)
    torch.testing.assert_close(more, same)
    net.student = None
    teacher = net.sample(given, samples=2, steps=2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(untaught.samples, teacher.samples)


def test_a_direction_without_a_student_says_so() -> None:
    net = Direction({"a": 2}, 1, 6, settings(few_steps=FewSteps()))
    with pytest.raises(ConfigError, match="no student to teach"):
        student_loss(net, 0)


@pytest.mark.slow
def test_the_student_lands_where_its_teacher_does_and_the_teacher_in_two_steps_does_not() -> None:
    torch.manual_seed(0)
    net = Direction({"a": 2}, 1, 6, settings(mean=False))
    optimiser = torch.optim.Adam(net.parameters(), 8e-3)
    for step in range(300):
        optimiser.zero_grad()
        teacher_loss(net, step).backward()
        optimiser.step()
    assert net.student is not None
    begin_as(net.student, net.denoiser)
    known(net)
    optimiser = torch.optim.Adam(net.student.parameters(), 4e-3)
    for step in range(250):
        optimiser.zero_grad()
        student_loss(net, step).backward()
        optimiser.step()
    net.eval()
    student, given = net.student, task(7, 8).given

    def draw(steps: int, *, taught: bool) -> Tensor:
        net.student = student if taught else None
        g = torch.Generator().manual_seed(3)
        with torch.no_grad():
            return net.sample(given, samples=20, steps=steps, generator=g).samples

    truth = draw(20, taught=False)
    assert truth.abs().mean().item() == pytest.approx(1.0, abs=0.25)  # the teacher knows both kinds
    error = {
        taught: (draw(2 if taught else 1, taught=taught) - truth).square().mean().sqrt().item()
        for taught in (True, False)  # two evaluations each
    }
    assert error[True] < 0.6 * error[False]
