"""Mirrors src/unisono/viewing/latent_map.py."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from unisono.core.errors import ShapeError
from unisono.viewing.latent_map import map_latents, retrieval_top1, save_latent_map


def test_top1_against_a_slow_loop(rng: np.random.Generator) -> None:
    source = rng.normal(size=(40, 6)) + 3
    target = 0.5 * source + 0.6 * rng.normal(size=(40, 6)) - 1
    hits = 0
    for i in range(40):
        a = source[i] - source.mean(axis=0)
        scores = [
            a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in target - target.mean(axis=0)
        ]
        hits += int(np.argmax(scores) == i)
    assert retrieval_top1(source, target) == pytest.approx(hits / 40)
    assert 0.1 < hits / 40 < 1


def test_shuffled_ends_do_not_find_each_other(rng: np.random.Generator) -> None:
    source = rng.normal(size=(60, 8))
    assert retrieval_top1(source, source + 0.01) == 1
    assert retrieval_top1(source, rng.permutation(source)) < 0.2


@pytest.mark.slow
def test_classes_stay_together_in_the_plane(rng: np.random.Generator, tmp_path: Path) -> None:
    classes = np.repeat([0, 1, 2], 8)
    centres = 6 * rng.normal(size=(3, 5))
    ends = [centres[classes] + rng.normal(size=(24, 5)) for _ in range(2)]
    found = map_latents(ends[0], ends[1], generator=rng)
    places = np.concatenate([found.source, found.target])
    both = np.concatenate([classes, classes])
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.diag([np.inf] * 48)
    assert (both[apart.argmin(axis=1)] == both).mean() > 0.9
    words = [str(c) for c in classes]
    path = save_latent_map([("before", found), ("after", found)], words, tmp_path / "map.png")
    assert imread(path).std() > 0.02
    with pytest.raises(ShapeError, match="24 items, but there are 3 classes"):
        save_latent_map([("x", found)], words[:3], tmp_path / "map.png")


def test_ends_of_different_size_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ShapeError, match="same numbers for 5 items"):
        map_latents(np.zeros((6, 2)), np.zeros((6, 3)), generator=rng)
