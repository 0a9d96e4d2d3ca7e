"""Mirrors src/unisono/networks/conditioning.py."""

import pytest
import torch

from unisono.networks.conditioning import ConditionEncoder, TransformerSize

SIZE = TransformerSize(width=16, heads=2, feedforward=16, dropout=0.0)


def encoder() -> ConditionEncoder:
    return ConditionEncoder({"angles": 3, "imu": 2}, ("mass_kg",), SIZE, layers=1).eval()


def batch(
    generator: torch.Generator,
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    data = {
        "angles": torch.randn(2, 5, 3, generator=generator),
        "imu": torch.randn(2, 5, 2, generator=generator),
    }
    return data, {k: torch.ones_like(v, dtype=torch.bool) for k, v in data.items()}


def test_an_absent_stream_equals_a_masked_one_up_to_its_bias(generator: torch.Generator) -> None:
    net = encoder()
    data, mask = batch(generator)
    torch.nn.init.zeros_(net.inputs["imu"].bias)  # a masked stream adds its bias
    masked = net(data, mask | {"imu": torch.zeros_like(mask["imu"])}, {})
    absent = net({"angles": data["angles"]}, {"angles": mask["angles"]}, {})
    torch.testing.assert_close(masked.tokens, absent.tokens)


def test_values_under_the_mask_change_nothing(generator: torch.Generator) -> None:
    net = encoder()
    data, mask = batch(generator)
    mask["angles"][:, :, 1] = False
    other = {k: v.clone() for k, v in data.items()}
    other["angles"][:, :, 1] = 50.0
    assert torch.equal(net(data, mask, {}).tokens, net(other, mask, {}).tokens)


def test_a_missing_channel_differs_from_a_zero(generator: torch.Generator) -> None:
    net = encoder()
    data, mask = batch(generator)
    data["angles"][:, :, 0] = 0.0
    missing = {k: v.clone() for k, v in mask.items()}
    missing["angles"][:, :, 0] = False
    assert not torch.allclose(net(data, mask, {}).tokens, net(data, missing, {}).tokens)


def test_an_unknown_number_equals_an_absent_one(generator: torch.Generator) -> None:
    net = encoder()
    data, mask = batch(generator)
    unknown = net(data, mask, {"mass_kg": torch.full((2,), torch.nan)}).tokens
    assert torch.equal(unknown, net(data, mask, {}).tokens)
    assert not torch.allclose(unknown, net(data, mask, {"mass_kg": torch.zeros(2)}).tokens)


def test_frames_without_any_sample_are_masked(generator: torch.Generator) -> None:
    data, mask = batch(generator)
    for name in mask:
        mask[name][0, 3:] = False
    memory = encoder()(data, mask, {})
    assert memory.mask[0].tolist() == [True, True, True, False, False]
    assert torch.isfinite(memory.tokens).all()


def test_sizes_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="dropout must lie in"):
        TransformerSize(dropout=1.5)


def test_a_stem_sees_its_neighbours_and_no_more(generator: torch.Generator) -> None:
    net = ConditionEncoder({"a": 2}, (), SIZE, layers=0, stem=5).eval()
    x = torch.randn(1, 20, 2, generator=generator)
    other = x.clone()
    other[:, 10] += 1.0
    mask = {"a": torch.ones_like(x, dtype=torch.bool)}
    moved = (net({"a": x}, mask, {}).tokens != net({"a": other}, mask, {}).tokens).any(dim=-1)[0]
    assert moved.nonzero().flatten().tolist() == [8, 9, 10, 11, 12]
