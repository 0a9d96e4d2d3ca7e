"""Mirrors src/unisono/alignment/window_alignment.py."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from unisono.alignment.window_alignment import Signals, WindowAlignment, align_windows
from unisono.core.contracts import Latents
from unisono.core.errors import ConfigError, ShapeError, UnisonoError

CONFIG = WindowAlignment(length=4)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def latents(z: Tensor, mask: Tensor | None = None) -> Latents:
    return Latents(z, torch.ones(z.shape[:2], dtype=torch.bool) if mask is None else mask)


def both(batch: int = 3, frames: int = 12, width: int = 5) -> tuple[Latents, Latents]:
    return latents(draw(batch, frames, width, seed=1)), latents(draw(batch, frames, width, seed=2))


def normed(z: Tensor) -> Tensor:
    return functional.layer_norm(z, (z.shape[-1],))


def slow_contrast(config: WindowAlignment, x: Latents, y: Latents) -> float:
    """The loss written as loops over sequences and windows."""
    c, tau = config.length, config.temperature
    stride = config.stride or c
    zx, zy = normed(x.z), normed(y.z)
    starts = range(0, x.z.shape[1] - c + 1, stride)
    valid = [
        (b, s)
        for b in range(len(x.z))
        for s in starts
        if x.mask[b, s : s + c].all() and y.mask[b, s : s + c].all()
    ]

    def vector(z: Tensor, b: int, s: int) -> Tensor:
        piece = z[b, s : s + c]
        piece = piece.mean(dim=0) if config.pooling == "mean" else piece.reshape(-1)
        return piece / piece.norm()

    total = 0.0
    for one, other in ((zx, zy), (zy, zx)):
        for b, s in valid:
            anchor = vector(one, b, s)
            own = float(anchor @ vector(other, b, s)) / tau
            terms = math.exp(own)
            for b2, s2 in valid:
                within = b2 == b and s2 != s and config.neg_within
                across = b2 != b and config.neg_batch
                if within or across:
                    terms += math.exp(float(anchor @ vector(other, b2, s2)) / tau)
            total += math.log(terms) - own
    return total / (2 * len(valid))


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        replace(CONFIG, stride=2),
        replace(CONFIG, neg_within=False),
        replace(CONFIG, neg_batch=False),
        replace(CONFIG, pooling="mean", temperature=0.5),
        replace(CONFIG, length=12),
        replace(CONFIG, length=5),
    ],
    ids=repr,
)
def test_contrast_matches_the_loops(config: WindowAlignment, generator: torch.Generator) -> None:
    x, y = both()
    x.mask[0, 9:] = False
    y.mask[1, 0] = False
    got = align_windows(config, x, y, generator=generator)
    assert got.contrast.item() == pytest.approx(slow_contrast(config, x, y), rel=1e-9)


def test_equal_latents_and_a_small_temperature_cost_nothing(generator: torch.Generator) -> None:
    x, _ = both()
    config = replace(CONFIG, temperature=0.005)
    got = align_windows(config, x, x, generator=generator)
    assert got.contrast.item() == pytest.approx(0, abs=1e-6)
    assert got.covariance.item() == 0
    assert got.monitors is not None
    assert got.monitors.retrieval.item() == 1
    assert got.monitors.alignment.item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_constant_latents_cost_the_logarithm_of_all_windows(
    value: float, generator: torch.Generator
) -> None:
    frame = value * draw(5)
    z = frame.expand(3, 12, 5).clone().requires_grad_()
    got = align_windows(CONFIG, latents(z), latents(z), generator=generator)
    assert got.contrast.item() == pytest.approx(math.log(3 * 3), rel=1e-12)
    got.total.backward()
    assert z.grad is not None
    assert torch.isfinite(z.grad).all()
    assert got.monitors is not None
    assert got.monitors.retrieval.item() == pytest.approx(1 / 9)
    assert got.monitors.chance_loss.item() == pytest.approx(math.log(9))
    assert got.monitors.std_x.item() == pytest.approx(0, abs=1e-12)


def test_contrast_is_clip_on_the_flattened_windows(generator: torch.Generator) -> None:
    x, y = both(batch=4, frames=15)
    u, v = (
        functional.normalize(normed(side.z)[:, :12].reshape(4, 3, 4 * 5).flatten(0, 1), dim=1)
        for side in (x, y)
    )
    scores, own = u @ v.T / 0.1, torch.arange(12)
    clip = (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2
    torch.testing.assert_close(align_windows(CONFIG, x, y, generator=generator).contrast, clip)


def test_one_window_a_sequence_is_clip_over_the_batch(generator: torch.Generator) -> None:
    x, y = both(batch=6, frames=4)
    u, v = (functional.normalize(normed(side.z).flatten(1), dim=1) for side in (x, y))
    scores, own = u @ v.T / 0.1, torch.arange(6)
    clip = (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2
    got = align_windows(replace(CONFIG, neg_within=False), x, y, generator=generator).contrast
    torch.testing.assert_close(got, clip)


def test_masked_frames_change_nothing(generator: torch.Generator) -> None:
    """Padded sequences with poison in the padding equal the short ones, gradients included."""
    x, y = both(frames=12)
    short = align_windows(CONFIG, x, y, generator=generator)
    mask = torch.arange(20).expand(3, 20) < 12
    padded = []
    for side in (x, y):
        z = torch.full((3, 20, 5), torch.nan, dtype=torch.float64)
        z[:, :12] = side.z
        padded.append(latents(z.requires_grad_(), mask))
    long = align_windows(CONFIG, *padded, generator=generator)
    for got, expected in zip(long[:3], short[:3], strict=True):
        torch.testing.assert_close(got, expected)
    assert long.monitors is not None
    assert short.monitors is not None
    for got, expected in zip(long.monitors, short.monitors, strict=True):
        torch.testing.assert_close(got, expected)
    long.total.backward()
    for side in padded:
        assert side.z.grad is not None
        assert torch.isfinite(side.z.grad).all()
        assert (side.z.grad[:, 12:] == 0).all()
        assert (side.z.grad[:, :12] != 0).any()


def test_a_window_with_one_bad_frame_is_dropped(generator: torch.Generator) -> None:
    x, y = both(batch=2, frames=12)
    x.mask[0, 5] = False
    got = align_windows(CONFIG, x, y, generator=generator)
    assert got.windows.item() == 5
    x.z[0, 4:8] += 100  # the rest of that window does not matter either
    torch.testing.assert_close(
        align_windows(CONFIG, x, y, generator=generator).contrast, got.contrast
    )


def test_nothing_valid_is_zero_with_zero_gradient(generator: torch.Generator) -> None:
    z = draw(3, 12, 5).requires_grad_()
    none = latents(z, torch.zeros(3, 12, dtype=torch.bool))
    got = align_windows(CONFIG, none, none, generator=generator)
    got.total.backward()
    assert got.total.item() == 0
    assert got.windows.item() == 0
    assert z.grad is not None
    assert (z.grad == 0).all()
    assert got.monitors is not None
    assert all(torch.isfinite(value) for value in got.monitors)


def test_covariance_matches_the_loops(generator: torch.Generator) -> None:
    x, y = both()
    zx, zy = normed(x.z), normed(y.z)
    total = 0.0
    for b in range(3):
        for s in (0, 4, 8):
            gap = torch.cov(zx[b, s : s + 4].T) - torch.cov(zy[b, s : s + 4].T)
            total += gap.square().sum().item()
    got = align_windows(CONFIG, x, y, generator=generator)
    assert got.covariance.item() == pytest.approx(total / (9 * 25), rel=1e-10)


def test_terms_are_switched_one_by_one(generator: torch.Generator) -> None:
    x, y = both()
    full = align_windows(CONFIG, x, y, generator=generator)
    contrast = align_windows(replace(CONFIG, covariance=False), x, y, generator=generator)
    covariance = align_windows(replace(CONFIG, contrast=False), x, y, generator=generator)
    assert contrast.covariance.item() == 0
    assert covariance.contrast.item() == 0
    torch.testing.assert_close(contrast.total, full.contrast)
    torch.testing.assert_close(covariance.total, full.covariance)
    torch.testing.assert_close(full.total, full.contrast + full.covariance)
    assert covariance.monitors is not None
    assert full.monitors is not None
    torch.testing.assert_close(covariance.monitors.retrieval, full.monitors.retrieval)


def test_the_order_of_sequences_does_not_matter(generator: torch.Generator) -> None:
    x, y = both()
    order = torch.tensor([2, 0, 1])
    moved = align_windows(CONFIG, *(latents(s.z[order]) for s in (x, y)), generator=generator)
    torch.testing.assert_close(moved.total, align_windows(CONFIG, x, y, generator=generator).total)


def test_the_two_sides_may_be_swapped(generator: torch.Generator) -> None:
    x, y = both()
    torch.testing.assert_close(
        align_windows(CONFIG, y, x, generator=generator).total,
        align_windows(CONFIG, x, y, generator=generator).total,
    )


def test_weights_scale_sequences(generator: torch.Generator) -> None:
    x, y = both()
    plain = align_windows(CONFIG, x, y, generator=generator).total
    half = torch.full((3,), 0.5, dtype=torch.float64)
    got = align_windows(CONFIG, x, y, generator=generator, weight=half).total
    torch.testing.assert_close(got, plain / 2)
    parts = [
        align_windows(CONFIG, x, y, generator=generator, weight=torch.eye(3).double()[b]).total
        for b in range(3)
    ]
    torch.testing.assert_close(torch.stack(parts).sum(), plain)


def test_batch_shuffle_pairs_the_same_window_of_another_sequence(
    generator: torch.Generator,
) -> None:
    """Masks and signals move with their latents. Of two sequences there is one way to swap."""
    x, y = both(batch=2)
    x.mask[0, 0] = False
    y.mask[0, 11] = False
    signals = Signals(draw(2, 12, 2, seed=3), draw(2, 12, 3, seed=4))
    signals.x[0, 8:] = signals.x[0, 4:8]  # alike in x; in y only for the partner
    signals.y[1, 8:] = signals.y[1, 4:8]
    got = align_windows(
        replace(CONFIG, shuffle="batch"), x, y, generator=generator, signals=signals
    )
    swapped = latents(y.z.flip(0), y.mask.flip(0))
    moved = Signals(signals.x, signals.y.flip(0))
    expected = align_windows(CONFIG, x, swapped, generator=generator, signals=moved)
    torch.testing.assert_close(got.total, expected.total)
    assert got.windows == expected.windows
    assert got.monitors == expected.monitors
    assert got.monitors is not None
    assert got.monitors.chance_loss.item() == pytest.approx((2 * math.log(3) + 2 * math.log(4)) / 4)


@pytest.mark.parametrize("shuffle", ["batch", "full"])
def test_shuffles_break_the_pairs(shuffle: str, generator: torch.Generator) -> None:
    x, _ = both(batch=6, frames=24)
    config = replace(CONFIG, shuffle=shuffle)  # type: ignore[arg-type]
    got = align_windows(config, x, x, generator=generator)
    assert got.monitors is not None
    assert got.monitors.retrieval.item() == 0
    assert got.contrast.item() > 3


def test_full_shuffle_counts_valid_pairs_only(generator: torch.Generator) -> None:
    x, y = both(batch=4)
    x.mask[0, 0] = False
    y.mask[2, 11] = False
    got = align_windows(replace(CONFIG, shuffle="full"), x, y, generator=generator)
    assert got.windows.item() == 10


def test_periodic_windows_are_not_pushed(generator: torch.Generator) -> None:
    """Latents that repeat with the motion cost nothing once false negatives are masked."""
    phase = 2 * math.pi * torch.arange(48, dtype=torch.float64) / 16
    start = torch.tensor([0.3, 1.9], dtype=torch.float64)[:, None]
    speed = torch.tensor([1.0, 2.0], dtype=torch.float64)[:, None]
    angle = phase * speed + start
    signal = torch.stack([angle.sin(), angle.cos()], dim=-1)
    z = latents(torch.cat([signal, 0.3 * signal.flip(-1), draw(2, 1, 1).expand(2, 48, 1)], dim=-1))
    config = WindowAlignment(length=4, temperature=0.02)
    plain = align_windows(config, z, z, generator=generator)
    masked = align_windows(config, z, z, generator=generator, signals=Signals(signal, signal))
    off = replace(config, period_mask=False)
    ignored = align_windows(off, z, z, generator=generator, signals=Signals(signal, signal))
    assert plain.contrast.item() > 0.5
    assert masked.contrast.item() < 0.2 * plain.contrast.item()
    torch.testing.assert_close(ignored.contrast, plain.contrast)
    assert masked.monitors is not None
    assert plain.monitors is not None
    assert masked.monitors.chance_loss < plain.monitors.chance_loss


def test_negatives_near_a_period_are_counted_out(generator: torch.Generator) -> None:
    """The chance loss counts negatives: ln(1 + count), averaged over windows."""
    t = torch.arange(60, dtype=torch.float64)
    clean = torch.sin(2 * math.pi * t / 18)[None, :, None]
    noisy = clean + 0.4 * draw(1, 60, 4, seed=5)  # too noisy to be alike window by window
    z = latents(draw(1, 60, 5))
    config = WindowAlignment(length=5)
    starts = range(0, 60, 5)
    counts = [
        sum(a != b and all(abs(abs(a - b) - 18 * k) > 2.5 for k in (1, 2, 3)) for b in starts)
        for a in starts
    ]
    got = align_windows(config, z, z, generator=generator, signals=Signals(noisy, noisy))
    assert got.monitors is not None
    expected = sum(math.log(1 + count) for count in counts) / len(counts)
    assert got.monitors.chance_loss.item() == pytest.approx(expected, rel=1e-9)


def test_the_period_may_come_from_either_signal(generator: torch.Generator) -> None:
    t = torch.arange(60, dtype=torch.float64)
    wave = torch.sin(2 * math.pi * t / 20)[None, :, None] + 0.4 * draw(1, 60, 4, seed=5)
    noise, z = draw(1, 60, 2, seed=6), latents(draw(1, 60, 5))
    losses = []
    for signals in (Signals(wave, noise), Signals(noise, wave), Signals(noise, noise)):
        monitors = align_windows(
            WindowAlignment(length=5), z, z, generator=generator, signals=signals
        ).monitors
        assert monitors is not None
        losses.append(monitors.chance_loss.item())
    assert losses[0] == losses[1] < losses[2]


def test_half_precision_latents_are_compared_in_float32(generator: torch.Generator) -> None:
    x, y = both()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = align_windows(
            CONFIG, latents(x.z.bfloat16()), latents(y.z.bfloat16()), generator=generator
        )
        same = align_windows(
            CONFIG, latents(x.z.float()), latents(y.z.float()), generator=generator
        )
    assert got.contrast.dtype == torch.float32
    exact = align_windows(CONFIG, x, y, generator=generator).contrast.item()
    assert got.contrast.item() == pytest.approx(exact, rel=0.02)
    assert same.contrast.item() == pytest.approx(exact, rel=1e-5)


def test_gradient_descent_aligns(generator: torch.Generator) -> None:
    x, y = (latents(s.z.requires_grad_()) for s in both())
    optimiser = torch.optim.Adam([x.z, y.z], lr=0.05)
    for _ in range(150):
        optimiser.zero_grad()
        result = align_windows(CONFIG, x, y, generator=generator)
        result.total.backward()
        optimiser.step()
    assert result.contrast.item() < 0.05
    assert result.covariance.item() < 0.01
    assert result.monitors is not None
    assert result.monitors.retrieval.item() == 1


def test_monitors_can_be_left_out(generator: torch.Generator) -> None:
    assert align_windows(CONFIG, *both(), generator=generator, monitor=False).monitors is None


def test_monitors_see_a_shrinking_that_the_norm_hides(generator: torch.Generator) -> None:
    x, y = both()
    shrunk = align_windows(CONFIG, latents(x.z * 0.1), y, generator=generator).monitors
    whole = align_windows(CONFIG, x, y, generator=generator).monitors
    assert shrunk is not None
    assert whole is not None
    torch.testing.assert_close(shrunk.std_x, whole.std_x * 0.1)
    torch.testing.assert_close(shrunk.rank_x, whole.rank_x)


def test_bad_settings_and_shapes_are_refused(generator: torch.Generator) -> None:
    with pytest.raises(ConfigError, match="neg_within and neg_batch are both false"):
        WindowAlignment(neg_within=False, neg_batch=False)
    with pytest.raises(ConfigError, match="at least 2 frames; got length=1"):
        WindowAlignment(length=1)
    WindowAlignment(length=1, covariance=False)
    with pytest.raises(UnisonoError, match="temperature must lie in"):
        WindowAlignment(temperature=0.0)
    with pytest.raises(UnisonoError, match="Did you mean 'batch'"):
        WindowAlignment(shuffle="bach")  # type: ignore[arg-type]
    x, _ = both()
    with pytest.raises(ShapeError, match="one clock and one latent width"):
        align_windows(CONFIG, x, latents(draw(3, 12, 4)), generator=generator)
    with pytest.raises(ShapeError, match="weight has batch=2"):
        align_windows(CONFIG, x, x, generator=generator, weight=torch.ones(2))
    with pytest.raises(ShapeError, match="fewer than a window"):
        align_windows(WindowAlignment(length=13), x, x, generator=generator)


def test_several_lengths_are_the_mean_of_each() -> None:
    x, y = both()
    g = torch.Generator().manual_seed(0)
    several = align_windows(
        WindowAlignment(length=4, more_lengths=(2, 6), period_mask=False), x, y, generator=g
    )
    alone = [
        align_windows(WindowAlignment(length=n, period_mask=False), x, y, generator=g)
        for n in (4, 2, 6)
    ]
    assert torch.isclose(several.contrast, torch.stack([a.contrast for a in alone]).mean())
    assert torch.isclose(several.covariance, torch.stack([a.covariance for a in alone]).mean())
    assert several.windows == alone[0].windows and several.monitors is not None


def test_hard_negatives_are_fewer_and_within_the_sequence_none_is_lost() -> None:
    x, y = both(batch=4)
    g = torch.Generator().manual_seed(0)
    signals = Signals(draw(4, 12, 2, seed=3), draw(4, 12, 2, seed=4))

    def chance(config: WindowAlignment) -> float:
        found = align_windows(config, x, y, generator=g, signals=signals)
        assert found.monitors is not None
        return float(found.monitors.chance_loss)

    every = WindowAlignment(length=4, period_mask=False)
    assert chance(every) == pytest.approx(math.log(12))
    few = chance(replace(every, hard=0.2))
    assert math.log(1 + 2 + 2) <= few < math.log(12)  # own, two within, at least two across
    within = replace(every, neg_batch=False)
    assert chance(replace(within, hard=0.2)) == pytest.approx(chance(within))
