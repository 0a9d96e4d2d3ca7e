"""Mirrors src/unisono/methods/any_subset.py."""

from collections.abc import Sequence

import pytest
import torch

from unisono.alignment.window_alignment import WindowAlignment
from unisono.core.contracts import Batch, StreamInfo
from unisono.core.errors import ConfigError
from unisono.methods.any_subset import AnySubset, draw_parts
from unisono.methods.settings import FewSteps, Layers, LLMASettings, Losses
from unisono.networks.conditioning import TransformerSize

STREAMS = {
    "a": StreamInfo("a", ("x", "y"), ("deg", "deg"), "angle", 100.0),
    "b": StreamInfo("b", ("x",), ("N",), "force", 100.0),
    "c": StreamInfo("c", ("x", "y"), ("N*m", "N*m"), "moment", 100.0),
}
EVERY = ("a", "b", "c")


def batch(rows: int = 16, frames: int = 12, *, seed: int = 1, noise: float = 0.6) -> Batch:
    """One hidden curve seen by five channels; ``a`` sees it well, ``b`` badly."""
    g = torch.Generator().manual_seed(seed)
    hidden = torch.randn(rows, frames, 1, generator=g)

    def seen(width: int, spread: float) -> torch.Tensor:
        return hidden + spread * torch.randn(rows, frames, width, generator=g)

    data = {"a": 20 * seen(2, 0.1), "b": 700 + 50 * seen(1, noise), "c": seen(2, 0.1)}
    mask = {k: torch.ones_like(v, dtype=torch.bool) for k, v in data.items()}
    index = torch.arange(rows)
    return Batch(data, mask, index, index % 4, torch.zeros(rows).long())


def build(
    given: Sequence[str] = EVERY, want: Sequence[str] = EVERY, **options: object
) -> AnySubset:
    torch.manual_seed(0)
    settings = LLMASettings(
        **{
            "steps": 3,
            "size": TransformerSize(width=16, heads=2, feedforward=16, dropout=0.0),
            "layers": Layers(1, 1, 1, 1),
            "alignment": WindowAlignment(length=4),
            **options,
        }  # type: ignore[arg-type]
    )
    method = AnySubset(settings, STREAMS, given=given, want=want, frames=12)
    method.prepare(batch())
    return method


def draw(
    method: AnySubset, windows: Batch, want: Sequence[str], *, samples: int = 2, steps: int = 2
) -> dict[str, torch.Tensor]:
    g = torch.Generator().manual_seed(5)
    out = method.generate(windows, want, samples=samples, steps=steps, generator=g)
    return {k: v.samples for k, v in out.items()}


def only(windows: Batch, *names: str) -> Batch:
    return Batch(
        {k: windows.data[k] for k in names},
        {k: windows.mask[k] for k in names},
        windows.index,
        windows.subject,
        windows.condition,
    )


def trained(steps: int = 240) -> AnySubset:
    method = build(drop_channel=0.0, losses=Losses(align=0.0), residual="gaussian")
    optimiser = torch.optim.Adam(method.parameters(), 8e-3)
    for step in range(steps):
        g = torch.Generator().manual_seed(step)
        loss = method.loss(
            batch(16, seed=100 + step), phase=method.phases[0], step=step, generator=g
        )
        optimiser.zero_grad()
        loss.total.backward()
        optimiser.step()
    return method.eval()


def test_parts_have_every_size_equally_often_and_every_stream_too(
    generator: torch.Generator,
) -> None:
    parts = draw_parts(4000, 5, generator=generator)
    sizes = torch.bincount(parts.sum(dim=1), minlength=6) / 4000
    torch.testing.assert_close(
        sizes, torch.tensor([0, 0.25, 0.25, 0.25, 0.25, 0]), atol=0.02, rtol=0
    )
    torch.testing.assert_close(parts.float().mean(0), torch.full((5,), 0.5), atol=0.03, rtol=0)


def test_the_loss_is_finite_and_names_both_parts(generator: torch.Generator) -> None:
    method = build()
    loss = method.loss(batch(), phase=method.phases[0], step=0, generator=generator)
    assert all(torch.isfinite(v) for v in loss.parts.values())
    assert {"part.mean", "rest.denoise", "align.contrast", "total"} <= set(loss.parts)
    alone = build(losses=Losses(align=0.0))
    bare = alone.loss(batch(), phase=alone.phases[0], step=0, generator=generator)
    assert not any(k.startswith("align") for k in bare.parts)


def test_a_student_of_any_part_is_taught_and_walks(generator: torch.Generator) -> None:
    method = build(few_steps=FewSteps(most=2, train=1, teacher=2))
    few = method.phases[1]
    loss = method.loss(batch(), phase=few, step=0, generator=generator)
    loss.total.backward()
    assert set(loss.parts) == {"any.student", "total"} and torch.isfinite(loss.total)
    assert all(p.grad is None for p in method.groups()["networks"])
    assert any(p.grad is not None for p in method.groups()["students"])
    assert torch.isfinite(draw(method.eval(), only(batch(), "a"), ["c"])["c"]).all()


def test_wanted_streams_are_never_read() -> None:
    method = build().eval()
    torch.nn.init.normal_(method.direction("any").denoiser.leave.weight, std=0.5)
    spoiled = batch()
    spoiled.data["b"][:] = 1e6
    for windows in (spoiled, only(batch(), "a", "c")):
        torch.testing.assert_close(
            draw(method, windows, ["b"])["b"], draw(method, batch(), ["b"])["b"]
        )


def test_a_stream_that_is_generated_with_others_is_as_if_alone() -> None:
    """What is asked for beside a stream is not given, and so is the only thing that changes."""
    method = build().eval()
    torch.nn.init.normal_(method.direction("any").denoiser.leave.weight, std=0.5)
    windows = only(batch(), "a")
    torch.testing.assert_close(
        draw(method, windows, ["b"])["b"], draw(method, windows, ["c", "b"])["b"]
    )


def test_targets_of_no_part_count_in_no_loss() -> None:
    """With two streams of which one is always given alone, the other's truth is all that counts."""
    method = build(["a", "b"], ["a", "b"], losses=Losses(align=0.0))
    first, second = batch(), batch()
    for windows in (first, second):
        windows.mask["b"][:] = False
    second.data["b"][:] = 1e5  # masked everywhere: neither given nor a target

    def total(windows: Batch) -> torch.Tensor:
        g = torch.Generator().manual_seed(3)
        return method.loss(windows, phase=method.phases[0], step=0, generator=g).total

    torch.testing.assert_close(total(first), total(second))


@pytest.mark.slow
def test_what_is_given_decides_the_error_and_the_width() -> None:
    """Oracle: ``b`` is a bad witness (noise 0.6), ``a`` a good one (two channels, noise 0.1).

    From one channel of noise s the posterior of ``c`` has variance s^2/(1 + s^2) + 0.01: 0.27 from
    ``b``, 0.015 from ``a``.
    """
    method = trained()
    test = batch(200, seed=9)
    truth = test.data["c"]
    spread = {}
    for given in ("a", "b"):
        out = draw(method, only(test, given), ["c"], samples=40, steps=4)["c"]
        error = float((out.mean(0) - truth).square().mean())
        spread[given] = float(out.var(dim=0).mean())
        expected = {"a": 0.015, "b": 0.275}[given]
        assert error < 1.5 * expected + 0.02
    assert spread["b"] == pytest.approx(0.275, rel=0.35)
    assert spread["a"] < spread["b"] / 4
    masked = only(test, "a")
    masked.mask["a"][..., 1] = False  # a channel that fails at use
    assert torch.isfinite(draw(method, masked, ["c"])["c"]).all()


def test_encoding_reads_what_is_there_and_nothing_else() -> None:
    method = build().eval()
    alone, spoiled = only(batch(), "a"), batch()
    for name in "bc":
        spoiled.mask[name][:] = False
        spoiled.data[name][:] = 1e6
    torch.testing.assert_close(method.encode(alone).z, method.encode(spoiled).z)
    assert not torch.allclose(method.encode(alone).z, method.encode(only(batch(), "a", "c")).z)
    with pytest.raises(ConfigError, match="side 'want' has no encoder"):
        method.encode(alone, "want")


@pytest.mark.parametrize(
    ("given", "want", "options", "message"),
    [
        (["a"], ["b"], {}, "at least two streams"),
        (["a", "q"], ["b"], {}, "no stream 'q'"),
        (EVERY, EVERY, {"start": "ridge"}, "no one ridge"),
        (EVERY, EVERY, {"mode": "paper"}, "not of the paper"),
        (EVERY, EVERY, {"guidance": 2.0}, "leave guidance = 1"),
        (EVERY, EVERY, {"pretrain": 5}, "has no pretrain"),
        (EVERY, EVERY, {"share_encoder": True}, "has no share_encoder"),
        (EVERY, EVERY, {"losses": Losses(reconstruct=0.5)}, "has no losses.reconstruct"),
        (EVERY, EVERY, {"losses": Losses(by_noise=True)}, "has no losses.by_noise"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    given: list[str], want: list[str], options: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build(given, want, **options)


def test_calls_that_make_no_sense_are_refused(generator: torch.Generator) -> None:
    method = build(["a", "b"], ["b", "c"]).eval()
    with pytest.raises(ConfigError, match="is given a and never generates it"):
        draw(method, batch(), ["a"])
    with pytest.raises(ConfigError, match="nothing is given"):
        draw(method, only(batch(), "c"), ["b"])
    with pytest.raises(ConfigError, match="does not know a stream 'd'"):
        draw(method, batch(), ["d"])
