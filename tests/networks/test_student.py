"""Mirrors src/unisono/networks/student.py."""

import pytest
import torch
from torch import nn

from unisono.core.errors import ConfigError
from unisono.networks.conditioning import Memory, TransformerSize
from unisono.networks.sequence_denoiser import DenoiserShape, SequenceDenoiser
from unisono.networks.student import Taught, begin_as, is_taught, student_of


def teacher(seed: int, channels: int = 3) -> SequenceDenoiser:
    torch.manual_seed(seed)
    shape = DenoiserShape(own_layers=1, decoder_layers=1, zero_output=False)
    return SequenceDenoiser(channels, TransformerSize(16, 2, 16, 0.0), shape).eval()


def answer(net: SequenceDenoiser, t: torch.Tensor) -> torch.Tensor:
    g = torch.Generator().manual_seed(0)
    x = torch.randn(len(t), 5, 3, generator=g)
    mask = torch.ones(len(t), 5, dtype=torch.bool)
    memory = net.prepare(Memory(torch.randn(len(t), 5, 16, generator=g), mask))
    out: torch.Tensor = net(x, t, mask, memory).prediction
    return out


def wake(net: nn.Module) -> None:
    """Blocks whose modulation starts at zero do not see the time; make them see it."""
    g = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=g))


def test_it_begins_as_its_teacher_wherever_the_jump_ends() -> None:
    first = teacher(0)
    wake(first)
    student = student_of(first)
    from_there = torch.tensor([1.0, 0.5])
    for end in (0.0, 0.4):
        times = torch.stack([from_there, torch.full((2,), end)], dim=1)
        torch.testing.assert_close(answer(student, times), answer(first, from_there))


def test_after_training_the_end_of_the_jump_matters() -> None:
    student = student_of(teacher(0))
    wake(student)
    near, far = (answer(student, torch.tensor([[1.0, end]])) for end in (0.9, 0.0))
    assert not torch.allclose(near, far, atol=1e-3)


def test_teacher_and_student_share_no_weights() -> None:
    first = teacher(0)
    student = student_of(first)
    mine = {p.data_ptr() for p in student.parameters()}
    assert mine.isdisjoint(p.data_ptr() for p in first.parameters())


def test_it_begins_anew_as_a_teacher_that_has_learned() -> None:
    first, second = teacher(0), teacher(1)
    wake(second)
    student = student_of(first)
    begin_as(student, second)
    times = torch.tensor([[0.7, 0.2]])
    torch.testing.assert_close(answer(student, times), answer(second, times[:, 0]))


def test_what_cannot_be_a_teacher_is_refused() -> None:
    with pytest.raises(ConfigError, match="Linear has no embedding of time"):
        student_of(nn.Linear(2, 2))
    with pytest.raises(ConfigError, match="not of this teacher"):
        begin_as(student_of(teacher(0)), nn.Linear(2, 2))


def test_whether_it_is_taught_is_kept_and_was_so_before_it_was_kept() -> None:
    first, second = Taught(), Taught()
    assert not is_taught(None) and not is_taught(first)
    first.is_now(taught=True)
    second.load_state_dict(first.state_dict())
    assert is_taught(second)
    first.is_now(taught=False)
    second.load_state_dict(first.state_dict())
    assert not is_taught(second)
    second.load_state_dict({})  # as sealed before
    assert is_taught(second)
