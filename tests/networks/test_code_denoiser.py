"""Mirrors src/unisono/networks/code_denoiser.py."""

import pytest
import torch

from unisono.core.contracts import Latents
from unisono.core.errors import ConfigError
from unisono.networks.bridge_network import BridgeShape, Tokens
from unisono.networks.code_denoiser import CodeDenoiser
from unisono.networks.conditioning import TransformerSize

SIZE = TransformerSize(16, 4, 32, 0.0)


def made(zero: bool) -> CodeDenoiser:
    torch.manual_seed(0)
    return CodeDenoiser(Tokens(3, (1,), (1,)), SIZE, BridgeShape(0, 2, zero_output=zero))


@torch.no_grad()
def answer(network: CodeDenoiser, x: torch.Tensor, y: torch.Tensor, t: float) -> torch.Tensor:
    mask = torch.ones(len(x), 1, dtype=torch.bool)
    memory = network.prepare(Latents(y[:, None], mask))
    out: torch.Tensor = network(x[:, None], torch.full((len(x),), t), mask, memory)[:, 0]
    return out


def test_it_starts_at_zero_and_hears_code_condition_and_time(generator: torch.Generator) -> None:
    x, y = torch.randn(2, 5, 3, generator=generator)
    assert bool((answer(made(zero=True), x, y, 3.0) == 0).all())
    network = made(zero=False)
    base = answer(network, x, y, 3.0)
    assert base.shape == (5, 3)
    others = (
        answer(network, x + 1, y, 3.0), answer(network, x, y + 1, 3.0), answer(network, x, y, 9.0)
    )  # fmt: skip
    for other in others:
        assert float((other - base).abs().max()) > 1e-3
    # rows do not mix
    torch.testing.assert_close(answer(network, x[:2], y[:2], 3.0), base[:2])


def test_the_length_of_a_code_is_not_lost() -> None:
    network = made(zero=False)
    x = torch.tensor([[1.0, 2.0, -1.0]])
    near, far = (answer(network, x * scale, x * 0, 1.0) for scale in (1.0, 100.0))
    assert float((far - near).norm()) > 10 * float(near.norm())


def test_more_than_one_token_is_refused() -> None:
    with pytest.raises(ConfigError, match="single token"):
        CodeDenoiser(Tokens(3, (4,), (4,)), SIZE, BridgeShape(0, 1))
