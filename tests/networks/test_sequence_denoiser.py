"""Mirrors src/unisono/networks/sequence_denoiser.py."""

import pytest
import torch

from unisono.core.errors import ConfigError
from unisono.networks.conditioning import Memory, TransformerSize
from unisono.networks.sequence_denoiser import DenoiserShape, SequenceDenoiser, match_length

SIZE = TransformerSize(width=16, heads=2, feedforward=16, dropout=0.0)


def net(**options: bool) -> SequenceDenoiser:
    shape = DenoiserShape(own_layers=1, decoder_layers=1, zero_output=False, **options)
    return SequenceDenoiser(3, SIZE, shape).eval()


def memory(generator: torch.Generator, length: int = 6) -> Memory:
    tokens = torch.randn(2, length, 16, generator=generator)
    return Memory(tokens, torch.ones(2, length, dtype=torch.bool))


@pytest.mark.parametrize(("framewise", "cross"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("adaptive", [True, False])
def test_condition_reaches_the_prediction_and_not_the_hidden_states(
    framewise: bool, cross: bool, adaptive: bool, generator: torch.Generator
) -> None:
    model = net(framewise=framewise, cross=cross, adaptive_time=adaptive)
    x = torch.randn(2, 6, 3, generator=generator)
    mask = torch.ones(2, 6, dtype=torch.bool)
    t = torch.tensor([0.2, 0.8])
    first, second = (model(x, t, mask, model.prepare(memory(generator))) for _ in range(2))
    assert first.prediction.shape == (2, 6, 3)
    assert first.hidden.shape == (2, 6, 16)
    assert not torch.allclose(first.prediction, second.prediction)
    assert torch.equal(first.hidden, second.hidden)


def test_padding_and_what_lies_in_it_change_nothing(generator: torch.Generator) -> None:
    model = net()
    x = torch.randn(2, 6, 3, generator=generator)
    mask = torch.ones(2, 6, dtype=torch.bool)
    mask[:, 4:] = False
    prepared = model.prepare(memory(generator))
    other = x.clone()
    other[:, 4:] = 9.0
    t = torch.full((2,), 0.5)
    first, second = model(x, t, mask, prepared), model(other, t, mask, prepared)
    assert torch.equal(first.prediction[:, :4], second.prediction[:, :4])


def test_a_zero_output_starts_at_zero(generator: torch.Generator) -> None:
    model = SequenceDenoiser(3, SIZE, DenoiserShape(1, 1))
    x = torch.randn(2, 6, 3, generator=generator)
    mask = torch.ones(2, 6, dtype=torch.bool)
    out = model(x, torch.zeros(2), mask, model.prepare(memory(generator)))
    assert not out.prediction.any()


def test_a_memory_of_another_length_is_matched_in_time() -> None:
    ramp = torch.linspace(0, 1, 5)[None, :, None]
    got = match_length(ramp, torch.ones(1, 5, dtype=torch.bool), 9)
    torch.testing.assert_close(got[0, :, 0], torch.linspace(0, 1, 9))


def test_no_way_in_for_the_condition_is_refused() -> None:
    with pytest.raises(ConfigError, match="the condition has no way in"):
        DenoiserShape(framewise=False, cross=False)
