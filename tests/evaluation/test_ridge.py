"""Mirrors src/unisono/evaluation/ridge.py: scikit-learn as the oracle."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as SkRidge

from unisono.core.errors import UnisonoError
from unisono.evaluation import ridge as module
from unisono.evaluation.features import Given, LocalFrames, Pairs, WholeWindow
from unisono.evaluation.ridge import Ridge, choose_layouts, folds_of


def problem(rng: np.random.Generator, *, local: bool) -> Pairs:
    x = rng.normal(size=(60, 16, 2)).cumsum(axis=1)
    # Either a frame's target is its own, or it depends on the far end of the window.
    y = 2 * x[..., :1] - x[..., 1:] if local else x[:, ::-1, :1] + x[:, :1, 1:]
    y = y + 0.05 * rng.normal(size=y.shape)
    return Pairs(
        Given(x, np.ones_like(x, bool)),
        y,
        np.ones_like(y, bool),
        np.repeat([str(k) for k in range(12)], 5),
    )


def test_solution_is_sklearns(rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(50, 8)) + 3, rng.normal(size=(50, 4))
    centred = x - x.mean(0)
    scale = np.trace(centred.T @ centred) / 8
    found = module._solve(x, y, np.array([0.1, 2.0]))
    for a, alpha in enumerate((0.1, 2.0)):
        theirs = SkRidge(alpha=alpha * scale).fit(x, y)
        np.testing.assert_allclose(found.coefficients[a], theirs.coef_.T, atol=1e-10)


@pytest.mark.parametrize("local", [False, True])
def test_ridge_takes_the_layout_that_generalises(local: bool, rng: np.random.Generator) -> None:
    pairs = problem(rng, local=local)
    model = Ridge().fit(pairs.rows(np.arange(40)), generator=rng)
    assert isinstance(model.layout, LocalFrames if local else WholeWindow)
    test = pairs.rows(np.arange(40, 60))
    error = model.predict(test.given) - test.want
    assert np.sqrt((error**2).mean()) < (0.1 if local else 0.5)


def test_channels_valid_in_different_windows_do_not_spoil_each_other(
    rng: np.random.Generator,
) -> None:
    """The left plate is stepped on in half of the windows: both sides are still exact."""
    pairs = problem(rng, local=True)
    want = np.concatenate([pairs.want, -3 * pairs.want], axis=2)
    valid = np.ones_like(want, bool)
    valid[::2, :, 0] = False
    valid[1::2, :, 1] = False
    hidden = np.where(valid, want, 1e6)
    fitted = Ridge().fit(Pairs(pairs.given, hidden, valid, pairs.subjects), generator=rng)
    error = fitted.predict(pairs.given) - want
    assert (np.sqrt((error**2).mean((0, 1))) < [0.1, 0.3]).all()


def test_one_subject_and_no_target(rng: np.random.Generator) -> None:
    pairs = problem(rng, local=True)
    alone = Pairs(pairs.given, pairs.want, pairs.want_valid, np.repeat(["a"], 60))
    assert len(np.unique(folds_of(alone.subjects, generator=rng))) == 5
    assert np.isfinite(Ridge().fit(alone, generator=rng).predict(alone.given)).all()
    empty = Pairs(pairs.given, pairs.want, ~pairs.want_valid, pairs.subjects)
    with pytest.raises(UnisonoError, match="no wanted channel is valid"):
        Ridge().fit(empty, generator=rng)


def test_sides_of_other_lengths_have_the_whole_window_only(rng: np.random.Generator) -> None:
    pairs = problem(rng, local=True)
    short = Pairs(pairs.given, pairs.want[:, ::2], pairs.want_valid[:, ::2], pairs.subjects)
    assert [layout.name for layout in choose_layouts(short, generator=rng)] == ["whole window"]
    assert Ridge().fit(short, generator=rng).predict(short.given).shape == (60, 8, 1)
