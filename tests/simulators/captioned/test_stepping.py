"""Mirrors src/unisono/simulators/captioned/stepping.py."""

from dataclasses import replace

import numpy as np
import pytest

from unisono.simulators.captioned.script import Script
from unisono.simulators.captioned.stepping import going


def speed(script: Script) -> float:
    """Mean over clips of the hips' speed, m/s."""
    plans = [going(script, 20.0, generator=np.random.default_rng(s)) for s in range(8)]
    return float(
        np.mean([np.linalg.norm(np.diff(p.place, axis=0), axis=1).sum() for p in plans]) / 4
    )


def test_speeds_are_those_of_people_and_follow_pace_and_style() -> None:
    walk = Script("walk")
    usual = speed(walk)
    assert 1.0 < usual < 1.5 and 2.2 < speed(replace(walk, content="run")) < 4.0
    assert speed(replace(walk, pace="slow")) < 0.85 * usual
    assert speed(replace(walk, pace="fast")) > 1.15 * usual
    for style in ("old", "tired", "sad"):
        assert speed(replace(walk, style=style)) < 0.85 * usual
    assert speed(replace(walk, style="angry")) > 1.1 * usual


@pytest.mark.parametrize("style", ["normal", "old", "angry"])
def test_each_foot_stands_still_or_is_off_the_floor(style: str) -> None:
    plan = going(Script("walk", style), 100.0, generator=np.random.default_rng(1))
    steps = np.linalg.norm(np.diff(plan.toes[..., [0, 2]], axis=0), axis=-1) * 100
    height = np.maximum(plan.toes[1:, :, 1], plan.toes[:-1, :, 1])
    down = height < 1e-9
    assert steps[down].max() < 1e-9 and 0.55 < down.mean() < 0.7
    assert down.any(axis=1).all()  # a walker always has a foot on the floor
    running = going(Script("run", style), 100.0, generator=np.random.default_rng(1))
    assert not (running.toes[..., 1] < 1e-9).any(axis=1).all()  # a runner flies


def test_turns_go_the_way_they_say() -> None:
    for seed in range(4):
        turned = []
        for content, size in (
            ("walk-turn-left", "small"),
            ("walk-turn-left", "large"),
            ("walk-turn-right", "large"),
        ):
            plan = going(Script(content, size=size), 20.0, generator=np.random.default_rng(seed))
            turned.append(np.rad2deg(plan.heading[-1] - plan.heading[0]))
        assert 30 < turned[0] < 80 < turned[1] < 170 and -170 < turned[2] < -80


def test_stopping_closes_the_feet_and_going_back_goes_back() -> None:
    for seed in range(6):
        plan = going(Script("walk-stop"), 20.0, generator=np.random.default_rng(seed))
        tail = slice(-5, None)
        assert np.abs(np.diff(plan.place[tail], axis=0)).max() < 1e-6
        assert np.abs(np.diff(plan.toes[tail], axis=0)).max() < 1e-6
        apart = plan.toes[-1, 0] - plan.toes[-1, 1]
        assert np.linalg.norm(apart) < 0.25 and np.ptp(plan.place[:, 1]) > 0.8
        back = going(Script("walk-back"), 20.0, generator=np.random.default_rng(seed))
        assert back.place[-1, 1] - back.place[0, 1] < -1.5
