"""Mirrors src/unisono/evaluation/ranks.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.ranks import rank_histogram, truth_ranks


def _people(rng: np.random.Generator, spread: float, bias: float = 0.0):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Curves of 24 people whose errors are shared by all frames of a window."""
    truth = np.repeat(rng.normal(size=(240, 1, 2)), 12, axis=1)
    samples = bias + spread * np.repeat(rng.normal(size=(16, 240, 1, 2)), 12, axis=2)
    return samples, truth, np.ones(truth.shape, bool), np.repeat(np.arange(24), 10)


def test_ranks_are_counts_and_ties_are_broken_at_random() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(7, 50))
    truth = rng.normal(size=50)
    ranks = truth_ranks(samples, truth, generator=rng)
    assert ranks.tolist() == [int((samples[:, i] < truth[i]).sum()) for i in range(50)]
    tied = truth_ranks(np.zeros((3, 4000)), np.zeros(4000), generator=rng)
    assert np.bincount(tied, minlength=4) / 4000 == pytest.approx([0.25] * 4, abs=0.03)


def test_the_test_keeps_its_level_although_frames_depend_on_each_other() -> None:
    rng = np.random.default_rng(1)
    p = []
    for _ in range(60):
        samples, truth, valid, who = _people(rng, 1.0)
        p.append(rank_histogram(samples, truth, valid, subjects=who, generator=rng).p)
    assert np.mean(np.array(p) < 0.05) < 0.13
    assert np.mean(p) == pytest.approx(0.5, abs=0.12)


def test_narrow_wide_and_biased_samples_are_told(rng: np.random.Generator) -> None:
    shares = []
    for spread, bias in ((0.4, 0.0), (2.5, 0.0), (1.0, 0.8)):
        samples, truth, valid, who = _people(rng, spread, bias)
        found = rank_histogram(samples, truth, valid, subjects=who, generator=rng)
        assert found.p < 1e-4 and found.people == 24
        assert found.shares.sum() == pytest.approx(1.0)
        shares.append(found.shares)
    narrow, wide, biased = shares
    assert narrow[0] > 0.25 and narrow[-1] > 0.25
    assert wide[0] < 0.15 and wide[2] > 0.25
    assert biased[0] > 1.5 * biased[-1]


def test_few_people_have_a_histogram_but_no_test(rng: np.random.Generator) -> None:
    samples, truth, valid, _ = _people(rng, 1.0)
    found = rank_histogram(samples, truth, valid, subjects=["a"] * 240, generator=rng)
    assert np.isnan(found.p) and np.isnan(found.error).all()
    with pytest.raises(ShapeError, match="disagree"):
        rank_histogram(samples[:, :3], truth, valid, subjects=["a"] * 240, generator=rng)


def test_nothing_valid_has_no_histogram(rng: np.random.Generator) -> None:
    samples, truth, valid, who = _people(rng, 1.0)
    found = rank_histogram(samples, truth, np.zeros_like(valid), subjects=who, generator=rng)
    assert found.people == 0 and np.isnan(found.p)
    assert found.shares.shape == (5,) and np.isnan(found.shares).all()
