"""Mirrors src/unisono/networks/linear.py. Oracle: scikit-learn's Ridge."""

import pytest
import torch
from sklearn.linear_model import Ridge

from unisono.networks.linear import RidgeStart, ridge_weights


@pytest.mark.parametrize("n", [12, 80])
def test_weights_equal_scikit_learn(n: int, generator: torch.Generator) -> None:
    x = torch.randn(n, 30, generator=generator, dtype=torch.float64)
    y = torch.randn(n, 4, generator=generator, dtype=torch.float64) + 3.0
    weight, bias = ridge_weights(x, y, 2.5)
    oracle = Ridge(alpha=2.5).fit(x.numpy(), y.numpy())
    torch.testing.assert_close(weight, torch.tensor(oracle.coef_.T))
    torch.testing.assert_close(bias, torch.tensor(oracle.intercept_))


def whole(y: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(y, dtype=torch.bool)


def linear_world(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    x = torch.randn(60, 5, 2, generator=generator)
    y = (x.flatten(1) @ torch.randn(10, 15, generator=generator)).view(60, 5, 3)
    return x, y, torch.arange(60) % 6


def test_a_linear_world_is_recovered_with_a_small_penalty(generator: torch.Generator) -> None:
    x, y, subject = linear_world(generator)
    start = RidgeStart(5, 2, 3)
    assert start.fit(x, y, whole(y), subject) <= 1.0
    assert (start(x) - y).square().mean() < 1e-3 * y.var()


def test_training_predictions_never_saw_the_subject(generator: torch.Generator) -> None:
    """Changing one subject's truth must not change that subject's own training predictions."""
    x, y, subject = linear_world(generator)
    first = RidgeStart(5, 2, 3)
    first.fit(x, y, whole(y), subject)
    changed = y.clone()
    changed[subject == 2] += 0.01  # small: the penalty chosen stays the same
    second = RidgeStart(5, 2, 3)
    second.fit(x, changed, whole(y), subject)
    mine = subject == 2
    torch.testing.assert_close(first(x, subject)[mine], second(x, subject)[mine])
    assert not torch.allclose(first(x)[mine], second(x)[mine], atol=1e-5)


def test_only_the_final_weights_are_sealed(generator: torch.Generator) -> None:
    start = RidgeStart(5, 2, 3)
    x, y, subject = linear_world(generator)
    start.fit(x, y, whole(y), subject)
    assert set(start.state_dict()) == {"weight", "bias"}


def test_one_subject_still_fits(generator: torch.Generator) -> None:
    x, y, subject = linear_world(generator)
    start = RidgeStart(5, 2, 3)
    start.fit(x, y, whole(y), torch.zeros_like(subject))
    assert torch.equal(start(x, torch.zeros_like(subject)), start(x))


def test_windows_whose_answer_is_not_known_teach_nothing(generator: torch.Generator) -> None:
    x, y, subject = linear_world(generator)
    valid = whole(y)
    valid[24:] = False  # two of three recordings lack the wanted side
    valid[subject == 5] = False
    start, pairs = RidgeStart(5, 2, 3), RidgeStart(5, 2, 3)
    start.fit(x, y * valid, valid, subject)
    kept = valid[:, 0, 0]
    pairs.fit(x[kept], y[kept], valid[kept], subject[kept])
    torch.testing.assert_close(start(x), pairs(x))
    assert torch.isfinite(start(x, subject)).all()  # of subject 5 too
    none = RidgeStart(5, 2, 3)
    none.fit(x, y * 0, valid & False, subject)
    assert (none(x) == 0).all()
