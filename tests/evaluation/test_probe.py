"""Mirrors src/unisono/evaluation/probe.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.probe import probe_latents


def latents(rng: np.random.Generator, signal: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    subjects = np.repeat(np.arange(10), 12)
    labels = np.tile(["walk", "run", "hop"], 40)
    person = rng.normal(0, 3, (10, 1, 4))[subjects]  # who it is, loud and useless
    code = {"walk": [1, 0], "run": [-1, 1], "hop": [0, -1]}
    z = rng.normal(size=(120, 6, 4)) + person
    own = np.array([code[x] for x in labels])[:, None]
    z = np.concatenate([z, signal * own + rng.normal(size=(120, 6, 2))], axis=-1)
    return z, labels, subjects


def test_it_reads_what_is_there_and_nothing_else(rng: np.random.Generator) -> None:
    z, labels, subjects = latents(rng, 2.0)
    mask = np.ones(z.shape[:2], bool)
    mask[:, 4:] = False
    z[:, 4:] = np.nan
    found = probe_latents(z, mask, list(labels), subjects=list(subjects), generator=rng)
    assert found.accuracy.mean > 0.9
    assert found.accuracy.low > found.chance.high
    assert abs(found.shuffled.mean - 1 / 3) < 0.15
    assert (found.classes, found.windows) == (3, 120)
    z, labels, subjects = latents(rng, 0.0)
    blind = probe_latents(
        z, z[..., 0] == z[..., 0], list(labels), subjects=list(subjects), generator=rng
    )
    assert abs(blind.accuracy.mean - 1 / 3) < 0.15


def test_subject_is_not_a_way_to_know_the_label(rng: np.random.Generator) -> None:
    """Labels fixed within a subject and latents that know only the subject: chance."""
    subjects = np.repeat(np.arange(12), 5)
    labels = np.where(np.arange(12) % 2 == 0, "a", "b")[subjects]
    z = np.eye(12)[subjects][:, None] + 0.01 * rng.normal(size=(60, 1, 12))
    found = probe_latents(
        z, np.ones((60, 1), bool), list(labels), subjects=list(subjects), generator=rng
    )
    assert found.accuracy.mean < 0.75


def test_unknown_labels_are_left_out(rng: np.random.Generator) -> None:
    z = rng.normal(size=(6, 2, 3))
    mask = np.ones((6, 2), bool)
    found = probe_latents(
        z, mask, ["a", "b", None, "a", "b", -1], subjects=list("ppqqrr"), generator=rng
    )
    assert found.windows == 4
    with pytest.raises(ShapeError, match="at least 2 labels"):
        probe_latents(z, mask, ["a"] * 6, subjects=list("ppqqrr"), generator=rng)
    with pytest.raises(ShapeError, match="got 5 labels"):
        probe_latents(z, mask, ["a"] * 5, subjects=list("ppqqrr"), generator=rng)
