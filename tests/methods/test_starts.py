"""Mirrors src/unisono/methods/starts.py."""

import math

import pytest
import torch

from unisono.core.errors import ConfigError
from unisono.methods.direction import Direction, Given
from unisono.methods.lever_names import Levers
from unisono.methods.settings import Layers, LLMASettings, resolve
from unisono.methods.starts import (
    KernelMean,
    LeverMean,
    StartWindows,
    fit_start,
    make_start,
    start_of,
)
from unisono.networks.conditioning import TransformerSize
from unisono.networks.kernel import KernelData, KernelStart
from unisono.networks.linear import RidgeStart


def windows(generator: torch.Generator) -> StartWindows:
    x = torch.randn(24, 6, 2, generator=generator).cumsum(1)
    y = x[..., :1] * 2
    known = {"duration_s": torch.randn(24, generator=generator), "mass_kg": torch.ones(24)}
    known["mass_kg"][3] = math.nan
    scale = {"duration_s": (0.6, 0.1), "mass_kg": (40.0, 10.0)}
    return StartWindows(x, known, y, torch.ones_like(y) > 0, torch.arange(24) % 6, scale)


@pytest.mark.parametrize("name", ["ridge", "kernel"])
def test_a_start_is_made_fitted_and_asked(name: str, generator: torch.Generator) -> None:
    seen = windows(generator)
    settings = LLMASettings(start=name, known=("mass_kg", "duration_s"))  # type: ignore[arg-type]
    start = make_start(settings, 6, 2, (1,))
    assert isinstance(start, RidgeStart if name == "ridge" else KernelMean)
    fit_start(start, seen)
    out = start_of(start, seen.x, seen.known, None)
    assert (out - seen.y).square().mean() < 0.2 * seen.y.var()
    held = start_of(start, seen.x, seen.known, seen.subject)
    assert not torch.allclose(out, held)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(start_of(start, seen.x, seen.known, seen.subject), held)
    nothing = start_of(start, seen.x, {}, None)  # a recording that knows no numbers
    assert torch.isfinite(nothing).all()


@pytest.mark.parametrize("name", ["ridge", "kernel"])
def test_windows_without_an_answer_do_not_count(name: str, generator: torch.Generator) -> None:
    seen = windows(generator)
    valid = (torch.arange(24) < 12)[:, None, None].expand_as(seen.y)
    start = make_start(LLMASettings(start=name), 6, 2, (1,))  # type: ignore[arg-type]
    assert start is not None
    fit_start(start, seen._replace(y=seen.y * valid, valid=valid))
    out = start_of(start, seen.x, {}, None)
    assert (out - seen.y)[:12].square().mean() < 0.05 * seen.y.var()


def test_the_kernel_is_told_numbers_in_order_and_durations_in_seconds(
    generator: torch.Generator,
) -> None:
    seen = windows(generator)
    start = KernelMean(6, 2, (1,), ("mass_kg", "duration_s"))
    start.fit(seen)
    plain = KernelStart(6, 2, (1,), 2)
    mass = torch.nan_to_num(seen.known["mass_kg"])
    seconds = 0.6 + 0.1 * seen.known["duration_s"]
    data = KernelData(seen.x, torch.stack([mass, seen.known["duration_s"]], 1), seconds)
    plain.fit(data, seen.y, seen.valid, seen.subject)
    torch.testing.assert_close(start(seen.x, seen.known, None), plain(data))


def test_settings_without_a_start_have_none() -> None:
    assert make_start(LLMASettings(), 6, 2, (1,)) is None
    with pytest.raises(ConfigError, match="correct = false needs a start"):
        LLMASettings(correct=False)


def test_a_mean_that_is_not_corrected_is_the_starts(generator: torch.Generator) -> None:
    seen = windows(generator)
    chosen = LLMASettings(
        start="kernel",
        correct=False,
        known=("mass_kg", "duration_s"),
        size=TransformerSize(width=16, heads=2, feedforward=16, dropout=0.0),
        layers=Layers(1, 1, 1, 1),
    )
    net = Direction({"a": 2}, 1, 6, resolve(chosen))
    assert isinstance(net.start, KernelMean)
    net.start.fit(seen)
    assert net.mean is not None
    torch.nn.init.ones_(net.mean.mean.weight)  # whatever the head has learned
    mask = torch.ones_like(seen.x, dtype=torch.bool)
    given = Given({"a": seen.x}, {"a": mask}, seen.known)
    memory = net.condition(given.data, given.mask, given.known)
    fitted = net.regress(given, memory, None)
    assert fitted is not None
    torch.testing.assert_close(fitted.mean, net.start(seen.x, seen.known, None))


def test_levers_are_fitted_in_metres_and_answer_in_standard_units(
    generator: torch.Generator,
) -> None:
    """A leg that stands on its ankle: its moments are the force times the arm."""
    levers = Levers(
        ("knee",), ("s",), ("o", "f", "u"), ("l f u",), ("mass",), "mass",
        ("heel", "toe"), ("hip", "far"), limbs=(),
    )  # fmt: skip
    points = ("knee", "so", "sf", "su", "mass", "heel", "toe", "hip", "far")
    names = [f"{p}_{a}" for p in points for a in "xyz"]
    at = torch.tensor([[0, 0, 0.5], [0, 0, 0.5], [1, 0, 0.5], [0, 0, 1.5], [0, 0.1, 1],
                       [-0.1, 0, 0], [0.1, 0, 0], [0, 0, 0.9], [0, 0.2, 0.9]])  # fmt: skip
    lean = torch.randn(20, 1, 1, generator=generator).expand(20, 9, 1)
    x = at.flatten().expand(20, 9, -1).clone()
    x[..., 12:13] += 0.1 * lean
    force = torch.cat([lean, 0 * lean, 9 + 0 * lean], -1)
    moment = torch.linalg.cross(-at[0].expand_as(force), force)
    y = torch.cat([force, moment[..., 1:2], moment[..., :1], moment[..., 2:]], -1)
    scales = [torch.stack([v.mean((0, 1)), torch.full((v.shape[-1],), 2.0)]) for v in (x, y)]
    seen = StartWindows(
        (x - scales[0][0]) / 2, {"duration_s": torch.zeros(20)}, (y - scales[1][0]) / 2,
        torch.ones_like(y) > 0, torch.arange(20) % 5, {"duration_s": (0.6, 0.1)}, *scales,
    )  # fmt: skip
    settings = LLMASettings(start="levers", levers=levers, known=("duration_s",))
    start = make_start(settings, 9, len(names), (3, 3), names)
    assert isinstance(start, LeverMean)
    fit_start(start, seen)
    found = start_of(start, seen.x, seen.known, None)
    assert (found - seen.y).square().mean() < 0.01 * seen.y.var()
    held = start_of(start, seen.x, seen.known, seen.subject)
    some = torch.tensor([3, 0, 7])  # training windows in another order are answered alike
    known = {"duration_s": seen.known["duration_s"][some]}
    again = start_of(start, seen.x[some], known, seen.subject[some])
    torch.testing.assert_close(again, held[some])
    fit_start(start, seen)  # which forgets what was kept
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(start_of(start, seen.x, seen.known, seen.subject), held)
    assert not torch.allclose(again, found[some], atol=1e-4)
    with pytest.raises(ConfigError, match="must be told the scales"):
        start.fit(seen._replace(given_scale=None))


def test_levers_say_what_they_need() -> None:
    settings = LLMASettings(start="levers", known=("duration_s",))
    with pytest.raises(ConfigError, match="moments of 3 joints"):
        make_start(settings, 9, 3, (3, 6), ())
    with pytest.raises(ConfigError, match="put 'duration_s' in known"):
        make_start(LLMASettings(start="levers"), 9, 3, (3, 9), ())
    with pytest.raises(ConfigError, match="needs the given channels"):
        make_start(settings, 9, 3, (3, 9), ("a", "b", "c"))
