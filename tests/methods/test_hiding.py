"""Mirrors src/unisono/methods/hiding.py."""

import pytest
import torch

from unisono.methods.direction import Given
from unisono.methods.hiding import hide_at_random, hide_blocks


def given(rows: int) -> Given:
    data = {"a": torch.ones(rows, 5, 3), "b": torch.ones(rows, 5, 2)}
    return Given(data, {k: torch.ones_like(v, dtype=torch.bool) for k, v in data.items()}, {})


def test_streams_and_channels_are_hidden_as_often_as_said(generator: torch.Generator) -> None:
    out = hide_at_random(given(4000), stream=0.2, channel=0.3, generator=generator)
    whole = ~out.mask["a"].any(dim=(1, 2))
    # a stream goes whole where it is drawn, or where all of its channels are
    assert whole.float().mean().item() == pytest.approx(0.2 + 0.8 * 0.3**3, abs=0.02)
    channel = out.mask["b"][:, 0].float().mean(0)
    torch.testing.assert_close(channel, torch.full((2,), 0.8 * 0.7), atol=0.03, rtol=0)


def test_windows_may_lack_shares_of_their_own(generator: torch.Generator) -> None:
    data = {k: torch.ones(6000, 1, 40) for k in "ab"}
    whole = Given(data, {k: torch.ones_like(v, dtype=torch.bool) for k, v in data.items()}, {})
    out = hide_at_random(whole, stream=0.0, channel=0.25, generator=generator, varied=True)
    lost = {k: 1 - m[:, 0].float().mean(dim=1) for k, m in out.mask.items()}
    # p = u^3: mean 1/4, variance 1/7 - 1/16, and both streams of a window have the same p
    assert lost["a"].mean().item() == pytest.approx(0.25, abs=0.012)
    both = torch.stack(list(lost.values()))
    assert torch.cov(both)[0, 1].item() == pytest.approx(1 / 7 - 1 / 16, abs=0.006)


def test_what_is_hidden_is_hidden_throughout_its_window_and_zero(
    generator: torch.Generator,
) -> None:
    out = hide_at_random(given(50), stream=0.3, channel=0.3, generator=generator)
    for name, mask in out.mask.items():
        assert torch.equal(mask, mask[:, :1].expand_as(mask))
        assert torch.equal(out.data[name], mask.float())


def test_nothing_to_hide_draws_nothing(generator: torch.Generator) -> None:
    before = generator.get_state()
    here = given(3)
    assert hide_at_random(here, stream=0.0, channel=0.0, generator=generator) is here
    assert torch.equal(before, generator.get_state())


def test_blocks_hide_one_stretch_of_all_channels(generator: torch.Generator) -> None:
    out = hide_blocks(given(2000), channel=0.0, block=0.4, generator=generator)
    mask = out.mask["a"]
    assert torch.equal(mask, mask[..., :1].expand_as(mask))
    assert torch.equal(out.mask["b"][..., 0], mask[..., 0])  # streams share a clock
    hidden = ~mask[..., 0]
    assert (hidden.sum(dim=1) == 2).all()  # 0.4 of 5 frames
    first = hidden.float().argmax(dim=1)
    assert torch.equal(hidden.gather(1, first[:, None] + 1), torch.ones(2000, 1, dtype=torch.bool))
    shares = torch.bincount(first, minlength=4) / 2000
    torch.testing.assert_close(shares, torch.full((4,), 0.25), atol=0.04, rtol=0)
    assert torch.equal(out.data["a"], mask.float())


def test_all_streams_are_hidden_at_once_as_often_as_said(generator: torch.Generator) -> None:
    out = hide_at_random(given(4000), stream=0.1, channel=0.0, whole=0.2, generator=generator)
    gone = torch.stack([~mask.any(dim=(1, 2)) for mask in out.mask.values()])
    assert gone.all(dim=0).float().mean().item() == pytest.approx(0.2 + 0.8 * 0.1**2, abs=0.02)
    assert gone[0].float().mean().item() == pytest.approx(0.2 + 0.8 * 0.1, abs=0.02)
    assert (out.data["a"][gone[0]] == 0).all()
