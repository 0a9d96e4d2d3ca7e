"""Mirrors src/unisono/methods/stream_method.py."""

import pytest
import torch

from unisono.core.contracts import Batch, StreamInfo
from unisono.core.errors import ConfigError
from unisono.methods.stream_method import StreamMethod, check_streams


def batch(generator: torch.Generator) -> Batch:
    data = {
        "a": 5 + 2 * torch.randn(6, 4, 2, generator=generator),
        "b": torch.randn(6, 4, 1, generator=generator),
    }
    mask = {k: torch.ones_like(v, dtype=torch.bool) for k, v in data.items()}
    mask["a"][0, :, 1] = False
    data["a"] = data["a"] * mask["a"]
    rows = torch.arange(6)
    known = {"mass_kg": torch.tensor([50.0, 60, 70, 80, 90, float("nan")])}
    return Batch(data, mask, rows, rows, rows, known)


def fitted(windows: Batch) -> StreamMethod:
    method = StreamMethod({"a": 2, "b": 1}, ("mass_kg",), 4)
    method.fit_normalisers(windows)
    return method


def test_streams_are_standardised_by_their_valid_samples(generator: torch.Generator) -> None:
    windows = batch(generator)
    side = fitted(windows).side(windows, ["a", "b"])
    valid = windows.data["a"][1:, :, 1]
    expected = (valid - valid.mean()) / valid.std(correction=0)
    torch.testing.assert_close(side.data["a"][1:, :, 1], expected)
    assert not side.mask["a"][0, :, 1].any()


def test_known_numbers_are_standardised_and_unknown_ones_stay_unknown(
    generator: torch.Generator,
) -> None:
    windows = batch(generator)
    mass = fitted(windows).side(windows, ["b"]).known["mass_kg"]
    torch.testing.assert_close(mass[:5], torch.tensor([-2.0, -1, 0, 1, 2]) / 2**0.5)
    assert mass[5].isnan()


def test_a_stream_that_is_not_there_is_missing_and_not_zero(generator: torch.Generator) -> None:
    windows = batch(generator)
    method = fitted(windows)
    without = Batch({"b": windows.data["b"]}, windows.mask, *[windows.index] * 3)
    x, mask = method.joined(without, ["a", "b"])
    assert x.shape == (6, 4, 3)
    assert not mask[..., :2].any() and mask[..., 2].all()


def test_decoding_undoes_the_normaliser(generator: torch.Generator) -> None:
    windows = batch(generator)
    method = fitted(windows)
    back = method.decode("b", method.side(windows, ["b"]).data["b"])
    torch.testing.assert_close(back, windows.data["b"])


def test_names_that_are_unknown_are_refused_with_the_nearest(generator: torch.Generator) -> None:
    with pytest.raises(ConfigError, match=r"does not know a stream 'c'"):
        fitted(batch(generator)).check_known_streams(["a", "c"])
    info = {"angles": StreamInfo("angles", ("x",), ("deg",), "angle", 100.0)}
    with pytest.raises(ConfigError, match=r"no stream 'angels'\. Did you mean 'angles'"):
        check_streams(info, ["angels"])
