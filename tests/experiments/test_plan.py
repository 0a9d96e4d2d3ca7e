"""Mirrors src/unisono/experiments/plan.py."""

import pytest

from unisono.core.errors import ConfigError
from unisono.experiments.plan import Plan, parse_plan


def test_what_is_said_wins_over_tiny_and_tiny_over_defaults() -> None:
    plan = parse_plan(["tiny=true", "steps=7"], steps=900, windows=30)
    assert (plan.steps, plan.windows, plan.seeds) == (7, 12, 2)
    assert parse_plan([], steps=900).steps == 900


def test_names_are_split_at_commas() -> None:
    assert parse_plan(["data=gait,bandai"]).data == ("gait", "bandai")


def test_an_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="seeds"):
        parse_plan(["seed=3"])
    with pytest.raises(ConfigError, match="samples"):
        parse_plan(["samples=1"])


def test_only_what_changes_results_must_be_shared() -> None:
    assert Plan(jobs=2, only="x", seeds=9).shared == Plan().shared
    assert Plan(steps=3).shared != Plan().shared
