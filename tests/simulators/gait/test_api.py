"""Recordings of simulated people keep the promises of the schema and of the front door."""

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import UnisonoError
from unisono.recordings.schema import validate
from unisono.simulators.gait import random_recordings, random_subject, simulate


def test_a_recording_is_valid_and_named_as_promised(rng: np.random.Generator) -> None:
    subject = random_subject(rng, name="s1")
    tree = simulate(subject, speed=1.3, strides=2, rng=rng)
    validate(tree)
    names = {"angles", "angular_rates", "markers", "grf", "moments", "powers", "imu", "emg"}
    assert names | {"events"} == set(tree.children)
    assert tree.attrs["labels"] == {"speed": 1.3, "style": "normal", "gait": "walk"}
    assert tree["grf"].attrs["frame"] == {"up": "z", "forward": "x", "handedness": "right"}


def test_same_seed_same_recordings() -> None:
    one, two = (list(random_recordings(1, trials=2, seed=3)) for _ in range(2))
    assert len(one) == 2
    for a, b in zip(one, two, strict=True):
        xr.testing.assert_identical(a, b)


def test_a_speed_that_nobody_simulates_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(UnisonoError, match="outside"):
        simulate(random_subject(rng), speed=9.0, rng=rng)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"styles": ("normal", "limp")}, "style.*limp"),
        ({"styles": ()}, "styles"),
        ({"speeds": (1.3, 5.0)}, "speed 5 m/s is outside"),
        ({"speeds": ()}, "speeds"),
    ],
)
def test_what_nobody_can_do_is_named_before_anybody_is_drawn(
    asked: dict[str, tuple[object, ...]], words: str
) -> None:
    with pytest.raises(UnisonoError, match=words):
        next(random_recordings(1, trials=1, seed=0, **asked))
