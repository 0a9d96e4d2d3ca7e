"""Mirrors src/unisono/methods/stream_method.py."""

import pytest
import torch

from unisono.core.contracts import Batch, StreamInfo
from unisono.core.errors import ConfigError
from unisono.methods.llma import LLMA
from unisono.methods.settings import FewSteps, Layers, LLMASettings
from unisono.methods.stream_method import StreamMethod, check_streams
from unisono.networks.conditioning import TransformerSize
from unisono.networks.student import is_taught
from unisono.training.phases import check_method


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


def test_a_student_is_a_phase_and_a_group_of_its_own() -> None:
    info = {n: StreamInfo(n, ("x",), ("1",), "feature", 50.0) for n in ("a", "b")}
    small = {"size": TransformerSize(8, 2, 8, 0.0), "layers": Layers(1, 1, 1, 1), "steps": 7}

    def build(most: int) -> LLMA:
        few = FewSteps(most=most, train=3)
        settings = LLMASettings(**small, few_steps=few)  # type: ignore[arg-type]
        return LLMA(settings, info, given=["a"], want=["b"], frames=20)

    plain, method = build(0), build(2)
    assert [p.name for p in plain.phases] == ["joint"] and not plain.groups()["students"]
    joint, few = method.phases
    assert (joint.steps, joint.groups, few.steps, few.groups) == (
        7,
        ("networks",),
        3,
        ("students",),
    )
    check_method(method)
    direction = method.direction("to_want")
    assert direction.student is not None
    with torch.no_grad():
        direction.denoiser.leave.bias.fill_(3.0)
    method.begin(joint)
    assert direction.student.leave.bias.item() == 0
    method.begin(few)
    assert direction.student.leave.bias.item() == 3
    assert is_taught(direction.student_taught)
    method.begin(joint)  # the weights of a sealed model, trained further
    assert not is_taught(direction.student_taught)
