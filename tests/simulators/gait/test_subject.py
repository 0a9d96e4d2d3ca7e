"""People are drawn within reason, and refused without."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.gait.subject import Subject, random_subject


def test_heights_and_masses_are_those_of_adults() -> None:
    rng = np.random.default_rng(0)
    people = [random_subject(rng) for _ in range(200)]
    tall = {s: np.mean([p.height_m for p in people if p.sex == s]) for s in ("male", "female")}
    assert abs(tall["male"] - 1.76) < 0.02
    assert abs(tall["female"] - 1.64) < 0.02
    index = np.array([p.mass_kg / p.height_m**2 for p in people])
    assert abs(index.mean() - 24) < 0.6
    assert len({p.name for p in people}) > 190


def test_symmetry_and_repetition_on_request(rng: np.random.Generator) -> None:
    even = random_subject(rng, asymmetry=0.0, restless=0.0)
    assert even.late == even.longer == even.heavier == even.restless == 0.0
    assert not any(even.lopsided)
    assert any(even.traits)


def test_impossible_people_are_refused() -> None:
    with pytest.raises(UnisonoError, match="sex"):
        Subject("x", "man", 70, 1.7)
    with pytest.raises(UnisonoError, match="height_m"):
        Subject("x", "male", 70, 170)
    with pytest.raises(UnisonoError, match="traits"):
        Subject("x", "male", 70, 1.7, traits=(0.0,))
