"""Mirrors src/unisono/evaluation/features.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.features import Given, LocalFrames, Pairs, WholeWindow, thin


def make(rng: np.random.Generator, n: int = 12, frames: int = 16) -> Pairs:
    x = rng.normal(3.0, 2.0, size=(n, frames, 2))
    valid = rng.random(x.shape) > 0.1
    known = rng.normal(70, 10, size=(n, 1))
    known[0] = np.nan
    y = rng.normal(-5.0, 4.0, size=(n, frames, 3))
    y_valid = rng.random(y.shape) > 0.2
    return Pairs(
        Given(np.where(valid, x, np.nan), valid, known),
        np.where(y_valid, y, np.nan),
        y_valid,
        np.repeat([str(k) for k in range(4)], n // 4),
    )


@pytest.mark.parametrize("layout", ["whole", "local"])
def test_targets_come_back(layout: str, rng: np.random.Generator) -> None:
    pairs = make(rng)
    made = WholeWindow(pairs, generator=rng) if layout == "whole" else LocalFrames(pairs)
    rows = made.targets(pairs)
    back = made.outputs(rows.y, len(pairs.want))
    np.testing.assert_allclose(back[pairs.want_valid], pairs.want[pairs.want_valid])
    assert np.isfinite(back).all()
    assert len(made.training_inputs(pairs.given)) == len(rows.y) == len(rows.window)
    assert np.isfinite(made.inputs(pairs.given)).all()


def test_whole_window_keeps_all_distances_of_few_windows(rng: np.random.Generator) -> None:
    pairs = make(rng)
    complete = Pairs(
        Given(np.nan_to_num(pairs.given.values), np.ones_like(pairs.given.valid)),
        pairs.want,
        pairs.want_valid,
        pairs.subjects,
    )
    x = WholeWindow(complete, generator=rng).inputs(complete.given)
    flat = (complete.given.values / complete.given.values.std((0, 1))).reshape(12, -1)
    ours = np.linalg.norm(x[:, None] - x, axis=-1)
    theirs = np.linalg.norm(flat[:, None] - flat, axis=-1) / np.sqrt(flat.shape[1])
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_local_frames_see_their_neighbourhood_only(rng: np.random.Generator) -> None:
    pairs = make(rng, frames=32)
    layout = LocalFrames(pairs)
    moved = pairs.given.values.copy()
    moved[:, 31] += 100
    far = layout.inputs(Given(moved, pairs.given.valid, pairs.given.known)).reshape(12, 32, -1)
    near = layout.inputs(pairs.given).reshape(12, 32, -1)
    assert np.array_equal(far[:, :27], near[:, :27])
    assert not np.array_equal(far[:, 27], near[:, 27])  # reach is 32 / 8 = 4 frames


def test_unknown_numbers_are_imputed_and_counted(rng: np.random.Generator) -> None:
    pairs = make(rng)
    layout = LocalFrames(pairs)
    assert layout.inputs(pairs.given)[0, -1] == 0.0
    with pytest.raises(ShapeError, match="fitted with 1 known numbers"):
        layout.inputs(Given(pairs.given.values, pairs.given.valid))
    with pytest.raises(ShapeError, match=r"\(16, 2\); got \(8, 2\)"):
        WholeWindow(pairs, generator=rng).inputs(make(rng, frames=8).given)


def test_thinning_keeps_every_subject(rng: np.random.Generator) -> None:
    pairs = make(rng, n=40)
    few = thin(pairs, 8)
    assert len(few.want) == 8
    assert set(few.subjects) == set(pairs.subjects)
    assert thin(pairs, 40) is pairs


def test_axes_are_checked(rng: np.random.Generator) -> None:
    pairs = make(rng)
    with pytest.raises(ShapeError, match="want has n=11"):
        Pairs(pairs.given, pairs.want[1:], pairs.want_valid, pairs.subjects)
    with pytest.raises(ShapeError, match="known"):
        Given(pairs.given.values, pairs.given.valid, np.zeros((3, 1)))
