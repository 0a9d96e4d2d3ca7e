"""Mirrors src/unisono/methods/direction.py."""

import pytest
import torch

from unisono.core.timeline import Timeline
from unisono.methods.direction import Direction, Given, make_process, make_solver
from unisono.methods.settings import Layers, LLMASettings, ProcessSettings, resolve
from unisono.networks.conditioning import TransformerSize
from unisono.processes.ddim import DDIM
from unisono.processes.ddpm import DDPM
from unisono.processes.flow_solvers import Midpoint

SETTINGS = resolve(
    LLMASettings(
        size=TransformerSize(width=16, heads=2, feedforward=16, dropout=0.0),
        layers=Layers(1, 1, 1, 1),
    )
)


def given(rows: int, frames: int, generator: torch.Generator) -> Given:
    data = {"a": torch.randn(rows, frames, 2, generator=generator)}
    return Given(data, {"a": torch.ones_like(data["a"], dtype=torch.bool)}, {})


def test_the_named_process_and_solver_are_made() -> None:
    vp = ProcessSettings(name="vp", predict="v", levels=20)
    assert isinstance(make_solver(make_process(vp), vp, 5), DDIM)
    ddpm = ProcessSettings(name="vp", predict="v", levels=20, sampler="ddpm")
    assert isinstance(make_solver(make_process(ddpm), ddpm, 5), DDPM)
    flow = ProcessSettings(name="flow")
    assert isinstance(make_solver(make_process(flow), flow, 5), Midpoint)


def test_the_residual_does_not_bend_the_memory(generator: torch.Generator) -> None:
    net = Direction({"a": 2}, 3, 10, SETTINGS)
    x = torch.randn(4, 10, 3, generator=generator)
    terms = net.terms(
        given(4, 10, generator),
        x,
        torch.ones_like(x, dtype=torch.bool),
        torch.full((4,), 0.5),
        subject=torch.zeros(4, dtype=torch.int64),
        generator=generator,
    )
    terms.parts["denoise"].backward()
    assert all(p.grad is None for p in net.condition.parameters())
    assert any(p.grad is not None for p in net.denoiser.parameters())


def test_a_timeline_of_one_window_is_that_window(generator: torch.Generator) -> None:
    torch.manual_seed(0)
    net = Direction({"a": 2}, 3, 10, SETTINGS).eval()
    torch.nn.init.normal_(net.denoiser.leave.weight, std=0.5)
    one = given(1, 10, generator)
    line = Timeline.cover(frames=10, length=10, stride=5)
    plain, on_line = (
        net.sample(
            one, samples=3, steps=3, generator=torch.Generator().manual_seed(1), timeline=where
        )
        for where in (None, line)
    )
    torch.testing.assert_close(plain.samples, on_line.samples)
    torch.testing.assert_close(plain.mean, on_line.mean)


def test_no_samples_gives_the_mean_alone(generator: torch.Generator) -> None:
    net = Direction({"a": 2}, 3, 10, SETTINGS).eval()
    out = net.sample(given(2, 10, generator), samples=0, steps=1, generator=generator)
    assert out.samples.shape == (0, 2, 10, 3)
    assert out.mean.shape == (2, 10, 3)


@pytest.mark.parametrize("samples", [1, 5])
def test_samples_of_one_window_do_not_depend_on_the_others(
    samples: int, generator: torch.Generator
) -> None:
    """The memory repeated over samples must stay with its own window."""
    net = Direction({"a": 2}, 3, 10, SETTINGS).eval()
    torch.nn.init.normal_(net.denoiser.leave.weight, std=0.5)
    both = given(2, 10, generator)
    out = net.sample(
        both, samples=samples, steps=2, generator=torch.Generator().manual_seed(0)
    ).samples
    changed = Given({"a": both.data["a"].clone()}, both.mask, {})
    changed.data["a"][1] += 5.0
    other = net.sample(
        changed, samples=samples, steps=2, generator=torch.Generator().manual_seed(0)
    ).samples
    torch.testing.assert_close(out[:, 0], other[:, 0])
    assert not torch.allclose(out[:, 1], other[:, 1])
