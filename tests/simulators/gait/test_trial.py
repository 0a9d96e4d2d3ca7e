"""Trials: what may be asked for, what is refused, and that variation does what it says."""

from dataclasses import replace

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.gait.subject import Subject, random_subject
from unisono.simulators.gait.trial import Request, Trial, attempt, draw_steps, gait_of, judge


def test_gaits_by_speed() -> None:
    assert (gait_of(0.6), gait_of(2.2), gait_of(2.5), gait_of(4.5)) == (
        "walk",
        "walk",
        "run",
        "run",
    )
    with pytest.raises(UnisonoError, match="outside"):
        gait_of(2.35)


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(UnisonoError, match="Did you mean 'crouch'"):
        Request(1.2, style="crouched")
    with pytest.raises(UnisonoError, match="running has no style"):
        Request(3.0, style="crouch")
    with pytest.raises(UnisonoError, match="strides"):
        Request(1.2, strides=0)


def test_a_calm_even_person_repeats_exactly(adult: Subject) -> None:
    steps = draw_steps(adult, Request(1.3, strides=3), np.random.default_rng(0))
    np.testing.assert_allclose(steps.cycle, steps.stride[0], atol=1e-12)
    np.testing.assert_allclose(np.ptp(steps.shape.q3), 0, atol=1e-12)


def test_period_holds_whole_samples(adult: Subject) -> None:
    for rate in (60.0, 100.0, 240.0):
        steps = draw_steps(adult, Request(1.1, strides=4, rate_hz=rate), np.random.default_rng(0))
        samples = float(steps.period[0]) * rate
        assert abs(samples - round(samples)) < 1e-9


def test_asymmetry_shows_in_the_steps(adult: Subject) -> None:
    limping = replace(adult, late=0.02, longer=0.02)
    steps = draw_steps(limping, Request(1.3, strides=2), np.random.default_rng(0))
    gap = (steps.strike[0, 1] - steps.strike[0, 0]) / steps.stride[0]
    np.testing.assert_allclose(gap, 0.52, atol=1e-9)
    assert np.ptp(steps.ahead) > 0.01


def test_what_is_emitted_was_judged_good(walk: Trial, run: Trial) -> None:
    for trial in (walk, run):
        assert judge(trial.motion, trial.state, trial.loads, trial.joints) == []


def test_the_judge_names_what_is_wrong(walk: Trial) -> None:
    worse = walk.loads._replace(shift=walk.loads.shift + 0.1)
    reasons = judge(walk.motion, walk.state, worse, walk.joints)
    assert any("centre of pressure" in reason for reason in reasons)
    heavy = walk.joints._replace(moment=walk.joints.moment * 5)
    assert any("hip" in r for r in judge(walk.motion, walk.state, walk.loads, heavy))


@pytest.mark.slow
def test_most_people_can_walk() -> None:
    rng = np.random.default_rng(4)
    good = [not attempt(random_subject(rng), Request(1.2, strides=2), rng)[1] for _ in range(12)]
    assert np.mean(good) > 0.5
