"""Mirrors src/unisono/experiments/uses.py."""

import numpy as np
import pytest
import torch

from unisono.core.contracts import Batch
from unisono.experiments.uses import USES, delayed, dropped, hidden, laboratory, noisy, used

UNITS = np.array(["a"] * 20 + ["b"] * 20)


def batch(frames: int = 40) -> Batch:
    g = torch.Generator().manual_seed(0)
    data = {
        "x": torch.randn(40, frames, 4, generator=g) * torch.tensor([1.0, 10, 1, 5]) + 3,
        "y": torch.randn(40, frames, 2, generator=g),
    }
    mask = {k: torch.ones_like(v, dtype=torch.bool) for k, v in data.items()}
    code = torch.arange(40)
    return Batch(data, mask, code, code, torch.full((40,), -1))


@pytest.mark.parametrize("use", USES)
def test_the_wanted_side_is_left_alone_and_draws_are_the_same_again(use: str) -> None:
    whole = batch()
    poor = used(use, whole, ("x",), whole, UNITS)
    assert torch.equal(poor.data["y"], whole.data["y"]) and poor.mask["y"].all()
    assert not torch.equal(poor.data["x"], whole.data["x"])
    assert torch.equal(poor.data["x"], used(use, whole, ("x",), whole, UNITS).data["x"])
    assert (poor.data["x"][~poor.mask["x"]] == 0).all()
    assert whole.mask["x"].all()  # the batch that was given is as it was


def test_shares_are_what_they_say(rng: np.random.Generator) -> None:
    mask = hidden(batch(), ("x",), share=0.5, rng=rng).mask["x"]
    assert (mask.all(dim=1).sum(dim=1) == 2).all()
    assert (hidden(batch(), ("x",), share=1.0, rng=rng).mask["x"].any(dim=1).sum(1) == 1).all()
    gone = 1 - dropped(batch(), ("x",), share=0.3, rng=rng).mask["x"].float().mean()
    assert 0.2 < gone <= 0.3  # stretches may overlap


def test_noise_is_in_spreads_of_the_channel(rng: np.random.Generator) -> None:
    whole = batch(400)
    added = noisy(whole, ("x",), whole, size=0.5, rng=rng).data["x"] - whole.data["x"]
    np.testing.assert_allclose(added.std(dim=(0, 1)), [0.5, 5, 0.5, 2.5], rtol=0.05)


def test_a_late_guide_shows_the_past_and_nothing_wraps_around() -> None:
    whole = batch()
    late = delayed(whole, ("x",), frames=5)
    assert torch.equal(late.data["x"][:, 5:], whole.data["x"][:, :-5])
    assert not late.mask["x"][:, :5].any() and late.mask["x"][:, 5:].all()
    early = delayed(whole, ("x",), frames=-5)
    assert torch.equal(early.data["x"][:, :-5], whole.data["x"][:, 5:])
    assert not early.mask["x"][:, -5:].any() and early.mask["x"][:, :-5].all()
    assert delayed(whole, ("x",), frames=0).mask["x"].all()


def test_a_laboratory_moves_all_windows_of_a_person_alike(rng: np.random.Generator) -> None:
    whole = batch(400)
    there = laboratory(whole, ("x",), whole, UNITS, size=1.0, rng=rng).data["x"]
    moved = (there - whole.data["x"]).mean(dim=1)
    within = (moved[:20] - moved[:20].mean(dim=0)).abs().max(dim=0).values
    apart = (moved[:20].mean(dim=0) - moved[20:].mean(dim=0)).abs()
    assert (within < apart + 1).all() and apart.max() > 0.5
