"""Mirrors src/unisono/evaluation/inputs.py."""

import numpy as np
import pytest

from unisono.core.errors import ShapeError
from unisono.evaluation.inputs import EvaluationInput, TargetInput, shuffled_partners


def target(**options: object) -> TargetInput:
    y = np.zeros((4, 5, 2))
    plain = {
        "truth": y,
        "valid": y == 0,
        "channels": ("a", "b"),
        "units": ("N", "N"),
        "spread": np.ones(2),
        "predictions": {"llma": y},
    }
    return TargetInput(**(plain | options))


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ShapeError, match=r"predictions\[ridge\] has frame=4"):
        target(predictions={"ridge": np.zeros((4, 4, 2))})
    with pytest.raises(ShapeError, match="got 1 names"):
        target(channels=("a",))
    with pytest.raises(ShapeError, match="samples has frame=3"):
        target(samples=np.zeros((2, 4, 3, 2)))
    with pytest.raises(ShapeError, match="give one subject a window"):
        EvaluationInput({"grf": target()}, ["a"])
    with pytest.raises(ShapeError, match="no predictions of 'lead'; got llma"):
        EvaluationInput({"grf": target()}, list("aabb"), model="lead")
    with pytest.raises(ShapeError, match="1 conditions for 4 windows"):
        EvaluationInput({"grf": target()}, list("aabb"), conditions=["walk"])


def test_unknown_step_is_a_share_of_the_window() -> None:
    assert target().steps.tolist() == [0.2] * 4
    assert target(step=np.full(4, 0.01)).steps.tolist() == [0.01] * 4


def test_shuffled_partners_are_other_people(rng: np.random.Generator) -> None:
    subjects = np.array(list("aaabbc"))
    for _ in range(20):
        rows = shuffled_partners(list(subjects), generator=rng)
        assert (subjects[rows] != subjects).all()
    alone = shuffled_partners(["a"] * 4, generator=rng)
    assert (alone != np.arange(4)).all()
    assert shuffled_partners(["a"], generator=rng).tolist() == [0]
    crowd = np.array(list("abca"))
    strangers = shuffled_partners(["a"] * 20, generator=rng, among=crowd.tolist())
    assert set(crowd[strangers]) == {"b", "c"}
    assert shuffled_partners(["a"], generator=rng, among=["a"]).tolist() == [0]
