"""Mixing solves linear fixed points in as many steps as they have dimensions."""

import numpy as np

from unisono.simulators.gait.mixing import Mixer


def test_linear_maps_that_diverge_alone_are_solved(rng: np.random.Generator) -> None:
    matrix = rng.normal(size=(2, 3, 3))
    offset = rng.normal(size=(2, 3))
    want = np.linalg.solve(np.eye(3) - matrix, offset[..., None])[..., 0]
    mixer, x = Mixer(memory=3), np.zeros((2, 3))
    for _ in range(12):
        x = mixer.next(x, np.einsum("bij,bj->bi", matrix, x) + offset)
    np.testing.assert_allclose(x, want, atol=1e-4)


def test_a_batch_is_mixed_one_by_one(rng: np.random.Generator) -> None:
    start = rng.normal(size=(3, 4))

    def walk(x: np.ndarray) -> np.ndarray:
        mixer = Mixer()
        for _ in range(4):
            x = mixer.next(x, np.cos(x))
        return x

    together = walk(start)
    np.testing.assert_allclose(together, [walk(row[None])[0] for row in start], atol=1e-12)
