"""Mirrors src/unisono/experiments/arms.py."""

import pytest

from unisono.api.recipe import Recipe
from unisono.core.config import from_mapping
from unisono.experiments.arms import ALIGNED, ARMS, BASELINE_ARMS, CONDITIONINGS, overlaid
from unisono.experiments.verdict import SHUFFLED


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_every_arm_is_a_recipe(arm: str, conditioning: str) -> None:
    method = overlaid(CONDITIONINGS[conditioning], ARMS[arm])
    recipe = from_mapping(Recipe, {"llma": method})
    settings = recipe.llma
    aligns = settings.losses.align > 0
    assert aligns == (arm in (*ALIGNED, *SHUFFLED))
    assert (settings.alignment.shuffle != "none") == (arm in SHUFFLED)


def test_arms_differ_from_the_published_method_in_alignment_alone() -> None:
    for arm in (*ALIGNED, *SHUFFLED, "none", "longer"):
        assert set(ARMS[arm]) <= {"losses", "alignment"}
    assert not set(BASELINE_ARMS) & set(ARMS)


def test_the_last_table_wins_and_the_first_is_left_alone() -> None:
    first = {"a": {"x": 1, "z": 0}, "b": 1}
    assert overlaid(first, {"a": {"x": 2}}, {"b": 3}) == {"a": {"x": 2, "z": 0}, "b": 3}
    assert first == {"a": {"x": 1, "z": 0}, "b": 1}
