"""Mirrors src/unisono/codecs/motion_vae.py."""

import numpy as np
import pytest
import torch

from unisono.codecs.motion_vae import MotionVAE, MotionVAESettings, _smoothed
from unisono.core.errors import UnisonoError
from unisono.networks.conditioning import TransformerSize
from unisono.recordings.motion.batches import MotionNormaliser
from unisono.recordings.motion.features import Layout

LAYOUT = Layout(3, 2, 20.0)


@pytest.fixture(
    params=["placed", "placed, three rows a place", "placed, three rows, low-pass", "asked"]
)
def vae(request: pytest.FixtureRequest) -> MotionVAE:
    torch.manual_seed(0)
    kind, _, more = request.param.partition(",")
    settings = MotionVAESettings(
        tokens=2,
        width=8,
        layers=3,
        kind=kind,
        stride=3 if more else 1,
        moving=0.0,
        low_pass=5 if "low" in more else 0,
    )
    return MotionVAE(LAYOUT, settings, TransformerSize(32, 4, 64, 0.0))


def clips(count: int = 16, frames: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    """Sines of a phase and a speed: two numbers a clip, of different lengths."""
    g = torch.Generator().manual_seed(0)
    phase, speed = torch.rand(2, count, 1, 1, generator=g)
    time = torch.arange(frames)[None, :, None] / 20.0
    channel = torch.arange(LAYOUT.size)[None, None, :]
    rows = torch.sin(2 * torch.pi * (phase + (0.5 + speed) * time) + channel)
    mask = torch.arange(frames)[None] < torch.randint(12, frames + 1, (count, 1), generator=g)
    return rows * mask[..., None], mask


def test_padding_changes_nothing_and_stays_zero(vae: MotionVAE) -> None:
    rows, mask = clips()
    longer = torch.cat([rows, torch.full((len(rows), 5, LAYOUT.size), 3.0)], dim=1)
    wide = torch.cat([mask, torch.zeros(len(rows), 5, dtype=torch.bool)], dim=1)
    for one, other in zip(vae.posterior(rows, mask), vae.posterior(longer, wide), strict=True):
        torch.testing.assert_close(one, other)
    z = vae.encode(rows, mask).z
    short, long = vae.decode(z, mask), vae.decode(z, wide)
    torch.testing.assert_close(long[:, :20], short)
    assert (long[~wide] == 0).all() and (short[~mask] == 0).all()


def test_it_learns_to_come_back(vae: MotionVAE, generator: torch.Generator) -> None:
    rows, mask = clips()
    rate, steps, left = (1e-2, 30, 0.1) if vae.placed else (3e-3, 120, 0.25)
    optimiser = torch.optim.Adam(vae.parameters(), lr=rate)
    first = vae.loss(rows, mask, generator=generator).parts["reconstruction"]
    for _ in range(steps):
        optimiser.zero_grad()
        lost = vae.loss(rows, mask, generator=generator)
        lost.total.backward()
        optimiser.step()
    assert lost.parts["reconstruction"] < left * first
    assert set(lost.parts) == {"reconstruction", "places", "velocities", "kl"}


def test_it_begins_at_the_directions_of_rows(vae: MotionVAE) -> None:
    """Rows of few directions pass both maps as they are; what stands behind their ends is 0."""
    rows, mask = clips(frames=21)
    vae.begin_at(rows, mask)
    x = vae._side_by_side(vae.standardised(rows, mask))
    whole = mask.reshape(len(rows), x.shape[1], -1).all(dim=-1)
    again = vae.leave(vae.enter(x))
    torch.testing.assert_close(again[whole], x[whole], atol=2e-3, rtol=0)


def test_the_low_pass_keeps_what_is_slow_and_stops_what_changes_each_frame() -> None:
    frames = torch.arange(12.0)
    mask = torch.arange(12)[None] < torch.tensor([[12], [7]])
    rows = torch.stack([frames, torch.cos(torch.pi * frames), frames.square()], dim=1)
    one, other = _smoothed(rows.repeat(2, 1, 1), mask, 5)
    torch.testing.assert_close(one[2:-2, 0], frames[2:-2])
    assert one[2:-2, 1].abs().max() < 1e-6
    # binomial of n = 5: a parabola is lifted by its variance, (n - 1) / 4
    torch.testing.assert_close(one[2:-2, 2], frames[2:-2].square() + 1.0)
    # a shorter clip ends on copies of its own last row
    ends = torch.tensor([1, 4, 6, 4, 1.0]) / 16
    torch.testing.assert_close(other[6, 0], (ends * torch.tensor([4, 5, 6, 6, 6.0])).sum())
    torch.testing.assert_close(other[:5], one[:5])


@pytest.mark.parametrize("width", [2, -1])
def test_a_low_pass_has_an_odd_width(width: int) -> None:
    with pytest.raises(UnisonoError, match="low_pass"):
        MotionVAESettings(low_pass=width)


def test_terms_can_be_switched_off(generator: torch.Generator) -> None:
    settings = MotionVAESettings(tokens=1, width=4, layers=1, geometric=0.0, moving=0.0, kl=0.0)
    vae = MotionVAE(LAYOUT, settings, TransformerSize(8, 2, 16, 0.0))
    lost = vae.loss(*clips(), generator=generator)
    assert "places" not in lost.parts
    torch.testing.assert_close(lost.total.detach(), lost.parts["reconstruction"])


def test_the_divergence_is_that_of_gaussians(vae: MotionVAE, generator: torch.Generator) -> None:
    rows, mask = clips()
    found = vae.posterior(rows, mask)
    truth = torch.distributions.kl_divergence(
        torch.distributions.Normal(*found), torch.distributions.Normal(0.0, 1.0)
    )
    torch.testing.assert_close(vae.loss(rows, mask, generator=generator).parts["kl"], truth.mean())


def test_rows_are_standardised_as_the_normaliser_says(vae: MotionVAE) -> None:
    size = LAYOUT.size
    vae.fit(MotionNormaliser(np.arange(size, dtype=float), np.full(size, 2.0)))
    seen = vae.standardised(torch.zeros(1, 2, size), torch.tensor([[True, False]]))
    torch.testing.assert_close(seen[0, 0], -torch.arange(size) / 2.0)
    assert (seen[0, 1] == 0).all()
