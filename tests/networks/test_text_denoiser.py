"""Mirrors src/unisono/networks/text_denoiser.py."""

import pytest
import torch

from unisono.networks.conditioning import TransformerSize
from unisono.networks.student import student_of
from unisono.networks.text_denoiser import Spoken, TextDenoiser, TextDenoiserShape

SIZE = TransformerSize(16, 2, 32, 0.0)


def said(frames: int = 10) -> Spoken:
    g = torch.Generator().manual_seed(1)
    mask = torch.tensor([[True, True, True, False], [True, True, False, False]])
    sequence, pooled = torch.randn(2, 4, 6, generator=g), torch.randn(2, 6, generator=g)
    return Spoken(sequence, mask, pooled, torch.full((2,), frames))


@pytest.fixture(params=["pooled", "sequence"])
def net(request: pytest.FixtureRequest) -> TextDenoiser:
    torch.manual_seed(0)
    net = TextDenoiser(TextDenoiserShape(2, 3, 6, 3, request.param), SIZE)
    for parameter in net.parameters():  # blocks modulated by time begin without effect
        torch.nn.init.normal_(parameter, std=0.2)
    return net


def test_text_length_and_time_are_heard(net: TextDenoiser) -> None:
    z, t = torch.randn(2, 2, 3), torch.full((2,), 0.5)
    one = net(z, t, net.prepare(said()))
    assert one.shape == z.shape
    other = said()._replace(pooled=said().pooled + 1, sequence=said().sequence + 1)
    for changed in (
        net(z, t, net.prepare(other)),
        net(z, t, net.prepare(said(20))),
        net(z, t + 0.3, net.prepare(said())),
        net(z.flip(1), t, net.prepare(said())).flip(1),
    ):
        assert (changed - one).abs().max() > 1e-3


def test_a_dropped_text_is_not_heard_and_a_kept_one_is(net: TextDenoiser) -> None:
    z, t = torch.randn(2, 2, 3), torch.full((2,), 0.5)
    keep = torch.tensor([True, False])
    other = said()._replace(pooled=said().pooled + 1, sequence=said().sequence + 1)
    first, second = (net(z, t, net.prepare(text, keep)) for text in (said(), other))
    torch.testing.assert_close(first[1], second[1])
    assert (first[0] - second[0]).abs().max() > 1e-3
    torch.testing.assert_close(first[0], net(z, t, net.prepare(said()))[0])


def test_padding_of_words_is_not_heard(net: TextDenoiser) -> None:
    z, t = torch.randn(2, 2, 3), torch.full((2,), 0.5)
    noisy = said().sequence.clone()
    noisy[~said().mask] = 9.0
    both = (net(z, t, net.prepare(said()._replace(sequence=s))) for s in (said().sequence, noisy))
    torch.testing.assert_close(*both)


def test_a_student_begins_as_its_teacher(net: TextDenoiser) -> None:
    z = torch.randn(2, 2, 3)
    student, jump = student_of(net), torch.tensor([[0.5, 0.0], [0.5, 0.2]])
    torch.testing.assert_close(
        student(z, jump, student.prepare(said())), net(z, jump[:, 0], net.prepare(said()))
    )


def test_said_is_repeated_item_by_item() -> None:
    again = said().repeated(3)
    assert again.frames.shape == (6,)
    torch.testing.assert_close(again.pooled[:3], said().pooled[:1].expand(3, -1))
