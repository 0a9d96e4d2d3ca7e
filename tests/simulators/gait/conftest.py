"""Solved trials shared by the tests of the gait simulator."""

import numpy as np
import pytest

from unisono.simulators.gait.subject import Subject, random_subject
from unisono.simulators.gait.trial import Request, Trial, run_trial


@pytest.fixture(scope="session")
def adult() -> Subject:
    """An average man without asymmetry or variation."""
    return Subject("adult", "male", 70.0, 1.74, restless=0.0)


@pytest.fixture(scope="session")
def walk() -> Trial:
    """Three uneven strides of a random person at 1.3 m/s."""
    rng = np.random.default_rng(1)
    return run_trial(random_subject(rng, name="s1"), Request(1.3, strides=3), rng)


@pytest.fixture(scope="session")
def run() -> Trial:
    """Two uneven strides of a random runner at 3.2 m/s."""
    rng = np.random.default_rng(2)
    return run_trial(random_subject(rng, name="s2"), Request(3.2, strides=2), rng)
