"""Mirrors src/unisono/evaluation/perceptual.py."""

import numpy as np
import pytest
import torch

from unisono.core.errors import ShapeError
from unisono.evaluation.perceptual import (
    FeatureNet,
    FeatureOptions,
    layer_distance,
    train_feature_net,
)


def stripes(count: int, rng: np.random.Generator) -> np.ndarray:
    """Bars of random direction and place."""
    line = np.linspace(-1, 1, 12)
    y, x = np.meshgrid(line, line, indexing="ij")
    turn, shift = rng.uniform(0, np.pi, (2, count, 1, 1))
    wave = np.cos(turn) * x + np.sin(turn) * y
    return (np.sin(6 * wave + 2 * shift) > 0).astype(np.float64)[:, None]


def test_distance_against_a_slow_loop(rng: np.random.Generator) -> None:
    net = FeatureNet(1, 4)
    a, b = rng.random((2, 3, 1, 8, 8))
    found = net.distance(a, b)
    one, two = net(torch.tensor(a).float()), net(torch.tensor(b).float())
    for n in range(3):
        total = 0.0
        for f, g in zip(one, two, strict=True):
            f, g = f[n].detach().numpy(), g[n].detach().numpy()
            places = [
                (
                    (
                        f[:, i, j] / np.linalg.norm(f[:, i, j])
                        - g[:, i, j] / np.linalg.norm(g[:, i, j])
                    )
                    ** 2
                ).sum()
                for i in range(f.shape[1])
                for j in range(f.shape[2])
            ]
            total += np.mean(places) / 3
        assert found[n] == pytest.approx(total, rel=1e-4)
    assert not layer_distance(one, one).any()


@pytest.mark.slow
def test_a_trained_network_finds_the_disturbed_copy(rng: np.random.Generator) -> None:
    images = stripes(160, rng)
    options = FeatureOptions(hidden=4, steps=80, batch=32)
    trained, raw = (
        train_feature_net(
            images[:120],
            generator=torch.Generator().manual_seed(0),
            options=FeatureOptions(hidden=4, steps=steps) if steps == 0 else options,
        )
        for steps in (80, 0)
    )
    moved = np.roll(images[120:], 1, axis=-1) + 0.2 * rng.normal(size=images[120:].shape)

    def top1(net: FeatureNet) -> float:
        one, two = net.embed(images[120:]), net.embed(moved)
        one, two = (e - e.mean(axis=0) for e in (one, two))
        near = (one / np.linalg.norm(one, axis=1)[:, None]) @ (
            two / np.linalg.norm(two, axis=1)[:, None]
        ).T
        return float((near.argmax(axis=1) == np.arange(len(one))).mean())

    assert top1(trained) > max(0.15, top1(raw))  # chance is 0.025
    assert not any(p.requires_grad for p in trained.parameters())


def test_the_same_generator_gives_the_same_network(rng: np.random.Generator) -> None:
    images = stripes(20, rng)
    options = FeatureOptions(hidden=2, steps=2, batch=8)
    before = torch.random.get_rng_state()
    one, two = (
        train_feature_net(images, generator=torch.Generator().manual_seed(4), options=options)
        for _ in range(2)
    )
    assert torch.equal(before, torch.random.get_rng_state())
    assert np.array_equal(one.distance(images, images[::-1]), two.distance(images, images[::-1]))


def test_bad_images_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ShapeError, match="at least 2"):
        train_feature_net(np.zeros((1, 1, 8, 8)), generator=torch.Generator())
    with pytest.raises(ShapeError, match="predicted and truth should both be"):
        FeatureNet(1, 2).distance(np.zeros((2, 1, 8, 8)), np.zeros((3, 1, 8, 8)))
