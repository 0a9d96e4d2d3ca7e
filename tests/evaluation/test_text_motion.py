"""Mirrors src/unisono/evaluation/text_motion.py."""

import math

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.text_motion import (
    CodedSet,
    Replication,
    diversity,
    multimodality,
    pooled_ranks,
    replicated_scores,
    shuffled_texts,
)


def codes(rng: np.random.Generator, n: int, d: int = 6) -> np.ndarray:
    return rng.normal(size=(n, d))


def test_ranks_are_those_of_a_slow_loop(rng: np.random.Generator) -> None:
    texts, motions = codes(rng, 70), codes(rng, 70)
    found = pooled_ranks(texts, motions, pool=32, generator=np.random.default_rng(3))
    order = np.random.default_rng(3).permutation(70)[:64]
    ranks, apart = [], []
    for pool in (order[:32], order[32:]):
        for i in pool:
            own = math.dist(texts[i], motions[i])
            ranks.append(sum(math.dist(texts[i], motions[j]) < own for j in pool if j != i))
            apart.append(own)
    assert found.ranks.tolist() == ranks
    np.testing.assert_allclose(found.distances, apart)


def test_perfect_random_and_all_alike(rng: np.random.Generator) -> None:
    texts = codes(rng, 32 * 60)
    perfect = pooled_ranks(texts, texts, generator=rng)
    assert perfect.ranks.max() == 0 and perfect.distances.max() == 0
    chance = pooled_ranks(texts, codes(rng, len(texts)), generator=rng)
    alike = pooled_ranks(np.ones((3200, 4)), np.ones((3200, 4)), generator=rng)
    for k in (1, 2, 3):
        assert (chance.ranks < k).mean() == pytest.approx(k / 32, abs=0.02)
        assert (alike.ranks < k).mean() == pytest.approx(k / 32, abs=0.02)  # no reward for collapse
    with pytest.raises(ShapeError, match="pools of 32 pairs, and there are 31"):
        pooled_ranks(texts[:31], texts[:31], generator=rng)


def test_diversity_of_a_known_distribution(rng: np.random.Generator) -> None:
    """Two draws of N(0, I) in d = 2 lie sqrt(pi) apart on average."""
    found = diversity(rng.normal(size=(20_000, 2)), pairs=10_000, generator=rng)
    assert found == pytest.approx(math.sqrt(math.pi), abs=0.03)
    assert diversity(np.zeros((9, 3)), generator=rng) == 0.0
    with pytest.raises(ShapeError, match="two motions"):
        diversity(np.zeros((1, 3)), generator=rng)


def test_multimodality_is_within_texts_alone(rng: np.random.Generator) -> None:
    centres = 100.0 * codes(rng, 50, 2)[:, None]
    modes = centres + rng.normal(size=(50, 400, 2))
    assert multimodality(modes, pairs=200, generator=rng) == pytest.approx(
        math.sqrt(math.pi), abs=0.05
    )
    assert multimodality(np.repeat(centres, 30, axis=1), generator=rng) == 0.0
    with pytest.raises(ShapeError, match="two motions a text"):
        multimodality(centres, generator=rng)


def test_rows_of_real_shuffled_and_shifted_sets(rng: np.random.Generator) -> None:
    real = codes(rng, 128)
    captions = np.stack([real, real + 1e-3], axis=1)
    scores = replicated_scores([CodedSet(captions, real)], real, generator=rng)
    assert scores.r1.mean == 1.0 and scores.fid.mean == pytest.approx(0.0, abs=1e-9)
    assert math.isnan(scores.multimodality.mean) and scores.mm_distance.mean < 3e-3
    assert scores.diversity.low < scores.diversity.mean < scores.diversity.high
    shuffled = shuffled_texts(CodedSet(captions, real), generator=rng)
    assert (np.abs(shuffled.texts - captions).max(axis=(1, 2)) > 1e-6).all()  # nobody keeps its own
    chance = replicated_scores([shuffled], real, generator=rng)
    assert chance.r3.mean < 0.25 and chance.fid.mean == pytest.approx(0.0, abs=1e-9)
    moved = CodedSet(captions, real + 2.0)
    assert replicated_scores([moved], real, generator=rng).fid.mean == pytest.approx(24.0)


def test_intervals_are_those_of_the_replications(rng: np.random.Generator) -> None:
    real = codes(rng, 64)
    sets = [CodedSet(real[:, None], real + shift) for shift in (0.0, 1.0)]
    scores = replicated_scores(sets, real, generator=rng, replication=Replication(times=4))
    values = np.array([0.0, 6.0, 0.0, 6.0])  # FID of a shift by 1 in 6 axes
    assert scores.fid.mean == pytest.approx(3.0)
    half = 1.96 * values.std(ddof=1) / 2
    assert scores.fid.high - scores.fid.mean == pytest.approx(half)
    with pytest.raises(ShapeError, match="more rows"):
        narrow = rng.normal(size=(40, 50))
        replicated_scores([CodedSet(narrow[:, None], narrow)], narrow, generator=rng)
